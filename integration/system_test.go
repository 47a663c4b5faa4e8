package integration

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
)

// system is a portal with one catalog-api, and its own broker and database.
type system struct {
	t        *testing.T
	broker   server
	database string
	version  string // of the commands, a folder in bin; "" is the tested version
	addr     string // of the API
	api      *process
	events   <-chan events.Event
}

// start starts catalog-api; tests start workers themselves. Without a database, it uses a
// new one of the shared server.
func start(t *testing.T, database ...string) *system {
	t.Helper()
	if testing.Short() {
		t.Skip("starts Postgres and NATS")
	}
	if len(database) == 0 {
		database = []string{parts.database(t)}
	}
	return startOn(t, parts.broker(t), database[0])
}

func startOn(t *testing.T, broker server, database string) *system {
	t.Helper()
	s := &system{t: t, broker: broker, database: database, addr: freeAddr(t)}
	s.startAPI()
	s.events = s.subscribe()
	return s
}

// natsURL returns the URL by which a service connects.
func (s *system) natsURL(service string) string {
	if guarded, ok := s.broker.(*natsServer); ok {
		return guarded.as(service)
	}
	return s.broker.url()
}

func (s *system) startAPI() {
	s.t.Helper()
	s.api = launch(s.t, filepath.Join(s.version, "catalog-api"), "PORTAL_HTTP="+s.addr, "PORTAL_DATABASE_URL="+s.database, "PORTAL_NATS_URL="+s.natsURL("catalog-api"))
	eventually(s.t, "the API answers", func() bool { return answers("http://" + s.addr + "/api/services") })
}

// worker starts a health-worker, and returns when it is ready.
func (s *system) worker(env ...string) *process {
	s.t.Helper()
	metrics := freeAddr(s.t)
	env = append([]string{"PORTAL_NATS_URL=" + s.natsURL("health-worker"), "PORTAL_METRICS=" + metrics, "PORTAL_TIMEOUT=2s"}, env...)
	p := launch(s.t, filepath.Join(s.version, "health-worker"), env...)
	p.metrics = metrics
	eventually(s.t, "the worker is ready", func() bool { return answers("http://" + metrics + "/readyz") })
	return p
}

func (s *system) connect() jetstream.JetStream {
	s.t.Helper()
	nc, err := nats.Connect(s.broker.url(), nats.MaxReconnects(-1), nats.ReconnectWait(100*time.Millisecond))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		s.t.Fatal(err)
	}
	return js
}

// subscribe follows the public stream from now on, as other programs do.
func (s *system) subscribe() <-chan events.Event {
	s.t.Helper()
	js, out := s.connect(), make(chan events.Event, 10_000)
	ctx, stop := context.WithCancel(context.WithoutCancel(s.t.Context()))
	done := make(chan error, 1)
	go func() {
		done <- stream.Subscribe(ctx, js, stream.Subscription{}, func(_ context.Context, d stream.Delivery) error {
			out <- d.Event
			return nil
		})
	}()
	s.t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			s.t.Error(err)
		}
	})
	return out
}

// service is the part of the REST representation that tests use.
type service struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	Version    int64      `json:"version"`
	Status     string     `json:"status"`
	Reason     *string    `json:"status_reason"`
	HTTPStatus *int       `json:"http_status"`
	LatencyMS  *int64     `json:"latency_ms"`
	CheckedAt  *time.Time `json:"last_checked_at"`
}

// call sends a request to the API and returns the status and the body.
func (s *system) call(method, path string, body any) (int, []byte) {
	s.t.Helper()
	status, answer, err := s.try(method, path, body)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	return status, answer
}

func (s *system) try(method, path string, body any) (int, []byte, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return 0, nil, err
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, "http://"+s.addr+path, bytes.NewReader(raw))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	client := http.Client{Timeout: 20 * time.Second}
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	var answer bytes.Buffer
	_, err = answer.ReadFrom(resp.Body)
	return resp.StatusCode, answer.Bytes(), err
}

// send is a call that must return the wanted status and a service.
func (s *system) send(method, path string, body any, want int) (svc service) {
	s.t.Helper()
	status, answer := s.call(method, path, body)
	if status != want {
		s.t.Fatalf("%s %s: got %d, want %d: %s", method, path, status, want, answer)
	}
	if len(answer) > 0 {
		if err := json.Unmarshal(answer, &svc); err != nil {
			s.t.Fatal(err)
		}
	}
	return svc
}

type fields map[string]any

func (s *system) create(f fields) service {
	s.t.Helper()
	return s.send("POST", "/api/services", f, http.StatusCreated)
}

func (s *system) get(id string) service {
	s.t.Helper()
	return s.send("GET", "/api/services/"+id, nil, http.StatusOK)
}

// await returns the next event that matches, and skips the others.
func await[E events.Event](s *system, what string, match func(E) bool) E {
	s.t.Helper()
	timeout := time.After(waitTimeout)
	for {
		select {
		case e := <-s.events:
			if event, ok := e.(E); ok && match(event) {
				return event
			}
		case <-timeout:
			s.t.Fatalf("timed out waiting for %s", what)
		}
	}
}

// becomes waits for the event of a service's change to a status.
func (s *system) becomes(id string, to events.Status) events.StatusChanged {
	s.t.Helper()
	return await(s, "the service to be "+string(to), func(e events.StatusChanged) bool { return e.ServiceID == id && e.To == to })
}

// browser follows the API's Server-Sent Events. It sends the name and data of each but
// hello and heartbeats.
func (s *system) browser() <-chan [2]string {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "http://"+s.addr+"/api/events", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = resp.Body.Close() })
	out := make(chan [2]string, 1000)
	hello := make(chan struct{})
	go func() {
		var name string
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			field, value, _ := strings.Cut(lines.Text(), ": ")
			switch {
			case field == "event":
				name = value
			case field == "data" && name == "hello":
				close(hello)
			case name == "heartbeat": // at any time
			case field == "data":
				out <- [2]string{name, value}
			}
		}
	}()
	select {
	case <-hello:
	case <-time.After(waitTimeout):
		s.t.Fatal("the API says no hello")
	}
	return out
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
