package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// Usable reads a service, takes and releases the locks of a write, and uses some disk
// space. It fails if requests of people would fail, or soon will.
func (s *Store) Usable(ctx context.Context) error {
	// With little work_mem, this query writes its rows into a temporary file of some
	// 100 kB. The file leaves nothing behind; a row that is written and rolled back
	// would. Also, writes to a full disk succeed while they fit into existing pages.
	const useDisk = `SELECT count(*) FROM generate_series(1, 5000)`

	err := s.inTx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, `SET LOCAL work_mem = '64kB'`); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, useDisk); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `LOCK TABLE services, outbox IN ROW EXCLUSIVE MODE`); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `SELECT id, name, status FROM services LIMIT 1`)
		return err
	})
	if err != nil {
		return fmt.Errorf("use the catalogue: %w", err)
	}
	return nil
}

// Waiting returns the age of the oldest event in the outbox, or 0 if the outbox is empty.
func (s *Store) Waiting(ctx context.Context) (time.Duration, error) {
	const query = `SELECT coalesce(extract(epoch FROM now() - min(created_at)), 0) FROM outbox`

	var seconds float64
	if err := s.bulk.db.GetContext(ctx, &seconds, query); err != nil {
		return 0, fmt.Errorf("age of the outbox: %w", domainError(err))
	}
	return time.Duration(seconds * float64(time.Second)), nil
}

// Probed returns the number of services to probe, and how long ago a result was due (0:
// not yet): twice the shortest of their intervals after the newest result of any of
// them. since, and the last write of a service, count as results.
func (s *Store) Probed(ctx context.Context, since time.Time) (services int, silent time.Duration, err error) {
	const query = `
		SELECT count(*), coalesce(greatest(0, extract(epoch FROM
			now() - greatest(max(last_checked_at), max(updated_at), $1) - 2 * min(probe_interval::interval))), 0)
		FROM services WHERE status_url <> ''`

	var seconds float64
	if err := s.bulk.db.QueryRowContext(ctx, query, since).Scan(&services, &seconds); err != nil {
		return 0, 0, fmt.Errorf("newest result: %w", domainError(err))
	}
	return services, time.Duration(seconds * float64(time.Second)), nil
}
