package main

import (
	"context"
	"fmt"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
)

// pastTurns is how often the cost of a result is measured with the history, and without.
const pastTurns = 3

// scrapeTime is for how long the services' metrics are read again and again.
const scrapeTime = 10 * time.Second

// past measures what the history costs: CPU time while results come, what a hundred days of
// it take, how long questions about it do, and what a scrape of all services costs.
func past(ctx context.Context, p *portal, s settings) ([]row, error) {
	if _, err := p.createProbed(ctx, s.services, "1m"); err != nil {
		return nil, err
	}
	db, err := p.startProbing(ctx, s.services)
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }()
	with, without := 0.0, 0.0
	for range pastTurns {
		for _, turn := range []struct {
			prepare string
			sum     *float64
		}{{forget, &without}, {remember, &with}} {
			each, err := p.costOfResult(ctx, db, turn.prepare, s.seconds)
			if err != nil {
				return nil, err
			}
			*turn.sum += each / pastTurns
		}
	}
	rows := []row{
		{"CPU time of a result without history", fmt.Sprintf("%.0f µs", without), fmt.Sprintf("catalog-api and Postgres; %d services every 60 s, %d turns of %d s", s.services, pastTurns, s.seconds)},
		{"CPU time of a result with history", fmt.Sprintf("%.0f µs", with), "likewise, in turns with the above"},
		{"a result with history against one without", fmt.Sprintf("%.2f times", with/without), "at most 1.25 is the target"},
	}
	scraped, err := hammer(ctx, p.api+"/api/metrics/services", http.Header{"Accept-Encoding": {"gzip"}}, 1, scrapeTime)
	if err != nil {
		return rows, err
	}
	rows = append(rows, row{
		fmt.Sprintf("the metrics of %d services", s.services), scraped.figure(scrapeTime),
		fmt.Sprintf("1 connection for %.0f s, while they are probed; %d KB each, gzip", scrapeTime.Seconds(), scraped.size>>10),
	})
	kept, err := hundredDays(ctx)
	return append(rows, kept...), err
}

const (
	// forget makes results be of no account for the history: it never goes back in time.
	forget = `UPDATE services SET measured_at = 'infinity', measured = ''`

	// remember makes pieces of results that are as full as those of services which have been
	// probed for long: each is 0 to 34 results of 7 bytes, which go to table probes when
	// there are 35.
	remember = `UPDATE services SET measured_at = now() - interval '1 minute', measured = (
		SELECT coalesce(string_agg(int4send(n) || '\x041400'::bytea, ''), '') FROM generate_series(1, (get_byte(uuid_send(id), 15) % 35)) AS n)`
)

// costOfResult measures the CPU time of catalog-api and Postgres for each result, in µs.
func (p *portal) costOfResult(ctx context.Context, db *sqlx.DB, prepare string, seconds int) (float64, error) {
	for _, statement := range []string{prepare, `VACUUM services`, `CHECKPOINT`} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return 0, err
		}
	}
	if err := pause(ctx, 5*time.Second); err != nil { // until the pages of the table have their room again
		return 0, err
	}
	before, err := p.spent("catalog-api", "postgres")
	if err != nil {
		return 0, err
	}
	began := time.Now()
	if err := pause(ctx, time.Duration(seconds)*time.Second); err != nil {
		return 0, err
	}
	after, err := p.spent("catalog-api", "postgres")
	if err != nil {
		return 0, err
	}
	var results float64
	if err := db.GetContext(ctx, &results, `SELECT count(*) FROM services WHERE last_checked_at > $1`, began); err != nil {
		return 0, err
	}
	used := after["catalog-api"] - before["catalog-api"] + after["postgres"] - before["postgres"]
	return float64(used.Microseconds()) / results, nil
}

// hundredDays runs the benchmark that keeps the results of a hundred days, through the code
// and in a Postgres of its own.
func hundredDays(ctx context.Context) ([]row, error) {
	out, err := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "^BenchmarkHundredDays$", "-benchtime", "1x", "-timeout", "1h",
		"./services/catalog-api/internal/store").CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("keep a hundred days: %w\n%s", err, out)
	}
	figures := map[string]float64{}
	for line := range strings.Lines(string(out)) {
		if fields := strings.Fields(line); strings.HasPrefix(line, "BenchmarkHundredDays") {
			for i := 2; i+1 < len(fields); i += 2 {
				if figures[fields[i+1]], err = strconv.ParseFloat(fields[i], 64); err != nil {
					return nil, fmt.Errorf("figure %q: %w", fields[i], err)
				}
			}
		}
	}
	told := func(what, format, figure, how string) row {
		return row{what, fmt.Sprintf(format, figures[figure]), how}
	}
	grows := fmt.Sprintf("%.2f MB", figures["MB-days"]/figures["days"])
	return []row{
		told("100 days of 10,000 services, every 60 s", "%.0f MB", "MB-all", "20 services through the code, then copied; services too; at most 2,500 is the target"),
		told("of these, results one by one", "%.0f MB", "MB-probes", "of the last 2 to 3 days"),
		told("of these, hours", "%.0f MB", "MB-hours", "of the last 40 days"),
		told("of these, changes of status", "%.0f MB", "MB-spans", "each service falls once a week"),
		{"what grows a day, when the rest has come to its end", grows, "buckets of days; at most 2 is the target"},
		told("uptime of one service over 90 days", "%.1f ms", "ms-uptime-of-one-90d", "the best of 5; at most 20 is the target"),
		told("uptime of all 10,000 over 30 days", "%.0f ms", "ms-uptime-of-all-30d", "likewise; at most 500 is the target"),
		told("all 10,000 services as they were 90 days ago", "%.0f ms", "ms-moment-90d", "likewise; at most 500 is the target"),
		told("when services fell, of 7 days", "%.0f ms", "ms-falls-7d", "likewise; at most 100 is the target"),
		told("the falls before and after a moment", "%.1f ms", "ms-falls-around", "the best of 5"),
		told("history of one service, 90 days", "%.1f ms", "ms-history-of-one-90d", "the best of 5"),
		told("history of one service, 30 days in hours", "%.1f ms", "ms-history-of-one-30d-in-hours", "likewise"),
		told("history of one service, 24 hours in 5 minutes", "%.1f ms", "ms-history-of-one-24h", "likewise"),
	}, nil
}
