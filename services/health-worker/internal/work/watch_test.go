package work

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nats.go/micro"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	"github.com/dev-portal/dev-portal/pkg/service"
	"github.com/dev-portal/dev-portal/services/health-worker/internal/metrics"
	"github.com/dev-portal/dev-portal/services/health-worker/internal/probe"
)

// lines is a log that can be read while it is written.
type lines struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(p)
}

func (l *lines) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.all.String(), text)
}

func TestPoolIsStuckWhenProbesDoNotEnd(t *testing.T) {
	const limit = 10 * time.Second
	var w watch
	began := time.Now()
	var ends []func()
	for range 4 {
		ends = append(ends, w.begin())
	}
	for _, step := range []struct {
		name    string
		after   time.Duration
		end     int // probes that end before the inspection
		places  int
		stuck   bool
		report  bool
		overdue int
	}{
		{name: "while they may still end", after: 9 * time.Second, places: 4},
		{name: "at the first look after that", after: 11 * time.Second, places: 4, overdue: 4},
		{name: "at the second", after: 12 * time.Second, places: 4, overdue: 4, stuck: true, report: true},
		{name: "once told", after: 13 * time.Second, places: 4, overdue: 4, stuck: true},
		{name: "with one place back", after: 14 * time.Second, end: 1, places: 4, overdue: 3, stuck: true},
		{name: "with most places back", after: 15 * time.Second, end: 2, places: 4, overdue: 1},
		{name: "with all back", after: 16 * time.Second, end: 1, places: 4},
	} {
		for _, end := range ends[:step.end] {
			end()
		}
		ends = ends[step.end:]
		v := w.inspect(began.Add(step.after), limit, step.places)
		if v.overdue != step.overdue || v.report != step.report || w.stuckSince().IsZero() == step.stuck {
			t.Errorf("%s: got %+v, stuck since %v", step.name, v, w.stuckSince())
		}
	}
}

// states requests a worker's state, as catalog-api does.
func states(t *testing.T, js jetstream.JetStream) (events.WorkerState, error) {
	t.Helper()
	reply, err := js.Conn().Request("$SRV.STATS."+events.WorkerService, nil, time.Second)
	if err != nil {
		return events.WorkerState{}, err
	}
	var stats micro.Stats
	var state events.WorkerState
	if err := json.Unmarshal(reply.Data, &stats); err != nil {
		t.Fatal(err)
	}
	return state, json.Unmarshal(stats.Endpoints[0].Data, &state)
}

func TestOverdueProbesAreReported(t *testing.T) {
	for name, occupy := range map[string]func(*testing.T, jetstream.JetStream, *Worker){
		"scheduled ones": func(t *testing.T, js jetstream.JetStream, w *Worker) {
			for i := range w.Concurrency {
				ask(t, js, plan(fmt.Sprintf("http://host-%d.example/", i), "1h"))
			}
		},
		"checks": func(t *testing.T, js jetstream.JetStream, _ *Worker) {
			for range checksAtOnce {
				msg, err := stream.Encode("/test", plan("http://billing.example/", "1h"))
				if err != nil {
					t.Fatal(err)
				}
				out := &nats.Msg{Subject: events.CheckSubject, Reply: nats.NewInbox(), Header: msg.Header, Data: msg.Data}
				if err := js.Conn().PublishMsg(out); err != nil {
					t.Fatal(err)
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			js := connect(t, devtest.NATS(t).URL())
			release := make(chan bool)
			w := worker(t, js, func(context.Context, string) (probe.Outcome, error) {
				<-release // whatever the context says
				return healthy, nil
			})
			log := &lines{}
			w.Timeout, w.Concurrency, w.Log = 10*time.Millisecond, 4, slog.New(slog.NewTextHandler(log, nil))
			run(t, w)
			answering(t, w, "1.0.0")
			free := sync.OnceFunc(func() { close(release) })
			t.Cleanup(free)
			occupy(t, js, w)
			await(t, func() (bool, string) {
				probing, checking := w.probing.taken(), w.checking.taken()
				return probing == w.Concurrency || checking == checksAtOnce, fmt.Sprintf("%d probes and %d checks run", probing, checking)
			})
			watching(t, w) // only now: else it would log twice, when some and when most are overdue

			await(t, func() (bool, string) {
				state, err := states(t, js)
				return err == nil && !state.StuckSince.IsZero(), fmt.Sprintf("%+v (%v)", state, err)
			})
			if w.Stuck() == nil {
				t.Error("it does not say that only a restart helps")
			}
			free()
			await(t, func() (bool, string) { return w.Stuck() == nil, "it is still stuck" })
			if n := log.count("probes are stuck"); n != 1 {
				t.Errorf("logged %d times, want once", n)
			}
		})
	}
}

// watching runs the watchdog until the test ends.
func watching(t *testing.T, w *Worker) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan bool)
	go func() {
		defer close(done)
		w.Watch(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
}

func TestStateSaysHowManyPlacesAreTaken(t *testing.T) {
	js := connect(t, devtest.NATS(t).URL())
	release, started := make(chan bool), make(chan bool, 10)
	w := worker(t, js, func(ctx context.Context, _ string) (probe.Outcome, error) {
		started <- true
		return hold(ctx, release)
	})
	run(t, w)
	answering(t, w, "1.0.0")
	t.Cleanup(func() { close(release) })
	ask(t, js, plan("http://billing.example/", "1h"))
	receive(t, started, "probe")
	state, err := states(t, js)
	if err != nil || state.Location != "default" || state.Places != w.Concurrency || state.Taken != 1 || !state.StuckSince.IsZero() {
		t.Errorf("got %+v (%v)", state, err)
	}
}

func TestLivezFailsWhenStuck(t *testing.T) {
	w := &Worker{Metrics: metrics.New(prometheus.NewRegistry(), "test", "default"), Timeout: time.Second, Concurrency: 1}
	stuck := func(context.Context) error { return w.Stuck() }
	ready := func(context.Context) error { return nil }
	handler := service.Operations{Registry: w.Metrics.Registry, Alive: stuck, Ready: ready}.Handler()
	live := func() int {
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/livez", nil))
		return rec.Code
	}
	if got := live(); got != 200 {
		t.Fatalf("got %d before anything happened", got)
	}
	w.probing.begin()
	for i := range 2 {
		w.probing.inspect(time.Now().Add(time.Hour+time.Duration(i)*time.Second), w.maxDuration(), w.Concurrency)
	}
	if got := live(); got != 503 {
		t.Errorf("got %d with a probe that does not end in the only place, want 503", got)
	}
}
