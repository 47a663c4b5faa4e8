package work

import (
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// State is what the worker says of itself to those who ask.
func (w *Worker) State() events.WorkerState {
	var busy []events.BusyHost
	if named := w.busy.Load(); named != nil {
		busy = *named
	}
	return events.WorkerState{
		Location:   w.Location,
		Places:     w.Concurrency,
		Taken:      w.probing.taken(),
		StuckSince: earliest(w.probing.since(), w.checking.since()).UTC(),
		BusyHosts:  busy,
	}
}

// earliest is the earlier of two times; a zero one is none.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}
