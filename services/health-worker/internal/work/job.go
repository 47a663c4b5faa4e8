package work

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/services/health-worker/internal/metrics"
)

// handle deals with one due message, for which the caller has taken a place: it
// probes, or drops, or hands back. ctx ends when the worker is to stop; finish,
// when it must have stopped.
func (w *Worker) handle(ctx, finish context.Context, msg jetstream.Msg) {
	d, err := readDue(msg)
	if err != nil {
		w.slots.Release(1)
		w.Metrics.Dropped.WithLabelValues(metrics.Poison).Inc()
		w.Log.ErrorContext(ctx, "due message can't be read", "subject", msg.Subject(), "error", err)
		_ = msg.TermWithReason("not a due message") // else it comes again, to the same end
		return
	}
	w.Metrics.Backlog.Set(float64(d.backlog))
	if why := w.enter(ctx, d); why != "" {
		w.handBack(d, why)
		return
	}
	defer w.slots.Release(1)
	w.run(finish, d)
}

// enter takes a place at the host. While it waits for one, it gives up the
// worker's place: a host that hangs holds up nobody else. It returns "" when it
// has both, and else why it has neither.
func (w *Worker) enter(ctx context.Context, d due) (why string) {
	if ctx.Err() != nil {
		w.slots.Release(1)
		return metrics.Stopping
	}
	host := hostOf(d.URL)
	if w.hosts.tryEnter(host) {
		return ""
	}
	w.slots.Release(1)
	w.Metrics.Waiting.Inc()
	defer w.Metrics.Waiting.Dec()

	wait, cancel := context.WithTimeout(ctx, min(hostWait, time.Until(d.end())))
	defer cancel()
	err := w.hosts.enter(wait, host)
	if err == nil {
		if err = w.slots.Acquire(wait, 1); err == nil {
			return ""
		}
		w.hosts.leave(host)
	}
	if ctx.Err() != nil {
		return metrics.Stopping
	}
	return metrics.HostBusy
}

// run probes, stores the result, and only then acknowledges the due message. It
// has a place at the host, and leaves it.
func (w *Worker) run(finish context.Context, d due) {
	host := hostOf(d.URL)
	if !time.Now().Before(d.end()) {
		w.hosts.leave(host)
		w.drop(d)
		return
	}
	w.Metrics.InFlight.Inc()
	start, end := time.Now(), w.probing.begin()
	outcome, err := w.Probe(finish, d.URL)
	end()
	took := time.Since(start)
	w.Metrics.InFlight.Dec()
	w.hosts.leave(host)
	if err != nil {
		if finish.Err() == nil {
			w.Log.WarnContext(finish, "probe not made; handing it back", "service_id", d.ServiceID, "error", err)
		}
		w.handBack(d, metrics.NotMade)
		return
	}
	w.Metrics.Probed(outcome.Status, outcome.Reason, start.Sub(d.slot), took)
	w.Log.DebugContext(finish, "probed", "service_id", d.ServiceID, "url", d.URL,
		"status", outcome.Status, "reason", outcome.Reason, "latency_ms", milliseconds(outcome.Latency))

	err = w.store(finish, w.result(d.ProbePlanned, outcome, times{planned: d.slot, checked: start}))
	switch {
	case errors.Is(err, errInvalid):
		w.Metrics.Dropped.WithLabelValues(metrics.Poison).Inc()
		w.Log.ErrorContext(finish, "result not stored", "service_id", d.ServiceID, "error", err)
		_ = d.msg.TermWithReason("its result is not valid") // else it comes again, to the same end
	case err != nil:
		w.Log.ErrorContext(finish, "result not stored before the stop; handing the probe back",
			"service_id", d.ServiceID, "status", outcome.Status, "error", err)
		w.handBack(d, metrics.Unstored)
	default:
		_ = d.msg.Ack() // else it comes again, and is probed once more
	}
}

// handBack lets the broker deliver the due message again, to whichever worker
// has room, unless its slot is over before.
func (w *Worker) handBack(d due, why string) {
	delay := retryAfter + rand.N(retryAfter)
	if why == metrics.Stopping || why == metrics.Unstored {
		delay = fetchWait // or it would come straight back, by the request that is still open
	}
	if time.Until(d.end()) <= delay {
		w.drop(d)
		return
	}
	w.Metrics.HandedBack.WithLabelValues(why).Inc()
	_ = d.msg.NakWithDelay(delay) // else it comes again by itself, later
}

// drop ends a due message whose next slot has come: that one is the probe now.
func (w *Worker) drop(d due) {
	w.Metrics.Dropped.WithLabelValues(metrics.Late).Inc()
	_ = d.msg.Ack() // else it comes again, later still, and is dropped then
}

// times are those of a probe.
type times struct{ planned, checked time.Time }

func milliseconds(d time.Duration) int64 {
	return int64((d + time.Millisecond - 1) / time.Millisecond)
}
