package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/history"
)

// measured is what is kept of a service's results one by one, around some days.
type measured struct {
	pieces []history.Piece // in the order of their times
	open   time.Time       // of the piece that is still in the service's row; zero: none is
	round  time.Duration   // of its busy host now; 0: the interval is kept
}

// pieceRow is a row of probes, or what a service's row has of it.
type pieceRow struct {
	ServiceID string          `db:"service_id"`
	At        time.Time       `db:"at"`
	Interval  events.Interval `db:"interval"`
	Data      []byte          `db:"data"`
	RoundMS   int64           `db:"round"`
	Row       bool            `db:"row"` // it is in the service's row
}

// readMeasured reads the results of services from some days, and those just before and after.
func readMeasured(ctx context.Context, q sqlx.QueryerContext, ids []string, from, to time.Time) (map[string]measured, error) {
	const query = `
		SELECT service_id, at, interval, data, 0 AS round, false AS row FROM probes WHERE service_id = ANY($1) AND at >= $2 AND at < $3
		UNION ALL
		SELECT before.*, 0, false FROM unnest($1::uuid[]) AS id CROSS JOIN LATERAL (
			SELECT service_id, at, interval, data FROM probes WHERE service_id = id AND at < $2 AND at >= $2::timestamptz - interval '2 days' ORDER BY at DESC LIMIT 3
		) AS before
		UNION ALL
		SELECT after.*, 0, false FROM unnest($1::uuid[]) AS id CROSS JOIN LATERAL (
			SELECT service_id, at, interval, data FROM probes WHERE service_id = id AND at >= $3 ORDER BY at LIMIT 3
		) AS after
		UNION ALL
		SELECT id, measured_at, probe_interval, measured, probe_round_ms, true FROM services WHERE id = ANY($1) AND measured_at IS NOT NULL
		ORDER BY 1, 2`

	var rows []pieceRow
	if err := sqlx.SelectContext(ctx, q, &rows, query, pq.StringArray(ids), from, to); err != nil {
		return nil, fmt.Errorf("read results of probes: %w", domainError(err))
	}
	found := make(map[string]measured, len(ids))
	for _, r := range rows {
		m := found[r.ServiceID]
		if r.Row {
			m.round = time.Duration(r.RoundMS) * time.Millisecond
		}
		if len(r.Data) > 0 {
			piece := history.Piece{At: r.At.UTC(), Interval: r.Interval, Data: r.Data}
			m.pieces = append(m.pieces, piece)
			if r.Row {
				m.open = piece.At
			}
		}
		found[r.ServiceID] = m
	}
	return found, nil
}

// through returns the time of the day's last piece, or the begin of the day.
func (m measured) through(day time.Time) time.Time {
	through := day
	for _, p := range m.pieces {
		if p.At.Before(day.Add(history.Day)) {
			through = later(through, p.At)
		}
	}
	return through
}

// count returns how many pieces of the day there are in table probes.
func (m measured) count(day time.Time) (n int) {
	for _, p := range m.pieces {
		if !p.At.Before(day) && p.At.Before(day.Add(history.Day)) && !p.At.Equal(m.open) {
			n++
		}
	}
	return n
}

// awaits reports whether the next result after a time is not there yet.
func (m measured) awaits(end time.Time) bool {
	return len(m.pieces) > 0 && m.pieces[len(m.pieces)-1].At.Before(end)
}

// since returns m without the pieces until a time, but for the last of them.
func (m measured) since(at time.Time) measured {
	i := slices.IndexFunc(m.pieces, func(p history.Piece) bool { return p.At.After(at) })
	if i < 0 {
		return measured{}
	}
	return measured{m.pieces[i:], m.open, m.round}
}

// around returns m with the pieces of a day, and some before and after: the last result before
// it is in one of those, and the first after it.
func (m measured) around(day time.Time) measured {
	search := func(at time.Time) int {
		return sort.Search(len(m.pieces), func(i int) bool { return !m.pieces[i].At.Before(at) })
	}
	first, last := max(search(day)-3, 0), min(search(day.Add(history.Day))+3, len(m.pieces))
	if last < len(m.pieces) {
		return measured{pieces: m.pieces[first:last], open: m.open} // the round is of the last piece
	}
	return measured{m.pieces[first:], m.open, m.round}
}

// has reports whether the results are there of which the buckets of a day are.
func (m measured) has(row dayRow) bool {
	return row.Through.Equal(row.Day) || slices.ContainsFunc(m.pieces, func(p history.Piece) bool { return p.At.Equal(row.Through) })
}

// day returns the 24 hours of a day. rolled is the row of days, if known, and hours what there
// is of them. Results one by one say it all as long as they are kept. What comes later is
// added.
func (m measured) day(day, now time.Time, rolled dayRow, known bool, hours []history.Bucket) ([]history.Bucket, error) {
	m = m.around(day)
	whole := !known || m.has(rolled)
	if !whole {
		m = m.since(rolled.Through)
	}
	counted := history.NewBuckets(day, day.Add(history.Day), time.Hour)
	probes, err := history.Probes(m.pieces, m.round)
	if err != nil {
		return nil, err
	}
	counted.Count(probes, now)
	if !whole {
		for i, hour := range hours {
			counted.List[i].Merge(hour)
		}
	}
	return counted.List, nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// dayRow is a row of days.
type dayRow struct {
	ServiceID  string    `db:"service_id"`
	Day        time.Time `db:"day"`
	Through    time.Time `db:"through"`
	HealthyMS  int64     `db:"healthy_ms"`
	DegradedMS int64     `db:"degraded_ms"`
	DownMS     int64     `db:"down_ms"`
	Pieces     int       `db:"pieces"`
	Probes     int       `db:"probes"`
	Missed     int       `db:"missed"`
	Latency    []byte    `db:"latency"`
}

func (r dayRow) bucket() (history.Bucket, error) {
	latency, err := history.DecodeLatency(r.Latency)
	if err != nil {
		return history.Bucket{}, fmt.Errorf("service %s on %s: %w", r.ServiceID, r.Day.Format(time.DateOnly), err)
	}
	ms := func(n int64) time.Duration { return time.Duration(n) * time.Millisecond }
	return history.Bucket{
		Probes: r.Probes, Missed: r.Missed, Latency: latency,
		Time: history.Time{Healthy: ms(r.HealthyMS), Degraded: ms(r.DegradedMS), Down: ms(r.DownMS)},
	}, nil
}

// readDays reads the rows of days in a time, by service and day.
func readDays(ctx context.Context, q sqlx.QueryerContext, ids []string, from, to time.Time) (map[string]map[time.Time]dayRow, error) {
	const query = `SELECT service_id, day, through, healthy_ms, degraded_ms, down_ms, pieces, probes, missed, latency FROM days
		WHERE service_id = ANY($1) AND day = ANY($2::date[])` // by its index, whose first column is the day
	var rows []dayRow
	if err := sqlx.SelectContext(ctx, q, &rows, query, pq.StringArray(ids), dates(from, to)); err != nil {
		return nil, fmt.Errorf("read buckets of days: %w", domainError(err))
	}
	found := make(map[string]map[time.Time]dayRow, len(ids))
	for _, r := range rows {
		r.Through, r.Day = r.Through.UTC(), r.Day.UTC()
		put(found, r.ServiceID, r.Day, r)
	}
	return found, nil
}

// readHours reads the buckets of hours of the days in a time, by service and day.
func readHours(ctx context.Context, q sqlx.QueryerContext, ids []string, from, to time.Time) (map[string]map[time.Time][]history.Bucket, error) {
	const query = `SELECT service_id, day, data FROM hours WHERE service_id = ANY($1) AND day >= $2::date AND day < $3::date`
	var rows []struct {
		ServiceID string    `db:"service_id"`
		Day       time.Time `db:"day"`
		Data      []byte    `db:"data"`
	}
	if err := sqlx.SelectContext(ctx, q, &rows, query, pq.StringArray(ids), date(from), date(to)); err != nil {
		return nil, fmt.Errorf("read buckets of hours: %w", domainError(err))
	}
	found := make(map[string]map[time.Time][]history.Bucket, len(ids))
	for _, r := range rows {
		list, err := history.DecodeBuckets(r.Data, hoursOfDay)
		if err != nil {
			return nil, fmt.Errorf("service %s on %s: %w", r.ServiceID, r.Day.Format(time.DateOnly), err)
		}
		put(found, r.ServiceID, r.Day.UTC(), list)
	}
	return found, nil
}

const hoursOfDay = 24

func put[T any](found map[string]map[time.Time]T, id string, day time.Time, value T) {
	if found[id] == nil {
		found[id] = map[time.Time]T{}
	}
	found[id][day] = value
}

// dates are the days of UTC that have a part of a time.
func dates(from, to time.Time) (list pq.StringArray) {
	if from.Equal(to) {
		return nil
	}
	for day := from.UTC().Truncate(history.Day); day.Before(to); day = day.Add(history.Day) {
		list = append(list, date(day))
	}
	return list
}

// date is the day of UTC that a time is in.
func date(at time.Time) string { return at.UTC().Format(time.DateOnly) }

// inSnapshot reads with all of fn's queries seeing the same.
func (p pool) inSnapshot(ctx context.Context, fn func(*sqlx.Tx) error) error {
	tx, err := p.db.BeginTxx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return domainError(err)
	}
	defer func() { _ = tx.Rollback() }() // it has changed nothing
	return fn(tx)
}

// Buckets returns what was measured of a service from a time on, in equal steps, which divide
// an hour, or are of whole hours. Steps are of the day of UTC. now is the end of what the
// last result says.
func (s *Store) Buckets(ctx context.Context, id string, from, to time.Time, step time.Duration) (list history.Buckets, err error) {
	err = s.inSnapshot(ctx, func(tx *sqlx.Tx) error {
		list, err = buckets(ctx, tx, id, from, to, step)
		return err
	})
	if err != nil {
		return list, fmt.Errorf("history of service %.40q: %w", id, err)
	}
	return list, nil
}

func buckets(ctx context.Context, tx *sqlx.Tx, id string, from, to time.Time, step time.Duration) (list history.Buckets, err error) {
	list = history.NewBuckets(from, to, step)
	to = list.To()
	found, err := readMeasured(ctx, tx, []string{id}, from.Truncate(history.Day), to)
	if err != nil {
		return list, err
	}
	m := found[id]
	if step < time.Hour {
		probes, err := history.Probes(m.pieces, m.round)
		if err != nil {
			return list, err
		}
		list.Count(probes, now())
		return list, nil
	}
	rolled, err := readDays(ctx, tx, []string{id}, from, to.Add(history.Day))
	if err != nil {
		return list, err
	}
	hours := map[string]map[time.Time][]history.Bucket{}
	if step < history.Day {
		if hours, err = readHours(ctx, tx, []string{id}, from, to.Add(history.Day)); err != nil {
			return list, err
		}
	}
	for day := from.Truncate(history.Day); day.Before(to); day = day.Add(history.Day) {
		if err := addDay(list, day, m, rolled[id], hours[id][day]); err != nil {
			return list, err
		}
	}
	return list, nil
}

// addDay adds what is known of a day to the buckets, of an hour each at least.
func addDay(to history.Buckets, day time.Time, m measured, rolled map[time.Time]dayRow, hours []history.Bucket) error {
	row, known := rolled[day]
	switch complete := known && !row.Through.Before(m.through(day)) && row.Pieces >= m.count(day); {
	case complete && to.Step >= history.Day:
		sum, err := row.bucket()
		if bucket := to.At(day); bucket != nil {
			bucket.Merge(sum)
		}
		return err
	case !complete && m.says(day):
		var err error
		if hours, err = m.day(day, now(), row, known, hours); err != nil {
			return err
		}
	}
	for i, hour := range hours {
		if bucket := to.At(day.Add(time.Duration(i) * time.Hour)); bucket != nil {
			bucket.Merge(hour)
		}
	}
	return nil
}

// says reports whether m may say something of a day.
func (m measured) says(day time.Time) bool {
	if len(m.pieces) == 0 {
		return false
	}
	first, last := m.pieces[0].At.Truncate(history.Day), m.pieces[len(m.pieces)-1].At
	return !day.Before(first) && day.Before(last.Add(resumeTime))
}

// Probes returns the results of a service in a time, one by one, as far as they are kept.
func (s *Store) Probes(ctx context.Context, id string, from, to time.Time) (list []history.Probe, err error) {
	err = s.inSnapshot(ctx, func(tx *sqlx.Tx) error {
		found, err := readMeasured(ctx, tx, []string{id}, from, to)
		if err != nil {
			return err
		}
		list, err = history.Probes(found[id].pieces, found[id].round)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("results of service %.40q: %w", id, err)
	}
	return slices.DeleteFunc(list, func(p history.Probe) bool { return p.End || p.At.Before(from) || !p.At.Before(to) }), nil
}
