package integration

import (
	"net/http"
	"testing"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// A backup is only a dump of Postgres. After a restore, the portal brings the stream in
// line with it, by events that no reader takes for stale.
func TestBackupNeedsOnlyPostgres(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts Postgres and NATS")
	}
	pg := parts.postgres(t)
	s := start(t, pg.url())
	changes := s.create(fields{"name": "changes"})
	await(s, "what is published", func(e events.ServiceCreated) bool { return e.ID == changes.ID })
	s.broker.stop()
	goes := s.create(fields{"name": "goes"})
	dump := pg.command("pg_dump", nil) // the dump has the event of this service in its outbox
	s.broker.start()

	s.send("PATCH", "/api/services/"+changes.ID, fields{"team": "Payments"}, http.StatusOK)
	if code, body := s.call("DELETE", "/api/services/"+goes.ID, nil); code != http.StatusNoContent {
		t.Fatalf("got %d: %s", code, body)
	}
	comes := s.create(fields{"name": "comes"})
	last := map[string]events.Event{changes.ID: events.ServiceUpdated{}, goes.ID: events.ServiceDeleted{}, comes.ID: events.ServiceCreated{}}
	for len(last) > 0 {
		e := await(s, "the last events before the loss", func(e events.Event) bool { return last[e.Key().ID] != nil && last[e.Key().ID].Type() == e.Type() })
		delete(last, e.Key().ID)
	}

	s.api.stop()
	pg.stop()
	pg.wipe()
	pg.start()
	pg.command("psql", dump)
	s.database = pg.url()
	s.startAPI()

	// Version 2 of both was the latest in the stream.
	want := map[string]int64{changes.ID: 3, goes.ID: 3, comes.ID: 2}
	for len(want) > 0 {
		e := await(s, "the stream to be in line", func(events.Event) bool { return true })
		var version int64
		switch e := e.(type) {
		case events.ServiceUpdated:
			version = e.Version
			if e.Team != "" {
				t.Errorf("the lost change is told of: %+v", e)
			}
		case events.ServiceDeleted:
			version = e.Version
			if e.ID != comes.ID {
				t.Errorf("deleted: %+v", e)
			}
		}
		if want[e.Key().ID] != version {
			t.Fatalf("got %+v, want versions %v", e, want)
		}
		delete(want, e.Key().ID)
	}
	if now := s.get(goes.ID); now.Name != "goes" {
		t.Errorf("after the restore: %+v", now)
	}

	// All of the broker's data may be lost too.
	s.broker.stop()
	s.broker.wipe()
	s.broker.start()
	found := map[string]bool{}
	for len(found) < 2 {
		found[await(s, "both services again", func(events.ServiceUpdated) bool { return true }).ID] = true
	}
}
