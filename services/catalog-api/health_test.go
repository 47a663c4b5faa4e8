package catalogapi_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nats.go/micro"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
)

// waitBroken waits until /api/health reports a fault of this check, with the words.
func (p *portal) waitBroken(name string, words ...string) {
	p.t.Helper()
	p.awaitCheck(name+" is broken", func(code int, checks map[string]checked) bool {
		text := checks[name].Detail + checks[name].Cure
		for _, word := range words {
			if !strings.Contains(text, word) {
				return false
			}
		}
		return code == 503 && checks[name].Status == "unavailable"
	})
}

// waitHealthy waits until all checks work.
func (p *portal) waitHealthy() {
	p.t.Helper()
	p.awaitCheck("all works", func(code int, _ map[string]checked) bool { return code == 200 })
}

type checked struct{ Name, Status, Detail, Cure string }

func (p *portal) awaitCheck(what string, wanted func(code int, checks map[string]checked) bool) {
	p.t.Helper()
	eventually(p.t, what, func() (bool, string) {
		code, body := p.call("GET", p.url+"/api/health", "")
		var h struct{ Checks []checked }
		_ = json.Unmarshal([]byte(body), &h) // if the answer is not JSON, h stays empty
		by := map[string]checked{}
		for _, c := range h.Checks {
			by[c.Name] = c
		}
		return wanted(code, by), body
	})
}

// probedService is the body of a service that is probed.
const probedService = `{"name":"billing","status_url":"https://billing.example/","interval":"10s"}`

func (p *portal) add(service string) {
	p.t.Helper()
	if code, answer := p.call("POST", p.url+"/api/services", service); code != 201 {
		p.t.Fatalf("%d %s", code, answer)
	}
}

// waitAnnounced waits until the stream has events of all these services.
func (p *portal) waitAnnounced(url string, names ...string) {
	p.t.Helper()
	missing := map[string]bool{}
	for _, name := range names {
		missing[name] = true
	}
	ctx, stop := context.WithTimeout(p.t.Context(), waitTimeout)
	defer stop()
	err := stream.Subscribe(ctx, devtest.JetStream(p.t, url), stream.Subscription{}, func(_ context.Context, d stream.Delivery) error {
		switch e := d.Event.(type) {
		case events.ServiceCreated:
			delete(missing, e.Name)
		case events.ServiceUpdated:
			delete(missing, e.Name)
		}
		if len(missing) == 0 {
			stop()
		}
		return nil
	})
	if err != nil || len(missing) > 0 {
		p.t.Errorf("not announced: %v (%v)", missing, err)
	}
}

// session opens another connection to the portal's database.
func (p *portal) session() *sql.DB {
	p.t.Helper()
	db, err := sql.Open("postgres", p.database)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestHealthReportsLockedTable(t *testing.T) {
	t.Parallel()
	p := start(t, devtest.NATS(t).URL())
	p.waitHealthy()
	db := p.session()
	for _, mode := range []string{"ACCESS EXCLUSIVE", "EXCLUSIVE"} {
		tx, err := db.BeginTx(t.Context(), nil)
		if err == nil {
			_, err = tx.ExecContext(t.Context(), `LOCK TABLE services IN `+mode+` MODE`)
		}
		if err != nil {
			t.Fatal(err)
		}
		p.waitBroken("postgres", "lock", "pg_terminate_backend")
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		p.waitHealthy()
	}
}

func TestHealthReportsUnreadableEvents(t *testing.T) {
	t.Parallel()
	url := devtest.NATS(t).URL()
	js := devtest.JetStream(t, url)
	if err := stream.Ensure(t.Context(), js, 1); err != nil {
		t.Fatal(err)
	}
	portal, err := js.Stream(t.Context(), events.StreamPortal)
	if err != nil {
		t.Fatal(err)
	}
	cfg := portal.CachedInfo().Config
	cfg.MaxConsumers = 1 // which removes no existing consumers
	if err := js.DeleteStream(t.Context(), cfg.Name); err != nil {
		t.Fatal(err)
	}
	if portal, err = js.CreateStream(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	thief, err := portal.CreateConsumer(t.Context(), jetstream.ConsumerConfig{Durable: "thief"})
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, url)
	p.waitBroken("live", "consumers", "nats consumer ls PORTAL")
	if err := portal.DeleteConsumer(context.WithoutCancel(t.Context()), thief.CachedInfo().Name); err != nil {
		t.Fatal(err)
	}
	p.awaitCheck("events are read", func(_ int, checks map[string]checked) bool { return checks["live"].Status == "ok" })
}

func TestHealthReportsMissingWorker(t *testing.T) {
	t.Parallel()
	p := start(t, devtest.NATS(t).URL())
	p.waitHealthy()
	p.add(probedService)
	p.waitBroken("workers", "No health-worker")
	p.waitBroken("consumers", "planner", "probers")
}

func TestHealthRecoversFromDeletedStream(t *testing.T) {
	t.Parallel()
	url := devtest.NATS(t).URL()
	p := start(t, url)
	p.startWorker(url, events.WorkerState{})
	p.add(probedService)
	p.waitAnnounced(url, "billing")
	if err := devtest.JetStream(t, url).DeleteStream(t.Context(), events.StreamPortal); err != nil {
		t.Fatal(err)
	}
	p.waitAnnounced(url, "billing")
	p.awaitCheck("the stream works", func(_ int, checks map[string]checked) bool {
		return checks["streams"].Status == "ok" && checks["live"].Status == "ok" && checks["outbox"].Status == "ok"
	})
}

// startWorker starts a worker that reports the state, and does nothing else.
func (p *portal) startWorker(url string, state events.WorkerState) (end func()) {
	p.t.Helper()
	nc := devtest.JetStream(p.t, url).Conn()
	service, err := micro.AddService(nc, micro.Config{
		Name: events.WorkerService, Version: "1.0.0", StatsHandler: func(*micro.Endpoint) any { return state },
	})
	if err == nil {
		err = service.AddEndpoint("check", micro.HandlerFunc(func(micro.Request) {}), micro.WithEndpointSubject("portal.check"))
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return func() {
		if err := service.Stop(); err != nil {
			p.t.Error(err)
		}
	}
}

func TestHealthReportsStuckWorker(t *testing.T) {
	t.Parallel()
	url := devtest.NATS(t).URL()
	p := start(t, url)
	p.waitHealthy()
	end := p.startWorker(url, events.WorkerState{Location: "cellar", StuckSince: time.Now()})
	p.waitBroken("workers", "cellar is stuck", "Restart the health-worker")
	end()
	p.waitHealthy()
}

// Workers answer, but no results come.
func TestHealthReportsLateResults(t *testing.T) {
	t.Parallel()
	url := devtest.NATS(t).URL()
	p := start(t, url)
	p.startWorker(url, events.WorkerState{})
	p.add(probedService)
	p.waitBroken("results", "Probe results are overdue", "log of health-worker")
	db := p.session()
	if _, err := db.ExecContext(t.Context(), `UPDATE services SET last_checked_at = now()`); err != nil {
		t.Fatal(err)
	}
	p.awaitCheck("results come", func(_ int, checks map[string]checked) bool { return checks["results"].Status == "ok" })
}

func TestHealthReportsStuckOutbox(t *testing.T) {
	t.Parallel()
	p := start(t, devtest.NATS(t).URL())
	p.waitHealthy()
	db := p.session()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var taken sync.WaitGroup
	taken.Go(func() { _, err = tx.ExecContext(t.Context(), `SELECT pg_advisory_xact_lock(7164201906001)`) }) // the relay's
	_, cut := db.ExecContext(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_locks
		WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
	taken.Wait()
	if err := errors.Join(err, cut); err != nil {
		t.Fatal(err)
	}
	p.add(`{"name":"billing"}`)
	p.waitBroken("outbox", "Changes have waited", "catalog-api")
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	p.waitHealthy()
}
