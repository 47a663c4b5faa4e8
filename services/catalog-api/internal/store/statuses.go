package store

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/outbox"
)

// Applied counts the outcomes of a batch of results.
type Applied struct {
	Stored  int // results that became a service's status
	Dropped int // of deleted services, of another URL, or not newer than what was known
	Changed int // statuses that changed
	Missed  int // slots without a probe between two results of a service
	Busy    int // likewise, because the service's host was busy
}

// outcome is a row that the batch changed, with its values before.
type outcome struct {
	row
	Before        events.Status `db:"before"`
	Planned       time.Time     `db:"last_planned_at"`
	BeforePlanned *time.Time    `db:"before_planned"`
	Round         int64         `db:"round"` // the longer of before and now, in ms
	Location      string        `db:"location"`
}

// ApplyResults stores results of probes, and an event for each status that changes. It
// drops a result if the service is gone or has another health URL by now, or if the
// result isn't newer than the service's last one. A batch that is applied twice
// changes nothing the second time.
func (s *Store) ApplyResults(ctx context.Context, by access.Actor, batch []events.ProbeCompleted) (Applied, error) {
	var sum Applied
	if err := by.May(access.StoreMeasured); err != nil {
		return sum, err
	}
	err := s.bulk.inTx(ctx, func(tx *sqlx.Tx) error {
		// A statement can update a row once. So several results of a service take
		// several statements, and no status change in between is lost.
		for _, round := range rounds(batch) {
			done, err := s.applyRound(ctx, tx, round)
			if err != nil {
				return err
			}
			if err := addChanges(ctx, tx, done); err != nil {
				return err
			}
			sum.add(done)
		}
		return nil
	})
	if err != nil {
		return Applied{}, fmt.Errorf("apply %d results: %w", len(batch), err)
	}
	sum.Dropped = len(batch) - sum.Stored
	return sum, nil
}

// rounds splits a batch so that no round has two results of a service, and earlier
// rounds have the older results.
func rounds(batch []events.ProbeCompleted) [][]events.ProbeCompleted {
	sorted := slices.SortedStableFunc(slices.Values(batch), func(a, b events.ProbeCompleted) int {
		return a.CheckedAt.Compare(b.CheckedAt)
	})
	var out [][]events.ProbeCompleted
	seen := make(map[string]int, len(batch))
	for _, r := range sorted {
		n := seen[r.ServiceID]
		seen[r.ServiceID]++
		if n == len(out) {
			out = append(out, nil)
		}
		out[n] = append(out[n], r)
	}
	return out
}

// applyResults updates the rows of the results' services. It locks rows in the order of
// their ids, so that two batches can't deadlock. It caps times at now(), so that a
// worker whose clock is ahead can't make the results of others look old.
const applyResults = `
	WITH result AS (
		SELECT r.*, s.status AS before, s.probe_round_ms AS before_round,
			CASE WHEN s.last_checked_at IS NOT NULL THEN s.last_planned_at END AS before_planned
		FROM (
			SELECT id, url, status, reason, code, latency, least(at, now()) AS at, location, planned, round
			FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::int[], $6::bigint[], $7::timestamptz[], $8::text[],
					$9::timestamptz[], $10::bigint[])
				AS r (id, url, status, reason, code, latency, at, location, planned, round)
			) AS r JOIN services s ON s.id = r.id
		WHERE s.status_url = r.url AND (s.last_checked_at IS NULL OR s.last_checked_at < r.at)
		ORDER BY s.id
		FOR UPDATE OF s
	)
	UPDATE services s SET
		status = r.status,
		status_since = CASE WHEN s.status = r.status THEN s.status_since ELSE r.at END,
		status_reason = r.reason,
		http_status = r.code,
		latency_ms = r.latency,
		last_checked_at = r.at,
		last_planned_at = r.planned,
		probe_round_ms = r.round
	FROM result r
	WHERE s.id = r.id
	RETURNING s.id, s.name, s.team, s.probe_interval, s.status, s.status_since, s.status_reason, s.http_status,
		s.latency_ms, s.last_checked_at, s.last_planned_at, r.before, r.before_planned,
		greatest(r.before_round, s.probe_round_ms) AS round, r.location`

func (s *Store) applyRound(ctx context.Context, tx *sqlx.Tx, round []events.ProbeCompleted) (done []outcome, err error) {
	var (
		id, url, status, reason, location pq.StringArray
		code, latency, wait               pq.Int64Array
		at, planned                       []time.Time
	)
	for _, r := range round {
		id, url, location = append(id, r.ServiceID), append(url, r.URL), append(location, r.Location)
		status, reason = append(status, string(r.Status)), append(reason, string(r.Reason))
		code, latency = append(code, int64(r.HTTPStatus)), append(latency, r.LatencyMS)
		at, planned, wait = append(at, r.CheckedAt), append(planned, r.PlannedAt), append(wait, r.RoundMS)
	}
	apply := tx.StmtxContext(ctx, s.apply)
	defer func() { _ = apply.Close() }() // the prepared statement itself stays
	err = apply.SelectContext(ctx, &done, id, url, status, reason, code, latency, pq.Array(at), location, pq.Array(planned), wait)
	return done, domainError(err)
}

// addChanges adds an event to the outbox for each status that changed.
func addChanges(ctx context.Context, tx *sqlx.Tx, done []outcome) error {
	var changed []events.Event
	for _, o := range done {
		if o.Before != o.Status {
			changed = append(changed, o.service().StatusChanged(o.Before, o.Location))
		}
	}
	return outbox.Add(ctx, tx, changed...)
}

func (a *Applied) add(done []outcome) {
	a.Stored += len(done)
	for _, o := range done {
		if o.Before != o.Status {
			a.Changed++
		}
		missed, busy := o.missed()
		a.Missed, a.Busy = a.Missed+missed, a.Busy+busy
	}
}

// missed counts the slots between those of the previous result and this one. It goes
// by the planned times: a probe may start late without a slot being skipped. busy are
// the slots that were skipped because the host was busy.
func (o outcome) missed() (missed, busy int) {
	if o.BeforePlanned == nil {
		return 0, 0
	}
	slots := func(d time.Duration) int {
		return max(int(math.Round(float64(d)/float64(o.Interval.Duration())))-1, 0)
	}
	missed = slots(o.Planned.Sub(*o.BeforePlanned))
	busy = min(missed, slots(time.Duration(o.Round)*time.Millisecond))
	return missed - busy, busy
}

// ApplyDelays records that services wait for their turn at a busy host, and so when
// their next results are due. It ignores a delay that is older than the service's last
// result, or is for another health URL.
func (s *Store) ApplyDelays(ctx context.Context, by access.Actor, batch []events.ProbeDelayed) error {
	const update = `
		WITH said AS (
			SELECT id, url, max(round) AS round
			FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::timestamptz[]) AS r (id, url, round, at)
				JOIN services s USING (id)
			WHERE s.status_url = url AND (s.last_checked_at IS NULL OR s.last_checked_at < r.at)
			GROUP BY id, url
		), locked AS (
			SELECT s.id, said.round FROM services s JOIN said ON said.id = s.id ORDER BY s.id FOR UPDATE OF s
		)
		UPDATE services s SET probe_round_ms = l.round FROM locked l WHERE s.id = l.id`

	if err := by.May(access.StoreMeasured); err != nil {
		return err
	}
	var (
		id, url pq.StringArray
		wait    pq.Int64Array
		at      []time.Time
	)
	for _, d := range batch {
		id, url = append(id, d.ServiceID), append(url, d.URL)
		wait, at = append(wait, d.RoundMS), append(at, d.SaidAt)
	}
	if _, err := s.db.ExecContext(ctx, update, id, url, wait, pq.Array(at)); err != nil {
		return fmt.Errorf("apply %d delays: %w", len(batch), domainError(err))
	}
	return nil
}

// MarkStale sets statuses to unknown that no result has confirmed for three intervals,
// or three rounds of a busy host if that is longer, and returns how many. since is when
// the caller began to receive results: the time before doesn't count.
func (s *Store) MarkStale(ctx context.Context, by access.Actor, since time.Time) (int, error) {
	const update = `
		WITH before AS (
			SELECT id, status FROM services
			WHERE status_url <> '' AND status <> 'unknown'
			  AND greatest(last_checked_at, $2) + 3 * greatest(probe_interval::interval, probe_round_ms * interval '1 ms') < $1
			ORDER BY id
			FOR UPDATE
		)
		UPDATE services s SET status = 'unknown', status_reason = 'stale', status_since = $1, http_status = 0, latency_ms = 0
		FROM before b
		WHERE s.id = b.id
		RETURNING s.id, s.name, s.team, s.status, s.status_since, s.status_reason, b.status AS before`

	if err := by.May(access.StoreMeasured); err != nil {
		return 0, err
	}
	var done []outcome
	err := s.bulk.inTx(ctx, func(tx *sqlx.Tx) error {
		if err := tx.SelectContext(ctx, &done, update, now(), since); err != nil {
			return domainError(err)
		}
		return addChanges(ctx, tx, done)
	})
	if err != nil {
		return 0, fmt.Errorf("mark stale statuses: %w", err)
	}
	return len(done), nil
}
