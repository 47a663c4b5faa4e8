package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/history"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/outbox"
)

// Applied counts the outcomes of a batch of results.
type Applied struct {
	Stored  int // results that became a service's status
	Late    int // results that only the history has, as newer ones overtook them
	Dropped int // of deleted services, of another URL, or known already
	Changed int // statuses that changed
	Missed  int // slots without a probe between two results of a service
	Busy    int // likewise, because the service's host was busy
}

// outcome is a row that the batch changed, with its values before.
type outcome struct {
	row
	Before        events.Status `db:"before"`
	BeforeChecked *time.Time    `db:"before_checked"`
	BeforeRound   int64         `db:"before_round"` // in ms
	Planned       time.Time     `db:"last_planned_at"`
	BeforePlanned *time.Time    `db:"before_planned"`
	Round         int64         `db:"round"` // the longer of before and now, in ms
	Location      string        `db:"location"`
}

// ApplyResults stores results of probes, in the history too, and an event for each status
// that changes. It drops a result if the service is gone or has another health URL by now. One
// that isn't newer than the service's last one only is for the history, if it is not there
// yet. A batch that is applied twice changes nothing the second time.
func (s *Store) ApplyResults(ctx context.Context, by access.Actor, batch []events.ProbeCompleted) (Applied, error) {
	var sum Applied
	if err := by.May(access.StoreMeasured); err != nil {
		return sum, err
	}
	var old []events.ProbeCompleted
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
			if err := addGaps(ctx, tx, done); err != nil {
				return err
			}
			sum.add(done)
			old = append(old, without(round, done)...)
		}
		return nil
	})
	if err == nil && len(old) > 0 {
		// In a transaction of its own: it locks rows in an order of its own. If it fails, the
		// batch is applied again, which only adds these.
		sum.Late, err = s.addLate(ctx, old)
	}
	if err != nil {
		return Applied{}, fmt.Errorf("apply %d results: %w", len(batch), err)
	}
	sum.Dropped = len(batch) - sum.Stored - sum.Late
	return sum, nil
}

// without returns the results of a round that were not news.
func without(round []events.ProbeCompleted, done []outcome) (rest []events.ProbeCompleted) {
	if len(done) == len(round) {
		return nil
	}
	news := make(map[string]bool, len(done))
	for _, o := range done {
		news[o.ID] = true
	}
	for _, r := range round {
		if !news[r.ServiceID] {
			rest = append(rest, r)
		}
	}
	return rest
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

// pieceBytes is when a piece of results is full and goes to table probes: after some
// thirty results, so that a service's row stays short, and that table has few rows.
const pieceBytes = 240

// applyResults updates the rows of the results' services. It locks rows in the order of
// their ids, so that two batches can't deadlock. It caps times at now(), so that a
// worker whose clock is ahead can't make the results of others look old.
//
// The history of a service's day is in its row until there is enough of it: so it costs no
// write of its own. See ADR 10, and history.Piece for the encoding.
var applyResults = fmt.Sprintf(`
	WITH result AS (
		SELECT r.*, s.status AS before, s.last_checked_at AS before_checked,
			s.probe_round_ms AS before_round, CASE WHEN s.last_checked_at IS NOT NULL THEN s.last_planned_at END AS before_planned,
			s.probe_interval, s.measured_at, s.measured, coalesce(s.measured_at < r.at, true) AS later,
			octet_length(s.measured) >= %d OR date_bin('1 day', s.measured_at, 'epoch') < date_bin('1 day', r.at, 'epoch') AS whole
		FROM (
			SELECT id, url, status, reason, code, latency, least(at, now()) AS at, location, planned, round, entry
			FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::int[], $6::bigint[], $7::timestamptz[], $8::text[],
					$9::timestamptz[], $10::bigint[], $11::bytea[])
				AS r (id, url, status, reason, code, latency, at, location, planned, round, entry)
			) AS r JOIN services s ON s.id = r.id
		WHERE s.status_url = r.url AND (s.last_checked_at IS NULL OR s.last_checked_at < r.at)
		ORDER BY s.id
		FOR UPDATE OF s
	), kept AS (
		INSERT INTO probes (service_id, at, interval, data)
		SELECT id, measured_at, probe_interval, measured FROM result WHERE later AND whole AND measured <> ''
		ON CONFLICT (service_id, at) DO NOTHING
	)
	UPDATE services s SET
		status = r.status,
		status_since = CASE WHEN s.status = r.status THEN s.status_since ELSE r.at END,
		status_reason = r.reason,
		http_status = r.code,
		latency_ms = r.latency,
		last_checked_at = r.at,
		last_planned_at = r.planned,
		probe_round_ms = r.round,
		location = r.location,
		measured_at = CASE WHEN r.later THEN r.at ELSE s.measured_at END,
		measured = CASE
			WHEN NOT r.later THEN s.measured
			ELSE CASE WHEN r.whole THEN '' ELSE s.measured END || %s || r.entry
		END
	FROM result r
	WHERE s.id = r.id
	RETURNING s.id, s.name, s.team, s.probe_interval, s.status, s.status_since, s.status_reason, s.http_status,
		s.latency_ms, s.last_checked_at, s.last_planned_at, r.before, r.before_checked, r.before_round, r.before_planned,
		greatest(r.before_round, s.probe_round_ms) AS round, s.location`, pieceBytes, pieceTime("r.at", "s.probe_round_ms"))

// pieceTime is what precedes a result in a piece, in SQL. A time may be before 1970.
func pieceTime(at, round string) string {
	ms := `mod(mod(floor(date_part('epoch', ` + at + `) * 1000)::bigint, 86400000) + 86400000, 86400000)::int`
	return `CASE ` + round + ` WHEN 0 THEN int4send(` + ms + `)
		ELSE int4send(` + ms + ` | 1 << 30) || int4send(least(` + round + `, 2147483647)::int) END`
}

func (s *Store) applyRound(ctx context.Context, tx *sqlx.Tx, round []events.ProbeCompleted) (done []outcome, err error) {
	var (
		id, url, status, reason, location pq.StringArray
		code, latency, wait               pq.Int64Array
		at, planned                       []time.Time
		entries                           pq.ByteaArray
	)
	for _, r := range round {
		id, url, location = append(id, r.ServiceID), append(url, r.URL), append(location, r.Location)
		status, reason = append(status, string(r.Status)), append(reason, string(r.Reason))
		code, latency = append(code, int64(r.HTTPStatus)), append(latency, r.LatencyMS)
		at, planned, wait = append(at, r.CheckedAt), append(planned, r.PlannedAt), append(wait, r.RoundMS)
		entries = append(entries, history.Encode(nil, r))
	}
	apply := tx.StmtxContext(ctx, s.apply)
	defer func() { _ = apply.Close() }() // the prepared statement itself stays
	err = apply.SelectContext(ctx, &done, id, url, status, reason, code, latency, pq.Array(at), location, pq.Array(planned), wait, entries)
	return done, domainError(err)
}

// addChanges adds an event to the outbox for each status that changed.
func addChanges(ctx context.Context, tx *sqlx.Tx, done []outcome) error {
	var changed []events.StatusChanged
	for _, o := range done {
		if o.Before != o.Status {
			changed = append(changed, o.service().StatusChanged(o.Before, o.Location))
		}
	}
	list, err := withPreceding(ctx, tx, changed)
	if err != nil {
		return err
	}
	return outbox.Add(ctx, tx, list...)
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
	interval := o.Interval.Duration()
	missed = history.Between(interval, o.Planned.Sub(*o.BeforePlanned))
	busy = min(missed, history.Between(interval, time.Duration(o.Round)*time.Millisecond))
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
// or three rounds of a busy host if that is longer, and returns how many. They are unknown
// since that time was over, whenever that is noticed. since is when the caller began to
// receive results: the time before doesn't count.
func (s *Store) MarkStale(ctx context.Context, by access.Actor, since time.Time) (int, error) {
	const update = `
		WITH before AS (
			SELECT id, status, coalesce(last_checked_at, $1) + ` + goodFor + ` AS until
			FROM services
			WHERE status_url <> '' AND status <> 'unknown'
			  AND greatest(last_checked_at, $2) + ` + goodFor + ` < $1
			ORDER BY id
			FOR UPDATE
		)
		UPDATE services s SET status = 'unknown', status_reason = 'stale', status_since = least(b.until, $1), http_status = 0, latency_ms = 0, location = ''
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
