package ingest_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/ingest"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
)

func TestMain(m *testing.M) { os.Exit(devtest.Main(m)) }

// statuses is a fake store, because a healthy Postgres doesn't fail on request. The first
// fail calls of ApplyResults return an error.
type statuses struct {
	sync.Mutex
	fail    int
	stored  chan events.ProbeCompleted
	delayed chan events.ProbeDelayed
	swept   []time.Time
}

func (s *statuses) ApplyResults(_ context.Context, _ access.Actor, batch []events.ProbeCompleted) (store.Applied, error) {
	s.Lock()
	defer s.Unlock()
	if s.fail > 0 {
		s.fail--
		return store.Applied{}, errors.New("the database is away")
	}
	for _, r := range batch {
		s.stored <- r
	}
	return store.Applied{Stored: len(batch)}, nil
}

func (s *statuses) ApplyDelays(_ context.Context, _ access.Actor, batch []events.ProbeDelayed) error {
	for _, d := range batch {
		s.delayed <- d
	}
	return nil
}

func (s *statuses) MarkStale(_ context.Context, _ access.Actor, since time.Time) (int, error) {
	s.Lock()
	defer s.Unlock()
	s.swept = append(s.swept, since)
	return 1, nil
}

// start runs ingest against a broker of its own until the test ends.
func start(t *testing.T, to ingest.Statuses) (jetstream.JetStream, *prometheus.Registry) {
	t.Helper()
	js := devtest.JetStream(t, devtest.NATS(t).URL())
	if err := stream.Ensure(t.Context(), js, 1); err != nil {
		t.Fatal(err)
	}
	reg := prometheus.NewRegistry()
	in := &ingest.Ingest{
		JetStream: js, Statuses: to, Replicas: 1,
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Metrics: ingest.NewMetrics(reg),
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- in.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return js, reg
}

func result(latency int64) events.ProbeCompleted {
	now := time.Now().UTC()
	return events.ProbeCompleted{
		ServiceID: "019a0000-0000-7000-8000-000000000001", Version: 1, URL: "https://billing.example/",
		Status: events.StatusHealthy, Reason: events.ReasonOK, HTTPStatus: 200, LatencyMS: latency,
		PlannedAt: now, CheckedAt: now, Location: "here",
	}
}

func publish(t *testing.T, js jetstream.JetStream, r events.ProbeCompleted) {
	t.Helper()
	msg, err := stream.Encode("/test", r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.PublishMsg(t.Context(), msg); err != nil {
		t.Fatal(err)
	}
}

// next returns the latencies of the next n results stored, sorted.
func next(t *testing.T, s *statuses, n int) (got []int64) {
	t.Helper()
	for range n {
		select {
		case r := <-s.stored:
			got = append(got, r.LatencyMS)
		case <-time.After(20 * time.Second):
			t.Fatalf("got %v, want %d results", got, n)
		}
	}
	slices.Sort(got)
	return got
}

func TestResultsAreStoredOnceAndAcknowledged(t *testing.T) {
	to := &statuses{stored: make(chan events.ProbeCompleted, 100)}
	js, _ := start(t, to)
	for i := range int64(20) {
		publish(t, js, result(i))
	}
	if got := next(t, to, 20); got[0] != 0 || got[19] != 19 {
		t.Errorf("got %v", got)
	}
	consumer, err := js.Consumer(t.Context(), events.StreamResults, "ingest")
	if err != nil {
		t.Fatal(err)
	}
	for { // until the acknowledgements have arrived
		info, err := consumer.Info(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if info.NumAckPending == 0 && info.NumPending == 0 {
			return
		}
	}
}

func TestMessageWithSeveralResults(t *testing.T) {
	to := &statuses{stored: make(chan events.ProbeCompleted, 100)}
	js, _ := start(t, to)
	msg, err := stream.Encode("/test", events.ProbesCompleted{Results: []events.ProbeCompleted{result(1), result(2), result(3)}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.PublishMsg(t.Context(), msg); err != nil {
		t.Fatal(err)
	}
	if got := next(t, to, 3); !slices.Equal(got, []int64{1, 2, 3}) {
		t.Errorf("got %v", got)
	}
}

func TestStoringResultsIsRetried(t *testing.T) {
	to := &statuses{fail: 2, stored: make(chan events.ProbeCompleted, 100)}
	js, _ := start(t, to)
	publish(t, js, result(1))
	publish(t, js, result(2))
	if got := next(t, to, 2); !slices.Equal(got, []int64{1, 2}) {
		t.Errorf("got %v", got)
	}
}

func TestInvalidResultIsDroppedAndCounted(t *testing.T) {
	to := &statuses{stored: make(chan events.ProbeCompleted, 100)}
	js, reg := start(t, to)
	if _, err := js.Publish(t.Context(), events.ResultSubject("x"), []byte("{")); err != nil {
		t.Fatal(err)
	}
	publish(t, js, result(1))
	next(t, to, 1)
	if n := testutil.CollectAndCount(reg, "portal_results_total"); n != 5 {
		t.Fatalf("got %d series of portal_results_total, want 5", n)
	}
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != "portal_results_total" {
			continue
		}
		for _, m := range f.GetMetric() {
			if m.GetLabel()[0].GetValue() == "invalid" && m.GetCounter().GetValue() != 1 {
				t.Errorf("counted %v", m.GetCounter().GetValue())
			}
		}
	}
}

// During a rolling upgrade the replicas of two versions share the results.
func TestUnknownTypeIsRedelivered(t *testing.T) {
	to := &statuses{stored: make(chan events.ProbeCompleted, 100)}
	js, _ := start(t, to)
	later, err := stream.Encode("/test", result(1))
	if err != nil {
		t.Fatal(err)
	}
	later.Header["ce-type"] = []string{"dev.portal.probe.completed.v2"}
	if _, err := js.PublishMsg(t.Context(), later); err != nil {
		t.Fatal(err)
	}
	publish(t, js, result(2))
	next(t, to, 1)
	consumer, err := js.Consumer(t.Context(), events.StreamResults, "ingest")
	if err != nil {
		t.Fatal(err)
	}
	for { // until the other one is acknowledged
		info, err := consumer.Info(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if info.AckFloor.Stream == 0 && info.Delivered.Stream == 2 && info.NumAckPending == 1 {
			return
		}
	}
}

func TestDelayIsStored(t *testing.T) {
	to := &statuses{stored: make(chan events.ProbeCompleted, 100), delayed: make(chan events.ProbeDelayed, 1)}
	js, _ := start(t, to)
	want := events.ProbeDelayed{
		ServiceID: "019a0000-0000-7000-8000-000000000001", URL: "https://billing.example/", RoundMS: 60_000,
		SaidAt: time.Now().UTC(), Location: "here",
	}
	msg, err := stream.Encode("/test", want)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.PublishMsg(t.Context(), msg); err != nil {
		t.Fatal(err)
	}
	select {
	case got := <-to.delayed:
		if got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("not stored")
	}
}

func TestLostStreamIsRecreated(t *testing.T) {
	to := &statuses{stored: make(chan events.ProbeCompleted, 100)}
	js, _ := start(t, to)
	publish(t, js, result(1))
	next(t, to, 1)
	if err := js.DeleteStream(t.Context(), events.StreamResults); err != nil {
		t.Fatal(err)
	}
	for { // until the stream exists again
		msg, err := stream.Encode("/test", result(2))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := js.PublishMsg(t.Context(), msg); err == nil {
			break
		}
		if t.Context().Err() != nil {
			t.Fatal("the stream does not come back")
		}
	}
	if got := next(t, to, 1); got[0] != 2 {
		t.Errorf("got %v", got)
	}
}

func TestSweeperPassesItsStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := &statuses{}
		sweeper := &ingest.Sweeper{
			Statuses: to, Log: slog.New(slog.DiscardHandler), Metrics: ingest.NewMetrics(prometheus.NewRegistry()),
		}
		started := time.Now().UTC()
		ctx, stop := context.WithTimeout(t.Context(), 12*time.Second)
		defer stop()
		if err := sweeper.Run(ctx); err != nil {
			t.Error(err)
		}
		if len(to.swept) != 2 || !to.swept[0].Equal(started) || !to.swept[1].Equal(started) {
			t.Errorf("swept with %v, want twice with %v", to.swept, started)
		}
	})
}
