package store_test

import (
	"fmt"
	"log/slog"
	"slices"
	"testing"

	"github.com/jmoiron/sqlx"
	_ "github.com/lib/pq" // the driver

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
)

// migrated returns a new database that is migrated up to the version.
func migrated(t *testing.T, version int64) (url string, db *sqlx.DB) {
	t.Helper()
	url = devtest.Database(t)
	if err := store.Migrate(t.Context(), store.Config{URL: url, Log: slog.New(slog.DiscardHandler)}, version); err != nil {
		t.Fatal(err)
	}
	db, err := sqlx.Open("postgres", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return url, db
}

func exec(t *testing.T, db *sqlx.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatal(err)
	}
}

// The previous version only knows services, and still writes while it is replaced.
func TestMigrationKeepsOutboxEvents(t *testing.T) {
	const (
		id  = "019a0000-0000-7000-8000-000000000001"
		add = `INSERT INTO outbox (service_id, subject, header, data) VALUES ($1, $2, $3, '{}')`
	)
	url, before := migrated(t, 4)
	write := func() {
		exec(t, before, add, id, "portal.status."+id, `{"ce-id": ["1"]}`)
		exec(t, before, add, id, "portal.catalog."+id, `{"ce-id": ["2"], "Nats-Rollup": ["sub"]}`)
	}
	write()
	db := openAt(t, url)
	write()
	svc := create(t, db, catalog.Change{Name: ptr("billing")})
	if err := db.DeleteService(t.Context(), editor, svc.ID, 0); err != nil {
		t.Fatal(err)
	}

	var got []string
	query := `SELECT concat_ws(' ', key, subject, purges, service_id) FROM outbox ORDER BY id`
	if err := before.SelectContext(t.Context(), &got, query); err != nil {
		t.Fatal(err)
	}
	rows := func(id string) []string {
		return []string{
			"service/" + id + " portal.status." + id + " {} " + id,
			"service/" + id + " portal.catalog." + id + " {portal.status." + id + "} " + id,
		}
	}
	created := "service/" + svc.ID + " portal.catalog." + svc.ID + " {} " + svc.ID
	deleted := fmt.Sprintf("service/%[1]s portal.catalog.%[1]s {portal.status.%[1]s,portal.deployment.%[1]s,portal.release.%[1]s,portal.impact.%[1]s,portal.scorecard.%[1]s} %[1]s", svc.ID)
	if want := slices.Concat(rows(id), rows(id), []string{created, deleted}); !slices.Equal(got, want) {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
}
