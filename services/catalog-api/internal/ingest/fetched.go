package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
)

// foundAhead is how many messages are fetched ahead; they may be large.
const foundAhead = 8

// Fetched stores what the fetcher found, of one kind, from stream FETCHED, which the replicas
// share.
type Fetched[E events.Event] struct {
	JetStream jetstream.JetStream
	Replicas  int // of a stream that has to be created
	Log       *slog.Logger

	// Kind says what is found: Releases, Shifts or Calls.
	Kind Kind[E]

	// Apply stores what was found, unless it is not wanted (any more). Applied twice, it
	// changes nothing more.
	Apply func(ctx context.Context, by access.Actor, found E) (applied bool, err error)

	Metrics *prometheus.CounterVec // see Kind.NewMetrics
}

// Kind is a kind of things that are found.
type Kind[E events.Event] struct {
	name     string // in logs and metrics
	help     string // of its metric
	consumer func(context.Context, jetstream.JetStream) (jetstream.Consumer, error)
}

// Releases are those in the repositories of services.
var Releases = Kind[events.ReleasesFound]{
	"releases", "Answers of forges by what became of them; dropped: the service is gone, has another link, or a newer answer was there.", stream.Found,
}

// Shifts are those in the calendars of teams.
var Shifts = Kind[events.ShiftsFound]{
	"shifts", "Readings of calendars by what became of them; dropped: the team is gone, has another calendar, or a newer reading was there.", stream.Shifts,
}

// NewMetrics registers the metrics of a Fetched of the kind.
func (k Kind[E]) NewMetrics(reg prometheus.Registerer) *prometheus.CounterVec {
	answers := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "portal_" + k.name + "_found_total", Help: k.help}, []string{"outcome"})
	for _, outcome := range []string{"stored", "dropped", "invalid", "unknown"} {
		answers.WithLabelValues(outcome) // present from the start, so that rates can be computed
	}
	reg.MustRegister(answers)
	return answers
}

// Run stores what is found until ctx ends. It acknowledges a message after storing it. Run
// returns an error only when the connection is closed for good.
func (f *Fetched[E]) Run(ctx context.Context) error {
	return stream.Loop{
		Conn:    f.JetStream.Conn(),
		Open:    f.open,
		Serve:   f.serve,
		OnError: stream.LogErrors(f.Log, f.JetStream.Conn(), f.Kind.name),
	}.Run(ctx)
}

// open creates the stream and the consumer if they don't exist.
func (f *Fetched[E]) open(ctx context.Context) (jetstream.Consumer, error) {
	if err := stream.Ensure(ctx, f.JetStream, f.Replicas, events.StreamFetched); err != nil {
		return nil, err
	}
	return f.Kind.consumer(ctx, f.JetStream)
}

// serve stores one message at a time: they are few, and not urgent.
func (f *Fetched[E]) serve(ctx context.Context, consumer jetstream.Consumer) error {
	msgs, err := consumer.Messages(jetstream.PullMaxMessages(foundAhead), jetstream.PullHeartbeat(heartbeat))
	if err != nil {
		return fmt.Errorf("take %s: %w", f.Kind.name, err)
	}
	defer msgs.Stop()
	defer context.AfterFunc(ctx, msgs.Stop)()

	for {
		msg, err := msgs.Next()
		if err != nil {
			return fmt.Errorf("take %s: %w", f.Kind.name, err)
		}
		if err := f.take(ctx, msg); err != nil {
			return err
		}
	}
}

// take stores what a message has, or drops it if it is not valid.
func (f *Fetched[E]) take(ctx context.Context, msg jetstream.Msg) error {
	found, err := events.DecodeAs[E](msg.Headers(), msg.Data())
	switch {
	case errors.Is(err, events.ErrUnknownType): // a replica of a later version may know it
		f.Metrics.WithLabelValues("unknown").Inc()
		_ = msg.NakWithDelay(unknownRetry) // if that fails, it is redelivered later
		return nil
	case err != nil:
		f.Log.ErrorContext(ctx, "what was found is not valid; dropped", "subject", msg.Subject(), "error", err)
		f.Metrics.WithLabelValues("invalid").Inc()
		_ = msg.TermWithReason("not valid " + f.Kind.name) // redelivered if that fails
		return nil
	}
	applied, err := f.apply(ctx, found)
	if err != nil {
		return err
	}
	outcome := "dropped"
	if applied {
		outcome = "stored"
	}
	f.Metrics.WithLabelValues(outcome).Inc()
	if err := msg.Ack(); err != nil {
		return fmt.Errorf("acknowledge %s: %w", f.Kind.name, err)
	}
	return nil
}

// apply stores what was found, with retries until ctx ends. It makes one attempt even after
// that, so that a shutdown finishes what is in hand.
func (f *Fetched[E]) apply(ctx context.Context, found E) (applied bool, err error) {
	for {
		try, cancel := context.WithTimeout(context.WithoutCancel(ctx), applyTimeout)
		applied, err = f.Apply(try, access.Fetcher, found)
		cancel()
		if err == nil || ctx.Err() != nil {
			return applied, err
		}
		f.Log.WarnContext(ctx, "what was found is not stored; retrying", "kind", f.Kind.name, "error", err)
		sleep(ctx, retryPause)
	}
}
