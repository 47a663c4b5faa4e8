package store_test

import (
	"context"
	"testing"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
)

// A database of the version before may have names that are one by today's rules.
func TestMigrationKeepsNamesThatGotTheSameKey(t *testing.T) {
	url := devtest.Database(t)
	db := openAt(t, url)
	first := create(t, db, catalog.Change{Name: ptr("Billing"), Team: ptr("Core"), Tags: ptr([]string{"go"})})
	second := create(t, db, catalog.Change{Name: ptr("other")})
	exec(t, db, `UPDATE services SET name = 'bill' || chr(8203) || 'ing', name_key = 'bill' || chr(8203) || 'ing', search_text = ''
		WHERE id = $1`, second.ID)
	exec(t, db, `DELETE FROM goose_db_version WHERE version_id >= 3`)
	exec(t, db, `DROP FUNCTION list_changes, note_change, note_deletion CASCADE; DROP TABLE deleted_services; ALTER TABLE services DROP COLUMN changed`)
	exec(t, db, `ALTER TABLE services DROP COLUMN team_key, DROP COLUMN tag_keys`)

	db = openAt(t, url)
	wantList(t, db, catalog.Filter{Query: []string{"BILLING"}}, first.ID, second.ID)
	wantList(t, db, catalog.Filter{Team: []string{"Co\u200bre"}, Tag: []string{"g\u00ado"}}, first.ID)
	if _, err := db.Update(t.Context(), second.ID, 0, catalog.Change{Team: ptr("Core")}); err != nil {
		t.Errorf("the numbered name stands in the way of another change: %v", err)
	}
	if _, err := db.Update(t.Context(), second.ID, 0, catalog.Change{Name: ptr("invoices")}); err != nil {
		t.Errorf("it cannot be renamed: %v", err)
	}
	wantList(t, db, catalog.Filter{}, first.ID, second.ID)
}

func exec(t *testing.T, db *store.Store, query string, args ...any) {
	t.Helper()
	if _, err := db.DB().ExecContext(context.WithoutCancel(t.Context()), query, args...); err != nil {
		t.Fatal(err)
	}
}

func wantList(t *testing.T, db *store.Store, f catalog.Filter, ids ...string) {
	t.Helper()
	list, err := db.List(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != len(ids) {
		t.Fatalf("%+v: %d services, want %d", f, len(list), len(ids))
	}
	for i, svc := range list {
		if svc.ID != ids[i] {
			t.Errorf("%+v: at %d is %s, want %s", f, i, svc.Name, ids[i])
		}
	}
}
