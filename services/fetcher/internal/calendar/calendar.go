// Package calendar reads the calendars of teams' duties (iCalendar, RFC 5545) and says who is on
// call when: the list of feeds in, from catalog-api; requests to their servers, in turn; and a
// message for each reading.
//
// A calendar is what a stranger's server answers, so all that it costs has a bound, by counts: how
// much is read, kept, and computed of it.
package calendar

import (
	"errors"
	"fmt"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// The time of which shifts are told, around now.
const (
	past   = 24 * time.Hour
	future = 60 * 24 * time.Hour
)

// Error is why a calendar could not be read.
type Error struct {
	Problem events.FeedProblem
	Wait    time.Duration // until its server takes requests again, if it said so; else 0
	Err     error         // never has the URL
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %v", e.Problem, e.Err) }

func (e *Error) Unwrap() error { return e.Err }

// fault returns the error of a calendar that can't be read.
func fault(problem events.FeedProblem, format string, args ...any) error {
	return &Error{Problem: problem, Err: fmt.Errorf(format, args...)}
}

// Found is what is in a calendar.
type Found struct {
	Shifts      []events.Shift // by their beginnings, at most events.MaxShifts
	CoversUntil time.Time      // until when they are all
	Skipped     int            // events that could not be read, of those that have to do with now
}

// Parse returns the shifts in a calendar: those from a day ago to 60 days ahead. Its error is an
// *Error, with FeedBadAnswer or FeedTooLarge.
func Parse(body []byte, now time.Time) (found Found, err error) {
	defer func() {
		if cause := recover(); cause != nil { // in the libraries, which were not made for hostile calendars
			found, err = Found{}, fault(events.FeedBadAnswer, "the parser gave up: %v", cause)
		}
	}()
	now = now.UTC().Truncate(time.Second)
	window := span{now.Add(-past), now.Add(future)}
	cal, err := read(body, window)
	if err != nil {
		return Found{}, err
	}
	x := expansion{window: window, zones: newZones(cal), left: maxTried, rules: maxRules}
	shifts, err := x.shifts(cal.events)
	if err != nil {
		return Found{}, err
	}
	skipped := cal.skipped + x.skipped
	if len(shifts) == 0 && skipped > 0 && cal.readable+x.readable == 0 {
		return Found{}, fault(events.FeedBadAnswer, "none of its events can be read: %w", errors.Join(cal.why, x.why))
	}
	shifts, until := cut(shifts, window.until)
	return Found{Shifts: shifts, CoversUntil: until, Skipped: skipped}, nil
}

// span is a time; its end is not in it.
type span struct{ from, until time.Time }

// has reports whether some of the other is in it.
func (s span) has(from, until time.Time) bool { return from.Before(s.until) && until.After(s.from) }
