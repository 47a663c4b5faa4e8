package store_test

import (
	"errors"
	"testing"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
)

// leadTo checks that names lead to services; "" as the id: to none.
func leadTo(t *testing.T, db *store.Store, want map[string]string) {
	t.Helper()
	for name, id := range want {
		svc, err := db.ServiceByName(t.Context(), name)
		switch {
		case id == "" && !errors.Is(err, catalog.ErrNotFound):
			t.Errorf("%q leads to %q, error %v; want none", name, svc.Name, err)
		case id != "" && (err != nil || svc.ID != id):
			t.Errorf("%q leads to %q, error %v", name, svc.Name, err)
		}
	}
}

func renamed(t *testing.T, db *store.Store, id, name string) {
	t.Helper()
	if _, err := db.UpdateService(t.Context(), editor, id, 0, catalog.Change{Name: &name}); err != nil {
		t.Fatal(err)
	}
}

func TestNamesLeadToServicesAlsoFormerOnes(t *testing.T) {
	db := open(t)
	a := create(t, db, catalog.Change{Name: ptr("Straße 1")})
	b := create(t, db, catalog.Change{Name: ptr("b")})
	leadTo(t, db, map[string]string{"straße 1": a.ID, "STRASSE  1 ": a.ID, "b": b.ID, "c": "", "": "", "\xff": "", "\x00": ""})

	renamed(t, db, a.ID, "a 2")
	renamed(t, db, a.ID, "a 3")
	leadTo(t, db, map[string]string{"Straße 1": a.ID, "A 2": a.ID, "a 3": a.ID})

	renamed(t, db, b.ID, "a 2")
	leadTo(t, db, map[string]string{"a 2": b.ID, "b": b.ID}) // who has a name now comes before who had it
	renamed(t, db, b.ID, "b")
	leadTo(t, db, map[string]string{"a 2": b.ID, "b": b.ID}) // and then who had it last
	renamed(t, db, a.ID, "a 2")
	renamed(t, db, a.ID, "A 2") // the same name, as people tell them apart
	leadTo(t, db, map[string]string{"a 2": a.ID, "a 3": a.ID})

	if err := db.DeleteService(t.Context(), editor, a.ID, 0); err != nil {
		t.Fatal(err)
	}
	leadTo(t, db, map[string]string{"a 2": b.ID, "a 3": "", "straße 1": ""})
	if _, err := db.RestoreService(t.Context(), editor, a.ID); err != nil {
		t.Fatal(err)
	}
	leadTo(t, db, map[string]string{"a 2": a.ID, "a 3": a.ID, "straße 1": a.ID})
}

func TestFormerNamesAreReadFromTheTrail(t *testing.T) {
	const (
		id     = "019a0000-0000-7000-8000-000000000001"
		insert = `INSERT INTO services (id, name, name_key, description, team, status, status_url, docs_url, github_url, dashboard_url, tags, probe_interval, version,
			status_since, status_reason, http_status, latency_ms, created_at, updated_at, search_text)
			VALUES ($1, 'now', 'now', '', '', 'healthy', '', '', '', '', '{}', '1m', 1, now(), 'manual', 0, 0, now(), now(), '')`
		entry = `INSERT INTO audit (at, actor_kind, actor_id, actor_name, address, request_id, deed, kind, thing_id, thing_name, changes)
			VALUES (now(), 'anonymous', '', '', '', '', $1, 'service', $2, '', $3)`
	)
	url, before := migrated(t, 12)
	exec(t, before, insert, id)
	exec(t, before, entry, "created", id, `[{"field": "name", "before": null, "after": "First"}]`)
	exec(t, before, entry, "updated", id, `[{"field": "team", "before": "x", "after": "y"}, {"field": "name", "before": "First", "after": "now"}]`)
	exec(t, before, entry, "updated", id, `null`)
	leadTo(t, openAt(t, url), map[string]string{"first": id, "now": id, "x": ""})
}
