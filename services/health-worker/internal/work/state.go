package work

import (
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// State returns the worker's state, as its STATS replies contain it.
func (w *Worker) State() events.WorkerState {
	var busy []events.BusyHost
	if named := w.busy.Load(); named != nil {
		busy = *named
	}
	return events.WorkerState{
		Location:   w.Location,
		Places:     w.Concurrency,
		Taken:      w.probing.taken(),
		StuckSince: earliest(w.probing.stuckSince(), w.checking.stuckSince()).UTC(),
		BusyHosts:  busy,
	}
}

// earliest returns the earlier of two times, ignoring a zero one.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}
