// Package work makes the probes that are due: due message in, result out. It
// also answers requests to probe at once.
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
	fetchWait     = time.Second // how long one fetch stays open, and so how long stopping takes
	minFetch      = 16          // below this many free places, wait fetchCoalesce for more before fetching
	fetchCoalesce = 5 * time.Millisecond
	heldPerPlace  = 8 // due messages in the wheel, for each place

	retryAfter        = time.Second      // redelivery delay if the probe could not be made; up to twice that
	evictedRetryAfter = 15 * time.Second // redelivery delay of an evicted due message; up to twice that

	// A due message that has waited for longer than recheckAfter is probed only if
	// its plan still stands, which may take recheckTimeout to find out.
	recheckAfter   = time.Second
	recheckTimeout = time.Second

	// cancelAfter is how long the probes in flight at the end of ctx may take. A
	// probe that is cancelled is redelivered; waiting longer for it would cost other
	// services their slots. finishTimeout also bounds the storing of the results.
	cancelAfter   = 3 * time.Second
	finishTimeout = 6 * time.Second
	source        = "/dev-portal/health-worker"
)

// Func makes one probe. Its error wraps probe.ErrNotMade.
type Func func(ctx context.Context, url string) (probe.Outcome, error)

// PlanFunc returns the present plan of a service, or the zero plan if there is none.
type PlanFunc func(ctx context.Context, serviceID string) (events.ProbePlanned, error)

// Worker makes the probes of a location, together with the other workers there.
type Worker struct {
	JS          jetstream.JetStream
	Probe       Func
	Plan        PlanFunc
	Timeout     time.Duration // the longest time that a probe takes
	Location    string
	Concurrency int // maximum of concurrent probes
	PerHost     int // maximum of concurrent probes of a host
	Log         *slog.Logger
	Metrics     *metrics.Worker

	// OnReady is called with true when the worker begins to fetch due messages, and
	// with false when that ends.
	OnReady func(ready bool)

	// OnReconnect is called when fetching begins again after a failure: the broker
	// may have lost more than the consumer.
	OnReconnect func()

	dispatcher *dispatcher
	wheel      wheel
	results    batches
	jobs       sync.WaitGroup
	room       chan struct{} // signals that there may be more room than before
	stopping   atomic.Bool

	reconnecting bool // fetching failed, and OnReconnect was not called since

	// probes ends when the probes are to be cancelled, finish when all jobs must end.
	probes, finish context.Context

	busy              atomic.Pointer[[]events.BusyHost]
	probing, checking watch
}

// Run fetches due messages as there is room and probes, until ctx ends. It then
// hands back the messages whose probes have not begun, finishes the others or hands
// them back too, and returns within 8 s. It fails only when the connection is closed
// for good.
func (w *Worker) Run(ctx context.Context) error {
	ctx, end := context.WithCancel(ctx)
	stop := w.prepare(ctx)
	err := stream.Loop{
		Conn:  w.JS.Conn(),
		Open:  w.open,
		Serve: w.serve,
		Attached: func(yes bool) {
			w.OnReady(yes)
			if yes && w.reconnecting {
				w.reconnecting = false
				w.OnReconnect()
			}
		},
		OnError: stream.LogErrors(w.Log, w.JS.Conn(), "prober"),
	}.Run(ctx)
	end()
	stop()
	return err
}

// prepare makes w ready to accept due messages until ctx ends. The caller must then
// call stop, which waits until all of them are probed or handed back.
func (w *Worker) prepare(ctx context.Context) (stop func()) {
	w.dispatcher = newDispatcher(w.Concurrency, w.PerHost, w.Timeout)
	w.wheel.start = time.Now()
	w.room = make(chan struct{}, 1)
	uncut := context.WithoutCancel(ctx)
	probes, cut := context.WithCancel(uncut)
	finish, end := context.WithCancel(uncut)
	w.probes, w.finish = probes, finish
	var own sync.WaitGroup
	own.Go(func() { w.runWheel(ctx) })
	own.Go(func() { w.inspectPeriodically(ctx) })
	own.Go(func() {
		<-ctx.Done()
		w.handBackAll()
	})
	return func() {
		own.Wait()
		defer cut()
		defer end()
		defer time.AfterFunc(cancelAfter, cut).Stop()
		defer time.AfterFunc(finishTimeout, end).Stop()
		done := make(chan struct{})
		go func() {
			w.jobs.Wait()
			close(done)
		}()
		select {
		case <-done:
		case <-time.After(finishTimeout + time.Second):
			w.Log.Error("probes did not end in time; stopping without them")
		}
	}
}

func (w *Worker) open(ctx context.Context) (jetstream.Consumer, error) {
	return stream.Probers(ctx, w.JS, w.Location)
}

// serve fetches due messages until ctx ends or a fetch fails. It doesn't use
// stream.Consume, which delivers one message at a time: here many are in progress,
// each until its probe has ended.
func (w *Worker) serve(ctx context.Context, consumer jetstream.Consumer) error {
	err := w.fetch(ctx, consumer)
	if err != nil && ctx.Err() == nil {
		w.reconnecting = true
		w.Metrics.Interruptions.WithLabelValues("prober").Inc()
	}
	return err
}

// fetch fetches due messages, never more of them than there are free places: another
// worker may have room for the others.
func (w *Worker) fetch(ctx context.Context, consumer jetstream.Consumer) error {
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
// many, or 0 when ctx has ended.
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
	return max(0, min(w.dispatcher.room(), heldPerPlace*w.Concurrency-w.wheel.size()))
}

// signalRoom wakes awaitRoom: there may be more room than before.
func (w *Worker) signalRoom() {
	select {
	case w.room <- struct{}{}:
	default:
	}
}

// runWheel queues the messages of the wheel when their time has come.
func (w *Worker) runWheel(ctx context.Context) {
	tick := time.NewTicker(wheelStep)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			expired := w.wheel.advance(now)
			for _, d := range expired {
				w.queue(d)
			}
			if len(expired) > 0 {
				w.signalRoom()
			}
		}
	}
}

// handBackAll hands back the due messages whose probes have not begun, and those
// that come from now on at once.
func (w *Worker) handBackAll() {
	w.stopping.Store(true)
	held, waiting := w.wheel.close(), w.dispatcher.close()
	for _, e := range waiting {
		held = append(held, e.due)
	}
	for _, d := range held {
		w.handBack(d, metrics.Stopping)
	}
}
