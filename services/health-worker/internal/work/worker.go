// Package work makes the probes that are due: due message in, result out. It
// also answers those who want one at once.
package work

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	"github.com/dev-portal/dev-portal/services/health-worker/internal/metrics"
	"github.com/dev-portal/dev-portal/services/health-worker/internal/probe"
)

const (
	fetchWait     = time.Second          // how long one request for due messages stays open, and so how long stopping takes
	minFetch      = 16                   // for fewer free places than this …
	fetchCoalesce = 5 * time.Millisecond // … it is worth while to wait so long for more
	heldPerPlace  = 8                    // due messages that wait for their part of the second

	retryAfter   = time.Second      // for one that could not be probed; up to twice that
	crowdedAfter = 15 * time.Second // for one that there was no room to keep; likewise

	// askAfter is how long a due message can have waited for its turn before it is
	// asked whether its plan still stands, and askFor is how long that may take.
	askAfter = time.Second
	askFor   = time.Second

	// cutAfter is how long what is in flight at the end of ctx may take: a probe
	// that hangs is made again, while the slots of others would pass. finishFor is
	// likewise for storing the results.
	cutAfter  = 3 * time.Second
	finishFor = 6 * time.Second
	source    = "/dev-portal/health-worker"
)

// Func makes one probe. Its error wraps probe.ErrNotMade.
type Func func(ctx context.Context, url string) (probe.Outcome, error)

// PlanFunc returns the present plan of a service; the zero plan, if there is none.
type PlanFunc func(ctx context.Context, serviceID string) (events.ProbePlanned, error)

// Worker makes the probes of a location, together with the other workers there.
type Worker struct {
	JS          jetstream.JetStream
	Probe       Func
	Plan        PlanFunc
	Timeout     time.Duration // a probe takes no longer
	Location    string
	Concurrency int // probes at once
	PerHost     int // probes of a host at once, at most
	Log         *slog.Logger
	Metrics     *metrics.Worker

	// Attached is told when taking due messages begins and when it ends.
	Attached func(yes bool)

	// Lost is called when the consumer is there again after it broke off: the
	// broker may have lost more than that.
	Lost func()

	turns    *turns
	wheel    wheel
	results  batches
	jobs     sync.WaitGroup
	room     chan struct{} // says that there may be more room than before
	stopping atomic.Bool

	interrupted bool // taking due messages broke off, and Lost was not called since

	// probes ends when probes are to be cut off, finish when all must have ended.
	probes, finish context.Context

	busy              atomic.Pointer[[]events.BusyHost]
	probing, checking watch
}

// Run takes due messages as there is room until ctx ends. It then hands back
// what has not begun, finishes what has or hands it back too, and returns within
// 8 s. It fails only when the connection is closed for good.
func (w *Worker) Run(ctx context.Context) error {
	ctx, end := context.WithCancel(ctx)
	stop := w.prepare(ctx)
	err := stream.Loop{
		Conn:  w.JS.Conn(),
		Open:  w.open,
		Serve: w.serve,
		Attached: func(yes bool) {
			w.Attached(yes)
			if yes && w.interrupted {
				w.interrupted = false
				w.Lost()
			}
		},
		OnError: stream.LogErrors(w.Log, w.JS.Conn(), "prober"),
	}.Run(ctx)
	end()
	stop()
	return err
}

// prepare makes w ready to take due messages until ctx ends. After that stop is
// to be called, which waits until all of them are dealt with.
func (w *Worker) prepare(ctx context.Context) (stop func()) {
	w.turns = newTurns(w.Concurrency, w.PerHost, w.Timeout)
	w.wheel.start = time.Now()
	w.room = make(chan struct{}, 1)
	uncut := context.WithoutCancel(ctx)
	probes, cut := context.WithCancel(uncut)
	finish, end := context.WithCancel(uncut)
	w.probes, w.finish = probes, finish
	var own sync.WaitGroup
	own.Go(func() { w.turnWheel(ctx) })
	own.Go(func() { w.keep(ctx) })
	own.Go(func() {
		<-ctx.Done()
		w.handBackAll()
	})
	return func() {
		own.Wait()
		defer cut()
		defer end()
		defer time.AfterFunc(cutAfter, cut).Stop()
		defer time.AfterFunc(finishFor, end).Stop()
		done := make(chan struct{})
		go func() {
			w.jobs.Wait()
			close(done)
		}()
		select {
		case <-done:
		case <-time.After(finishFor + time.Second):
			w.Log.Error("probes do not end, and are left behind")
		}
	}
}

func (w *Worker) open(ctx context.Context) (jetstream.Consumer, error) {
	return stream.Probers(ctx, w.JS, w.Location)
}

// serve takes due messages until ctx ends, or that fails. stream.Consume would hand
// over one after the other; here many are in hand, each until its probe has ended.
func (w *Worker) serve(ctx context.Context, consumer jetstream.Consumer) error {
	err := w.take(ctx, consumer)
	if err != nil && ctx.Err() == nil {
		w.interrupted = true
		w.Metrics.Interruptions.WithLabelValues("prober").Inc()
	}
	return err
}

// take takes due messages, and never asks for more of them than there are free
// places: what this worker has no room for, another may take.
func (w *Worker) take(ctx context.Context, consumer jetstream.Consumer) error {
	for {
		free := w.awaitRoom(ctx)
		if free == 0 {
			return nil
		}
		batch, err := consumer.Fetch(free, jetstream.FetchMaxWait(fetchWait))
		if err != nil {
			return fmt.Errorf("fetch: %w", err)
		}
		for msg := range batch.Messages() {
			w.accept(ctx, msg)
		}
		if err := batch.Error(); !stream.Idle(err) {
			return fmt.Errorf("fetch: %w", err)
		}
	}
}

// awaitRoom waits until there is room for due messages, and returns for how
// many; 0 when ctx has ended.
func (w *Worker) awaitRoom(ctx context.Context) int {
	for coalesced := false; ctx.Err() == nil; {
		n := w.free()
		if n >= min(minFetch, w.Concurrency) || n > 0 && coalesced {
			return n
		}
		var soon <-chan time.Time
		if n > 0 {
			soon, coalesced = time.After(fetchCoalesce), true
		}
		select {
		case <-ctx.Done():
		case <-soon:
		case <-w.room:
			coalesced = false
		}
	}
	return 0
}

func (w *Worker) free() int {
	return max(0, min(w.turns.room(), heldPerPlace*w.Concurrency-w.wheel.size()))
}

// poke says that there may be more room than before.
func (w *Worker) poke() {
	select {
	case w.room <- struct{}{}:
	default:
	}
}

// turnWheel passes on what the wheel holds when its time has come.
func (w *Worker) turnWheel(ctx context.Context) {
	tick := time.NewTicker(wheelStep)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			ripe := w.wheel.turn(now)
			for _, d := range ripe {
				w.queue(d)
			}
			if len(ripe) > 0 {
				w.poke()
			}
		}
	}
}

// handBackAll hands back all that has not begun. What comes from now on is
// handed back at once.
func (w *Worker) handBackAll() {
	w.stopping.Store(true)
	held, waiting := w.wheel.close(), w.turns.close()
	for _, e := range waiting {
		held = append(held, e.due)
	}
	for _, d := range held {
		w.handBack(d, metrics.Stopping)
	}
}
