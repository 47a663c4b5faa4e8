package work

import (
	"context"
	"fmt"
	"sync"
	"time"
)

const (
	watchEvery = time.Second

	// overdueAfter is by how much a probe may exceed its timeout. One that runs
	// longer will never end, which is a bug, and keeps its place.
	overdueAfter = 5 * time.Second
)

// watch records when each probe of a pool began, to find those that do not end. Its
// zero value is ready to use.
type watch struct {
	mu       sync.Mutex
	running  map[*time.Time]struct{}
	stuck    time.Time // since when the pool is stuck; zero if it isn't
	overdue  int       // probes at the last inspection
	reported bool      // the present episode was logged
}

// begin records the start of a probe; the function returned records its end.
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

// verdict is the result of an inspection.
type verdict struct {
	overdue int           // probes that do not end
	longest time.Duration // how long the oldest of them has run
	report  bool          // an episode has begun or become worse
	ended   bool          // an episode has ended
}

// inspect finds the probes that have run for longer than limit. The pool is stuck
// when they hold at least half of its places at two successive inspections: a single
// one doesn't suffice, as a process that was suspended resumes with all its probes
// overdue.
func (w *watch) inspect(now time.Time, limit time.Duration, places int) verdict {
	w.mu.Lock()
	defer w.mu.Unlock()
	var v verdict
	for began := range w.running {
		if took := now.Sub(*began); took > limit {
			v.overdue, v.longest = v.overdue+1, max(v.longest, took)
		}
	}
	holdHalf := func(overdue int) bool { return overdue > 0 && 2*overdue >= places }
	switch {
	case !holdHalf(v.overdue):
		w.stuck = time.Time{}
	case holdHalf(w.overdue) && w.stuck.IsZero():
		w.stuck, v.report = now.Add(limit-v.longest), true
	}
	if v.overdue > 0 && w.overdue > 0 && !w.reported {
		w.reported, v.report = true, true
	}
	if v.overdue == 0 && w.reported {
		w.reported, v.ended = false, true
	}
	w.overdue = v.overdue
	return v
}

// stuckSince returns since when the pool is stuck, or the zero time if it isn't.
func (w *watch) stuckSince() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stuck
}

// taken returns how many probes run.
func (w *watch) taken() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.running)
}

// Watch inspects the scheduled probes and the checks for those that do not end,
// until ctx ends, and logs each such episode once.
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
		overdue := w.logVerdict(ctx, "scheduled probes", w.probing.inspect(now, w.maxDuration(), w.Concurrency), w.Concurrency)
		overdue += w.logVerdict(ctx, "checks", w.checking.inspect(now, w.maxDuration(), checksAtOnce), checksAtOnce)
		w.Metrics.Overdue.Set(float64(overdue))
	}
}

// logVerdict logs the begin and end of an episode, and returns the overdue probes.
func (w *Worker) logVerdict(ctx context.Context, pool string, v verdict, places int) int {
	switch {
	case v.report:
		w.Log.ErrorContext(ctx, "probes are stuck and hold their slots; a restart frees them",
			"pool", pool, "probes", v.overdue, "places", places, "longest_s", int(v.longest.Seconds()))
	case v.ended:
		w.Log.InfoContext(ctx, "stuck probes have ended", "pool", pool)
	}
	return v.overdue
}

// maxDuration is the time after which a probe counts as overdue.
func (w *Worker) maxDuration() time.Duration { return w.Timeout + overdueAfter }

// Stuck returns an error if probes that do not end hold at least half of the places,
// of scheduled probes or of checks. Only a restart frees them.
func (w *Worker) Stuck() error {
	since, what := w.probing.stuckSince(), "scheduled probes"
	if since.IsZero() {
		since, what = w.checking.stuckSince(), "checks"
	}
	if since.IsZero() {
		return nil
	}
	return fmt.Errorf("%s do not end since %s, and keep most of the places", what, since.UTC().Format(time.RFC3339))
}
