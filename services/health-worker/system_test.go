package healthworker_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	healthworker "github.com/dev-portal/dev-portal/services/health-worker"
)

// patience is how long a test waits for something that should happen at once.
const patience = 30 * time.Second

// running is a worker that runs until the test ends, or until stop.
type running struct {
	t       testing.TB
	cancel  context.CancelFunc
	done    chan struct{}
	err     error
	metrics string // base URL
	once    sync.Once
}

// start runs a worker, and fails the test if it doesn't then stop cleanly.
func start(t testing.TB, cfg healthworker.Config) *running {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg.MetricsListener = ln
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	r := &running{t: t, cancel: cancel, done: make(chan struct{}), metrics: "http://" + ln.Addr().String()}
	go func() {
		defer close(r.done)
		r.err = healthworker.Run(ctx, cfg)
	}()
	t.Cleanup(r.stop)
	return r
}

// stop stops the worker, and fails the test if that takes too long.
func (r *running) stop() {
	r.once.Do(func() {
		r.cancel()
		select {
		case <-r.done:
		case <-time.After(15 * time.Second):
			r.t.Error("the worker did not stop within 15 s")
			<-r.done
		}
		if r.err != nil {
			r.t.Errorf("run: %v", r.err)
		}
	})
}

// get returns the status and the body of a path on the metrics listener.
func (r *running) get(path string) (int, string) {
	r.t.Helper()
	resp, err := http.Get(r.metrics + path)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func (r *running) awaitReady() {
	r.t.Helper()
	eventually(r.t, "ready", func() (bool, string) {
		code, body := r.get("/readyz")
		return code == http.StatusOK, body
	})
}

// eventually polls until ask returns true; its note describes the state until then.
func eventually(t testing.TB, what string, ask func() (yes bool, note string)) {
	t.Helper()
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		yes, note := ask()
		if yes {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not %s after %s: %s", what, patience, note)
		}
		<-tick.C
	}
}

// broker is a test's connection to NATS.
type broker struct {
	t  testing.TB
	js jetstream.JetStream
}

// connect connects to NATS and creates the streams.
func connect(t testing.TB, url string) *broker {
	t.Helper()
	nc, err := nats.Connect(url, nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	b := &broker{t: t, js: js}
	b.ensure()
	return b
}

func (b *broker) ensure() {
	b.t.Helper()
	eventually(b.t, "streams", func() (bool, string) {
		err := stream.Ensure(b.t.Context(), b.js, 1)
		return err == nil, fmt.Sprint(err)
	})
}

func (b *broker) publish(e events.Event) {
	b.t.Helper()
	msg, err := stream.Encode("/test", e)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.js.PublishMsg(b.t.Context(), msg); err != nil {
		b.t.Fatal(err)
	}
}

// results returns every result from now on.
func (b *broker) results() <-chan events.ProbeCompleted {
	b.t.Helper()
	out := make(chan events.ProbeCompleted, 10_000)
	sub, err := b.js.Conn().Subscribe(events.AllResults, func(msg *nats.Msg) {
		results, err := events.DecodeResults(msg.Header, msg.Data)
		if err != nil {
			b.t.Errorf("result: %v", err)
		}
		for _, result := range results {
			out <- result
		}
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = sub.Unsubscribe() })
	if err := b.js.Conn().Flush(); err != nil {
		b.t.Fatal(err)
	}
	return out
}

// next returns the next result.
func next(t testing.TB, results <-chan events.ProbeCompleted) events.ProbeCompleted {
	t.Helper()
	select {
	case r := <-results:
		return r
	case <-time.After(patience):
		t.Fatalf("no result within %s", patience)
		return events.ProbeCompleted{}
	}
}

// plan returns the present plan of a service, or nil.
func (b *broker) plan(id string) *jetstream.RawStreamMsg {
	b.t.Helper()
	probes, err := b.js.Stream(b.t.Context(), events.StreamProbes)
	if err != nil {
		b.t.Fatal(err)
	}
	msg, err := probes.GetLastMsgForSubject(b.t.Context(), events.PlanSubject(id))
	if err != nil {
		return nil
	}
	return msg
}

func (b *broker) awaitPlan(id string, version int64) {
	b.t.Helper()
	eventually(b.t, "planned", func() (bool, string) {
		msg := b.plan(id)
		if msg == nil {
			return false, "no plan"
		}
		plan, err := events.DecodeAs[events.ProbePlanned](msg.Header, msg.Data)
		return err == nil && plan.Version == version, fmt.Sprintf("plan is %+v (%v)", plan, err)
	})
}

// newService returns a service that is probed once an hour, so that a test gets no
// results but those it causes.
func newService(url string) events.Service {
	now := time.Now().UTC()
	return events.Service{
		ID: uuid.Must(uuid.NewV7()).String(), Name: "billing", StatusURL: url, Interval: "1h", Tags: []string{},
		Version: 1, Status: events.StatusUnknown, StatusSince: now, CreatedAt: now, UpdatedAt: now,
	}
}

// target is a server that counts its requests.
type target struct {
	*httptest.Server
	asked atomic.Int64
}

func serve(t testing.TB, h http.HandlerFunc) *target {
	t.Helper()
	target := &target{}
	target.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		target.asked.Add(1)
		h(w, r)
	}))
	t.Cleanup(target.Close)
	return target
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}
