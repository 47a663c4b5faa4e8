package store

import (
	"bytes"
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/incident"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/outbox"
)

// incidentLock is the advisory lock of whoever compares what fell with what was told: any number
// nobody else uses.
const incidentLock = 7_164_201_906_003

// TellIncidents brings what events said of root causes in line with what find returns, and adds
// the missing events. One replica at a time does: while another one is at it, TellIncidents does
// nothing and returns false. So find must read what is true only when it is called. It is
// given the incidents that were told of.
func (s *Store) TellIncidents(ctx context.Context, by access.Actor, find func(ctx context.Context, told []incident.Told) ([]incident.News, error)) (done bool, err error) {
	const lock = `SELECT pg_try_advisory_xact_lock($1)`
	const read = `SELECT service_id, name, team, told FROM incidents`

	if err := by.May(access.TellIncidents); err != nil {
		return false, err
	}
	err = s.bulk.inTx(ctx, func(tx *sqlx.Tx) error {
		if err := tx.GetContext(ctx, &done, lock, incidentLock); err != nil || !done {
			return err
		}
		var told []incident.Told
		if err := tx.SelectContext(ctx, &told, read); err != nil {
			return err
		}
		found, err := find(ctx, told)
		if err != nil {
			return err
		}
		return tell(ctx, tx, told, found)
	})
	if err != nil {
		return false, fmt.Errorf("tell what fell: %w", domainError(err))
	}
	return done, nil
}

// tell adds the events of what was not told yet.
func tell(ctx context.Context, tx *sqlx.Tx, told []incident.Told, found []incident.News) error {
	const save = `INSERT INTO incidents (service_id, name, team, told) VALUES (:service_id, :name, :team, :told)
		ON CONFLICT (service_id) DO UPDATE SET name = excluded.name, team = excluded.team, told = excluded.told`
	const over = `DELETE FROM incidents WHERE service_id = ANY ($1)`

	before := make(map[string][]byte, len(told))
	for _, t := range told {
		before[t.ServiceID] = t.Digest
	}
	var (
		list  []events.Event
		rows  []incident.Told
		ended pq.StringArray
	)
	for _, n := range found {
		switch {
		case !n.Event.RootCause:
			ended = append(ended, n.Event.ServiceID)
		case bytes.Equal(before[n.Event.ServiceID], n.Digest):
			continue
		default:
			rows = append(rows, incident.Told{ServiceID: n.Event.ServiceID, Name: n.Event.Name, Team: n.Event.Team, Digest: n.Digest})
		}
		list = append(list, n.Event)
	}
	for len(rows) > 0 {
		n := min(len(rows), 1000)
		if _, err := tx.NamedExecContext(ctx, save, rows[:n]); err != nil {
			return err
		}
		rows = rows[n:]
	}
	if len(ended) > 0 {
		if _, err := tx.ExecContext(ctx, over, ended); err != nil {
			return err
		}
	}
	return outbox.Add(ctx, tx, list...)
}

// retell makes TellIncidents tell again what the stream has lost, and what it has though nobody
// told it, as after a restore of the database. It returns how many incidents that are.
func (s *Store) retell(ctx context.Context, last map[string]events.Envelope) (n int, err error) {
	const lost = `UPDATE incidents SET told = '' WHERE told <> '' AND service_id <> ALL ($1)
		AND NOT EXISTS (SELECT FROM outbox WHERE key = $2 || service_id::text AND subject = $3 || service_id::text)`
	const strange = `INSERT INTO incidents (service_id, name, team, told) VALUES ($1, $2, $3, '') ON CONFLICT DO NOTHING`

	var there pq.StringArray
	var roots []events.ImpactChanged
	for id, env := range last {
		if e, is := env.Event.(events.ImpactChanged); is && e.RootCause {
			there, roots = append(there, id), append(roots, e)
		}
	}
	err = s.bulk.inTx(ctx, func(tx *sqlx.Tx) error {
		n = 0
		count := func(query string, args ...any) error {
			res, err := tx.ExecContext(ctx, query, args...)
			if err != nil {
				return err
			}
			rows, err := res.RowsAffected()
			n += int(rows)
			return err
		}
		if err := count(lost, append(pq.StringArray{}, there...), events.Key{Kind: events.KindService}.String(), events.ImpactSubject("")); err != nil {
			return err
		}
		for _, e := range roots {
			if err := count(strange, e.ServiceID, e.Name, e.Team); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("compare the incidents with the stream: %w", domainError(err))
	}
	return n, nil
}
