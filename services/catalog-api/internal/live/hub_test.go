package live

import (
	"bufio"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
)

const id = "0199aaaa-0000-7000-8000-00000000000a"

// following is a hub that follows a real NATS server.
type following struct {
	js  jetstream.JetStream
	url string // of its event stream
	end func() error
}

func follow(t *testing.T) following {
	t.Helper()
	js := devtest.JetStream(t, devtest.NATS(t).URL())
	if err := stream.Ensure(t.Context(), js, 1); err != nil {
		t.Fatal(err)
	}
	h := New(js, slog.New(slog.NewTextHandler(t.Output(), nil)), prometheus.NewRegistry())
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	srv := httptest.NewServer(h)
	t.Cleanup(func() {
		cancel()
		srv.Close() // waits for the streams, which end with Run
	})
	return following{js: js, url: srv.URL, end: func() error { cancel(); return <-done }}
}

func (f following) publish(t *testing.T, e events.Event) {
	t.Helper()
	msg, err := stream.Encode("/test", e)
	if err == nil {
		_, err = f.js.PublishMsg(t.Context(), msg)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// read opens a stream; next gives its events as [id, name, data].
func (f following) read(t *testing.T, lastID string) (next func() [3]string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Last-Event-ID", lastID)
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	lines := bufio.NewScanner(res.Body)
	return func() (event [3]string) {
		for lines.Scan() {
			key, value, _ := strings.Cut(lines.Text(), ": ")
			switch {
			case key == "id":
				event[0] = value
			case key == "event":
				event[1] = value
			case key == "data":
				event[2] = value
			case key == "" && event[1] != "":
				return event
			}
		}
		return event
	}
}

func billing(version int64) events.Service {
	now := time.Now().UTC()
	return events.Service{
		ID: id, Name: "billing", Tags: []string{}, Interval: "1m", Version: version, Status: "unknown",
		StatusSince: now, CreatedAt: now, UpdatedAt: now,
	}
}

func TestBrowsersReceiveEveryEvent(t *testing.T) {
	f := follow(t)
	next := f.read(t, "")
	hello := next()
	if hello[1] != "hello" || !strings.HasSuffix(hello[0], "-0") {
		t.Fatalf("first came %v", hello)
	}
	// One by one: a tombstone removes earlier events of its service from the stream, for
	// readers that have not read them yet.
	var ids []string
	for _, tc := range []struct {
		sent       events.Event
		name, data string
	}{
		{events.ServiceCreated{Service: billing(1)}, "service.created", `"version":1`},
		{events.ServiceUpdated{Service: billing(2)}, "service.updated", `"version":2`},
		{events.StatusChanged{ServiceID: id, Name: "billing", From: "unknown", To: "down", Reason: "dns", Since: time.Now()},
			"status.changed", `"service_id":"` + id + `"`},
		{events.ServiceDeleted{ID: id, Name: "billing", Version: 3, DeletedAt: time.Now()}, "service.deleted", `"deleted_at"`},
	} {
		f.publish(t, tc.sent)
		got := next()
		if got[1] != tc.name || !strings.Contains(got[2], tc.data) {
			t.Fatalf("got %v, want %s", got, tc.name)
		}
		ids = append(ids, got[0])
	}
	again := f.read(t, ids[1])
	if first, second, third := again(), again(), again(); first[1] != "hello" || second[0] != ids[2] || third[0] != ids[3] {
		t.Errorf("resumed after %s: %v %v %v", ids[1], first, second, third)
	}
}

func TestStreamsEndWithTheHub(t *testing.T) {
	f := follow(t)
	next := f.read(t, "")
	next()
	if err := f.end(); err != nil {
		t.Error(err)
	}
	if last := next(); last[1] != "" { // reads to the end
		t.Errorf("after the end came %v", last)
	}
}
