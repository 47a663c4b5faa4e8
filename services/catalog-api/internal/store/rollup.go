package store

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/history"
)

const (
	// settleTime is how long after a day its buckets are made: later than results can come.
	settleTime = 2 * time.Hour
	// resumeTime is for how long a day waits for the next result after it, which says what was
	// missed at its end.
	resumeTime = 24 * time.Hour
	// rollupChunk is how many services a transaction makes buckets of.
	rollupChunk = 200
)

// rollupLock keeps replicas from making the same buckets at once. The number is only known
// here.
const rollupLock = 0x6869_7374_6f72_79

// KeepHistory makes the partitions that are needed next, makes buckets of the days that are
// over, and drops what is older than it is kept. It does the rest of what an earlier call
// didn't finish, and nothing twice. One replica at a time makes buckets.
func (s *Store) KeepHistory(ctx context.Context, by access.Actor, at time.Time, kept history.Kept) error {
	if err := by.May(access.KeepHistory); err != nil {
		return err
	}
	if err := s.preparePartitions(ctx, at); err != nil {
		return err
	}
	over := at.Add(-settleTime).UTC().Truncate(history.Day)
	if err := s.closeOldPieces(ctx, over); err != nil {
		return err
	}
	all, err := s.rollUp(ctx, at, over)
	if all {
		err = errors.Join(err, s.dropHistory(ctx, at.UTC().Truncate(history.Day), kept))
	}
	return err
}

// dropHistory drops what is older than it is kept. Results of late days have no partition of
// their own; they go when they are in buckets, their service is past the next day too, and
// none of them can come any more.
func (s *Store) dropHistory(ctx context.Context, today time.Time, kept history.Kept) error {
	const late = `DELETE FROM probes_other p WHERE at < $1 AND stored_at < now() - interval '2 hours'
		AND EXISTS (SELECT FROM days d WHERE d.service_id = p.service_id AND d.day = (p.at AT TIME ZONE 'UTC')::date AND d.through >= p.at)
		AND (at < $2 OR NOT EXISTS (
			SELECT FROM services s WHERE s.id = p.service_id AND s.measured_at < date_bin('1 day', p.at, 'epoch') + interval '2 days'))`

	if _, err := s.bulk.db.ExecContext(ctx, late, today.AddDate(0, 0, -kept.Probes), today.AddDate(0, 0, -kept.Hours)); err != nil {
		return fmt.Errorf("remove late results of probes: %w", domainError(err))
	}
	for table, days := range map[string]int{"probes": kept.Probes, "hours": kept.Hours, "days": kept.Days} {
		if _, err := s.dropPartitions(ctx, table, today.AddDate(0, 0, -days)); err != nil {
			return err
		}
	}
	return nil
}

// closeOldPieces moves results of days that are over from the rows of services to probes.
func (s *Store) closeOldPieces(ctx context.Context, over time.Time) error {
	for {
		var ids []string
		const query = `SELECT id FROM services WHERE measured <> '' AND measured_at < $1 LIMIT $2`
		if err := s.bulk.db.SelectContext(ctx, &ids, query, over, rollupChunk); err != nil {
			return fmt.Errorf("find results of days that are over: %w", domainError(err))
		}
		if len(ids) == 0 {
			return nil
		}
		if err := s.bulk.inTx(ctx, func(tx *sqlx.Tx) error { return closeProbes(ctx, tx, ids...) }); err != nil {
			return fmt.Errorf("move results of days that are over: %w", err)
		}
	}
}

// serviceDay is a day of a service of which buckets are to be made.
type serviceDay struct {
	ID  string    `db:"service_id"`
	Day time.Time `db:"day"`
}

// dueDays finds the days before a time that have results which are in no bucket. The day
// after the last result of a service is one too, as the result may say something of it.
const dueDays = `
	WITH measured AS (
		SELECT service_id, date_bin('1 day', at, 'epoch') AS day, max(at) AS last, count(*) AS pieces FROM probes WHERE at < $1 GROUP BY 1, 2
	), due AS (
		TABLE measured
		UNION ALL
		SELECT service_id, max(day) + interval '1 day', max(day) + interval '1 day', 0 FROM measured
		GROUP BY 1 HAVING max(day) + interval '1 day' < $1
	)
	SELECT due.service_id, due.day
	FROM due
	LEFT JOIN days d ON d.service_id = due.service_id AND d.day = (due.day AT TIME ZONE 'UTC')::date
	LEFT JOIN services s ON s.id = due.service_id
	WHERE d.through IS NULL OR d.through < due.last OR d.pieces < due.pieces OR d.awaits AND s.measured_at >= due.day + interval '1 day'
	ORDER BY due.day, due.service_id`

// rollUp makes buckets of the days before over. all says whether all of them have some now:
// another replica may be at it. There is an error with it for results that cannot be read.
func (s *Store) rollUp(ctx context.Context, at, over time.Time) (all bool, err error) {
	var (
		due    []serviceDay
		unread error
	)
	if err := s.bulk.db.SelectContext(ctx, &due, dueDays, over); err != nil {
		return false, fmt.Errorf("find days without buckets: %w", domainError(err))
	}
	for len(due) > 0 {
		var ids []string
		day := due[0].Day.UTC()
		for len(due) > 0 && due[0].Day.Equal(day) && len(ids) < rollupChunk {
			ids, due = append(ids, due[0].ID), due[1:]
		}
		for _, table := range []string{"hours", "days"} {
			if err := s.makePartition(ctx, dayOf(table, day)); err != nil {
				return false, err
			}
		}
		var lost error
		got := false
		err := s.bulk.inTx(ctx, func(tx *sqlx.Tx) (err error) {
			if err := tx.GetContext(ctx, &got, `SELECT pg_try_advisory_xact_lock($1)`, rollupLock); err != nil || !got {
				return domainError(err)
			}
			lost, err = rollUpDay(ctx, tx, at, day, ids)
			return err
		})
		if err != nil || !got {
			return false, err
		}
		unread = errors.Join(unread, lost)
	}
	return true, unread
}

// rollUpDay makes the buckets of some services on a day. Those of results that cannot be read
// are empty; unread says of which.
func rollUpDay(ctx context.Context, tx *sqlx.Tx, at, day time.Time, ids []string) (unread, err error) {
	end := day.Add(history.Day)
	measured, err := readMeasured(ctx, tx, ids, day, end)
	if err != nil {
		return nil, err
	}
	rolled, err := readDays(ctx, tx, ids, day, end)
	if err != nil {
		return nil, err
	}
	hours, err := readHours(ctx, tx, ids, day, end)
	if err != nil {
		return nil, err
	}
	var (
		add  dayRows
		errs []error // of a service: the others have their buckets
	)
	for _, id := range ids {
		m := measured[id]
		if m.opens(day) || m.awaits(end) && at.Before(end.Add(resumeTime)) {
			continue
		}
		before, known := rolled[id][day]
		sum, err := m.day(day, at, before, known, hours[id][day])
		if err != nil {
			errs = append(errs, fmt.Errorf("service %s on %s: %w", id, day.Format(time.DateOnly), err))
			sum = make([]history.Bucket, hoursOfDay)
		}
		add.append(id, day, m, sum)
	}
	return errors.Join(errs...), add.write(ctx, tx)
}

// dayRows are rows of days and hours, column by column.
type dayRows struct {
	id                                              pq.StringArray
	day, through                                    []time.Time
	healthy, degraded, down, pieces, probes, missed pq.Int64Array
	awaits                                          pq.BoolArray
	latency, hours                                  pq.ByteaArray
}

func (r *dayRows) append(id string, day time.Time, m measured, hours []history.Bucket) {
	sum := history.Buckets{List: hours}.Sum()
	r.id, r.day, r.through = append(r.id, id), append(r.day, day), append(r.through, m.through(day))
	r.pieces = append(r.pieces, small(m.count(day)))
	r.healthy, r.degraded = append(r.healthy, sum.Time.Healthy.Milliseconds()), append(r.degraded, sum.Time.Degraded.Milliseconds())
	r.down, r.probes = append(r.down, sum.Time.Down.Milliseconds()), append(r.probes, small(sum.Probes))
	r.missed, r.latency = append(r.missed, small(sum.Missed)), append(r.latency, sum.Latency.Append(nil))
	r.awaits, r.hours = append(r.awaits, m.awaits(day.Add(history.Day))), append(r.hours, history.AppendBuckets(nil, hours))
}

// small is n as it fits into a row: a day has 8,640 slots at most, and some checks by hand.
func small(n int) int64 { return int64(min(n, math.MaxInt16)) }

func (r *dayRows) write(ctx context.Context, tx *sqlx.Tx) error {
	const (
		days = `INSERT INTO days (service_id, day, through, healthy_ms, degraded_ms, down_ms, pieces, probes, missed, awaits, latency)
			SELECT id, (day AT TIME ZONE 'UTC')::date, through, healthy, degraded, down, pieces, probes, missed, awaits, latency
			FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::int[], $5::int[], $6::int[], $7::smallint[], $8::smallint[], $9::smallint[],
					$10::boolean[], $11::bytea[])
				AS r (id, day, through, healthy, degraded, down, pieces, probes, missed, awaits, latency)
			ON CONFLICT (day, service_id) DO UPDATE SET through = EXCLUDED.through, healthy_ms = EXCLUDED.healthy_ms,
				degraded_ms = EXCLUDED.degraded_ms, down_ms = EXCLUDED.down_ms, pieces = EXCLUDED.pieces, probes = EXCLUDED.probes, missed = EXCLUDED.missed,
				awaits = EXCLUDED.awaits, latency = EXCLUDED.latency`
		hours = `INSERT INTO hours (service_id, day, data)
			SELECT id, (day AT TIME ZONE 'UTC')::date, data FROM unnest($1::uuid[], $2::timestamptz[], $3::bytea[]) AS r (id, day, data)
			ON CONFLICT (service_id, day) DO UPDATE SET data = EXCLUDED.data`
	)
	_, err := tx.ExecContext(ctx, days, r.id, pq.Array(r.day), pq.Array(r.through),
		r.healthy, r.degraded, r.down, r.pieces, r.probes, r.missed, r.awaits, r.latency)
	if err == nil {
		_, err = tx.ExecContext(ctx, hours, r.id, pq.Array(r.day), r.hours)
	}
	return domainError(err)
}
