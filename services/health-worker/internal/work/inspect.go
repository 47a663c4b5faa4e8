package work

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
)

const (
	inspectEvery = time.Second

	// touchEvery is how often the broker is told that a waiting message is in
	// progress. After AckWait (30 s) it would deliver it to another worker.
	touchEvery = 10 * time.Second

	maxBusyHosts = 10 // in the worker's state
)

// inspectPeriodically extends the AckWait of the queued due messages, publishes delays and updates
// the metrics, until ctx ends. One goroutine serves all: they may be thousands.
func (w *Worker) inspectPeriodically(ctx context.Context) {
	tick := time.NewTicker(inspectEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		found := w.dispatcher.inspect(time.Now())
		for _, held := range found.touch {
			_ = held.msg.InProgress() // if that fails, it is redelivered and keeps its turn
		}
		for _, late := range found.delayed {
			w.publishDelayed(ctx, late)
		}
		w.Metrics.Waiting.Set(float64(found.waiting))
		w.Metrics.BusyHosts.Set(float64(len(found.busy)))
		var longest int64
		if len(found.busy) > 0 {
			longest = found.busy[0].RoundMS
		}
		w.Metrics.Round.Set(float64(longest) / 1000)
		named := found.busy[:min(len(found.busy), maxBusyHosts)]
		w.busy.Store(&named)
	}
}

// publishDelayed publishes that a service waits. It doesn't wait for an
// acknowledgement: the event is repeated after an interval.
func (w *Worker) publishDelayed(ctx context.Context, late delayed) {
	msg, err := stream.Encode(source, events.ProbeDelayed{
		ServiceID: late.ServiceID, URL: late.URL, RoundMS: milliseconds(late.round),
		SaidAt: time.Now().UTC(), Location: w.Location,
	})
	if err == nil {
		err = w.JS.Conn().PublishMsg(msg)
	}
	if err != nil {
		w.Log.WarnContext(ctx, "delay of a service's probes not published", "service_id", late.ServiceID, "error", err)
	}
}

// delayed is a service that has waited for longer than an interval.
type delayed struct {
	events.ProbePlanned
	round time.Duration // estimated
}

// inspection is the state of the queues, and what is to be done about it.
type inspection struct {
	waiting int
	touch   []due // whose AckWait is to be extended
	delayed []delayed
	busy    []events.BusyHost // the longest round first
}

// inspect inspects the queues of all hosts.
func (d *dispatcher) inspect(now time.Time) (out inspection) {
	d.mu.Lock()
	defer d.mu.Unlock()
	out.waiting = len(d.byID)
	for _, h := range d.hosts {
		if round := h.inspect(now, &out); round > 0 {
			out.busy = append(out.busy, events.BusyHost{
				Host: h.name, Services: h.running + len(h.queue), RoundMS: milliseconds(round),
			})
		}
	}
	slices.SortFunc(out.busy, func(a, b events.BusyHost) int {
		return cmp.Or(cmp.Compare(b.RoundMS, a.RoundMS), cmp.Compare(a.Host, b.Host))
	})
	return out
}

// inspect adds the host's queue to out and returns its longest round: 0 if the
// host's limit makes no service miss an interval.
func (h *host) inspect(now time.Time, out *inspection) (round time.Duration) {
	for i, e := range h.queue {
		if now.Sub(e.touched) >= touchEvery && now.Before(e.end()) {
			e.touched = now
			out.touch = append(out.touch, e.due)
		}
		waited := now.Sub(e.since)
		if waited <= e.Interval.Duration() {
			continue
		}
		ahead := time.Duration(i+1) * h.pace.mean / time.Duration(max(h.running, 1))
		r := e.roundOf(waited + ahead)
		if !h.limited.Before(e.since) {
			round = max(round, r)
		}
		if !now.Before(e.nextNotice) {
			e.nextNotice = now.Add(e.Interval.Duration())
			out.delayed = append(out.delayed, delayed{e.ProbePlanned, r})
		}
	}
	return round
}
