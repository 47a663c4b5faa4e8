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

// ReleaseStore stores releases; the store satisfies it.
type ReleaseStore interface {
	// ApplyReleases stores what a forge said, unless it is not wanted (any more). Applied
	// twice, it changes nothing more.
	ApplyReleases(ctx context.Context, by access.Actor, found events.ReleasesFound) (applied bool, err error)
}

// Releases stores the releases from stream FETCHED, which the replicas share.
type Releases struct {
	JetStream jetstream.JetStream
	Store     ReleaseStore
	Replicas  int // of a stream that has to be created
	Log       *slog.Logger
	Metrics   *prometheus.CounterVec // see NewReleaseMetrics
}

// NewReleaseMetrics registers the metrics of Releases.
func NewReleaseMetrics(reg prometheus.Registerer) *prometheus.CounterVec {
	answers := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "portal_releases_found_total",
		Help: "Answers of forges by what became of them; dropped: the service is gone, has another link, or a newer answer was there.",
	}, []string{"outcome"})
	for _, outcome := range []string{"stored", "dropped", "invalid", "unknown"} {
		answers.WithLabelValues(outcome) // present from the start, so that rates can be computed
	}
	reg.MustRegister(answers)
	return answers
}

// Run stores releases until ctx ends. It acknowledges a message after storing it. Run
// returns an error only when the connection is closed for good.
func (r *Releases) Run(ctx context.Context) error {
	return stream.Loop{
		Conn:    r.JetStream.Conn(),
		Open:    r.open,
		Serve:   r.serve,
		OnError: stream.LogErrors(r.Log, r.JetStream.Conn(), "releases"),
	}.Run(ctx)
}

// open creates the stream and the consumer if they don't exist.
func (r *Releases) open(ctx context.Context) (jetstream.Consumer, error) {
	if err := stream.Ensure(ctx, r.JetStream, r.Replicas, events.StreamFetched); err != nil {
		return nil, err
	}
	return stream.Found(ctx, r.JetStream)
}

// serve stores one message at a time: they are few, and not urgent.
func (r *Releases) serve(ctx context.Context, consumer jetstream.Consumer) error {
	msgs, err := consumer.Messages(jetstream.PullMaxMessages(foundAhead), jetstream.PullHeartbeat(heartbeat))
	if err != nil {
		return fmt.Errorf("take releases: %w", err)
	}
	defer msgs.Stop()
	defer context.AfterFunc(ctx, msgs.Stop)()

	for {
		msg, err := msgs.Next()
		if err != nil {
			return fmt.Errorf("take releases: %w", err)
		}
		if err := r.take(ctx, msg); err != nil {
			return err
		}
	}
}

// take stores what a message has, or drops it if it is not valid.
func (r *Releases) take(ctx context.Context, msg jetstream.Msg) error {
	found, err := events.DecodeAs[events.ReleasesFound](msg.Headers(), msg.Data())
	switch {
	case errors.Is(err, events.ErrUnknownType): // a replica of a later version may know it
		r.Metrics.WithLabelValues("unknown").Inc()
		_ = msg.NakWithDelay(unknownRetry) // if that fails, it is redelivered later
		return nil
	case err != nil:
		r.Log.ErrorContext(ctx, "releases not valid; dropped", "subject", msg.Subject(), "error", err)
		r.Metrics.WithLabelValues("invalid").Inc()
		_ = msg.TermWithReason("not valid releases") // redelivered if that fails
		return nil
	}
	applied, err := r.apply(ctx, found)
	if err != nil {
		return err
	}
	outcome := "dropped"
	if applied {
		outcome = "stored"
	}
	r.Metrics.WithLabelValues(outcome).Inc()
	if err := msg.Ack(); err != nil {
		return fmt.Errorf("acknowledge releases: %w", err)
	}
	return nil
}

// apply stores what was found, with retries until ctx ends. It makes one attempt even after
// that, so that a shutdown finishes what is in hand.
func (r *Releases) apply(ctx context.Context, found events.ReleasesFound) (applied bool, err error) {
	for {
		try, cancel := context.WithTimeout(context.WithoutCancel(ctx), applyTimeout)
		applied, err = r.Store.ApplyReleases(try, access.Fetcher, found)
		cancel()
		if err == nil || ctx.Err() != nil {
			return applied, err
		}
		r.Log.WarnContext(ctx, "releases not stored; retrying", "error", err)
		sleep(ctx, retryPause)
	}
}
