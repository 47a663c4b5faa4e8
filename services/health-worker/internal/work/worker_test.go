package work

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	"github.com/dev-portal/dev-portal/services/health-worker/internal/metrics"
	planner "github.com/dev-portal/dev-portal/services/health-worker/internal/plan"
	"github.com/dev-portal/dev-portal/services/health-worker/internal/probe"
)

const patience = 30 * time.Second

var healthy = probe.Outcome{Status: events.StatusHealthy, Reason: events.ReasonOK, HTTPStatus: 200, Latency: time.Millisecond}

// hold is a probe that ends when release is closed or ctx ends.
func hold(ctx context.Context, release <-chan bool) (probe.Outcome, error) {
	select {
	case <-release:
		return healthy, nil
	case <-ctx.Done():
		return probe.Outcome{}, probe.ErrNotMade
	}
}

func connect(t *testing.T, url string) jetstream.JetStream {
	t.Helper()
	js := devtest.JetStream(t, url)
	if err := stream.Ensure(t.Context(), js, 1); err != nil {
		t.Fatal(err)
	}
	return js
}

// worker returns a worker that doesn't run yet.
func worker(t *testing.T, js jetstream.JetStream, fn Func) *Worker {
	t.Helper()
	return &Worker{
		JS: js, Probe: fn, Plan: planner.New(planner.Config{JS: js}).Plan, Timeout: patience, Location: "default", Concurrency: 32, PerHost: 4,
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Metrics: metrics.New(prometheus.NewRegistry(), "test", "default"), OnReady: func(bool) {}, OnReconnect: func() {},
	}
}

// run runs w until the test ends, or until stop is called.
func run(t *testing.T, w *Worker) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan bool)
	go func() {
		defer close(done)
		if err := w.Run(ctx); err != nil {
			t.Errorf("run: %v", err)
		}
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		<-done
	})
	t.Cleanup(stop)
	return stop
}

// plan returns a plan for a new service.
func plan(url string, interval events.Interval) events.ProbePlanned {
	return events.ProbePlanned{ServiceID: uuid.NewString(), Version: 1, URL: url, Interval: interval}
}

// ask stores a plan and a due message for it.
func ask(t *testing.T, js jetstream.JetStream, p events.ProbePlanned) {
	t.Helper()
	store(t, js, p, events.PlanSubject(p.ServiceID))
	store(t, js, p, events.DueSubject(p.ServiceID), jetstream.WithMsgTTL(p.Interval.Duration()))
}

func store(t *testing.T, js jetstream.JetStream, p events.ProbePlanned, subject string, opts ...jetstream.PublishOpt) {
	t.Helper()
	msg, err := stream.Encode("/test", p)
	if err != nil {
		t.Fatal(err)
	}
	msg.Subject = subject
	if _, err := js.PublishMsg(t.Context(), msg, opts...); err != nil {
		t.Fatal(err)
	}
}

// results returns every result from now on.
func results(t *testing.T, js jetstream.JetStream) <-chan events.ProbeCompleted {
	t.Helper()
	out := make(chan events.ProbeCompleted, 1000)
	sub, err := js.Conn().Subscribe(events.AllResults, func(msg *nats.Msg) {
		results, err := events.DecodeResults(msg.Header, msg.Data)
		if err != nil {
			t.Errorf("result: %v", err)
		}
		for _, result := range results {
			out <- result
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sub.Unsubscribe() })
	return out
}

func receive[T any](t *testing.T, from <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatalf("no %s within %s", what, patience)
		panic("unreachable")
	}
}

// awaitSettled waits until no due message is pending or unacknowledged.
func awaitSettled(t *testing.T, js jetstream.JetStream) {
	t.Helper()
	await(t, func() (bool, string) {
		consumer, err := js.Consumer(t.Context(), events.StreamProbes, "probers-default")
		if err != nil {
			return false, err.Error()
		}
		info := consumer.CachedInfo()
		return info.NumPending == 0 && info.NumAckPending == 0,
			fmt.Sprintf("%d pending, %d not acknowledged", info.NumPending, info.NumAckPending)
	})
}

func await(t *testing.T, ok func() (bool, string)) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.Now().Add(patience)
	for {
		yes, note := ok()
		if yes {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", patience, note)
		}
		<-tick.C
	}
}

func TestTwoWorkersShareWhatIsDue(t *testing.T) {
	url := devtest.NATS(t).URL()
	js := connect(t, url)
	heard := results(t, js)
	const n = 300
	for i := range n {
		ask(t, js, plan(fmt.Sprintf("http://host-%d.example/", i%100), "1m"))
	}
	var mu sync.Mutex
	var made [2]int
	for i := range made {
		run(t, worker(t, connect(t, url), func(ctx context.Context, _ string) (probe.Outcome, error) {
			mu.Lock()
			made[i]++
			mu.Unlock()
			<-time.After(10 * time.Millisecond) // as a real target takes
			return healthy, nil
		}))
	}
	probed := map[string]bool{}
	for range n {
		probed[receive(t, heard, "result").ServiceID] = true
	}
	awaitSettled(t, js)
	mu.Lock()
	defer mu.Unlock()
	if len(probed) != n || made[0]+made[1] != n || made[0] == 0 || made[1] == 0 {
		t.Errorf("%d services were probed, by %v probes, want %d, each once, by both", len(probed), made, n)
	}
}

func TestHangingHostDoesNotDelayOthers(t *testing.T) {
	js := connect(t, devtest.NATS(t).URL())
	heard := results(t, js)
	const n = 40
	for i := range n {
		ask(t, js, plan("http://hangs.example/", "1h"))
		ask(t, js, plan(fmt.Sprintf("http://host-%d.example/", i), "1h"))
	}
	release, started := make(chan bool), make(chan bool, n)
	w := worker(t, js, func(ctx context.Context, url string) (probe.Outcome, error) {
		if url == "http://hangs.example/" {
			started <- true
			return hold(ctx, release)
		}
		return healthy, nil
	})
	w.Concurrency = 8
	run(t, w)

	for range n {
		if got := receive(t, heard, "result of another host"); got.URL == "http://hangs.example/" {
			t.Fatal("a host that hangs has answered")
		}
	}
	await(t, func() (bool, string) {
		return len(started) == 4, fmt.Sprintf("%d probes of the host run", len(started))
	})
	close(release)
	for range n {
		receive(t, heard, "result of the host that hung")
	}
	awaitSettled(t, js)
}

func TestWorkerFetchesOnlyWhatItHasRoomFor(t *testing.T) {
	js := connect(t, devtest.NATS(t).URL())
	const n, room = 50, 5
	for i := range n {
		ask(t, js, plan(fmt.Sprintf("http://host-%d.example/", i), "1h"))
	}
	step, started := make(chan bool), make(chan bool, n)
	w := worker(t, js, func(ctx context.Context, _ string) (probe.Outcome, error) {
		started <- true
		return hold(ctx, step)
	})
	w.Concurrency = room
	run(t, w)
	for range room {
		receive(t, started, "probe")
	}
	consumer, err := js.Consumer(t.Context(), events.StreamProbes, "probers-default")
	if err != nil {
		t.Fatal(err)
	}
	if info := consumer.CachedInfo(); info.NumAckPending != room || info.NumPending != n-room {
		t.Errorf("%d were taken and %d left to others, want %d and %d", info.NumAckPending, info.NumPending, room, n-room)
	}
	close(step)
	awaitSettled(t, js)
}

// A service that was deleted or has another health URL now must not delay others.
func TestStaleDueMessagesAreNotProbed(t *testing.T) {
	js := connect(t, devtest.NATS(t).URL())
	heard := results(t, js)
	started, release := make(chan string, 100), make(chan bool)
	run(t, worker(t, js, func(ctx context.Context, url string) (probe.Outcome, error) {
		started <- url
		return hold(ctx, release)
	}))
	for range 4 {
		ask(t, js, plan("http://gateway.example/hangs", "1h"))
		receive(t, started, "probe")
	}
	deleted, moved, stays := plan("http://gateway.example/deleted", "1h"), plan("http://gateway.example/moved", "1h"), plan("http://gateway.example/stays", "1h")
	probes, err := js.Stream(t.Context(), events.StreamProbes)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []events.ProbePlanned{deleted, moved, stays} {
		ask(t, js, p)
	}
	await(t, func() (bool, string) {
		info, err := js.Consumer(t.Context(), events.StreamProbes, "probers-default")
		return err == nil && info.CachedInfo().NumPending == 0, "not taken"
	})
	for _, subject := range []string{events.PlanSubject(deleted.ServiceID), events.DueSubject(deleted.ServiceID)} {
		if err := probes.Purge(t.Context(), jetstream.WithPurgeSubject(subject)); err != nil {
			t.Fatal(err)
		}
	}
	moved.URL = "http://elsewhere.example/"
	ask(t, js, moved)
	if got := receive(t, started, "probe at the new URL"); got != moved.URL {
		t.Fatalf("%s is probed, want %s", got, moved.URL)
	}
	<-time.After(recheckAfter) // plans are not read again before that
	close(release)
	for range 6 {
		if got := receive(t, heard, "result"); got.URL == deleted.URL || got.URL == "http://gateway.example/moved" {
			t.Errorf("%s was probed, which is not planned any more", got.URL)
		}
	}
	awaitSettled(t, js)
	if got := receive(t, started, "last probe"); got != stays.URL || len(started) != 0 {
		t.Errorf("the last probes are of %s and %d more, want that of %s alone", got, len(started), stays.URL)
	}
}
