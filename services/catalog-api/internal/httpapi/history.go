package httpapi

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/history"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

// History is what the API needs of the history.
type History interface {
	// Buckets returns what was measured of a service from a time on, in equal steps.
	Buckets(ctx context.Context, id string, from, to time.Time, step time.Duration) (history.Buckets, error)
	// Probes returns the results of a service in a time, one by one.
	Probes(ctx context.Context, id string, from, to time.Time) ([]history.Probe, error)
	// ObservedTime returns how long the services that pass the filter had each status, by name.
	ObservedTime(ctx context.Context, f catalog.Filter, from, to time.Time) ([]history.ServiceTime, error)
	// SpansOf returns the statuses of services in a time, the oldest first, by their ids.
	SpansOf(ctx context.Context, ids []string, from, to time.Time) (map[string][]history.Span, error)
	// Falls returns when services fell in a time; those in the same step are one.
	Falls(ctx context.Context, from, to time.Time, step time.Duration) ([]history.Fall, error)
	// FallsAround returns the last fall until one time and the first after another; nil: there is none.
	FallsAround(ctx context.Context, until, after time.Time) (before, next *time.Time, err error)
	// RecordBegin returns when the record begins; nil: there is none.
	RecordBegin(ctx context.Context) (*time.Time, error)
	// StatusChanges returns changes of the status of services in a time, the newest first.
	StatusChanges(ctx context.Context, ids []string, from, before time.Time, limit int) ([]history.Change, error)
}

const (
	// maxSteps is how many steps an answer has at most.
	maxSteps = 2000
	// maxProbesTime is the longest time of which results are given one by one.
	maxProbesTime = 6 * time.Hour
	// historySpan is the time of a history if from is not given.
	historySpan = 24 * time.Hour
)

// steps are the steps of a history by their names, the shortest first; 0: each probe.
var steps = []struct {
	name   string
	length time.Duration
}{
	{"probe", 0},
	{"5m", 5 * time.Minute}, {"15m", 15 * time.Minute}, {"30m", 30 * time.Minute},
	{"1h", time.Hour}, {"3h", 3 * time.Hour}, {"6h", 6 * time.Hour}, {"12h", 12 * time.Hour}, {"1d", history.Day},
}

// Seen is how long a service was observed with each status.
type Seen struct {
	Observed float64 `json:"observed_s" doc:"Seconds in which a probe confirmed the status: the three below together."`
	Healthy  float64 `json:"healthy_s"`
	Degraded float64 `json:"degraded_s"`
	Down     float64 `json:"down_s"`
}

func newSeen(t history.Time) Seen {
	return Seen{t.Observed().Seconds(), t.Healthy.Seconds(), t.Degraded.Seconds(), t.Down.Seconds()}
}

// plus adds in seconds: the nanoseconds of thousands of services are too many for an int64.
func (s Seen) plus(other Seen) Seen {
	return Seen{s.Observed + other.Observed, s.Healthy + other.Healthy, s.Degraded + other.Degraded, s.Down + other.Down}
}

type latency struct {
	Count int64   `json:"count" doc:"Probes that were answered."`
	Mean  float64 `json:"mean"`
	Min   int64   `json:"min"`
	Max   int64   `json:"max"`
	P50   float64 `json:"p50" doc:"The median, right to 5 %."`
	P95   float64 `json:"p95" doc:"The 95th percentile, right to 5 %."`
}

// newLatency returns nil if there are no answers.
func newLatency(l history.Latency) *latency {
	if l.Count == 0 {
		return nil
	}
	tenths := func(ms float64) float64 { return math.Round(ms*10) / 10 }
	return &latency{
		Count: l.Count, Mean: tenths(float64(l.Sum) / float64(l.Count)), Min: l.Min, Max: l.Max,
		P50: tenths(l.Quantile(0.5)), P95: tenths(l.Quantile(0.95)),
	}
}

type bucket struct {
	At     time.Time `json:"at" doc:"When it begins."`
	Probes int       `json:"probes" doc:"Probes that were made."`
	Missed int       `json:"missed" doc:"Probes that were planned and not made."`
	Seen
	Latency *latency `json:"latency_ms,omitempty" doc:"Of the probes that were answered; absent: none was."`
}

type probe struct {
	At         time.Time     `json:"at"`
	Status     events.Status `json:"status" enum:"healthy,unknown,degraded,down"`
	Reason     events.Reason `json:"reason,omitempty" example:"ok"`
	HTTPStatus int           `json:"http_status,omitempty" doc:"Absent: not answered."`
	LatencyMS  int64         `json:"latency_ms,omitempty" doc:"Absent: not answered."`
}

type serviceHistory struct {
	From    time.Time `json:"from" doc:"Begin of the first step."`
	To      time.Time `json:"to" doc:"End of the last step, which may be to come."`
	Step    string    `json:"step" enum:"probe,5m,15m,30m,1h,3h,6h,12h,1d"`
	Buckets []bucket  `json:"buckets,omitempty" doc:"What was measured in each step."`
	Probes  []probe   `json:"probes,omitempty" doc:"Each result, if step is probe."`
}

func exampleHistory() serviceHistory {
	from := time.Date(2026, 3, 14, 9, 0, 0, 0, time.UTC)
	return serviceHistory{
		From: from, To: from.Add(time.Hour), Step: "1h",
		Buckets: []bucket{{
			At: from, Probes: 59, Missed: 1, Seen: newSeen(history.Time{Healthy: 3480 * time.Second, Down: 120 * time.Second}),
			Latency: &latency{Count: 57, Mean: 43.2, Min: 31, Max: 210, P50: 39.8, P95: 81.4},
		}},
	}
}

// historical returns a read of the history, as the documentation groups it.
func historical(id, path, summary, description string) rest.Operation {
	op := rest.Get(id, path, summary, description)
	op.Tags = []string{"history"}
	return op
}

// history adds the routes of the history.
func (a *API) history(r *rest.API) {
	const counted = "A result says what the status is until the next one, for three intervals at most: that time is observed. " +
		"Only healthy is up. Unknown, stale, and what a person said are not observed, and count for nothing."
	uptimeExample := newUptime(exampleWindow(), newSeen(exampleTime), 1)

	r.Tag("history", "What was measured, and how much of the time services were up. "+counted)
	rest.Register(r, historical("get-history", rest.Prefix+"/services/{id}/history", "Read what was measured",
		"What was measured of the service, in equal steps of UTC. "+counted), a.readHistory,
		rest.Answers(http.StatusOK, exampleHistory()), rest.Problems(rest.Malformed, rest.NotFound, rest.Invalid))
	rest.Register(r, historical("get-uptime", rest.Prefix+"/services/{id}/uptime", "Read the uptime of a service",
		"How much of the observed time the service was healthy, and how much was observed. "+counted), a.readUptime,
		rest.Answers(http.StatusOK, uptimeList{Items: []Uptime{uptimeExample}}), rest.Problems(rest.Malformed, rest.NotFound, rest.Invalid))
	rest.Register(r, historical("list-uptimes", rest.Prefix+"/uptime", "Read the uptime of all services",
		"The uptime of each service that passes the filters, and of all of them together. "+counted), a.listUptimes,
		rest.Answers(http.StatusOK, portalUptime{Uptime: uptimeExample, Items: []serviceUptime{{
			ID: exampleService().ID, Name: "billing", Team: "Payments", Uptime: uptimeExample,
		}}}), rest.Problems(rest.Malformed, rest.Invalid))
}

// Times are the parameters of a time.
type Times struct {
	From string `query:"from" format:"date-time" doc:"The begin."`
	To   string `query:"to" format:"date-time" doc:"The end; absent: now."`
}

// read returns the time; length is how long it is if from is not given. It ends now at the
// latest.
func (in *Times) read(now time.Time, length time.Duration) (from, to time.Time, err error) {
	if to, err = timeParameter("to", in.To, now); err != nil {
		return from, to, err
	}
	if to.After(now) {
		to = now
	}
	if from, err = timeParameter("from", in.From, to.Add(-length)); err != nil {
		return from, to, err
	}
	if !from.Before(to) {
		return from, to, rest.InvalidParameter("from", "It must be before to, and before now.", rest.Clip(in.From))
	}
	return from, to, nil
}

// wrongTime is the message about a text that is no time.
const wrongTime = "It must be a time such as 2026-03-14T09:30:00Z."

// timeField parses a time in a body; absent, null and "" are the zero time, as is one that
// cannot be read.
func timeField(name string, f rest.Field[string]) (at time.Time, wrong []rest.FieldError) {
	if f.To == nil || *f.To == "" {
		return at, nil
	}
	at, err := time.Parse(time.RFC3339, *f.To)
	if err != nil {
		wrong = []rest.FieldError{{Field: name, Message: wrongTime, Value: rest.Clip(*f.To)}}
	}
	return at, wrong
}

// timeParameter parses a time; absent is what it is if it is not given. A time before this
// program's is as good as none.
func timeParameter(name, text string, absent time.Time) (time.Time, error) {
	if text == "" {
		return absent, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if at = at.UTC(); err != nil || at.Year() < 1 || at.Year() > 9999 { // an answer could not say it
		return at, rest.InvalidParameter(name, wrongTime, rest.Clip(text))
	}
	return at, nil
}

type historyInput struct {
	Times

	ID   string `path:"id" format:"uuid" doc:"The service's id."`
	Step string `query:"step" enum:"probe,5m,15m,30m,1h,3h,6h,12h,1d" doc:"Absent: what suits the time, and is kept."`
}

type historyOutput struct{ Body serviceHistory }

// readHistory serves GET /api/services/{id}/history.
func (a *API) readHistory(ctx context.Context, in *historyInput) (*historyOutput, error) {
	id, err := serviceID(in.ID)
	if err != nil {
		return nil, err
	}
	now := time.Now().UTC()
	from, to, err := in.read(now, historySpan)
	if err != nil {
		return nil, err
	}
	name, step, err := a.step(in.Step, from, to, now)
	if err != nil {
		return nil, err
	}
	if err := a.existed(ctx, id); err != nil {
		return nil, err
	}
	out := &historyOutput{Body: serviceHistory{From: from, To: to, Step: name}}
	if step == 0 {
		found, err := a.Catalog.Probes(ctx, id, from, to)
		for _, p := range found {
			out.Body.Probes = append(out.Body.Probes, probe{p.At, p.Status, p.Reason, p.HTTPStatus, p.LatencyMS})
		}
		return out, err
	}
	list, err := a.Catalog.Buckets(ctx, id, from.Truncate(step), to, step)
	if err != nil {
		return nil, err
	}
	out.Body.From, out.Body.To = list.From, list.To()
	for i, b := range list.List {
		out.Body.Buckets = append(out.Body.Buckets, bucket{
			At: list.From.Add(time.Duration(i) * step), Probes: b.Probes, Missed: b.Missed, Seen: newSeen(b.Time), Latency: newLatency(b.Latency),
		})
	}
	return out, nil
}

// existed returns catalog.ErrNotFound unless the service is there, or was.
func (a *API) existed(ctx context.Context, id string) error {
	_, err := a.Catalog.ServiceByID(ctx, id)
	if !errors.Is(err, catalog.ErrNotFound) {
		return err
	}
	known, failed := a.Catalog.StatusChanges(ctx, []string{id}, time.Time{}, time.Now().Add(time.Hour), 1)
	if failed != nil || len(known) > 0 {
		return failed
	}
	return err
}

// step returns the step of a history: the one that is asked for, or one that gives some
// hundred buckets at most.
func (a *API) step(asked string, from, to, now time.Time) (name string, step time.Duration, err error) {
	finest := a.Kept.Finest(from, now)
	if asked == "" {
		suits := max(finest, 5*time.Minute)
		for _, s := range steps {
			if s.length >= suits && to.Sub(from)/s.length <= 300 {
				return s.name, s.length, nil
			}
		}
		return "1d", history.Day, nil
	}
	var names []string
	found := false
	for _, s := range steps {
		names = append(names, s.name)
		if s.name == asked {
			step, found = s.length, true
		}
	}
	switch {
	case !found:
		err = rest.InvalidParameter("step", "It must be one of "+strings.Join(names, ", ")+".", rest.Clip(asked))
	case step < finest && finest == time.Hour:
		err = rest.InvalidParameter("step", fmt.Sprintf("What was measured is kept in steps of less than an hour for %d days. "+
			"Choose 1h or longer, or a later from.", a.Kept.Probes), asked)
	case step < finest:
		err = rest.InvalidParameter("step", fmt.Sprintf("What was measured is kept in hours for %d days. Choose 1d, or a later from.", a.Kept.Hours), asked)
	case step == 0 && to.Sub(from) > maxProbesTime:
		err = rest.InvalidParameter("step", "Each probe is told for a time of at most 6 hours. Choose a longer step, or a later from.", asked)
	case step > 0 && to.Sub(from)/step > maxSteps:
		err = rest.InvalidParameter("step", fmt.Sprintf("An answer has at most %d steps. Choose a longer one, or a later from.", maxSteps), asked)
	}
	return asked, step, err
}
