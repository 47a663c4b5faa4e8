package catalogapi_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/pkg/events"
)

// broken waits until /api/health says that this does not work, with the words.
func (p *portal) broken(name string, words ...string) {
	p.t.Helper()
	p.awaitCheck(name+" is broken", func(code int, checks map[string]checked) bool {
		said := checks[name].Detail + checks[name].Cure
		for _, word := range words {
			if !strings.Contains(said, word) {
				return false
			}
		}
		return code == 503 && checks[name].Status == "unavailable"
	})
}

// mended waits until everything works again.
func (p *portal) mended() {
	p.t.Helper()
	p.awaitCheck("all works", func(code int, _ map[string]checked) bool { return code == 200 })
}

type checked struct{ Name, Status, Detail, Cure string }

func (p *portal) awaitCheck(what string, wanted func(code int, checks map[string]checked) bool) {
	p.t.Helper()
	eventually(p.t, what, func() (bool, string) {
		code, body := p.call("GET", p.url+"/api/health", "")
		var h struct{ Checks []checked }
		_ = json.Unmarshal([]byte(body), &h) // of an answer that is none it stays empty
		by := map[string]checked{}
		for _, c := range h.Checks {
			by[c.Name] = c
		}
		return wanted(code, by), body
	})
}

func TestHealthSeesATableThatIsLocked(t *testing.T) {
	p := start(t, devtest.NATS(t).URL())
	p.mended()
	db, err := sql.Open("postgres", p.database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for _, mode := range []string{"ACCESS EXCLUSIVE", "EXCLUSIVE"} {
		tx, err := db.BeginTx(t.Context(), nil)
		if err == nil {
			_, err = tx.ExecContext(t.Context(), `LOCK TABLE services IN `+mode+` MODE`)
		}
		if err != nil {
			t.Fatal(err)
		}
		p.broken("postgres", "lock", "pg_terminate_backend")
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		p.mended()
	}
}

func TestHealthSeesThatNobodyCanReadTheEvents(t *testing.T) {
	url := devtest.NATS(t).URL()
	js := devtest.JetStream(t, url)
	if err := events.Ensure(t.Context(), js, 1); err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), events.StreamPortal)
	if err != nil {
		t.Fatal(err)
	}
	cfg := stream.CachedInfo().Config
	cfg.MaxConsumers = 1 // which takes none away from those that are there
	if err := js.DeleteStream(t.Context(), cfg.Name); err != nil {
		t.Fatal(err)
	}
	if stream, err = js.CreateStream(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	thief, err := stream.CreateConsumer(t.Context(), jetstream.ConsumerConfig{Durable: "thief"})
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, url)
	p.broken("live", "consumers", "nats consumer ls PORTAL")
	if err := stream.DeleteConsumer(context.WithoutCancel(t.Context()), thief.CachedInfo().Name); err != nil {
		t.Fatal(err)
	}
	p.awaitCheck("events are read", func(_ int, checks map[string]checked) bool { return checks["live"].Status == "ok" })
}

func TestHealthMissesAWorkerOnlyWhereThereIsSomethingToProbe(t *testing.T) {
	p := start(t, devtest.NATS(t).URL())
	p.mended()
	if code, body := p.call("POST", p.url+"/api/services", `{"name":"billing","status_url":"https://billing.example/"}`); code != 201 {
		t.Fatalf("%d %s", code, body)
	}
	p.broken("workers", "No health-worker")
	p.broken("consumers", "planner", "probers")
}
