// Package work makes the probes that are due: due message in, result out. It
// also answers those who want one at once.
package work

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/semaphore"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/health-worker/internal/attach"
	"github.com/dev-portal/dev-portal/services/health-worker/internal/metrics"
	"github.com/dev-portal/dev-portal/services/health-worker/internal/probe"
)

const (
	fetchWait = time.Second          // how long one request for due messages stays open, and so how long stopping takes
	fewSlots  = 16                   // for so few free places it is worth while …
	moreSlots = 5 * time.Millisecond // … to wait so long for more

	// hostWait is how long a due message waits here for its host. With the
	// longest probe it must stay below the consumer's AckWait of 30 s.
	hostWait   = 5 * time.Second
	retryAfter = time.Second // for one that was handed back as its host is busy; up to twice that

	waitingPerHost = 256
	waitingInAll   = 2048

	// finishFor is how long what is in flight at the end of ctx may take.
	finishFor = 11 * time.Second
	source    = "/dev-portal/health-worker"
)

// Func makes one probe. Its error wraps probe.ErrNotMade.
type Func func(ctx context.Context, url string) (probe.Outcome, error)

// Worker makes the probes of a location, together with the other workers there.
type Worker struct {
	JS          jetstream.JetStream
	Probe       Func
	Timeout     time.Duration // a probe takes no longer
	Location    string
	Concurrency int // probes at once
	PerHost     int // probes of a host at once
	Streams     *attach.Streams
	Log         *slog.Logger
	Metrics     *metrics.Worker

	// Attached is told when taking due messages begins and when it ends.
	Attached func(yes bool)

	// Lost is called when the consumer is there again after it broke off: the
	// broker may have lost more than that.
	Lost func()

	slots   *semaphore.Weighted
	hosts   hosts
	results batches
	jobs    sync.WaitGroup
	mending sync.Mutex

	probing, checking watch
}

// Run takes due messages as there is room until ctx ends. It then hands back
// what has not begun, finishes what has, and returns within 14 s.
func (w *Worker) Run(ctx context.Context) {
	w.prepare()
	interrupted := false
	finish, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	attach.Loop{
		Name: "prober",
		Conn: w.JS.Conn(),
		Open: w.open,
		Serve: func(ctx context.Context, c jetstream.Consumer) error {
			return w.take(ctx, finish, c)
		},
		Attached: func(yes bool) {
			w.Attached(yes)
			if yes && interrupted {
				interrupted = false
				w.Lost()
			}
		},
		Interrupted: func() {
			interrupted = true
			w.Metrics.Interruptions.WithLabelValues("prober").Inc()
		},
		Log: w.Log,
	}.Run(ctx)
	defer time.AfterFunc(finishFor, cancel).Stop()
	w.jobs.Wait()
}

func (w *Worker) prepare() {
	w.slots = semaphore.NewWeighted(int64(w.Concurrency))
	w.hosts = hosts{running: w.PerHost, waiting: waitingPerHost, allWaiting: waitingInAll}
}

func (w *Worker) open(ctx context.Context) (jetstream.Consumer, error) {
	return w.Streams.Open(ctx, func(ctx context.Context, js jetstream.JetStream) (jetstream.Consumer, error) {
		return events.Probers(ctx, js, w.Location)
	})
}

// take starts a job for each due message, and never asks for more of them than
// there are free places: what this worker has no room for, another may take.
func (w *Worker) take(ctx, finish context.Context, consumer jetstream.Consumer) error {
	for {
		free := w.room(ctx)
		if free == 0 {
			return nil
		}
		batch, err := consumer.Fetch(free, jetstream.FetchMaxWait(fetchWait))
		if err != nil {
			w.slots.Release(int64(free))
			return fmt.Errorf("fetch: %w", err)
		}
		for msg := range batch.Messages() {
			free--
			w.jobs.Go(func() { w.handle(ctx, finish, msg) })
		}
		w.slots.Release(int64(free))
		if err := batch.Error(); !attach.Idle(err) {
			return fmt.Errorf("fetch: %w", err)
		}
	}
}

// room takes as many places as are free, at least one; 0 when ctx has ended.
func (w *Worker) room(ctx context.Context) int {
	if ctx.Err() != nil || w.slots.Acquire(ctx, 1) != nil {
		return 0
	}
	n := w.more(1)
	if n < min(fewSlots, w.Concurrency) {
		select {
		case <-ctx.Done():
		case <-time.After(moreSlots):
		}
		n = w.more(n)
	}
	return n
}

func (w *Worker) more(n int) int {
	for n < w.Concurrency && w.slots.TryAcquire(1) {
		n++
	}
	return n
}
