package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// Usable reads a service, takes and gives back the right to write, and some room on
// the disk: it fails where people's requests would, or soon will.
func (s *Store) Usable(ctx context.Context) error {
	// With so little memory what this counts goes into a file, some 100 kB, which
	// leaves nothing behind, as a row that is written and taken back would. What is
	// written may fit into pages that are there already, for a while.
	const takeRoom = `SELECT count(*) FROM generate_series(1, 5000)`

	err := s.inTx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, `SET LOCAL work_mem = '64kB'`); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, takeRoom); err != nil {
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

// Waiting is the age of the oldest event in the outbox; 0: none waits.
func (s *Store) Waiting(ctx context.Context) (time.Duration, error) {
	const query = `SELECT coalesce(extract(epoch FROM now() - min(created_at)), 0) FROM outbox`

	var seconds float64
	if err := s.bulk.db.GetContext(ctx, &seconds, query); err != nil {
		return 0, fmt.Errorf("age of the outbox: %w", domainError(err))
	}
	return time.Duration(seconds * float64(time.Second)), nil
}

// Probed is how many services are to be probed, and for how long no result of any
// has come beyond twice the shortest of their intervals. What happened before
// since, or before a service was written, counts as if it had come then.
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
