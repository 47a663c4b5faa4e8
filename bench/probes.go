package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	_ "github.com/lib/pq" // to count what arrived
)

// probes measures what a probe costs in CPU time on its whole way, from the
// message that it is due to the row in Postgres, beside a loop that only asks.
func probes(ctx context.Context, p *portal, s settings) ([]row, error) {
	targets, err := p.createProbed(ctx, s.services, "10s")
	if err != nil {
		return nil, err
	}
	asked := max(s.services*s.seconds/10, 2)
	first, err := p.bare(targets, asked/2)
	if err != nil {
		return nil, err
	}
	db, err := p.startProbing(ctx, s.services)
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }()

	before, err := p.spent("health-worker", "nats", "catalog-api", "postgres")
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := pause(ctx, time.Duration(s.seconds)*time.Second); err != nil {
		return nil, err
	}
	after, err := p.spent("health-worker", "nats", "catalog-api", "postgres")
	if err != nil {
		return nil, err
	}
	took := time.Since(began)
	var fresh int // services whose last probe is younger than the interval: nothing was left out
	if err := db.GetContext(ctx, &fresh, `SELECT count(*) FROM services WHERE last_checked_at > now() - interval '11 s'`); err != nil {
		return nil, err
	}
	even, err := evenness(ctx, db)
	if err != nil {
		return nil, err
	}
	n := float64(s.services) * took.Seconds() / 10
	if err := p.stop("health-worker"); err != nil {
		return nil, err
	}
	second, err := p.bare(targets, asked/2)
	if err != nil {
		return nil, err
	}
	bare := (first + second) * time.Duration(n) / time.Duration(asked/2*2)
	return append(probeRows(n, fresh, s, before, after, bare), even), nil
}

// createProbed registers services with a health URL each, and returns the addresses
// that answer there.
func (p *portal) createProbed(ctx context.Context, n int, interval string) (targets string, err error) {
	if targets, err = p.role("target"); err != nil {
		return "", err
	}
	return targets, p.create(ctx, n, func(i int) map[string]any {
		return map[string]any{
			"name": fmt.Sprintf("service %05d", i), "team": fmt.Sprintf("team %d", i%20),
			"description": "Takes what comes in, keeps what matters, and hands on the rest.",
			"status_url":  address(targets, i), "interval": interval, "tags": []string{"go", "tier-" + fmt.Sprint(i%3)},
		}
	})
}

// startProbing starts a worker, waits until it has come into its stride, and returns
// the database.
func (p *portal) startProbing(ctx context.Context, services int) (*sqlx.DB, error) {
	if err := p.worker(ctx); err != nil {
		return nil, err
	}
	db, err := sqlx.ConnectContext(ctx, "postgres", p.database)
	if err != nil {
		return nil, err
	}
	if err := warm(ctx, db, services); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// evenness compares the 100 ms in which most probes started with the mean, over
// the last probe of each service.
func evenness(ctx context.Context, db *sqlx.DB) (row, error) {
	var times float64
	err := db.GetContext(ctx, &times, `
		SELECT max(n) * 100 / sum(n) FROM (
			SELECT count(*) AS n FROM services
			WHERE last_checked_at > now() - interval '11 s' AND last_checked_at <= now() - interval '1 s'
			GROUP BY floor(extract(epoch FROM last_checked_at) * 10)
		) AS tenths`)
	return row{"probes started in the fullest 100 ms", fmt.Sprintf("%.1f times the mean", times), "over 10 s; at most 4 is the target"}, err
}

// address is one of the targets that have commas between: services are on many
// hosts and ports, and a worker asks few at once of the same one.
func address(targets string, i int) string {
	list := strings.Split(targets, ",")
	return fmt.Sprintf("%s/%d", list[i%len(list)], i)
}

func probeRows(n float64, fresh int, s settings, before, after map[string]time.Duration, bare time.Duration) []row {
	used := map[string]time.Duration{}
	var whole time.Duration
	for part := range after {
		used[part] = after[part] - before[part]
		whole += used[part]
	}
	each := func(d time.Duration) string { return fmt.Sprintf("%.0f µs", float64(d.Microseconds())/n) }
	load := fmt.Sprintf("%d services every 10 s for %d s; %d fresh at the end", s.services, s.seconds, fresh)
	rows := []row{
		{"probes per CPU-second, worker alone", fmt.Sprintf("%.0f", n/used["health-worker"].Seconds()), load},
		{"probes per CPU-second, the whole way", fmt.Sprintf("%.0f", n/whole.Seconds()), "worker, NATS, catalog-api and Postgres together"},
		{"requests per CPU-second, a bare net/http loop", fmt.Sprintf("%.0f", n/bare.Seconds()), "as many, against the same targets, half of them before and half after"},
		{"the whole way against the bare loop", fmt.Sprintf("%.2f times", whole.Seconds()/bare.Seconds()), "at most 2.5 is the target"},
	}
	for _, part := range []string{"health-worker", "nats", "catalog-api", "postgres"} {
		rows = append(rows, row{"CPU time of a probe in " + part, each(used[part]), ""})
	}
	return append(rows, row{"CPU time of a request in the bare loop", each(bare), ""})
}

// warm waits until every service has been probed once, and for a slot more.
func warm(ctx context.Context, db *sqlx.DB, services int) error {
	err := until(ctx, "each service has been probed", func() bool {
		var n int
		err := db.GetContext(ctx, &n, `SELECT count(*) FROM services WHERE last_checked_at IS NOT NULL`)
		return err == nil && n == services
	})
	if err != nil {
		return err
	}
	return pause(ctx, 10*time.Second)
}

// spent is the CPU time of each part so far.
func (p *portal) spent(parts ...string) (map[string]time.Duration, error) {
	used := map[string]time.Duration{}
	for _, part := range parts {
		d, err := cpu(p.processes[part].Process.Pid)
		if err != nil {
			return nil, fmt.Errorf("CPU time of %s: %w", part, err)
		}
		used[part] = d
	}
	return used, nil
}

// bare is the CPU time of n requests to the targets in a process that does
// nothing else, while no worker runs.
func (p *portal) bare(targets string, n int) (time.Duration, error) {
	failed, err := p.role("loop", targets, fmt.Sprint(n))
	if err != nil {
		return 0, err
	}
	if failed != "0" {
		return 0, fmt.Errorf("%s of the bare loop's requests failed", failed)
	}
	used, err := p.spent("loop")
	if err != nil {
		return 0, err
	}
	return used["loop"], p.stop("loop")
}
