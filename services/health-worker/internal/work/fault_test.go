package work

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	dto "github.com/prometheus/client_model/go"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	"github.com/dev-portal/dev-portal/services/health-worker/internal/metrics"
	"github.com/dev-portal/dev-portal/services/health-worker/internal/probe"
)

func count(t *testing.T, m interface{ Write(*dto.Metric) error }) float64 {
	t.Helper()
	var out dto.Metric
	if err := m.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.GetCounter().GetValue()
}

// shortAckWait returns the workers' consumer with an AckWait of 500 ms, after which
// a worker counts as dead.
func shortAckWait(t *testing.T, js jetstream.JetStream) jetstream.Consumer {
	t.Helper()
	consumer, err := stream.Probers(t.Context(), js, "default")
	if err != nil {
		t.Fatal(err)
	}
	cfg := consumer.CachedInfo().Config
	cfg.AckWait = 500 * time.Millisecond
	consumer, err = js.UpdateConsumer(t.Context(), events.StreamProbes, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return consumer
}

func TestProbeOfADeadWorkerGoesToAnother(t *testing.T) {
	url := devtest.NATS(t).URL()
	js := connect(t, url)
	heard, due := results(t, js), plan("http://billing.example/", "1h")
	ask(t, js, due)

	dead, hangs, release := connect(t, url), make(chan bool), make(chan bool)
	defer close(release)
	killed := worker(t, dead, func(ctx context.Context, _ string) (probe.Outcome, error) {
		close(hangs)
		return hold(ctx, release)
	})
	killed.prepare(t.Context())
	go func() { _ = killed.fetch(t.Context(), shortAckWait(t, dead)) }()
	receive(t, hangs, "probe of the first worker")
	dead.Conn().Close() // the broker receives nothing more from it

	other := worker(t, js, func(context.Context, string) (probe.Outcome, error) { return healthy, nil })
	ctx, cancel := context.WithCancel(t.Context())
	stop := other.prepare(ctx)
	done := make(chan error, 1)
	go func() { done <- other.fetch(ctx, shortAckWait(t, js)) }()
	if got := receive(t, heard, "result of the second worker"); got.ServiceID != due.ServiceID {
		t.Errorf("got %+v, want the probe of %s", got, due.ServiceID)
	}
	awaitSettled(t, js)
	cancel()
	if err := receive(t, done, "end of the second worker"); err != nil {
		t.Error(err)
	}
	stop()
}

func TestResultIsStoredWhenTheStreamIsBack(t *testing.T) {
	js := connect(t, devtest.NATS(t).URL())
	probed := make(chan bool, 2)
	w := worker(t, js, func(ctx context.Context, _ string) (probe.Outcome, error) {
		err := js.DeleteStream(ctx, events.StreamResults)
		probed <- err == nil
		return healthy, nil
	})
	run(t, w)
	ask(t, js, plan("http://billing.example/", "1h"))
	if !receive(t, probed, "probe") {
		t.Fatal("the stream was not deleted")
	}
	await(t, func() (bool, string) { return count(t, w.Metrics.PublishFailures) > 0, "no failure" })
	if err := stream.Ensure(t.Context(), js, 1, events.StreamResults); err != nil { // as catalog-api does
		t.Fatal(err)
	}
	await(t, func() (bool, string) {
		results, err := js.Stream(t.Context(), events.StreamResults)
		return err == nil && results.CachedInfo().State.Msgs == 1, "no result"
	})
	awaitSettled(t, js)
	if len(probed) != 0 {
		t.Errorf("%d more probes, want none", len(probed))
	}
}

func TestStopFinishesRunningProbesAndHandsBackTheRest(t *testing.T) {
	url := devtest.NATS(t).URL()
	js := connect(t, url)
	heard := results(t, js)
	const n = 6
	for range n {
		ask(t, js, plan("http://billing.example/", "1h"))
	}
	started, release := make(chan bool, n), make(chan bool)
	w := worker(t, connect(t, url), func(ctx context.Context, _ string) (probe.Outcome, error) {
		started <- true
		return hold(ctx, release)
	})
	stop := run(t, w)
	for range 4 {
		receive(t, started, "probe")
	}
	stopped := make(chan bool)
	go func() {
		stop()
		close(stopped)
	}()
	await(t, func() (bool, string) {
		back := count(t, w.Metrics.HandedBack.WithLabelValues(metrics.Stopping))
		return back == n-4, fmt.Sprintf("%v of those that wait are handed back", back)
	})
	close(release)
	for range 4 {
		receive(t, heard, "result of what ran")
	}
	receive(t, stopped, "stop")
	if len(started) != 0 {
		t.Errorf("%d probes were begun after the stop", len(started))
	}

	run(t, worker(t, js, func(context.Context, string) (probe.Outcome, error) { return healthy, nil }))
	for range n - 4 {
		receive(t, heard, "result of what was handed back")
	}
	awaitSettled(t, js)
}

func TestProbeNotMadeIsRetried(t *testing.T) {
	js := connect(t, devtest.NATS(t).URL())
	heard, tries := results(t, js), make(chan bool, 10)
	w := worker(t, js, func(context.Context, string) (probe.Outcome, error) {
		tries <- true
		if len(tries) == 1 {
			return probe.Outcome{}, errors.Join(probe.ErrNotMade, errors.New("too many open files"))
		}
		return healthy, nil
	})
	run(t, w)
	ask(t, js, plan("http://billing.example/", "1h"))
	receive(t, heard, "result")
	if len(tries) != 2 || count(t, w.Metrics.HandedBack.WithLabelValues(metrics.NotMade)) != 1 {
		t.Errorf("%d tries, want 2, and one counted as handed back", len(tries))
	}
}

func TestInvalidDueMessageIsTerminated(t *testing.T) {
	js := connect(t, devtest.NATS(t).URL())
	if _, err := js.Publish(t.Context(), events.DueSubject("x"), []byte("{}")); err != nil {
		t.Fatal(err)
	}
	w := worker(t, js, func(context.Context, string) (probe.Outcome, error) {
		t.Error("probed")
		return healthy, nil
	})
	run(t, w)
	await(t, func() (bool, string) {
		return count(t, w.Metrics.Dropped.WithLabelValues(metrics.Poison)) == 1, "not counted"
	})
	awaitSettled(t, js)
}

func TestWorkerReconnectsWhenConsumerIsDeleted(t *testing.T) {
	js := connect(t, devtest.NATS(t).URL())
	heard, lost := results(t, js), make(chan bool, 10)
	w := worker(t, js, func(context.Context, string) (probe.Outcome, error) { return healthy, nil })
	w.OnReconnect = func() { lost <- true }
	run(t, w)
	ask(t, js, plan("http://billing.example/", "1h"))
	receive(t, heard, "result")

	if err := js.DeleteStream(t.Context(), events.StreamProbes); err != nil {
		t.Fatal(err)
	}
	if err := stream.Ensure(t.Context(), js, 1, events.StreamProbes); err != nil { // as catalog-api does
		t.Fatal(err)
	}
	receive(t, lost, "alarm")
	ask(t, js, plan("http://billing.example/", "1h"))
	receive(t, heard, "result after that")
}
