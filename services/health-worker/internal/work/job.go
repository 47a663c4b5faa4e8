package work

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/health-worker/internal/metrics"
)

// accept deals with a due message: it lets it wait for its part of the second,
// and then for its turn, or drops it.
func (w *Worker) accept(ctx context.Context, msg jetstream.Msg) {
	d, err := readDue(msg)
	if err != nil {
		w.Metrics.Dropped.WithLabelValues(metrics.Poison).Inc()
		w.Log.ErrorContext(ctx, "due message can't be read", "subject", msg.Subject(), "error", err)
		_ = msg.TermWithReason("not a due message") // else it comes again, to the same end
		return
	}
	w.Metrics.Backlog.Set(float64(d.backlog))
	now := time.Now()
	switch {
	case !now.Before(d.end()):
		w.drop(d)
	case !w.wheel.put(d, now):
		w.queue(d)
	}
}

// queue lets d wait for its turn, which may have come already.
func (w *Worker) queue(d due) {
	start, out := w.turns.add(d, time.Now())
	w.start(start)
	switch {
	case out == nil:
	case w.stopping.Load():
		w.handBack(out.due, metrics.Stopping)
	default:
		w.handBack(out.due, metrics.HostBusy)
	}
}

// start makes the probes whose turn has come.
func (w *Worker) start(turn []*waiting) {
	for _, e := range turn {
		w.jobs.Go(func() { w.run(e) })
	}
}

// run probes, stores the result, and only then acknowledges the due message. It
// has a place, of the worker and of the host, and gives it back.
func (w *Worker) run(e *waiting) {
	defer func() {
		w.start(w.turns.freed(time.Now()))
		w.poke()
	}()
	if time.Since(e.since) > askAfter && !w.planned(e.due) {
		w.start(w.turns.left(e, ended{unmade: true}, time.Now()))
		w.handBack(e.due, metrics.Unplanned)
		return
	}
	start, end := time.Now(), w.probing.begin()
	if start.Sub(e.touched) > touchEvery/2 && start.Before(e.end()) {
		_ = e.msg.InProgress() // else it comes again, perhaps before the probe has ended
	}
	w.Metrics.InFlight.Inc()
	outcome, err := w.Probe(w.probes, e.URL)
	end()
	now := time.Now()
	w.Metrics.InFlight.Dec()
	w.start(w.turns.left(e, ended{
		took:   now.Sub(start),
		silent: outcome.Reason == events.ReasonTimeout || outcome.Reason == events.ReasonConnectTimeout,
		unmade: err != nil,
	}, now))
	if err != nil {
		if w.probes.Err() == nil {
			w.Log.WarnContext(w.finish, "probe not made; handing it back", "service_id", e.ServiceID, "error", err)
		}
		w.handBack(e.due, metrics.NotMade)
		return
	}
	w.Metrics.Probed(outcome.Status, outcome.Reason, start.Sub(e.since), now.Sub(start))
	w.Log.DebugContext(w.finish, "probed", "service_id", e.ServiceID, "url", e.URL,
		"status", outcome.Status, "reason", outcome.Reason, "latency_ms", milliseconds(outcome.Latency))
	w.settle(e, w.result(e.ProbePlanned, outcome, times{planned: e.since, checked: start, round: e.round, busy: e.busy && e.round > 0}))
}

// planned says whether what waited for its turn is planned still: a service that
// was deleted or has another health URL now must not cost a host its places. In
// doubt it is.
//
// What is not is handed back and not acknowledged, as the plan may be on its way.
// Otherwise the due message is gone from the stream, and does not come again.
func (w *Worker) planned(d due) bool {
	ctx, cancel := context.WithTimeout(w.probes, askFor)
	defer cancel()
	plan, err := w.Plan(ctx, d.ServiceID)
	return err != nil || plan.URL == d.URL
}

// settle stores a result, and acknowledges the due message that asked for it.
func (w *Worker) settle(e *waiting, result events.ProbeCompleted) {
	err := w.store(w.finish, result)
	switch {
	case errors.Is(err, errInvalid):
		w.Metrics.Dropped.WithLabelValues(metrics.Poison).Inc()
		w.Log.ErrorContext(w.finish, "result not stored", "service_id", e.ServiceID, "error", err)
		_ = e.msg.TermWithReason("its result is not valid") // else it comes again, to the same end
	case err != nil:
		w.Log.ErrorContext(w.finish, "result not stored before the stop; handing the probe back",
			"service_id", e.ServiceID, "status", result.Status, "error", err)
		w.handBack(e.due, metrics.Unstored)
	default:
		_ = e.msg.Ack() // else it comes again, and is probed once more
	}
}

// handBack lets the broker deliver the due message again, to whichever worker
// has room, unless its slot is over before.
func (w *Worker) handBack(d due, why string) {
	delay := retryAfter + rand.N(retryAfter)
	switch {
	case w.stopping.Load():
		delay = fetchWait // or it would come straight back, by the request that is still open
	case why == metrics.HostBusy:
		delay = crowdedAfter + rand.N(crowdedAfter)
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
type times struct {
	planned, checked time.Time
	round            time.Duration // until the next, if that is longer than the interval
	busy             bool          // because of the host
}

func milliseconds(d time.Duration) int64 {
	return int64((d + time.Millisecond - 1) / time.Millisecond)
}
