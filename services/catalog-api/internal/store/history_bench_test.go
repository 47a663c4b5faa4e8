package store_test

import (
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/history"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
)

const (
	lived  = 20     // services whose results are taken one by one
	portal = 10_000 // services of the portal
	days   = 100
)

// BenchmarkHundredDays lets twenty services live for a hundred days, each probed once a
// minute, copies what is kept of them to 10,000, and measures how much that is, and how
// long questions about it take. `make bench` prints it.
func BenchmarkHundredDays(b *testing.B) {
	for b.Loop() {
		db, err := store.Open(b.Context(), store.Config{URL: devtest.Database(b), Interval: "1m", Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = db.Close() })
		var services []catalog.Service
		for i := range lived {
			svc, err := db.CreateService(b.Context(), editor, catalog.Change{
				Name: ptr(fmt.Sprintf("service %02d", i)), StatusURL: ptr(healthURL), Team: ptr(fmt.Sprintf("team %d", i%4)),
			})
			if err != nil {
				b.Fatal(err)
			}
			services = append(services, svc)
		}
		liveOn(b, db, services)
		multiply(b, db)
		report(b, db, services[0].ID)
	}
}

// liveOn takes the results of a hundred days, and looks after the history each day as it goes.
func liveOn(b *testing.B, db *store.Store, services []catalog.Service) {
	b.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	end := time.Now().UTC().Truncate(time.Minute)
	status := make([]events.Status, len(services))
	for i := range status {
		status[i] = events.StatusHealthy
	}
	kept := history.Kept{Probes: 2, Hours: 40, Days: 1830}
	begin := end.AddDate(0, 0, -days)
	for at := begin; at.Before(end); at = at.Add(time.Minute) {
		if at.Equal(begin) || at.Minute() == 0 && at.Hour()%6 == 0 {
			if err := db.KeepHistory(b.Context(), access.Sweeper, at, kept); err != nil {
				b.Fatal(err)
			}
		}
		batch := make([]events.ProbeCompleted, len(services))
		for i, svc := range services {
			switch n := random.IntN(10_000); {
			case status[i] == events.StatusHealthy && n == 0: // falls once a week
				status[i] = []events.Status{events.StatusDown, events.StatusDegraded}[random.IntN(2)]
			case status[i] != events.StatusHealthy && n < 500:
				status[i] = events.StatusHealthy
			}
			batch[i] = result(svc, at.Add(time.Duration(i)*time.Second+time.Duration(random.IntN(40))*time.Millisecond), status[i])
			batch[i].LatencyMS = 1 + int64(math.Exp(3+float64(i)/10+0.6*random.NormFloat64()))
			if status[i] == events.StatusDown {
				batch[i].LatencyMS, batch[i].HTTPStatus = 0, 0
			}
		}
		if _, err := db.ApplyResults(b.Context(), access.Prober, batch); err != nil {
			b.Fatal(err)
		}
	}
	if err := db.KeepHistory(b.Context(), access.Sweeper, end, kept); err != nil {
		b.Fatal(err)
	}
}

// multiply copies everything that is kept of services until there are 10,000.
func multiply(b *testing.B, db *store.Store) {
	b.Helper()
	const copies = `FROM copies JOIN %s ON %s = old`
	for _, statement := range []string{
		`ALTER TABLE services DISABLE TRIGGER USER`,
		fmt.Sprintf(`CREATE TABLE copies AS SELECT id AS old, gen_random_uuid() AS new, n FROM services, generate_series(2, %d) AS n`, portal/lived),
		`INSERT INTO services (id, name, description, team, status_url, docs_url, github_url, dashboard_url, tags, probe_interval, version, created_at,
				updated_at, name_key, team_key, search_text, status, status_since, status_reason, http_status, latency_ms, last_checked_at, last_planned_at,
				measured_at, measured)
			SELECT new, name || n, description, team, status_url, docs_url, github_url, dashboard_url, tags, probe_interval, version, created_at,
				updated_at, name_key || n, team_key, search_text, status, status_since, status_reason, http_status, latency_ms, last_checked_at, last_planned_at,
				measured_at, measured ` + fmt.Sprintf(copies, `services`, `id`),
		`ALTER TABLE services ENABLE TRIGGER USER`,
		`INSERT INTO spans SELECT new, since, status, reason, http_status, location ` + fmt.Sprintf(copies, `spans`, `service_id`),
		`INSERT INTO probes SELECT new, at, stored_at, interval, data ` + fmt.Sprintf(copies, `probes`, `service_id`),
		// As they come: a day after the other, by service.
		`INSERT INTO copies SELECT id, id, 1 FROM services WHERE id IN (SELECT old FROM copies)`,
		`CREATE TABLE kept_hours AS SELECT new, day, data ` + fmt.Sprintf(copies, `hours`, `service_id`),
		`CREATE TABLE kept_days AS SELECT new, through, day, healthy_ms, degraded_ms, down_ms, pieces, probes, missed, awaits, latency ` + fmt.Sprintf(copies, `days`, `service_id`),
		`TRUNCATE hours, days`,
		`INSERT INTO hours SELECT * FROM kept_hours ORDER BY day, new`,
		`INSERT INTO days SELECT * FROM kept_days ORDER BY day, new`,
		`DROP TABLE kept_hours, kept_days`,
		`DROP TABLE copies`,
	} {
		if _, err := db.DB().ExecContext(b.Context(), statement); err != nil {
			b.Fatalf("%.60s: %v", statement, err)
		}
	}
	for _, table := range []string{"services", "spans", "probes", "hours", "days"} {
		if _, err := db.DB().ExecContext(b.Context(), `VACUUM ANALYZE `+table); err != nil {
			b.Fatal(err)
		}
	}
}

// report reports what the database takes, and the best of some answers' times.
func report(b *testing.B, db *store.Store, id string) {
	b.Helper()
	size := func(what, like string) {
		var bytes float64
		const query = `SELECT coalesce(sum(pg_total_relation_size(oid)), 0) FROM pg_class WHERE relkind = 'r' AND relname ~ $1`
		if err := db.DB().GetContext(b.Context(), &bytes, query, like); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(bytes/1e6, what)
	}
	size("MB-all", `^(services|spans|probes|hours|days)`)
	size("MB-probes", `^probes`)
	size("MB-hours", `^hours`)
	size("MB-days", `^days`)
	size("MB-spans", `^spans`)
	took := func(what string, ask func(now time.Time) error) {
		best := math.Inf(1)
		for range 5 {
			began := time.Now()
			if err := ask(began); err != nil {
				b.Fatal(err)
			}
			best = min(best, float64(time.Since(began).Microseconds())/1000)
		}
		b.ReportMetric(best, what)
	}
	took("ms-uptime-of-one-90d", func(now time.Time) error {
		_, err := db.ObservedTime(b.Context(), catalog.Filter{IDs: []string{id}}, now.AddDate(0, 0, -90), now)
		return err
	})
	took("ms-uptime-of-all-30d", func(now time.Time) error {
		all, err := db.ObservedTime(b.Context(), catalog.Filter{}, now.AddDate(0, 0, -30), now)
		if err == nil && len(all) != portal {
			err = fmt.Errorf("there are %d services", len(all))
		}
		return err
	})
	took("ms-history-of-one-90d", func(now time.Time) error {
		_, err := db.Buckets(b.Context(), id, now.AddDate(0, 0, -90).Truncate(history.Day), now, history.Day)
		return err
	})
	took("ms-history-of-one-30d-in-hours", func(now time.Time) error {
		_, err := db.Buckets(b.Context(), id, now.AddDate(0, 0, -30).Truncate(time.Hour), now, time.Hour)
		return err
	})
	took("ms-history-of-one-24h", func(now time.Time) error {
		_, err := db.Buckets(b.Context(), id, now.AddDate(0, 0, -1).Truncate(5*time.Minute), now, 5*time.Minute)
		return err
	})
	took("ms-moment-90d", func(now time.Time) error {
		m, err := db.ServicesAt(b.Context(), now.AddDate(0, 0, -90), nil)
		if err == nil && len(m.Services) != portal {
			err = fmt.Errorf("there were %d services", len(m.Services))
		}
		return err
	})
	took("ms-falls-7d", func(now time.Time) error {
		_, err := db.Falls(b.Context(), now.AddDate(0, 0, -7), now, 30*time.Minute)
		return err
	})
	took("ms-falls-around", func(now time.Time) error {
		_, _, err := db.FallsAround(b.Context(), now.AddDate(0, 0, -50), now.AddDate(0, 0, -50))
		return err
	})
	var rolled int
	if err := db.DB().GetContext(b.Context(), &rolled, `SELECT count(*) FROM days`); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(rolled)/portal, "days")
}
