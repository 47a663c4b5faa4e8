package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
)

// briefly is how long the consumer of a comparison may stay. It is one of few that a
// stream has, and pages read by another.
const briefly = 5 * time.Second

// Repair brings the stream in line with the database for things of one kind, after
// either has lost data.
type Repair struct {
	Kind     events.Kind
	Subjects string // a filter: the last event on a thing's subject has its state

	// Republish compares the database with the last event of each thing, by the id of
	// its key, and adds the missing events to the outbox. It returns their number, also
	// with an error.
	Republish func(ctx context.Context, last map[string]events.Envelope) (int, error)
}

// repair runs all repairs. If one fails, the others still run.
func (r *Relay) repair(ctx context.Context) error {
	var failed error
	for _, repair := range r.Repairs {
		n, err := repair.do(ctx, r.JetStream)
		if n > 0 {
			r.Log.InfoContext(ctx, "events missing in the stream; publishing them again", "kind", repair.Kind, "events", n)
			r.Metrics.republished.WithLabelValues(string(repair.Kind)).Add(float64(n))
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("repair what the stream says of each %s: %w", repair.Kind, err))
		}
	}
	return failed
}

func (r Repair) do(ctx context.Context, js jetstream.JetStream) (int, error) {
	last, err := r.last(ctx, js)
	if err != nil {
		return 0, err
	}
	return r.Republish(ctx, last)
}

// last reads the last event of every thing from the stream.
func (r Repair) last(ctx context.Context, js jetstream.JetStream) (map[string]events.Envelope, error) {
	readCtx, stop := context.WithCancel(ctx)
	defer stop()

	var (
		last     = map[string]events.Envelope{}
		complete bool
		failed   error
	)
	err := stream.Subscribe(readCtx, js, stream.Subscription{
		Subjects:          []string{r.Subjects},
		InactiveThreshold: briefly,
		OnRestart:         func(string) { clear(last) },
		OnCaughtUp:        func() { complete = true; stop() },
		OnError:           func(err error) { failed = err },
	}, func(_ context.Context, d stream.Delivery) error {
		if d.Event != nil && d.Event.Key().Kind == r.Kind {
			last[d.Event.Key().ID] = d.Envelope
		}
		return nil
	})
	if err == nil && !complete {
		err = errors.Join(ctx.Err(), failed)
	}
	if err != nil {
		return nil, fmt.Errorf("read what the stream has: %w", err)
	}
	return last, nil
}
