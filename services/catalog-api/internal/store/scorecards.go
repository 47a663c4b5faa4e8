package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/outbox"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rating"
)

// levelLock is the advisory lock of whoever compares levels with what was told: any number nobody
// else uses.
const levelLock = 7_164_201_906_004

// TellLevels notes the levels that find returns, and adds their events. One replica at a time does:
// while another one is at it, TellLevels does nothing and returns false. So find must read what
// is true only when it is called. It is given what was noted, by the ids of the services.
func (s *Store) TellLevels(ctx context.Context, by access.Actor, find func(ctx context.Context, noted map[string]rating.Noted) ([]rating.News, error)) (done bool, err error) {
	const lock = `SELECT pg_try_advisory_xact_lock($1)`
	const tidy = `DELETE FROM scorecards WHERE NOT EXISTS (SELECT FROM services WHERE id = service_id)`
	const read = `SELECT service_id, level, level_before, since, told FROM scorecards`

	if err := by.May(access.TellLevels); err != nil {
		return false, err
	}
	err = s.bulk.inTx(ctx, func(tx *sqlx.Tx) error {
		if err := tx.GetContext(ctx, &done, lock, levelLock); err != nil || !done {
			return err
		}
		if _, err := tx.ExecContext(ctx, tidy); err != nil { // of services that an older version deleted
			return err
		}
		var rows []rating.Noted
		if err := tx.SelectContext(ctx, &rows, read); err != nil {
			return err
		}
		noted := make(map[string]rating.Noted, len(rows))
		for _, row := range rows {
			row.Since = row.Since.UTC()
			noted[row.ServiceID] = row
		}
		news, err := find(ctx, noted)
		if err != nil {
			return err
		}
		return tellLevels(ctx, tx, news)
	})
	if err != nil {
		return false, fmt.Errorf("tell levels of scorecards: %w", domainError(err))
	}
	return done, nil
}

// tellLevels notes news of services that are there, and adds their events. It keeps those services
// from being deleted until the transaction ends, so that a deletion purges all that was told before.
func tellLevels(ctx context.Context, tx *sqlx.Tx, news []rating.News) error {
	const keep = `SELECT id FROM services WHERE id = ANY ($1) ORDER BY id FOR KEY SHARE`
	const save = `INSERT INTO scorecards (service_id, level, level_before, since, told) VALUES (:service_id, :level, :level_before, :since, :told)
		ON CONFLICT (service_id) DO UPDATE SET level = excluded.level, level_before = excluded.level_before, since = excluded.since, told = excluded.told`

	slices.SortFunc(news, func(a, b rating.News) int { return strings.Compare(a.ServiceID, b.ServiceID) })
	for part := range slices.Chunk(news, 1000) {
		ids := make(pq.StringArray, len(part))
		for i, n := range part {
			ids[i] = n.ServiceID
		}
		var there []string
		if err := tx.SelectContext(ctx, &there, keep, ids); err != nil {
			return err
		}
		var rows []rating.Noted
		var list []events.Event
		for _, n := range part {
			if _, is := slices.BinarySearch(there, n.ServiceID); !is {
				continue
			}
			rows = append(rows, n.Noted)
			if n.Event != nil {
				list = append(list, *n.Event)
			}
		}
		if len(rows) == 0 {
			continue
		}
		if _, err := tx.NamedExecContext(ctx, save, rows); err != nil {
			return err
		}
		if err := outbox.Add(ctx, tx, list...); err != nil {
			return err
		}
	}
	return nil
}

// forgetLevel removes the level of a service that is being deleted: its events are purged.
func forgetLevel(ctx context.Context, tx *sqlx.Tx, id string) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM scorecards WHERE service_id = $1`, id)
	return domainError(err)
}

// LevelOf returns the level of a service as it was noted last, and since when it has that; "": it
// was not noted yet.
func (s *Store) LevelOf(ctx context.Context, id string) (level events.Level, since time.Time, err error) {
	const query = `SELECT service_id, level, level_before, since, told FROM scorecards WHERE service_id = $1`

	var row rating.Noted
	if err := domainError(s.db.GetContext(ctx, &row, query, id)); err != nil && !errors.Is(err, catalog.ErrNotFound) {
		return "", since, fmt.Errorf("level of service %.40q: %w", id, err)
	}
	return row.Level, row.Since.UTC(), nil
}

// retellLevels makes TellLevels tell again what the stream has lost, and where it has another
// level than was noted, as after a restore of the database. It returns how many those are.
func (s *Store) retellLevels(ctx context.Context, last map[string]events.Envelope) (n int, err error) {
	const differing = `
		WITH published AS (
			SELECT * FROM unnest($1::uuid[], $2::text[]) AS p (service_id, level)
		), lost AS (
			UPDATE scorecards s SET told = false FROM scorecards was LEFT JOIN published p USING (service_id)
			WHERE s.service_id = was.service_id AND was.level_before <> '' AND was.told AND p.level IS DISTINCT FROM was.level
				AND NOT EXISTS (SELECT FROM outbox WHERE key = $3 || was.service_id::text AND subject = $4 || was.service_id::text)
			RETURNING 1
		), strange AS (
			INSERT INTO scorecards (service_id, level, level_before, since, told)
			SELECT id, p.level, '', now(), true FROM published p JOIN services ON id = p.service_id
			WHERE NOT EXISTS (SELECT FROM scorecards told WHERE told.service_id = id AND level_before <> '')
			ON CONFLICT (service_id) DO UPDATE SET level_before = excluded.level, told = false
				WHERE scorecards.level <> excluded.level
			RETURNING 1
		) SELECT (SELECT count(*) FROM lost) + (SELECT count(*) FROM strange)`

	var ids, levels pq.StringArray
	for id, env := range last {
		if e, is := env.Event.(events.ScorecardChanged); is {
			ids, levels = append(ids, id), append(levels, string(e.Level))
		}
	}
	key := events.Key{Kind: events.KindService}.String()
	err = s.bulk.db.GetContext(ctx, &n, differing, append(pq.StringArray{}, ids...), append(pq.StringArray{}, levels...), key, events.ScorecardSubject(""))
	if err != nil {
		return 0, fmt.Errorf("compare the levels with the stream: %w", domainError(err))
	}
	return n, nil
}
