package work

import (
	"context"
	"fmt"
	"sync"
	"time"
)

const (
	watchEvery = time.Second

	// overdueAfter is by how much a probe may exceed its timeout. One that takes
	// longer will never end: it is a bug, and its place is lost.
	overdueAfter = 5 * time.Second
)

// watch knows when each probe of a pool began, to see those that do not end. Its
// zero value is ready.
type watch struct {
	mu      sync.Mutex
	running map[*time.Time]struct{}
	stuck   time.Time // since when too many do not end; zero: they do
	overdue int       // that did not end, at the last look
	told    bool      // that some do not end
}

// begin notes a probe; its end is to be told by the function returned.
func (w *watch) begin() (end func()) {
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.running == nil {
		w.running = map[*time.Time]struct{}{}
	}
	w.running[&now] = struct{}{}
	return func() {
		w.mu.Lock()
		delete(w.running, &now)
		w.mu.Unlock()
	}
}

// verdict is what a look found.
type verdict struct {
	overdue int           // probes that do not end
	longest time.Duration // of them, so far
	news    bool          // an episode began with this look, or became worse
	ended   bool          // an episode ended with this look
}

// look finds the probes that have run for longer than most. The pool is stuck
// when they hold at least half of its places, at two looks one after the other: a
// process that was stopped for a while wakes up with all its probes overdue.
func (w *watch) look(now time.Time, most time.Duration, places int) verdict {
	w.mu.Lock()
	defer w.mu.Unlock()
	var v verdict
	for began := range w.running {
		if took := now.Sub(*began); took > most {
			v.overdue, v.longest = v.overdue+1, max(v.longest, took)
		}
	}
	lost := func(overdue int) bool { return overdue > 0 && 2*overdue >= places }
	switch {
	case !lost(v.overdue):
		w.stuck = time.Time{}
	case lost(w.overdue) && w.stuck.IsZero():
		w.stuck, v.news = now.Add(most-v.longest), true
	}
	if v.overdue > 0 && w.overdue > 0 && !w.told {
		w.told, v.news = true, true
	}
	if v.overdue == 0 && w.told {
		w.told, v.ended = false, true
	}
	w.overdue = v.overdue
	return v
}

// since is since when the pool is stuck; zero: it isn't.
func (w *watch) since() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stuck
}

func (w *watch) taken() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.running)
}

// Watch looks, until ctx ends, for probes that do not end, scheduled ones and
// checks, and logs each such episode once.
func (w *Worker) Watch(ctx context.Context) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := time.Now()
		overdue := w.see(ctx, "scheduled probes", w.probing.look(now, w.longest(), w.Concurrency), w.Concurrency)
		overdue += w.see(ctx, "checks", w.checking.look(now, w.longest(), checksAtOnce), checksAtOnce)
		w.Metrics.Overdue.Set(float64(overdue))
	}
}

func (w *Worker) see(ctx context.Context, pool string, v verdict, places int) int {
	switch {
	case v.news:
		w.Log.ErrorContext(ctx, "probes do not end, and keep their places; a restart frees them",
			"pool", pool, "probes", v.overdue, "places", places, "longest_s", int(v.longest.Seconds()))
	case v.ended:
		w.Log.InfoContext(ctx, "the probes that did not end have ended", "pool", pool)
	}
	return v.overdue
}

// longest is how long a probe can take.
func (w *Worker) longest() time.Duration { return w.Timeout + overdueAfter }

// Stuck returns nil, or in words what only a restart mends: probes that do not
// end hold half of the places or more, of scheduled probes or of checks.
func (w *Worker) Stuck() error {
	since, what := w.probing.since(), "scheduled probes"
	if since.IsZero() {
		since, what = w.checking.since(), "checks"
	}
	if since.IsZero() {
		return nil
	}
	return fmt.Errorf("%s do not end since %s, and keep most of the places", what, since.UTC().Format(time.RFC3339))
}
