package work

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/health-worker/internal/probe"
)

const (
	storeFirst = 500 * time.Millisecond // the pause before the first new try, doubled
	storeMost  = 4 * time.Second        // up to this
)

var errInvalid = errors.New("invalid result")

// result is what a probe of plan saw.
func (w *Worker) result(plan events.ProbePlanned, outcome probe.Outcome, at times) events.ProbeCompleted {
	return events.ProbeCompleted{
		ServiceID:  plan.ServiceID,
		Version:    plan.Version,
		URL:        plan.URL,
		Status:     outcome.Status,
		Reason:     outcome.Reason,
		HTTPStatus: outcome.HTTPStatus,
		LatencyMS:  milliseconds(outcome.Latency),
		PlannedAt:  at.planned.UTC(),
		CheckedAt:  at.checked.UTC(),
		Location:   w.Location,
	}
}

// store publishes the result, and tries again until the broker has it or ctx
// ends. An errInvalid it doesn't try again.
func (w *Worker) store(ctx context.Context, result events.ProbeCompleted) error {
	msg, err := events.Encode(source, result)
	if err != nil {
		return fmt.Errorf("%w: %w", errInvalid, err)
	}
	for pause := storeFirst; ; pause = min(2*pause, storeMost) {
		err := w.publish(ctx, msg)
		if err == nil {
			return nil
		}
		w.Metrics.PublishFailures.Inc()
		if pause == storeFirst {
			w.Log.WarnContext(ctx, "result not stored; trying again", "service_id", result.ServiceID, "error", err)
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, context.Cause(ctx))
		case <-time.After(pause):
		}
		if errors.Is(err, jetstream.ErrNoStreamResponse) {
			w.mend(ctx)
		}
	}
}

// publish is one try. The message keeps its id, so that it is stored but once.
func (w *Worker) publish(ctx context.Context, msg *nats.Msg) error {
	ack, err := w.JS.PublishMsgAsync(&nats.Msg{Subject: msg.Subject, Header: msg.Header, Data: msg.Data})
	if err != nil {
		return err
	}
	select {
	case <-ack.Ok():
		return nil
	case err := <-ack.Err():
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// mend makes the streams anew; one job does it for all.
func (w *Worker) mend(ctx context.Context) {
	if !w.mending.TryLock() {
		return
	}
	defer w.mending.Unlock()
	if err := w.Streams.Ensure(ctx); err != nil {
		w.Log.WarnContext(ctx, "streams not made anew; trying again", "error", err)
	}
}
