package work

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	"github.com/dev-portal/dev-portal/services/health-worker/internal/probe"
)

// delays returns the ProbeDelayed events from now on.
func delays(t *testing.T, js jetstream.JetStream) <-chan events.ProbeDelayed {
	t.Helper()
	out := make(chan events.ProbeDelayed, 1000)
	sub, err := js.Conn().Subscribe(events.AllResults, func(msg *nats.Msg) {
		if d, err := events.DecodeAs[events.ProbeDelayed](msg.Header, msg.Data); err == nil {
			out <- d
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sub.Unsubscribe() })
	return out
}

// occupied runs a worker whose only place at a host is taken until release.
func occupied(t *testing.T) (js jetstream.JetStream, w *Worker, release chan bool) {
	t.Helper()
	js = connect(t, devtest.NATS(t).URL())
	release, started := make(chan bool), make(chan bool, 10)
	w = worker(t, js, func(ctx context.Context, url string) (probe.Outcome, error) {
		if url == "http://gw.example/first" {
			started <- true
			return hold(ctx, release)
		}
		return healthy, nil
	})
	w.PerHost = 1
	run(t, w)
	ask(t, js, plan("http://gw.example/first", "1h"))
	receive(t, started, "first probe")
	return js, w, release
}

func TestTurnOutlivesDueMessage(t *testing.T) {
	js, w, release := occupied(t)
	heard := results(t, js)
	replaced, expired := plan("http://gw.example/replaced", "10s"), plan("http://gw.example/expired", "10s")
	for _, p := range []events.ProbePlanned{replaced, expired, replaced} {
		store(t, js, p, events.PlanSubject(p.ServiceID))
		var ttl []jetstream.PublishOpt
		if p == expired {
			ttl = append(ttl, jetstream.WithMsgTTL(time.Second))
		}
		store(t, js, p, events.DueSubject(p.ServiceID), ttl...)
		await(t, func() (bool, string) {
			n := w.dispatcher.inspect(time.Now()).waiting
			return n >= 1 && (p != expired || n == 2), fmt.Sprintf("%d wait", n)
		})
	}
	probes, err := js.Stream(t.Context(), events.StreamProbes)
	if err != nil {
		t.Fatal(err)
	}
	await(t, func() (bool, string) {
		_, err := probes.GetLastMsgForSubject(t.Context(), events.DueSubject(expired.ServiceID))
		return err != nil, "the message is still there"
	})
	close(release)
	began := map[string]time.Time{}
	for range 3 {
		got := receive(t, heard, "result")
		began[got.URL] = got.CheckedAt
	}
	if !began[replaced.URL].Before(began[expired.URL]) || began[replaced.URL].IsZero() {
		t.Errorf("got %v, want that turns go by the oldest slot", began)
	}
	awaitSettled(t, js)
	if len(heard) != 0 {
		t.Errorf("%d more results: a service was probed twice for two messages", len(heard))
	}
}

func TestDelayedServiceKeepsItsTurnAndIsReported(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for longer than an interval of 10 s")
	}
	t.Parallel()
	js, w, release := occupied(t)
	answering(t, w, "1.0.0")
	heard, told := results(t, js), delays(t, js)
	consumer, err := stream.Probers(t.Context(), js, "default")
	if err != nil {
		t.Fatal(err)
	}
	cfg := consumer.CachedInfo().Config
	cfg.AckWait = touchEvery + 5*time.Second
	if consumer, err = js.UpdateConsumer(t.Context(), events.StreamProbes, cfg); err != nil {
		t.Fatal(err)
	}
	short, long := plan("http://gw.example/short", "10s"), plan("http://gw.example/long", "1h")
	ask(t, js, short)
	ask(t, js, long)

	for range 2 {
		got := receive(t, told, "word that a service waits")
		if got.ServiceID != short.ServiceID || got.URL != short.URL || got.RoundMS < 20_000 {
			t.Errorf("got %+v, want that the one of 10 s waits, for 20 s or more", got)
		}
	}
	state, err := states(t, js)
	if err != nil || len(state.BusyHosts) != 1 || state.BusyHosts[0].Host != probe.HostPort(short.URL) || state.BusyHosts[0].Services < 3 {
		t.Errorf("got %+v (%v), want the host and its three services", state, err)
	}
	// Without InProgress the broker would have redelivered them by now, as it did the
	// first, whose probe takes longer than AckWait.
	if info, err := consumer.Info(t.Context()); err != nil || info.NumRedelivered > 1 {
		t.Errorf("%d are delivered again (%v), want the first at most", info.NumRedelivered, err)
	}
	close(release)
	want := map[string]events.Reason{short.ServiceID: events.ReasonHostBusy, long.ServiceID: events.ReasonOK}
	for len(want) > 0 {
		got := receive(t, heard, "result")
		reason, ok := want[got.ServiceID]
		if ok && (got.Reason != reason || (got.RoundMS > 0) != (reason == events.ReasonHostBusy)) {
			t.Errorf("got %+v, want %s", got, reason)
		}
		delete(want, got.ServiceID)
	}
	awaitSettled(t, js)
}
