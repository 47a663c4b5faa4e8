package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/history"
)

// spanAt is the span of service id that a time, argument 1, is in.
const spanAt = `CROSS JOIN LATERAL (
	SELECT since AS span_since, status AS span_status, reason AS span_reason, http_status AS span_http_status
	FROM spans WHERE service_id = id AND since <= $1 ORDER BY since DESC LIMIT 1) AS span`

// pastRow is a service of the present, or what is known of one that is gone, with the span of
// the moment.
type pastRow struct {
	row

	SpanSince      time.Time     `db:"span_since"`
	SpanStatus     events.Status `db:"span_status"`
	SpanReason     events.Reason `db:"span_reason"`
	SpanHTTPStatus int           `db:"span_http_status"`
	Good           *time.Time    `db:"good"` // when the last result is not good any more
}

// pastService is a service on its way back to the moment.
type pastService struct {
	catalog.Service

	changed bool // since the moment
	gone    bool // it was deleted, and restored later
	fromEnd bool // it is known from its deletion alone
}

// ServicesAt returns the services that were there at a time, as they were then; ids, unless
// nil, are those to look at. They are the present ones, with later changes in the trail taken
// back, and the status of the span that the time is in. The error is
// *catalog.BeforeRecordError if nothing is known of the time.
func (s *Store) ServicesAt(ctx context.Context, at time.Time, ids []string) (m catalog.Moment, err error) {
	err = s.inSnapshot(ctx, func(tx *sqlx.Tx) error {
		m, err = servicesAt(ctx, tx, at, ids)
		return err
	})
	if err != nil {
		return catalog.Moment{}, fmt.Errorf("services at %s: %w", at.Format(time.RFC3339Nano), domainError(err))
	}
	return m, nil
}

func servicesAt(ctx context.Context, tx *sqlx.Tx, at time.Time, ids []string) (m catalog.Moment, err error) {
	if m.KnownFrom, err = knownFrom(ctx, tx, at); err != nil {
		return m, err
	}
	some := pq.StringArray(nil) // all
	if ids != nil {
		some = pq.StringArray{}
		for _, id := range ids {
			if isID(id) {
				some = append(some, strings.ToLower(id)) // as the trail has it
			}
		}
	}
	if m.Services, err = rewoundAt(ctx, tx, at, some); err == nil {
		err = needsAt(ctx, tx, at, &m, ids == nil)
	}
	slices.SortFunc(m.Services, func(a, b catalog.Listed) int { return strings.Compare(a.Key, b.Key) })
	return m, err
}

// rewoundAt returns the services of a time, in no order. What they need has names of any time.
func rewoundAt(ctx context.Context, tx *sqlx.Tx, at time.Time, ids pq.StringArray) (list []catalog.Listed, err error) {
	rows, err := presentAt(ctx, tx, at, ids)
	if err != nil {
		return nil, err
	}
	past := make(map[string]*pastService, len(rows))
	services := make([]*catalog.Service, len(rows))
	for i, r := range rows {
		past[r.ID] = &pastService{Service: r.service()}
		services[i] = &past[r.ID].Service
	}
	if err := addNeeds(ctx, tx, services...); err != nil {
		return nil, err
	}
	if err := rewind(ctx, tx, past, at, ids); err != nil {
		return nil, err
	}
	deleted, err := deletedAt(ctx, tx, past, at)
	if err != nil {
		return nil, err
	}
	rows = append(rows, deleted...)
	if err := editedAt(ctx, tx, past, at); err != nil {
		return nil, err
	}
	for _, r := range rows {
		if svc := past[r.ID]; !svc.gone {
			svc.setStatus(r, at)
			list = append(list, svc.listed())
		}
	}
	return list, nil
}

// knownFrom returns from when on all changes are known.
func knownFrom(ctx context.Context, tx *sqlx.Tx, at time.Time) (time.Time, error) {
	const query = `SELECT (SELECT min(since) FROM spans) AS begin, (SELECT at FROM trail_begin) AS known`
	var first struct{ Begin, Known *time.Time }
	if err := tx.GetContext(ctx, &first, query); err != nil {
		return time.Time{}, fmt.Errorf("read when the record begins: %w", err)
	}
	switch {
	case first.Begin == nil:
		return time.Time{}, &catalog.BeforeRecordError{}
	case at.Before(*first.Begin):
		return time.Time{}, &catalog.BeforeRecordError{Begin: first.Begin.UTC()}
	case first.Known == nil:
		return time.Time{}, nil
	}
	return first.Known.UTC(), nil
}

// RecordBegin returns when the record of statuses begins; nil: there is none.
func (s *Store) RecordBegin(ctx context.Context) (begin *time.Time, err error) {
	if err := s.db.GetContext(ctx, &begin, `SELECT min(since) FROM spans`); err != nil {
		return nil, fmt.Errorf("read when the record begins: %w", domainError(err))
	}
	if begin != nil {
		*begin = begin.UTC()
	}
	return begin, nil
}

// presentAt reads the services of the present that were there.
func presentAt(ctx context.Context, tx *sqlx.Tx, at time.Time, ids pq.StringArray) ([]pastRow, error) {
	query := `SELECT ` + columns + `, span.*, last_checked_at + ` + goodFor + ` AS good FROM services ` + spanAt + `
		WHERE span_reason <> 'deleted' AND ($2::uuid[] IS NULL OR id = ANY($2))`
	var rows []pastRow
	if err := tx.SelectContext(ctx, &rows, query, at, ids); err != nil {
		return nil, fmt.Errorf("read the services: %w", err)
	}
	return rows, nil
}

// rewind takes back the changes after a time, the newest first, of those services, and adds
// what was deleted.
func rewind(ctx context.Context, tx *sqlx.Tx, past map[string]*pastService, at time.Time, ids pq.StringArray) error {
	const query = `SELECT thing_id, deed, changes FROM audit WHERE kind = 'service' AND at > $1 AND ($2::text[] IS NULL OR thing_id = ANY($2)) ORDER BY seq DESC`
	rows, err := tx.QueryxContext(ctx, query, at, ids)
	if err != nil {
		return fmt.Errorf("read the trail: %w", err)
	}
	defer func() { _ = rows.Close() }() // its error is in Err
	for rows.Next() {
		var (
			id      string
			did     access.Deed
			changes []byte
		)
		if err := rows.Scan(&id, &did, &changes); err != nil {
			return fmt.Errorf("read the trail: %w", err)
		}
		if past[id] == nil && did == access.Deleted {
			past[id] = &pastService{Service: catalog.Service{ID: id, Tags: []string{}}, fromEnd: true}
		}
		if svc := past[id]; svc != nil {
			if err := svc.takeBack(did, changes); err != nil {
				return fmt.Errorf("the trail of service %s: %w", id, err)
			}
		}
	}
	return rows.Err()
}

// takeBack makes the service what it was before a deed.
func (p *pastService) takeBack(did access.Deed, encoded []byte) error {
	var fields []access.FieldChange
	if err := json.Unmarshal(encoded, &fields); err != nil {
		return err
	}
	changes := make([]catalog.Difference, len(fields))
	for i, f := range fields {
		changes[i] = catalog.Difference(f)
	}
	p.changed = true
	switch did {
	case access.Updated:
		p.Version--
		p.Rewind(changes)
	case access.Restored:
		p.Version -= 2
		p.gone = true
	case access.Deleted:
		p.gone = false
		p.Service = catalog.Service{ID: p.ID, Version: p.Version, CreatedAt: p.CreatedAt, Tags: []string{}}
		p.Rewind(changes)
	case access.Repaired:
		for _, c := range changes {
			if before, is := c.Before.(float64); is && c.Field == "version" {
				p.Version = int64(before)
			}
		}
	case access.Created, access.SignedIn, access.SignedOut: // from when on it was there, its spans say
	}
	return nil
}

// deletedAt reads of services that are deleted by now what the trail does not say. It drops
// those that were not there at the time.
func deletedAt(ctx context.Context, tx *sqlx.Tx, past map[string]*pastService, at time.Time) (rows []pastRow, err error) {
	const query = `SELECT id, span.*, (SELECT min(since) FROM spans WHERE service_id = id) AS created_at FROM unnest($2::uuid[]) AS id ` + spanAt + `
		WHERE span_reason <> 'deleted'`
	var ids pq.StringArray
	for id, svc := range past {
		if svc.fromEnd {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	if err := tx.SelectContext(ctx, &rows, query, at, ids); err != nil {
		return nil, fmt.Errorf("read the services that were deleted: %w", err)
	}
	there := make(map[string]bool, len(rows))
	for _, r := range rows {
		there[r.ID] = true
		past[r.ID].CreatedAt = r.CreatedAt.UTC()
	}
	maps.DeleteFunc(past, func(id string, svc *pastService) bool { return svc.fromEnd && !there[id] })
	return rows, nil
}

// editedAt sets when services that were changed since a time had been changed before it.
func editedAt(ctx context.Context, tx *sqlx.Tx, past map[string]*pastService, at time.Time) error {
	const query = `SELECT thing_id AS id, max(at) FILTER (WHERE deed <> 'deleted') AS at, count(*) AS deeds FROM audit
		WHERE kind = 'service' AND thing_id = ANY($1) AND at <= $2 AND deed IN ('created', 'updated', 'restored', 'deleted') GROUP BY 1`
	var ids pq.StringArray
	for id, svc := range past {
		if svc.changed {
			ids = append(ids, id)
			svc.UpdatedAt = svc.CreatedAt // if nothing else is known
		}
	}
	if len(ids) == 0 {
		return nil
	}
	var rows []struct {
		ID    string
		At    *time.Time
		Deeds int64
	}
	if err := tx.SelectContext(ctx, &rows, query, ids, at); err != nil {
		return fmt.Errorf("read when services had been changed: %w", err)
	}
	for _, r := range rows {
		svc := past[r.ID]
		if r.At != nil {
			svc.UpdatedAt = r.At.UTC()
		}
		if svc.fromEnd {
			svc.Version = r.Deeds // each made it one more
		}
	}
	return nil
}

// setStatus sets the status by the span that the moment is in. A last result that is not good
// any more says nothing, also if nobody noticed.
func (p *pastService) setStatus(r pastRow, at time.Time) {
	p.Status, p.StatusSince, p.StatusReason, p.HTTPStatus = r.SpanStatus, r.SpanSince.UTC(), r.SpanReason, r.SpanHTTPStatus
	p.LatencyMS, p.LastCheckedAt = 0, nil
	probed := p.Status != events.StatusUnknown && p.StatusReason != events.ReasonManual
	if probed && r.Good != nil && !r.Good.After(at) {
		p.Status, p.StatusSince, p.StatusReason, p.HTTPStatus = events.StatusUnknown, history.Later(r.Good.UTC(), p.StatusSince), events.ReasonStale, 0
	}
}

// listed returns the service with the key by which it is sorted. Before all is known of the
// trail, two may have had the same name.
func (p *pastService) listed() catalog.Listed {
	p.Version = max(p.Version, 1)
	p.Interval = cmp.Or(p.Interval, events.DefaultInterval)
	return catalog.Listed{Service: p.Service, Key: catalog.NameKey(p.Name) + "\x1f" + p.ID}
}
