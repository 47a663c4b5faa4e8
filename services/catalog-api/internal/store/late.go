package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/history"
)

// lateService is what must be known of a service to which a late result is.
type lateService struct {
	ID        string          `db:"id"`
	URL       string          `db:"status_url"`
	Interval  events.Interval `db:"probe_interval"`
	CheckedAt *time.Time      `db:"last_checked_at"`
	Location  string          `db:"location"`
}

// addLate adds results to the history that are no news any more, because newer ones overtook
// them, as after a replica was killed that had taken them: those that fill a slot in which
// there is no result yet. So a result that came twice, or from a worker whose clock was set
// back, changes nothing. It returns how many it added.
func (s *Store) addLate(ctx context.Context, late []events.ProbeCompleted) (added int, err error) {
	const services = `SELECT id, status_url, probe_interval, last_checked_at, location FROM services WHERE id = ANY($1) ORDER BY id FOR UPDATE`

	byID := map[string][]events.ProbeCompleted{}
	var ids pq.StringArray
	for _, r := range late {
		if byID[r.ServiceID] == nil {
			ids = append(ids, r.ServiceID)
		}
		byID[r.ServiceID] = append(byID[r.ServiceID], r)
	}
	err = s.bulk.inTx(ctx, func(tx *sqlx.Tx) error {
		added = 0
		var found []lateService
		if err := tx.SelectContext(ctx, &found, services, ids); err != nil {
			return domainError(err)
		}
		for _, svc := range found {
			results := slices.DeleteFunc(byID[svc.ID], func(r events.ProbeCompleted) bool {
				return r.URL != svc.URL || svc.CheckedAt == nil || !r.CheckedAt.Before(*svc.CheckedAt)
			})
			if len(results) == 0 {
				continue
			}
			n, err := addLateOf(ctx, tx, svc, results)
			if err != nil {
				return fmt.Errorf("late results of service %s: %w", svc.ID, err)
			}
			added += n
		}
		return nil
	})
	return added, err
}

// addLateOf adds late results of one service.
func addLateOf(ctx context.Context, tx *sqlx.Tx, svc lateService, results []events.ProbeCompleted) (added int, err error) {
	const insert = `INSERT INTO probes (service_id, at, interval, data) VALUES ($1, $2, $3, $4) ON CONFLICT (service_id, at) DO NOTHING`

	slices.SortFunc(results, func(a, b events.ProbeCompleted) int { return a.CheckedAt.Compare(b.CheckedAt) })
	first, last := results[0].CheckedAt.UTC().Truncate(history.Day), results[len(results)-1].CheckedAt
	measured, err := readMeasured(ctx, tx, []string{svc.ID}, first, last.Add(history.Day))
	if err != nil {
		return 0, err
	}
	rolled, err := readDays(ctx, tx, []string{svc.ID}, first, last.Add(time.Millisecond))
	if err != nil {
		return 0, err
	}
	m := measured[svc.ID]
	probes, err := history.Probes(m.pieces, m.round)
	if err != nil {
		return 0, err
	}
	var from, to time.Time
	for _, r := range results {
		if row, known := rolled[svc.ID][r.CheckedAt.UTC().Truncate(history.Day)]; known && !m.has(row) {
			continue // what is around it is gone: it may have been there
		}
		place, missing := history.Gap(probes, r.CheckedAt, svc.Interval.Duration())
		if !missing {
			continue
		}
		piece := history.LatePiece(r, svc.Interval)
		one, err := history.Probes([]history.Piece{piece}, 0)
		if err != nil {
			return 0, err
		}
		if _, err := tx.ExecContext(ctx, insert, svc.ID, piece.At, piece.Interval, piece.Data); err != nil {
			return 0, domainError(err)
		}
		probes = slices.Insert(probes, place, one...)
		if added == 0 {
			from = one[0].At
		}
		added, to = added+1, one[0].At
	}
	if added == 0 {
		return 0, nil
	}
	return added, retell(ctx, tx, svc, around(probes, from, to))
}

// around returns the probes from the last one before a time to the first one after another. If
// there is none before, one that says nothing is in its place.
func around(probes []history.Probe, from, to time.Time) []history.Probe {
	begin := slices.IndexFunc(probes, func(p history.Probe) bool { return !p.At.Before(from) })
	end := slices.IndexFunc(probes, func(p history.Probe) bool { return p.At.After(to) })
	if end < 0 {
		end = len(probes) - 1
	}
	if begin == 0 {
		return slices.Insert(slices.Clone(probes[:end+1]), 0, history.Probe{At: from.Add(-2 * time.Millisecond), End: true})
	}
	return probes[begin-1 : end+1]
}

// retell writes the spans that begin after the first of some probes anew, until the last of
// them. What people did stays.
func retell(ctx context.Context, tx *sqlx.Tx, svc lateService, probes []history.Probe) error {
	const remove = `DELETE FROM spans WHERE service_id = $1 AND since >= $2 AND since < $3
		AND reason NOT IN ('manual', 'deleted') AND NOT (status = 'unknown' AND reason = '')`

	// Probes have milliseconds, and spans microseconds.
	after, until := probes[0].At.Add(time.Millisecond), probes[len(probes)-1].At.Add(time.Millisecond)
	if _, err := tx.ExecContext(ctx, remove, svc.ID, after, until); err != nil {
		return domainError(err)
	}
	var rows []spanStart
	for _, s := range history.Starts(probes) {
		row := spanStart{ServiceID: svc.ID, Since: s.From, Status: s.Status, Reason: s.Reason, HTTPStatus: s.HTTPStatus}
		if s.Observed() {
			row.Location = svc.Location
		}
		rows = append(rows, row)
	}
	return addSpans(ctx, tx, rows)
}
