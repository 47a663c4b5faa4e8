package store_test

import (
	"testing"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/outbox"
)

func TestRepublishSendsWhatTheStreamLacks(t *testing.T) {
	db := open(t)
	same := create(t, db, catalog.Change{Name: ptr("same")})
	lacking := create(t, db, catalog.Change{Name: ptr("lacking")})
	older := create(t, db, catalog.Change{Name: ptr("older")})
	restored := create(t, db, catalog.Change{Name: ptr("restored")})
	buried := create(t, db, catalog.Change{Name: ptr("buried")})
	if _, err := db.Update(t.Context(), older.ID, 0, catalog.Change{Team: ptr("x")}); err != nil {
		t.Fatal(err)
	}
	outboxed(t, db)
	waiting := create(t, db, catalog.Change{Name: ptr("waiting")}) // still in the outbox

	const orphan, dead = "019a0000-0000-7000-8000-000000000001", "019a0000-0000-7000-8000-000000000002"
	n, err := db.Republish(t.Context(), map[string]outbox.Published{
		same.ID:     {Version: 1, Name: "same"},
		older.ID:    {Version: 1, Name: "older"},
		restored.ID: {Version: 9, Name: "restored"},
		buried.ID:   {Version: 4, Name: "buried", Deleted: true},
		orphan:      {Version: 3, Name: "orphan"},
		dead:        {Version: 2, Name: "dead", Deleted: true},
	})
	if err != nil || n != 5 {
		t.Errorf("got %d, %v, want 5", n, err)
	}
	want := map[string]int64{lacking.ID: 1, older.ID: 2, restored.ID: 10, buried.ID: 5, orphan: 4}
	for _, e := range outboxed(t, db) {
		var version int64
		switch e := e.(type) {
		case events.ServiceUpdated:
			version = e.Version
		case events.ServiceDeleted:
			version = e.Version
			if e.ID != orphan {
				t.Errorf("deleted: %+v", e)
			}
		case events.ServiceCreated:
			if e.ID != waiting.ID {
				t.Errorf("created again: %+v", e)
			}
			continue
		}
		if want[e.Entity()] != version {
			t.Errorf("%s: got version %d, want %d", e.Entity(), version, want[e.Entity()])
		}
		delete(want, e.Entity())
	}
	if len(want) > 0 {
		t.Errorf("not sent: %v", want)
	}
}
