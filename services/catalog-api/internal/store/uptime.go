package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/history"
)

// rolledFor is for how many days before today buckets are sure to be there.
const rolledFor = 2

// observedTime adds up the buckets of whole days, of which argument 2 is a condition, and spans
// in the times that are left: 3 to 4, and 5 to 6. Argument 1 is a condition on services. The
// last span of a service goes on while its last result is good for it.
const observedTime = `
	WITH service AS (
		SELECT id, name, team, name_key, last_checked_at + ` + goodFor + ` AS good
		FROM services WHERE %[1]s
	), seen AS (
		SELECT service_id AS id, sum(healthy_ms) AS healthy, sum(degraded_ms) AS degraded, sum(down_ms) AS down
		FROM days WHERE %[2]s GROUP BY 1
		UNION ALL
		SELECT s.id, sum(ms) FILTER (WHERE status = 'healthy'), sum(ms) FILTER (WHERE status = 'degraded'), sum(ms) FILTER (WHERE status = 'down')
		FROM service s
		CROSS JOIN (VALUES (%[3]s::timestamptz, %[4]s::timestamptz), (%[5]s, %[6]s)) AS part (begin, until)
		CROSS JOIN LATERAL (
			SELECT status, extract(epoch FROM least(lead(since, 1, s.good) OVER (ORDER BY since), until) - greatest(since, begin)) * 1000 AS ms, reason
			FROM (
				(SELECT since, status, reason FROM spans WHERE service_id = s.id AND since <= begin ORDER BY since DESC LIMIT 1)
				UNION ALL
				SELECT since, status, reason FROM spans WHERE service_id = s.id AND since > begin AND since < until
			) AS span
		) AS span
		WHERE begin < until AND status <> 'unknown' AND reason <> 'manual' AND ms > 0
		GROUP BY 1
	)
	SELECT s.id, s.name, s.team, coalesce(sum(healthy), 0)::bigint AS healthy, coalesce(sum(degraded), 0)::bigint AS degraded,
		coalesce(sum(down), 0)::bigint AS down
	FROM service s LEFT JOIN seen USING (id) GROUP BY s.id, s.name, s.team, s.name_key ORDER BY s.name_key`

// ObservedTime returns how long the services that pass the filter were observed with each
// status, by name. What is not over yet counts until to, which is not after now.
func (s *Store) ObservedTime(ctx context.Context, f catalog.Filter, from, to time.Time) (list []history.ServiceTime, err error) {
	q := newListQuery(f)
	if q.empty {
		return nil, nil
	}
	err = s.inSnapshot(ctx, func(tx *sqlx.Tx) error {
		list, err = observed(ctx, tx, q, f.IDs, from, to)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("observed time: %w", err)
	}
	return list, nil
}

func observed(ctx context.Context, tx *sqlx.Tx, q *listQuery, ids []string, from, to time.Time) ([]history.ServiceTime, error) {
	first, last, err := wholeDays(ctx, tx, from, to)
	if err != nil {
		return nil, err
	}
	conditions := strings.Join(append(q.conditions, `true`), ` AND `)
	query := fmt.Sprintf(observedTime, conditions, q.days(ids, first, last), q.arg(from), q.arg(first), q.arg(last), q.arg(to))
	var rows []struct {
		ID       string `db:"id"`
		Name     string `db:"name"`
		Team     string `db:"team"`
		Healthy  int64  `db:"healthy"`
		Degraded int64  `db:"degraded"`
		Down     int64  `db:"down"`
	}
	if err := tx.SelectContext(ctx, &rows, query, q.args...); err != nil {
		return nil, domainError(err)
	}
	list := make([]history.ServiceTime, len(rows))
	ms := func(n int64) time.Duration { return time.Duration(n) * time.Millisecond }
	for i, r := range rows {
		list[i] = history.ServiceTime{
			ID: r.ID, Name: r.Name, Team: r.Team,
			Time: history.Time{Healthy: ms(r.Healthy), Degraded: ms(r.Degraded), Down: ms(r.Down)},
		}
	}
	return list, nil
}

// days returns the condition on buckets of days: those of some services are found by their
// index, those of all by reading the days as they lie.
func (q *listQuery) days(ids []string, first, last time.Time) string {
	if len(ids) > 0 {
		return `day = ANY(` + q.arg(dates(first, last)) + `::date[]) AND service_id = ANY(` + q.arg(pq.StringArray(slices.DeleteFunc(slices.Clone(ids), notID))) + `)`
	}
	return `day >= ` + q.arg(date(first)) + `::date AND day < ` + q.arg(date(last)) + `::date`
}

func notID(id string) bool { return !isID(id) }

// wholeDays returns the days in a time, from first until before last, of which all buckets are
// there. If there are none, first is last, and the time before it the whole.
func wholeDays(ctx context.Context, tx *sqlx.Tx, from, to time.Time) (first, last time.Time, err error) {
	var late *time.Time
	if err := tx.GetContext(ctx, &late, `SELECT min(at) FROM probes_other`); err != nil {
		return first, last, domainError(err)
	}
	last = history.Earlier(to, now().AddDate(0, 0, -rolledFor)).UTC().Truncate(history.Day)
	if late != nil {
		last = history.Earlier(last, late.UTC().Truncate(history.Day))
	}
	first = from.UTC().Truncate(history.Day)
	if first.Before(from) {
		first = first.Add(history.Day)
	}
	if !first.Before(last) {
		return to, to, nil
	}
	return first, last, nil
}
