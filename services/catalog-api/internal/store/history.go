package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/history"
)

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
	Awaits     bool      `db:"awaits"`
	Latency    []byte    `db:"latency"`
}

// complete reports whether the row has all that the results there are say of its day.
func (r dayRow) complete(m measured) bool {
	resumed := r.Awaits && !m.awaits(r.Day.Add(history.Day))
	return !resumed && !r.Through.Before(m.through(r.Day)) && r.Pieces >= m.count(r.Day)
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
	const query = `SELECT service_id, day, through, healthy_ms, degraded_ms, down_ms, pieces, probes, missed, awaits, latency FROM days
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
	switch complete := known && row.complete(m); {
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
