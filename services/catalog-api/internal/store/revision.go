package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

// deletionsKept is the age up to which Changes finds all deletions. The database keeps
// them for longer; see the migration.
const deletionsKept = 24 * time.Hour

// serverStart is the column that identifies a run of the database server.
const serverStart = `pg_postmaster_start_time()::text`

const changedSince = `SELECT ` + serverStart + ` <> $2 OR EXISTS (SELECT FROM list_changes($1))`

// Changed reports whether the list of services has changed since the revision. It
// ignores measurements: latency and time of the last probe. It is cheap: it reads no
// service unless something has changed.
func (s *Store) Changed(ctx context.Context, at catalog.Revision) (changed bool, err error) {
	if outdated(at) {
		return true, nil
	}
	if err := s.changed.GetContext(ctx, &changed, at.Shown, at.Server); err != nil {
		return false, fmt.Errorf("has the catalogue changed: %w", domainError(err))
	}
	return changed, nil
}

// Changes returns the changes of the list since the revision. If measured, they include
// services of which only measurements changed.
func (s *Store) Changes(ctx context.Context, at catalog.Revision, measured bool) (catalog.Changes, error) {
	changes, err := s.changes(ctx, at, measured)
	if err != nil {
		return changes, fmt.Errorf("changes of the catalogue: %w", domainError(err))
	}
	return changes, nil
}

func (s *Store) changes(ctx context.Context, at catalog.Revision, measured bool) (c catalog.Changes, err error) {
	now := catalog.Revision{Read: time.Now()}
	err = s.inSnapshot(ctx, func(tx *sqlx.Tx) error {
		err := tx.QueryRowxContext(ctx, `SELECT `+serverStart+`, pg_current_snapshot()::text`).Scan(&now.Server, &now.Shown)
		if err != nil {
			return err
		}
		now.Measured = now.Shown
		c.All = outdated(at) || at.Server != now.Server
		switch {
		case c.All:
			c.Services, err = listed(ctx, tx, `true`)
		case measured:
			// xmin is the transaction that last wrote the row, whatever it changed. It has
			// 32 bits where snapshots have 64, so ages are compared. This finds rows as young
			// as the snapshot's oldest running transaction: slightly more than asked for. The rows
			// of those who need a service with a new name are old.
			c.Services, err = listed(ctx, tx, `(age(xmin) <= age(pg_snapshot_xmin($1::pg_snapshot)::xid)
				OR id IN (SELECT id FROM list_changes($2) WHERE NOT gone))`, at.Measured, at.Shown)
		default:
			now.Measured = at.Measured
			c.Services, err = listed(ctx, tx, `id IN (SELECT id FROM list_changes($1) WHERE NOT gone)`, at.Shown)
		}
		if err == nil && !c.All {
			err = tx.SelectContext(ctx, &c.Deleted, `SELECT id FROM list_changes($1) WHERE gone`, at.Shown)
		}
		return err
	})
	c.Revision = now
	return c, err
}

// outdated reports whether the revision is zero, or older than deletions are kept.
func outdated(at catalog.Revision) bool { return time.Since(at.Read) > deletionsKept }

// listed reads services with what they need. q must be a transaction with one snapshot.
func listed(ctx context.Context, q sqlx.QueryerContext, condition string, args ...any) ([]catalog.Listed, error) {
	var rows []row
	query := `SELECT name_key, ` + columns + ` FROM services WHERE ` + condition
	if err := sqlx.SelectContext(ctx, q, &rows, query, args...); err != nil {
		return nil, err
	}
	list, services := make([]catalog.Listed, len(rows)), make([]*catalog.Service, len(rows))
	for i, r := range rows {
		list[i] = catalog.Listed{Service: r.service(), Key: r.keys.Name}
		services[i] = &list[i].Service
	}
	return list, addNeeds(ctx, q, services...)
}

// resetForeignTxIDs is for a database that was restored from a copy: the transaction ids
// in it are another server's, and may be ahead of this one's for long.
const resetForeignTxIDs = `UPDATE services SET changed = DEFAULT, named = DEFAULT WHERE greatest(changed, named) >= pg_snapshot_xmax(pg_current_snapshot())`
