package store

import (
	"context"
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
			through = history.Later(through, p.At)
		}
	}
	return through
}

// count returns how many pieces of the day there are in table probes.
func (m measured) count(day time.Time) (n int) {
	for _, p := range m.pieces {
		if !p.At.Before(day) && p.At.Before(day.Add(history.Day)) {
			n++
		}
	}
	return n
}

// opens reports whether the service's row has results of the day, which came after closeOldPieces.
// Buckets of them would have them twice when more are added to the row: so the day waits for
// the next turn.
func (m measured) opens(day time.Time) bool {
	return !m.open.IsZero() && !m.open.Before(day) && m.open.Before(day.Add(history.Day))
}

// awaits reports whether the next result after a time is not there yet.
func (m measured) awaits(end time.Time) bool {
	return len(m.pieces) > 0 && m.pieces[len(m.pieces)-1].At.Before(end)
}

// since returns m without the pieces until a time.
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

// says reports whether m may say something of a day.
func (m measured) says(day time.Time) bool {
	if len(m.pieces) == 0 {
		return false
	}
	first, last := m.pieces[0].At.Truncate(history.Day), m.pieces[len(m.pieces)-1].At
	return !day.Before(first) && day.Before(last.Add(resumeTime))
}
