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

// accept puts a due message into the wheel, or into its host's queue if its part of
// the second has come. It drops one whose slot is over.
func (w *Worker) accept(ctx context.Context, msg jetstream.Msg) {
	d, err := readDue(msg)
	if err != nil {
		w.Metrics.Dropped.WithLabelValues(metrics.Poison).Inc()
		w.Log.ErrorContext(ctx, "due message not readable; dropped", "subject", msg.Subject(), "error", err)
		_ = msg.TermWithReason("not a due message") // if that fails, it is redelivered and fails again
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

// queue adds d to its host's queue, and starts the probes whose turn has come.
func (w *Worker) queue(d due) {
	start, evicted := w.dispatcher.add(d, time.Now())
	w.start(start)
	switch {
	case evicted == nil:
	case w.stopping.Load():
		w.handBack(evicted.due, metrics.Stopping)
	default:
		w.handBack(evicted.due, metrics.HostBusy)
	}
}

// start runs each of the probes in a goroutine.
func (w *Worker) start(turn []*waiting) {
	for _, e := range turn {
		w.jobs.Go(func() { w.run(e) })
	}
}

// run probes, stores the result, and only then acknowledges the due message. It
// releases the places that e has of the worker and of the host.
func (w *Worker) run(e *waiting) {
	defer func() {
		w.start(w.dispatcher.releasePlace(time.Now()))
		w.signalRoom()
	}()
	if time.Since(e.since) > recheckAfter && !w.stillPlanned(e.due) {
		w.start(w.dispatcher.releaseHost(e, probeEnd{notMade: true}, time.Now()))
		w.handBack(e.due, metrics.Unplanned)
		return
	}
	start, end := time.Now(), w.probing.begin()
	if start.Sub(e.touched) > touchEvery/2 && start.Before(e.end()) {
		_ = e.msg.InProgress() // if that fails, it may be redelivered before the probe has ended
	}
	w.Metrics.InFlight.Inc()
	outcome, err := w.Probe(w.probes, e.URL)
	end()
	now := time.Now()
	w.Metrics.InFlight.Dec()
	w.start(w.dispatcher.releaseHost(e, probeEnd{
		took:     now.Sub(start),
		timedOut: outcome.Reason == events.ReasonTimeout || outcome.Reason == events.ReasonConnectTimeout,
		notMade:  err != nil,
	}, now))
	if err != nil {
		if w.probes.Err() == nil {
			w.Log.WarnContext(w.finish, "probe not made; redelivery requested", "service_id", e.ServiceID, "error", err)
		}
		w.handBack(e.due, metrics.NotMade)
		return
	}
	w.Metrics.Probed(outcome.Status, outcome.Reason, start.Sub(e.since), now.Sub(start))
	w.Log.DebugContext(w.finish, "probed", "service_id", e.ServiceID, "url", e.URL,
		"status", outcome.Status, "reason", outcome.Reason, "latency_ms", milliseconds(outcome.Latency))
	w.storeAndAck(e, w.result(e.ProbePlanned, outcome, times{planned: e.since, checked: start, round: e.round, busy: e.busy && e.round > 0}))
}

// stillPlanned reports whether d still has a plan, so that a service that was
// deleted or has another health URL now doesn't take its host's places. It returns
// true if the plan can't be read.
//
// If it returns false, the due message is handed back and not acknowledged, as the
// plan may be on its way. If there is none, the due message was purged from the
// stream, and is not delivered again.
func (w *Worker) stillPlanned(d due) bool {
	ctx, cancel := context.WithTimeout(w.probes, recheckTimeout)
	defer cancel()
	plan, err := w.Plan(ctx, d.ServiceID)
	return err != nil || plan.URL == d.URL
}

// storeAndAck stores a result, and then acknowledges its due message.
func (w *Worker) storeAndAck(e *waiting, result events.ProbeCompleted) {
	err := w.store(w.finish, result)
	switch {
	case errors.Is(err, errInvalid):
		w.Metrics.Dropped.WithLabelValues(metrics.Poison).Inc()
		w.Log.ErrorContext(w.finish, "result not stored", "service_id", e.ServiceID, "error", err)
		_ = e.msg.TermWithReason("its result is not valid") // if that fails, it is redelivered and fails again
	case err != nil:
		w.Log.ErrorContext(w.finish, "result not stored before shutdown; redelivery requested",
			"service_id", e.ServiceID, "status", result.Status, "error", err)
		w.handBack(e.due, metrics.Unstored)
	default:
		_ = e.msg.Ack() // if that fails, it is redelivered and probed once more
	}
}

// handBack has the broker redeliver the due message later, to any worker with
// room. It drops the message if its slot ends before that.
func (w *Worker) handBack(d due, why string) {
	delay := retryAfter + rand.N(retryAfter)
	switch {
	case w.stopping.Load():
		delay = fetchWait // else the fetch that is still open would get it back
	case why == metrics.HostBusy:
		delay = evictedRetryAfter + rand.N(evictedRetryAfter)
	}
	if time.Until(d.end()) <= delay {
		w.drop(d)
		return
	}
	w.Metrics.HandedBack.WithLabelValues(why).Inc()
	_ = d.msg.NakWithDelay(delay) // if that fails, it is redelivered after AckWait
}

// drop acknowledges a due message whose slot is over: the next slot has its own.
func (w *Worker) drop(d due) {
	w.Metrics.Dropped.WithLabelValues(metrics.Late).Inc()
	_ = d.msg.Ack() // if that fails, it is redelivered and dropped then
}

// times are when a probe was planned and made, and when the next one follows.
type times struct {
	planned, checked time.Time
	round            time.Duration // until the next probe if longer than the interval, else 0
	busy             bool          // the host's limit is the cause of round
}

func milliseconds(d time.Duration) int64 {
	return int64((d + time.Millisecond - 1) / time.Millisecond)
}
