package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
)

// deed is what record adds to the trail.
type deed struct {
	did     access.Deed
	thing   events.Key
	name    string
	changes []access.FieldChange
}

// record adds an entry to the trail, in the transaction that does the deed.
func record(ctx context.Context, tx *sqlx.Tx, by access.Actor, d deed) error {
	return recordAt(ctx, tx, by, now(), d)
}

// recordAt is record for deeds that have a time already, which what they changed says too.
func recordAt(ctx context.Context, tx *sqlx.Tx, by access.Actor, at time.Time, deeds ...deed) error {
	const insert = `INSERT INTO audit (at, actor_kind, actor_id, actor_name, address, request_id, deed, kind, thing_id, thing_name, changes)
		SELECT $1, $2, $3, $4, $5, $6, deed, kind, thing_id, thing_name, changes
		FROM unnest($7::text[], $8::text[], $9::text[], $10::text[], $11::jsonb[]) AS did (deed, kind, thing_id, thing_name, changes)`

	var did, kinds, ids, names, changes pq.StringArray
	for _, d := range deeds {
		of, err := json.Marshal(d.changes)
		if err != nil {
			return fmt.Errorf("encode the changes of %s: %w", d.thing, err)
		}
		did, kinds, ids = append(did, string(d.did)), append(kinds, string(d.thing.Kind)), append(ids, d.thing.ID)
		names, changes = append(names, d.name), append(changes, string(of))
	}
	_, err := tx.ExecContext(ctx, insert, at, by.Kind, by.ID, by.Name, by.Address, by.RequestID, did, kinds, ids, names, changes)
	return domainError(err)
}

const auditColumns = `seq, at, actor_kind, actor_id, actor_name, address, request_id, deed, kind, thing_id, thing_name, changes`

// auditRow is a row of audit.
type auditRow struct {
	Seq       int64            `db:"seq"`
	At        time.Time        `db:"at"`
	ActorKind access.ActorKind `db:"actor_kind"`
	ActorID   string           `db:"actor_id"`
	ActorName string           `db:"actor_name"`
	Address   string           `db:"address"`
	RequestID string           `db:"request_id"`
	Deed      access.Deed      `db:"deed"`
	Kind      events.Kind      `db:"kind"`
	ThingID   string           `db:"thing_id"`
	ThingName string           `db:"thing_name"`
	Changes   []byte           `db:"changes"`
}

func (r auditRow) entry() (access.Record, error) {
	rec := access.Record{
		Seq: r.Seq, At: r.At.UTC(), Deed: r.Deed, Thing: events.Key{Kind: r.Kind, ID: r.ThingID}, Name: r.ThingName,
		Actor: access.Actor{Kind: r.ActorKind, ID: r.ActorID, Name: r.ActorName, Address: r.Address, RequestID: r.RequestID},
	}
	if err := json.Unmarshal(r.Changes, &rec.Changes); err != nil {
		return rec, fmt.Errorf("entry %d of the trail: %w", r.Seq, err)
	}
	return rec, nil
}

// Trail returns entries of the trail, the newest first.
func (s *Store) Trail(ctx context.Context, search access.Search) ([]access.Record, error) {
	var (
		where = []string{`true`}
		args  []any
	)
	add := func(condition string, values ...any) {
		var places []any
		for _, value := range values {
			args = append(args, value)
			places = append(places, len(args))
		}
		where = append(where, fmt.Sprintf(condition, places...))
	}
	if search.Thing.Kind != "" {
		add(`kind = $%d`, search.Thing.Kind)
	}
	if search.Thing.ID != "" {
		add(`thing_id = $%d`, search.Thing.ID)
	}
	if of := search.Team; of != nil {
		add(`(kind = 'team' AND thing_id = $%[1]d OR kind = 'service' AND thing_id = ANY ($%[2]d) AND NOT EXISTS (
			SELECT FROM audit AS renamed WHERE renamed.kind = 'team' AND renamed.deed = 'updated' AND renamed.at = audit.at))`,
			of.Slug, pq.StringArray(of.Services))
	}
	if search.Actor != "" {
		add(`$%d IN (actor_kind, actor_id)`, search.Actor)
	}
	if search.Deed != "" {
		add(`deed = $%d`, search.Deed)
	}
	if !search.Since.IsZero() {
		add(`at >= $%d`, search.Since)
	}
	if !search.Until.IsZero() {
		add(`at < $%d`, search.Until)
	}
	if search.Before > 0 {
		add(`seq < $%d`, search.Before)
	}
	args = append(args, search.Limit)
	query := `SELECT ` + auditColumns + ` FROM audit WHERE ` + strings.Join(where, ` AND `) + fmt.Sprintf(` ORDER BY seq DESC LIMIT $%d`, len(args))
	var rows []auditRow
	if err := s.db.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("read the trail: %w", domainError(err))
	}
	list := make([]access.Record, len(rows))
	for i, r := range rows {
		var err error
		if list[i], err = r.entry(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// PurgeTrail removes the oldest entries from before that time, some thousands at most, and
// returns how many.
func (s *Store) PurgeTrail(ctx context.Context, by access.Actor, before time.Time) (int, error) {
	const old = `DELETE FROM audit WHERE seq IN (SELECT seq FROM audit WHERE at < $1 ORDER BY at LIMIT 5000)`
	return s.purge(ctx, by, access.PurgeTrail, old, before)
}

// purge runs a statement that deletes what is from before a time, and returns how many rows
// that were.
func (s *Store) purge(ctx context.Context, by access.Actor, action access.Action, statement string, before time.Time) (int, error) {
	if err := by.May(action); err != nil {
		return 0, err
	}
	done, err := s.bulk.db.ExecContext(ctx, statement, before)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", action, domainError(err))
	}
	n, err := done.RowsAffected()
	return int(n), err
}
