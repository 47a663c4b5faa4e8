package servicegraph

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/services/fetcher/internal/retry"
	"github.com/dev-portal/dev-portal/services/fetcher/internal/say"
)

const (
	firstRetry = time.Minute     // after a failure; doubled for each more, up to the interval
	overlap    = 2 * time.Minute // of two readings: a rate needs two samples, and they are up to a minute apart
)

// Config configures a Reader.
type Config struct {
	JS      jetstream.JetStream
	Client  *Client
	Every   time.Duration // between two readings
	Log     *slog.Logger
	Metrics *Metrics
}

// Reader reads which services call which others, and says it.
type Reader struct {
	Config

	begun    bool // it was read once
	failures int  // in turn
	problem  Problem
	found    Found // of the reading before, without its calls
}

// New returns a Reader. Call Run.
func New(cfg Config) *Reader { return &Reader{Config: cfg} }

// Run reads calls until ctx ends, and then returns nil.
func (r *Reader) Run(ctx context.Context) error {
	defer r.Client.Close()
	for {
		wait := r.look(ctx)
		if !say.Pause(ctx, wait) {
			return nil
		}
	}
}

// look reads calls, says what it found, and returns how long to wait for the next reading.
func (r *Reader) look(ctx context.Context) (wait time.Duration) {
	found, err := r.Client.Read(ctx, r.Every+overlap)
	readAt := time.Now().UTC().Truncate(time.Millisecond)
	if ctx.Err() != nil {
		return 0
	}
	if failed, is := errors.AsType[*Error](err); is {
		r.Metrics.read(string(failed.Problem))
		r.tellProblem(ctx, failed)
		wait = max(min(firstRetry<<min(r.failures, 10), r.Every), min(failed.Wait, retry.Most))
		r.failures++
		return wait
	}
	r.failures = 0
	r.Metrics.read(outcomeRead)
	r.Metrics.pairs.Set(float64(len(found.Calls)))
	r.Metrics.left.Set(float64(found.Left))
	r.tell(ctx, found)
	for _, part := range parts(found.Calls, readAt) {
		if say.Publish(ctx, r.JS, r.Log, part) {
			r.Metrics.published.Inc()
		}
	}
	return r.Every
}

// tellProblem logs a problem that is new, once.
func (r *Reader) tellProblem(ctx context.Context, failed *Error) {
	if failed.Problem != r.problem {
		r.Log.WarnContext(ctx, "calls not read from Prometheus", "problem", string(failed.Problem), "error", failed.Err)
	}
	r.problem = failed.Problem
}

// tell logs what is new of a reading that succeeded: that it did, and what was left out.
func (r *Reader) tell(ctx context.Context, found Found) {
	switch {
	case r.problem != "":
		r.Log.InfoContext(ctx, "calls read from Prometheus again", "pairs", len(found.Calls))
	case !r.begun: // none at all is a hint that nobody counts calls
		r.Log.InfoContext(ctx, "calls read from Prometheus", "pairs", len(found.Calls))
	}
	if found.Left > 0 && r.found.Left == 0 {
		r.Log.WarnContext(ctx, "too many calls: the busiest pairs are read", "pairs", len(found.Calls), "left", found.Left)
	}
	if found.Unfit > 0 && r.found.Unfit == 0 {
		r.Log.WarnContext(ctx, "calls not read: a name is too long or has control characters, or the number of calls is impossible", "pairs", found.Unfit)
	}
	r.begun, r.problem = true, ""
	r.found = Found{Left: found.Left, Unfit: found.Unfit}
}
