package work

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	"github.com/dev-portal/dev-portal/services/health-worker/internal/probe"
)

const (
	batchWait     = 10 * time.Millisecond  // how long a result waits for others: fewer messages cost less
	storeMinPause = 500 * time.Millisecond // before the first retry, doubled for each more
	storeMaxPause = 4 * time.Second
)

var errInvalid = errors.New("invalid result")

// result returns the event that a probe of plan completed with outcome.
func (w *Worker) result(plan events.ProbePlanned, outcome probe.Outcome, at times) events.ProbeCompleted {
	if outcome.Reason == events.ReasonOK && at.busy {
		outcome.Reason = events.ReasonHostBusy
	}
	return events.ProbeCompleted{
		ServiceID:  plan.ServiceID,
		Version:    plan.Version,
		URL:        plan.URL,
		Status:     outcome.Status,
		Reason:     outcome.Reason,
		HTTPStatus: outcome.HTTPStatus,
		LatencyMS:  milliseconds(outcome.Latency),
		RoundMS:    milliseconds(at.round),
		PlannedAt:  at.planned.UTC(),
		CheckedAt:  at.checked.UTC(),
		Location:   w.Location,
	}
}

// batch is the results that are published in one message.
type batch struct {
	results []events.ProbeCompleted
	full    chan struct{} // closed when no more fits in
	done    chan struct{} // closed when err is set
	err     error
}

// batches collects results: the job that opens a batch waits batchWait for the
// results of others, and publishes them all. Its zero value is ready to use.
type batches struct {
	mu   sync.Mutex
	open *batch // accepts more results; nil if there is none
}

// join adds a result to the open batch, or opens one. If opened is true, the caller
// has to publish it.
func (b *batches) join(result events.ProbeCompleted) (in *batch, opened bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if opened = b.open == nil; opened {
		b.open = &batch{full: make(chan struct{}), done: make(chan struct{})}
	}
	in = b.open
	in.results = append(in.results, result)
	if len(in.results) == events.MaxResults {
		b.open = nil
		close(in.full)
	}
	return in, opened
}

// shut makes the batch accept no more results.
func (b *batches) shut(in *batch) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open == in {
		b.open = nil
	}
}

// store publishes the result, together with others of about the same time. It
// retries until the broker has stored it or ctx ends, which must be the context of
// all jobs. It fails at once with errInvalid if the result isn't valid.
func (w *Worker) store(ctx context.Context, result events.ProbeCompleted) error {
	if err := result.Validate(); err != nil { // before it joins a batch, which would fail as a whole
		return fmt.Errorf("%w: %w", errInvalid, err)
	}
	in, opened := w.results.join(result)
	if opened {
		select {
		case <-in.full:
		case <-ctx.Done():
		case <-time.After(batchWait):
		}
		w.results.shut(in)
		in.err = w.storeAll(ctx, in.results)
		close(in.done)
	}
	<-in.done
	return in.err
}

func (w *Worker) storeAll(ctx context.Context, results []events.ProbeCompleted) error {
	msg, err := stream.Encode(source, events.ProbesCompleted{Results: results})
	if err != nil {
		return fmt.Errorf("%w: %w", errInvalid, err)
	}
	for pause := storeMinPause; ; pause = min(2*pause, storeMaxPause) {
		err := w.publish(ctx, msg)
		if err == nil {
			return nil
		}
		w.Metrics.PublishFailures.Inc()
		if pause == storeMinPause {
			w.Log.WarnContext(ctx, "results not stored; retrying", "results", len(results), "error", err)
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, context.Cause(ctx))
		case <-time.After(pause):
		}
	}
}

// publish tries once to store msg. Retries have the same message id, so that it is
// stored only once.
func (w *Worker) publish(ctx context.Context, msg *nats.Msg) error {
	ack, err := w.JS.PublishMsgAsync(&nats.Msg{Subject: msg.Subject, Header: msg.Header, Data: msg.Data})
	if err != nil {
		return err
	}
	_, err = stream.Stored(ctx, ack)
	return err
}
