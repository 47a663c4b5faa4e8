package store

import (
	"context"
	"fmt"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/history"
)

// fell says of a span that its service got worse then than it was last known to be.
const fell = `span.status IN ('degraded', 'down') AND coalesce((
	SELECT before.status = 'healthy' OR before.status = 'degraded' AND span.status = 'down'
	FROM spans AS before WHERE before.service_id = span.service_id AND before.since < span.since AND before.status <> 'unknown'
	ORDER BY before.since DESC LIMIT 1
), true)`

// Falls returns when services fell in a time: to a worse status than the last one that was known.
// Those in the same step are one, which has the time of the first.
func (s *Store) Falls(ctx context.Context, from, to time.Time, step time.Duration) ([]history.Fall, error) {
	const query = `
		WITH fall AS (
			SELECT since, service_id, status FROM spans AS span WHERE since >= $1 AND since < $2 AND ` + fell + `
		)
		SELECT min(since) AS at, count(DISTINCT service_id) AS services, bool_or(status = 'down') AS down
		FROM fall GROUP BY date_bin($3 * interval '1 ms', since, $1) ORDER BY 1`
	var rows []struct {
		At       time.Time
		Services int
		Down     bool
	}
	if err := s.db.SelectContext(ctx, &rows, query, from, to, step.Milliseconds()); err != nil {
		return nil, fmt.Errorf("falls from %s to %s: %w", from.Format(time.RFC3339), to.Format(time.RFC3339), domainError(err))
	}
	list := make([]history.Fall, len(rows))
	for i, r := range rows {
		list[i] = history.Fall{At: r.At.UTC(), Services: r.Services, Worst: events.StatusDegraded}
		if r.Down {
			list[i].Worst = events.StatusDown
		}
	}
	return list, nil
}

// FallsAround returns the time of the last fall until one time, and that of the first fall after
// another; nil where there is none.
func (s *Store) FallsAround(ctx context.Context, until, after time.Time) (before, next *time.Time, err error) {
	const query = `SELECT
		(SELECT since FROM spans AS span WHERE since <= $1 AND ` + fell + ` ORDER BY since DESC LIMIT 1) AS before,
		(SELECT since FROM spans AS span WHERE since > $2 AND ` + fell + ` ORDER BY since LIMIT 1) AS next`
	var around struct{ Before, Next *time.Time }
	if err := s.db.GetContext(ctx, &around, query, until, after); err != nil {
		return nil, nil, fmt.Errorf("falls around %s: %w", after.Format(time.RFC3339), domainError(err))
	}
	for _, at := range []*time.Time{around.Before, around.Next} {
		if at != nil {
			*at = at.UTC()
		}
	}
	return around.Before, around.Next, nil
}
