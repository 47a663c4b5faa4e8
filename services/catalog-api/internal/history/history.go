// Package history has the arithmetic of what was: probes one by one, buckets of time with
// what was measured in each, spans of a status, and uptime. It uses no database and no
// network.
//
// A result of a probe says what the status is until the next one comes, for three
// intervals at most, or three rounds of a busy host: the time in which somebody looked is
// observed, and all other time is not. A status that a person gave is not observed either.
package history

import (
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// confirmations is how many intervals a result is good for, if no other one comes.
const confirmations = 3

// Day is the time of which probes are kept in one piece, and the longest bucket. Days are
// those of UTC.
const Day = 24 * time.Hour

// A Probe is a result, or the end of what the one before it said.
type Probe struct {
	At time.Time // start of the probe, in milliseconds

	// End says that from At on nobody looks: the service is no more, or has another health
	// URL. The fields below are zero.
	End bool

	Status     events.Status
	Reason     events.Reason
	HTTPStatus int           // 0: not answered
	LatencyMS  int64         // 0: not answered
	Planned    time.Time     // its slot, in tenths of a second before At
	Interval   time.Duration // between the slots

	// Round is the time between two probes of a busy host, as it was known when the next
	// result came; 0: the interval was kept.
	Round time.Duration
}

// until returns the end of what p says if no other result comes.
func (p Probe) until() time.Time {
	if p.End {
		return p.At
	}
	return p.At.Add(GoodFor(p.Interval, p.Round))
}

// GoodFor is for how long a result confirms a status if no other one comes. round is that of
// a busy host, 0 if the interval is kept.
func GoodFor(interval, round time.Duration) time.Duration {
	return confirmations * max(interval, round)
}

// A Span is the time that a service had a status without a change.
type Span struct {
	From, To   time.Time // To is when the next one began, or the end of what was asked for
	Status     events.Status
	Reason     events.Reason // of the first result with the status
	HTTPStatus int           // likewise; 0: not answered
	Location   string        // from where that was seen; empty: it was not by a probe
}

// Observed reports whether a probe confirmed the status of the span.
func (s Span) Observed() bool {
	return s.Status != events.StatusUnknown && s.Reason != events.ReasonManual
}

// A Change is a change to the status of a span.
type Change struct {
	ServiceID string

	Before events.Status // empty: it is the first
	Span                 // To is zero if it is the last

	After *events.Preceding // what was done shortly before; nil: nothing
}

// Starts returns the spans that begin with probes, which are in the order of their times, but
// for the first of them: with each that has another status than the one before, and where
// that one was not good any more.
func Starts(probes []Probe) (list []Span) {
	for i := 1; i < len(probes); i++ {
		before, p := probes[i-1], probes[i]
		if p.End {
			continue
		}
		lost := before.until()
		if lost.Before(p.At) && !before.End {
			list = append(list, Span{From: lost, Status: events.StatusUnknown, Reason: events.ReasonStale})
		}
		if before.End || lost.Before(p.At) || p.Status != before.Status {
			list = append(list, Span{From: p.At, Status: p.Status, Reason: p.Reason, HTTPStatus: p.HTTPStatus})
		}
	}
	return list
}

// kind is what tells a span from its neighbour.
func (s Span) kind() [3]any { return [3]any{s.Status, s.Observed(), s.Reason == Deleted} }

// Deleted is the reason of the span, of status unknown, in which there was no service.
const Deleted events.Reason = "deleted"

// AddSpan appends the span that follows, as a part of the one before if that has the same
// status and there is nothing between.
func AddSpan(list []Span, s Span) []Span {
	if n := len(list); n > 0 && list[n-1].To.Equal(s.From) && list[n-1].kind() == s.kind() {
		list[n-1].To = s.To
		return list
	}
	return append(list, s)
}

// A Fall is that services got a worse status, at about the same time.
type Fall struct {
	At       time.Time // when the first of them did
	Services int
	Worst    events.Status
}
