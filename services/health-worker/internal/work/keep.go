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
	keepEvery = time.Second

	// touchEvery is how often the broker hears that a waiting message is in hand,
	// or it would give it to another worker (AckWait, 30 s).
	touchEvery = 10 * time.Second

	mostBusyHosts = 10 // are named
)

// keep looks after those who wait for their turn, until ctx ends. One goroutine
// does it for all: they may be thousands.
func (w *Worker) keep(ctx context.Context) {
	tick := time.NewTicker(keepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		look := w.turns.look(time.Now())
		for _, d := range look.touch {
			_ = d.msg.InProgress() // else it comes again, and keeps its turn
		}
		for _, late := range look.delayed {
			w.tell(ctx, late)
		}
		w.Metrics.Waiting.Set(float64(look.waiting))
		w.Metrics.BusyHosts.Set(float64(len(look.busy)))
		var longest int64
		if len(look.busy) > 0 {
			longest = look.busy[0].RoundMS
		}
		w.Metrics.Round.Set(float64(longest) / 1000)
		named := look.busy[:min(len(look.busy), mostBusyHosts)]
		w.busy.Store(&named)
	}
}

// tell says that a service waits. It is said again after an interval: nobody
// waits for an answer.
func (w *Worker) tell(ctx context.Context, late delayed) {
	msg, err := stream.Encode(source, events.ProbeDelayed{
		ServiceID: late.ServiceID, URL: late.URL, RoundMS: milliseconds(late.round),
		SaidAt: time.Now().UTC(), Location: w.Location,
	})
	if err == nil {
		err = w.JS.Conn().PublishMsg(msg)
	}
	if err != nil {
		w.Log.WarnContext(ctx, "not told that a service waits for its host", "service_id", late.ServiceID, "error", err)
	}
}

// delayed is a service that has waited for longer than an interval.
type delayed struct {
	events.ProbePlanned
	round time.Duration // estimated
}

// look is what there is to be done for those who wait.
type look struct {
	waiting int
	touch   []due
	delayed []delayed
	busy    []events.BusyHost // the longest round first
}

// look looks at all who wait.
func (t *turns) look(now time.Time) (out look) {
	t.mu.Lock()
	defer t.mu.Unlock()
	out.waiting = len(t.byID)
	for _, h := range t.hosts {
		if round := h.look(now, &out); round > 0 {
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

// look looks at those who wait for the host, and returns its longest round; 0
// while each service is probed in each interval, as far as the host decides.
func (h *host) look(now time.Time, out *look) (round time.Duration) {
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
		if !now.Before(e.tell) {
			e.tell = now.Add(e.Interval.Duration())
			out.delayed = append(out.delayed, delayed{e.ProbePlanned, r})
		}
	}
	return round
}
