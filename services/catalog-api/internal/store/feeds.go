package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
)

// Feeds returns the calendars of teams, in the order of their slugs, those after one, limit at
// most. Only who stores what is in them may know where they are.
func (s *Store) Feeds(ctx context.Context, by access.Actor, after string, limit int) ([]events.Feed, error) {
	const query = `SELECT slug, calendar_url AS url FROM teams WHERE slug > $1 AND calendar_url <> '' ORDER BY slug LIMIT $2`

	if err := by.May(access.StoreFetched); err != nil {
		return nil, err
	}
	feeds := []events.Feed{}
	if err := s.db.SelectContext(ctx, &feeds, query, after, limit); err != nil {
		return nil, fmt.Errorf("calendars of teams: %w", domainError(err))
	}
	return feeds, nil
}

// ApplyShifts stores what is in the calendar of a team. It returns false, and changes nothing, if
// the team is gone or has another calendar, or if what is stored is newer. Applied twice, it
// changes nothing more. A calendar that could not be read leaves the shifts of before.
func (s *Store) ApplyShifts(ctx context.Context, by access.Actor, found events.ShiftsFound) (applied bool, err error) {
	const calendar = `SELECT calendar_url FROM teams WHERE slug = $1 FOR UPDATE`

	if err := by.May(access.StoreFetched); err != nil {
		return false, err
	}
	// A fetcher whose clock was ahead must not keep out its own later answers.
	if at := now(); found.ReadAt.After(at) {
		found.ReadAt = at
	}
	err = s.bulk.inTx(ctx, func(tx *sqlx.Tx) error {
		var url string
		if err := tx.GetContext(ctx, &url, calendar, found.Slug); err != nil {
			return ignoreNotFound(domainError(err))
		}
		digest := sha256.Sum256([]byte(url))
		if url == "" || hex.EncodeToString(digest[:]) != found.URLDigest {
			return nil
		}
		applied, err = saveShifts(ctx, tx, url, found)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("shifts of team %.40q: %w", found.Slug, domainError(err))
	}
	return applied, nil
}

// saveShifts stores what is in the calendar at a URL, or why it could not be read, and reports
// whether it is newer than what is stored.
func saveShifts(ctx context.Context, tx *sqlx.Tx, url string, found events.ShiftsFound) (saved bool, err error) {
	const (
		read = `INSERT INTO team_calendars AS c (slug, url, read_at, problem, covers_until, shifts)
			VALUES ($1, $2, $3, '', $4, $5)
			ON CONFLICT (slug) DO UPDATE SET url = EXCLUDED.url, read_at = EXCLUDED.read_at, problem = '',
				covers_until = EXCLUDED.covers_until, shifts = EXCLUDED.shifts
			WHERE c.url <> EXCLUDED.url OR c.read_at IS NULL OR c.read_at <= EXCLUDED.read_at`
		// What was read of the same calendar stays, with its age.
		failed = `INSERT INTO team_calendars AS c (slug, url, read_at, problem, covers_until, shifts)
			VALUES ($1, $2, NULL, $3, NULL, '[]')
			ON CONFLICT (slug) DO UPDATE SET url = EXCLUDED.url, problem = EXCLUDED.problem,
				read_at = CASE WHEN c.url = EXCLUDED.url THEN c.read_at END,
				covers_until = CASE WHEN c.url = EXCLUDED.url THEN c.covers_until END,
				shifts = CASE WHEN c.url = EXCLUDED.url THEN c.shifts ELSE EXCLUDED.shifts END
			WHERE c.url <> EXCLUDED.url OR c.read_at IS NULL OR c.read_at <= $4`
	)
	statement, args := failed, []any{found.Slug, url, found.Problem, found.ReadAt}
	if found.Problem == "" {
		shifts, err := json.Marshal(append([]events.Shift{}, found.Shifts...)) // never null
		if err != nil {
			return false, err
		}
		statement, args = read, []any{found.Slug, url, found.ReadAt, found.CoversUntil, shifts}
	}
	done, err := tx.ExecContext(ctx, statement, args...)
	if err != nil {
		return false, err
	}
	rows, err := done.RowsAffected()
	return rows > 0, err
}
