package link_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/fetcher/internal/link"
)

// catalogue answers as catalog-api does: links are due until somebody tells what became of them.
type catalogue struct {
	mu      sync.Mutex
	due     []string
	told    []events.LinkChecked
	everyS  int64
	settled chan struct{} // closed when nothing is due any more
}

func (c *catalogue) answer(msg *nats.Msg) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var request events.LinksRequest
	if json.Unmarshal(msg.Data, &request) != nil {
		return
	}
	c.everyS = request.EveryS
	for _, checked := range request.Checked {
		c.told = append(c.told, checked)
		c.due = slices.DeleteFunc(c.due, func(due string) bool { return due == checked.URL })
	}
	if len(c.due) == 0 && c.settled != nil {
		close(c.settled)
		c.settled = nil
	}
	data, _ := json.Marshal(events.Links{Due: c.due[:min(len(c.due), 2)]})
	_ = msg.Respond(data)
}

func connect(t *testing.T, url string) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

func TestDueLinksAreChecked(t *testing.T) {
	site := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/gone" {
			w.WriteHeader(http.StatusNotFound)
		}
	})
	settled := make(chan struct{})
	c := &catalogue{due: []string{site + "/a", site + "/gone", site + "/b"}, settled: settled}
	url := devtest.NATS(t).URL()
	if _, err := connect(t, url).Subscribe(events.LinksSubject, c.answer); err != nil {
		t.Fatal(err)
	}
	checker := link.New(link.Config{
		NATS: connect(t, url), Client: newClient(), Every: 7 * 24 * time.Hour, Pause: time.Millisecond,
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Metrics: link.NewMetrics(prometheus.NewRegistry()),
	})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- checker.Run(ctx) }()
	select {
	case <-settled:
	case <-time.After(time.Minute):
		t.Error("timed out waiting for all links to be checked")
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.everyS != 7*24*3600 || len(c.told) != 3 {
		t.Fatalf("every %d s, told %+v", c.everyS, c.told)
	}
	for _, told := range c.told {
		gone := told.URL == site+"/gone"
		if gone != (told.Problem == events.LinkNotFound) || gone != (told.HTTPStatus == 404) || time.Since(told.CheckedAt) > time.Hour {
			t.Errorf("told %+v", told)
		}
	}
}
