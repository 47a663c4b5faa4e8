package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

// deletionsKept is how long deletions can be asked for. The database keeps them for
// longer; see the migration.
const deletionsKept = 24 * time.Hour

// server is the column that names the server's life.
const server = `pg_postmaster_start_time()::text`

const changedSince = `SELECT ` + server + ` <> $2 OR EXISTS (SELECT FROM list_changes($1))`

// Changed says whether the list of services shows anything else by now than at the
// revision, but for what only probes measure. It is cheap: unless something was
// changed it reads no service.
func (s *Store) Changed(ctx context.Context, at catalog.Revision) (changed bool, err error) {
	if outdated(at) {
		return true, nil
	}
	if err := s.changed.GetContext(ctx, &changed, at.Shown, at.Server); err != nil {
		return false, fmt.Errorf("has the catalogue changed: %w", domainError(err))
	}
	return changed, nil
}

// Changes returns what the list shows anew since the revision; if measured, also what
// only probes measured.
func (s *Store) Changes(ctx context.Context, at catalog.Revision, measured bool) (catalog.Changes, error) {
	changes, err := s.changes(ctx, at, measured)
	if err != nil {
		return changes, fmt.Errorf("changes of the catalogue: %w", domainError(err))
	}
	return changes, nil
}

func (s *Store) changes(ctx context.Context, at catalog.Revision, measured bool) (c catalog.Changes, err error) {
	tx, err := s.db.BeginTxx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return c, err
	}
	defer func() { _ = tx.Rollback() }() // it only reads

	now := catalog.Revision{Read: time.Now()}
	err = tx.QueryRowxContext(ctx, `SELECT `+server+`, pg_current_snapshot()::text`).Scan(&now.Server, &now.Shown)
	if err != nil {
		return c, err
	}
	now.Measured = now.Shown
	c.All = outdated(at) || at.Server != now.Server
	switch {
	case c.All:
		c.Services, err = listed(ctx, tx, `true`)
	case measured:
		// A row tells by itself which transaction wrote it, whatever it changed. That
		// has half the digits of the others, so it goes by the age: what is as old as
		// the snapshot's oldest or younger, and so a little more than is asked for.
		c.Services, err = listed(ctx, tx, `age(xmin) <= age(pg_snapshot_xmin($1::pg_snapshot)::xid)`, at.Measured)
	default:
		now.Measured = at.Measured
		c.Services, err = listed(ctx, tx, `id IN (SELECT id FROM list_changes($1) WHERE NOT gone)`, at.Shown)
	}
	if err == nil && !c.All {
		err = tx.SelectContext(ctx, &c.Deleted, `SELECT id FROM list_changes($1) WHERE gone`, at.Shown)
	}
	c.Revision = now
	return c, err
}

// outdated says whether the revision is of nobody, or older than deletions are kept.
func outdated(at catalog.Revision) bool { return time.Since(at.Read) > deletionsKept }

func listed(ctx context.Context, q sqlx.QueryerContext, condition string, args ...any) ([]catalog.Listed, error) {
	var rows []row
	query := `SELECT name_key, ` + columns + ` FROM services WHERE ` + condition
	if err := sqlx.SelectContext(ctx, q, &rows, query, args...); err != nil {
		return nil, err
	}
	list := make([]catalog.Listed, len(rows))
	for i, r := range rows {
		list[i] = catalog.Listed{Service: r.service(), Key: r.keys.Name}
	}
	return list, nil
}

// forgetOtherServers is for a database that was written back from a copy: its
// transactions are another server's, and may be ahead of this one's for long.
const forgetOtherServers = `UPDATE services SET changed = DEFAULT WHERE changed >= pg_snapshot_xmax(pg_current_snapshot())`
