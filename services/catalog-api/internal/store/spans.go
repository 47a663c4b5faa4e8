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

// goodFor is history.GoodFor of a row of services, in SQL.
const goodFor = `3 * greatest(probe_interval::interval, probe_round_ms * interval '1 ms')`

// spanStart is a row of spans. Trigger note_status adds one with every change of a status.
type spanStart struct {
	ServiceID  string        `db:"service_id"`
	Since      time.Time     `db:"since"`
	Status     events.Status `db:"status"`
	Reason     events.Reason `db:"reason"`
	HTTPStatus int           `db:"http_status"`
	Location   string        `db:"location"`
}

// Spans returns the statuses of a service in a time, the oldest first. The last one ends at
// to, or when its last result is not good any more. Neighbours with the same status and
// reason are one.
func (s *Store) Spans(ctx context.Context, id string, from, to time.Time) ([]history.Span, error) {
	all, err := s.SpansOf(ctx, []string{id}, from, to)
	return all[id], err
}

// SpansOf returns what Spans does, of several services by id.
func (s *Store) SpansOf(ctx context.Context, ids []string, from, to time.Time) (map[string][]history.Span, error) {
	const query = `
		SELECT span.*, s.last_checked_at + ` + goodFor + ` AS good
		FROM unnest($1::uuid[]) AS id
		CROSS JOIN LATERAL (
			(SELECT * FROM spans WHERE service_id = id AND since <= $2 ORDER BY since DESC LIMIT 1)
			UNION ALL
			SELECT * FROM spans WHERE service_id = id AND since > $2 AND since < $3
		) AS span
		LEFT JOIN services s USING (id)
		ORDER BY service_id, since`
	var rows []struct {
		spanStart

		Good *time.Time `db:"good"` // when the last result is not good any more
	}
	known := make(pq.StringArray, 0, len(ids))
	for _, id := range ids {
		if isID(id) {
			known = append(known, id)
		}
	}
	if err := s.db.SelectContext(ctx, &rows, query, known, from, to); err != nil {
		return nil, fmt.Errorf("statuses of %d services: %w", len(ids), domainError(err))
	}
	found := make(map[string][]history.Span, len(ids))
	for i, r := range rows {
		until := to
		if next := i + 1; next < len(rows) && rows[next].ServiceID == r.ServiceID {
			until = rows[next].Since
		} else if r.Good != nil && r.Reason != events.ReasonManual && r.Status != events.StatusUnknown {
			until = history.Later(history.Earlier(to, *r.Good), r.Since)
		}
		found[r.ServiceID] = history.AddSpan(found[r.ServiceID], history.Span{
			From: history.Later(r.Since, from).UTC(), To: until.UTC(), Status: r.Status, Reason: r.Reason, HTTPStatus: r.HTTPStatus, Location: r.Location,
		})
	}
	return found, nil
}

// StatusChanges returns changes of the status of services before a time, the newest first, limit
// at most, from a time on.
func (s *Store) StatusChanges(ctx context.Context, ids []string, from, before time.Time, limit int) ([]history.Change, error) {
	const query = `
		SELECT span.*, coalesce((SELECT status FROM spans WHERE service_id = span.service_id AND since < span.since ORDER BY since DESC LIMIT 1), '') AS before,
			(SELECT min(since) FROM spans WHERE service_id = span.service_id AND since > span.since) AS until
		FROM unnest($1::uuid[]) AS of (id) CROSS JOIN LATERAL (
			SELECT * FROM spans WHERE service_id = of.id AND since >= $2 AND since < $3 ORDER BY since DESC LIMIT $4
		) AS span ORDER BY since DESC LIMIT $4`
	var rows []struct {
		spanStart

		Before events.Status `db:"before"`
		Until  *time.Time    `db:"until"`
	}
	if err := s.db.SelectContext(ctx, &rows, query, pq.StringArray(ids), from, before, limit); err != nil {
		return nil, fmt.Errorf("changes of the status of %d services: %w", len(ids), domainError(err))
	}
	begins := make([]statusBegin, len(rows))
	for i, r := range rows {
		begins[i] = statusBegin{r.ServiceID, r.Since, r.Reason}
	}
	done, err := preceding(ctx, s.db, begins)
	if err != nil {
		return nil, err
	}
	list := make([]history.Change, len(rows))
	for i, r := range rows {
		list[i] = history.Change{ServiceID: r.ServiceID, Before: r.Before, Span: history.Span{
			From: r.Since.UTC(), Status: r.Status, Reason: r.Reason, HTTPStatus: r.HTTPStatus, Location: r.Location,
		}}
		if r.Before != "" {
			list[i].After = done[i]
		}
		if r.Until != nil {
			list[i].To = r.Until.UTC()
		}
	}
	return list, nil
}

// addGaps adds a span to the history of each service whose result came so late that the one
// before it was not good for any longer, and nobody had noticed, as the portal was down too.
func addGaps(ctx context.Context, tx *sqlx.Tx, done []outcome) error {
	var missing []spanStart
	for _, o := range done {
		if o.BeforeChecked == nil || o.Before == events.StatusUnknown {
			continue
		}
		until := o.BeforeChecked.Add(history.GoodFor(o.Interval.Duration(), time.Duration(o.BeforeRound)*time.Millisecond))
		if !until.Before(*o.LastCheckedAt) {
			continue
		}
		missing = append(missing, spanStart{ServiceID: o.ID, Since: until, Status: events.StatusUnknown, Reason: events.ReasonStale})
		if o.Status == o.Before {
			missing = append(missing, spanStart{o.ID, *o.LastCheckedAt, o.Status, o.StatusReason, o.HTTPStatus, o.Location})
		}
	}
	return addSpans(ctx, tx, missing)
}

// addSpans adds the begins of spans that are not there yet.
func addSpans(ctx context.Context, tx *sqlx.Tx, rows []spanStart) error {
	const insert = `INSERT INTO spans (service_id, since, status, reason, http_status, location)
		VALUES (:service_id, :since, :status, :reason, :http_status, :location) ON CONFLICT (service_id, since) DO NOTHING`

	for some := range slices.Chunk(rows, 1000) { // a statement has 65,535 parameters at most
		if _, err := tx.NamedExecContext(ctx, insert, some); err != nil {
			return domainError(err)
		}
	}
	return nil
}
