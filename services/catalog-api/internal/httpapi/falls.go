package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/history"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

const (
	maxFalls     = 500              // in an answer
	fallsSpan    = 7 * history.Day  // the time of an answer if from is not given
	maxFallsSpan = 31 * history.Day // the longest time of an answer
	keptFalls    = 8                // answers that are kept for others who ask the same
	fallsAgain   = 2 * time.Second  // for which an answer is given again
	finestFalls  = time.Minute
)

type fall struct {
	At       time.Time     `json:"at" doc:"When the first of them fell."`
	Services int           `json:"services" doc:"How many did, within a step."`
	Status   events.Status `json:"status" enum:"degraded,down" doc:"The worst that they got."`
}

type fallList struct {
	From  time.Time  `json:"from"`
	To    time.Time  `json:"to"`
	Step  int        `json:"step_s" doc:"Seconds of a step: those who fell within the same one are one item. It is 1 unless that makes more than 500 items."`
	Begin *time.Time `json:"begin" doc:"When the record begins: of earlier times nothing is known. null: there is none yet."`
	Items []fall     `json:"items" nullable:"false" doc:"The oldest first."`
}

// fallsQuestion is what falls are asked for, in whole steps.
type fallsQuestion struct {
	from, to time.Time
	step     time.Duration
}

type fallsAnswer struct {
	falls []history.Fall
	step  time.Duration // may be shorter than was asked for
	begin *time.Time
}

// fallen adds the route of the falls.
func (a *API) fallen(r *rest.API) {
	to := time.Date(2026, 3, 14, 9, 30, 0, 0, time.UTC)
	begin := to.AddDate(0, -3, 0)
	a.falls = newRecent(keptFalls, func(fallsQuestion) time.Duration { return fallsAgain }, a.readFalls)
	rest.Register(r, historical("list-falls", rest.Prefix+"/falls", "Read when services fell",
		"When services got worse than they were last known to be, degraded or down: those about the same time together. Without from of the last seven days; 31 days at most."), a.listFalls,
		rest.Answers(http.StatusOK, fallList{From: to.Add(-fallsSpan), To: to, Step: 1, Begin: &begin, Items: []fall{{to.Add(-time.Hour), 2, events.StatusDown}}}),
		rest.Problems(rest.Malformed, rest.Invalid))
	before := to.Add(-time.Hour)
	rest.Register(r, historical("get-falls-around", rest.Prefix+"/falls/around", "Read the falls before and after a time",
		"When a service fell last before a time, and when one did next, however long before or after. One of the second before the time is neither: it is what GET /api/services tells of this time."), a.fallsAround,
		rest.Answers(http.StatusOK, fallsAround{At: to, Before: &before}), rest.Problems(rest.Malformed, rest.Invalid))
}

// readFalls answers with single seconds where there are few falls, or else with the steps that
// are asked for.
func (a *API) readFalls(ctx context.Context, q fallsQuestion) (answer fallsAnswer, err error) {
	answer.step = q.step
	if answer.begin, err = a.Catalog.RecordBegin(ctx); err != nil {
		return answer, err
	}
	if answer.falls, err = a.Catalog.Falls(ctx, q.from, q.to, q.step); err != nil {
		return answer, err
	}
	services := 0
	for _, f := range answer.falls {
		services += f.Services
	}
	if services > maxFalls {
		return answer, nil
	}
	each, err := a.Catalog.Falls(ctx, q.from, q.to, time.Second)
	if err == nil && len(each) <= maxFalls {
		answer.falls, answer.step = each, time.Second
	}
	return answer, err
}

type fallsInput struct{ Times }

type fallsOutput struct{ Body fallList }

// listFalls serves GET /api/falls.
func (a *API) listFalls(ctx context.Context, in *fallsInput) (*fallsOutput, error) {
	from, to, err := in.read(time.Now().UTC(), fallsSpan)
	if err != nil {
		return nil, err
	}
	if to.Sub(from) > maxFallsSpan {
		return nil, rest.InvalidParameter("from", "It must be 31 days before to at most.", rest.Clip(in.From))
	}
	q := newFallsQuestion(from, to)
	known, err := a.falls.get(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &fallsOutput{Body: fallList{From: q.from, To: q.to, Step: int(known.step.Seconds()), Begin: known.begin, Items: make([]fall, len(known.falls))}}
	for i, f := range known.falls {
		out.Body.Items[i] = fall{f.At, f.Services, f.Worst}
	}
	return out, nil
}

type fallsAround struct {
	At     time.Time  `json:"at"`
	Before *time.Time `json:"before" doc:"When a service fell last, a second before at or earlier. null: none did."`
	After  *time.Time `json:"after" doc:"When one fell next. null: none has."`
}

type aroundInput struct {
	At string `query:"at" format:"date-time" doc:"The time between them; absent: now." example:"2026-03-14T02:10:00Z"`
}

type aroundOutput struct{ Body fallsAround }

// fallsAround serves GET /api/falls/around.
func (a *API) fallsAround(ctx context.Context, in *aroundInput) (*aroundOutput, error) {
	at, err := timeParameter("at", in.At, time.Now().UTC().Truncate(time.Microsecond))
	if err != nil {
		return nil, err
	}
	out := &aroundOutput{Body: fallsAround{At: at}}
	out.Body.Before, out.Body.After, err = a.Catalog.FallsAround(ctx, at.Add(-time.Second), at)
	return out, err
}

// newFallsQuestion widens a time to whole steps, of the shortest kind by which it has few enough:
// so all who ask at about the same time ask the same.
func newFallsQuestion(from, to time.Time) fallsQuestion {
	step := finestFalls
	for _, s := range steps {
		if step = max(s.length, finestFalls); to.Sub(from)/step <= maxFalls-2 {
			break
		}
	}
	return fallsQuestion{from.Truncate(step), to.Truncate(step).Add(step), step}
}
