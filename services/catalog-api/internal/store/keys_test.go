package store_test

import (
	"testing"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
)

// A database of the previous version may have names that are equal by the new rules.
func TestMigrationKeepsNamesThatGotTheSameKey(t *testing.T) {
	const first, second = "019a0000-0000-7000-8000-000000000001", "019a0000-0000-7000-8000-000000000002"
	url, old := migrated(t, 2)
	for _, svc := range []struct{ id, name, team, tags string }{
		{first, "Billing", "Core", "{go}"}, {second, "bill\u200bing", "", "{}"},
	} {
		exec(t, old, `
			INSERT INTO services VALUES ($1, $2, lower($2), '', $3, '', '', '', '', $4, '', '1m', 1, 'unknown', now(), '', 0, 0, null, now(), now())`,
			svc.id, svc.name, svc.team, svc.tags)
	}

	db := openAt(t, url)
	wantList(t, db, catalog.Filter{Query: []string{"BILLING"}}, first, second)
	wantList(t, db, catalog.Filter{Team: []string{"Co\u200bre"}, Tag: []string{"g\u00ado"}}, first)
	if _, err := db.UpdateService(t.Context(), editor, second, 0, catalog.Change{Team: ptr("Core")}); err != nil {
		t.Errorf("the numbered name stands in the way of another change: %v", err)
	}
	if _, err := db.UpdateService(t.Context(), editor, second, 0, catalog.Change{Name: ptr("invoices")}); err != nil {
		t.Errorf("it cannot be renamed: %v", err)
	}
	wantList(t, db, catalog.Filter{}, first, second)
}

func wantList(t *testing.T, db *store.Store, f catalog.Filter, ids ...string) {
	t.Helper()
	list, err := db.ListServices(t.Context(), f)
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
