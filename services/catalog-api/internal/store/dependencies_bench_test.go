package store_test

import (
	"fmt"
	"log/slog"
	"testing"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
)

// BenchmarkDependencies measures reads of 10,000 services, without needs and with four each.
func BenchmarkDependencies(b *testing.B) {
	db, err := store.Open(b.Context(), store.Config{URL: devtest.Database(b), Interval: "1m", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	svc, err := db.CreateService(b.Context(), editor, catalog.Change{Name: ptr("service"), Tags: &[]string{"go"}})
	if err != nil {
		b.Fatal(err)
	}
	exec := func(query string) {
		if _, err := db.DB().ExecContext(b.Context(), query); err != nil {
			b.Fatal(err)
		}
	}
	const columns = `description, team, status_url, docs_url, github_url, dashboard_url, tags, probe_interval, version, created_at, updated_at,
		search_text, status, status_since, status_reason, http_status, latency_ms`
	exec(`INSERT INTO services (id, name, name_key, ` + columns + `) SELECT gen_random_uuid(), 'service ' || n, 'service ' || n, ` + columns +
		` FROM services, generate_series(2, 10000) n`)
	for _, needs := range []int{0, 4} {
		exec(fmt.Sprintf(`WITH numbered AS (SELECT id, name, row_number() OVER (ORDER BY id) - 1 AS n FROM services)
			INSERT INTO dependencies (service_id, needs_id, place, kind, note, name)
			SELECT a.id, b.id, i, 'hard', 'writes orders', b.name FROM numbered a CROSS JOIN generate_series(1, %d) i JOIN numbered b ON b.n = (a.n * 7 + i * 13) %% 10000
			WHERE a.id <> b.id ON CONFLICT DO NOTHING`, needs))
		exec(`VACUUM ANALYZE services, dependencies`)
		list, err := db.Changes(b.Context(), catalog.Revision{}, true)
		if err != nil {
			b.Fatal(err)
		}
		for name, read := range map[string]func() error{
			"one": func() error { _, err := db.ServiceByID(b.Context(), svc.ID); return err },
			"all": func() error {
				_, err := db.ListServices(b.Context(), catalog.Filter{Query: []string{"service"}})
				return err
			},
			"unchanged": func() error { _, err := db.Changed(b.Context(), list.Revision); return err },
			"measured":  func() error { _, err := db.Changes(b.Context(), list.Revision, true); return err },
			"needed by": func() error { _, err := db.Neighbours(b.Context(), svc.ID, 1000); return err },
		} {
			b.Run(fmt.Sprintf("%d needs/%s", needs, name), func(b *testing.B) {
				for b.Loop() {
					if err := read(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
