package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

// needsLock is the advisory lock of what services need: those who write it share it, and who
// deletes a service has it alone. So nobody comes to need a service while it is deleted, although
// no writer locks the rows of others: two that come to need each other would wait for each other.
// It must come after withTeams and before the first lock of a row.
const needsLock = 7_164_201_906_019

// writeNeeds lets the transaction write what services need.
func writeNeeds(ctx context.Context, tx *sqlx.Tx) error {
	_, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock_shared($1)`, needsLock)
	return domainError(err)
}

// keepNeeds lets nobody else write what services need until the transaction ends.
func keepNeeds(ctx context.Context, tx *sqlx.Tx) error {
	_, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1)`, needsLock)
	return domainError(err)
}

// ownNeeds is a column with what a service needs, as JSON: for reading one service with one
// statement. Not for one that locks the row: after it waited, it would read what was needed before.
const ownNeeds = `(SELECT json_agg(json_build_object('id', d.needs_id, 'name', coalesce(needed.name, d.name), 'kind', d.kind, 'note', d.note,
		'missing', needed.id IS NULL) ORDER BY d.place)
	FROM dependencies d LEFT JOIN services needed ON needed.id = d.needs_id WHERE d.service_id = services.id) AS needs`

// ownRow is a service with ownNeeds.
type ownRow struct {
	row

	Needs []byte `db:"needs"` // nil: nothing
}

func (r ownRow) service() (catalog.Service, error) {
	svc := r.row.service()
	if r.Needs == nil {
		return svc, nil
	}
	var needs []struct {
		catalog.Dependency

		Missing bool `json:"missing"`
	}
	if err := json.Unmarshal(r.Needs, &needs); err != nil {
		return svc, fmt.Errorf("what service %s needs: %w", svc.ID, err)
	}
	for _, n := range needs {
		n.Dependency.Missing = n.Missing
		svc.DependsOn = append(svc.DependsOn, n.Dependency)
	}
	return svc, nil
}

// addNeeds sets what the services need. It is a statement of its own: the caller's rows and this
// must be of one snapshot, or the rows be locked.
func addNeeds(ctx context.Context, q sqlx.QueryerContext, services ...*catalog.Service) error {
	const (
		some = `SELECT d.service_id, d.needs_id, d.place, coalesce(s.name, d.name), d.kind, d.note, s.id IS NULL
			FROM dependencies d LEFT JOIN services s ON s.id = d.needs_id`
		most = 1000 // ids to ask by: for more, all are read
	)
	if len(services) == 0 {
		return nil
	}
	type placed struct {
		catalog.Dependency

		place int
	}
	found := make(map[string][]placed, len(services))
	ids := make(pq.StringArray, 0, len(services))
	for _, svc := range services {
		found[svc.ID], ids = nil, append(ids, svc.ID)
	}
	query, args := some+` WHERE d.service_id = ANY ($1)`, []any{ids}
	if len(ids) > most {
		query, args = some, nil
	}
	rows, err := q.QueryxContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("read what services need: %w", domainError(err))
	}
	defer func() { _ = rows.Close() }() // its error is in Err
	for rows.Next() {
		var (
			id string
			d  placed
		)
		if err := rows.Scan(&id, &d.ID, &d.place, &d.Name, &d.Kind, &d.Note, &d.Missing); err != nil {
			return fmt.Errorf("read what services need: %w", err)
		}
		if list, asked := found[id]; asked {
			found[id] = append(list, d)
		}
	}
	for _, svc := range services {
		list := found[svc.ID]
		slices.SortFunc(list, func(a, b placed) int { return cmp.Compare(a.place, b.place) })
		for _, d := range list {
			svc.DependsOn = append(svc.DependsOn, d.Dependency)
		}
	}
	return domainError(rows.Err())
}

// resolveNeeds replaces the services that a change names as needed by their ids and names. present is
// what the service needs so far. Its error is an *InvalidError if one of them is not there.
func resolveNeeds(ctx context.Context, tx *sqlx.Tx, present []catalog.Dependency, c *catalog.Change) error {
	const find = `SELECT id, name, name_key FROM services WHERE id = ANY ($1) OR name_key = ANY ($2)`
	if c.DependsOn == nil || len(*c.DependsOn) == 0 {
		return nil
	}
	var ids, names pq.StringArray
	for _, d := range *c.DependsOn {
		if isID(d.ID) {
			ids = append(ids, d.ID)
		} else {
			names = append(names, catalog.NameKey(d.Name))
		}
	}
	var rows []struct {
		ID, Name string
		NameKey  string `db:"name_key"`
	}
	if err := tx.SelectContext(ctx, &rows, find, ids, pq.StringArray(validTexts(names))); err != nil {
		return fmt.Errorf("find what the service needs: %w", domainError(err))
	}
	known := catalog.Needed{ByID: map[string]string{}, ByName: map[string]catalog.Dependency{}, Present: present}
	for _, r := range rows {
		known.ByID[r.ID], known.ByName[r.NameKey] = r.Name, catalog.Dependency{ID: r.ID, Name: r.Name}
	}
	list, err := known.Resolve(*c.DependsOn)
	c.DependsOn = &list
	return err
}

// createNeeds stores what a service needs that is about to be created by the change.
func createNeeds(ctx context.Context, tx *sqlx.Tx, svc *catalog.Service, c catalog.Change) error {
	if len(svc.DependsOn) == 0 {
		return nil
	}
	if err := writeNeeds(ctx, tx); err != nil {
		return err
	}
	if err := resolveNeeds(ctx, tx, nil, &c); err != nil {
		return err
	}
	svc.DependsOn = *c.DependsOn
	if err := svc.Validate(); err != nil { // what is named and what is given by id may be the same
		return err
	}
	return storeNeeds(ctx, tx, *svc)
}

// storeNeeds stores what a service needs in place of what it needed. The caller has called
// writeNeeds and locked the service's row, if there is one.
func storeNeeds(ctx context.Context, tx *sqlx.Tx, svc catalog.Service) error {
	const (
		forget = `DELETE FROM dependencies WHERE service_id = $1`
		add    = `INSERT INTO dependencies (service_id, needs_id, place, kind, note, name)
			SELECT $1, needs_id, place, kind, note, name FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[])
				WITH ORDINALITY AS n (needs_id, kind, note, name, place)`
	)
	if _, err := tx.ExecContext(ctx, forget, svc.ID); err != nil {
		return fmt.Errorf("forget what the service needed: %w", domainError(err))
	}
	if len(svc.DependsOn) == 0 {
		return nil
	}
	var ids, kinds, notes, names pq.StringArray
	for _, d := range svc.DependsOn {
		ids, kinds, notes, names = append(ids, d.ID), append(kinds, string(d.Kind)), append(notes, d.Note), append(names, d.Name)
	}
	if _, err := tx.ExecContext(ctx, add, svc.ID, ids, kinds, notes, names); err != nil {
		return fmt.Errorf("store what the service needs: %w", domainError(err))
	}
	return nil
}

// needed returns a *catalog.NeededError if other services need the one with the id.
func needed(ctx context.Context, tx *sqlx.Tx, id string) error {
	const (
		query = `SELECT s.name FROM dependencies d JOIN services s ON s.id = d.service_id WHERE d.needs_id = $1 ORDER BY s.name_key`
		named = 5 // the first, in what people read
	)
	var names []string
	if err := tx.SelectContext(ctx, &names, query, id); err != nil {
		return fmt.Errorf("read who needs the service: %w", domainError(err))
	}
	if len(names) == 0 {
		return nil
	}
	return &catalog.NeededError{Services: len(names), First: names[:min(len(names), named)]}
}

// Neighbours returns the services that the one with the id needs, and those that need it, both in the
// order of their names, and how many of the latter there are; and those that it was seen calling, or
// that were seen calling it. At most limit are returned of each but the first. The error is
// catalog.ErrNotFound if it is not there.
func (s *Store) Neighbours(ctx context.Context, id string, limit int) (n catalog.Neighbours, err error) {
	const (
		there = `SELECT EXISTS (SELECT FROM services WHERE id = $1)`
		seen  = `o.per_minute, o.first_seen, o.last_seen`
		shown = `coalesce(s.name, d.name) AS name, coalesce(s.team, '') AS team, coalesce(s.status, '') AS status, d.kind, d.note, s.id IS NULL AS missing, ` + seen
		calls = ` LEFT JOIN observed_calls o ON o.client_id = d.service_id AND o.server_id = d.needs_id`
		needs = `SELECT d.needs_id AS id, ` + shown + ` FROM dependencies d LEFT JOIN services s ON s.id = d.needs_id` + calls + `
			WHERE d.service_id = $1`
		neededBy = `SELECT s.id, ` + shown + `, count(*) OVER () AS total FROM dependencies d JOIN services s ON s.id = d.service_id` + calls + `
			WHERE d.needs_id = $1 ORDER BY s.name_key LIMIT $2`
		undeclared = `SELECT s.id, s.name, s.team, s.status, o.hidden, ` + seen + ` FROM observed_calls o JOIN services s ON s.id = o.%[1]s
			WHERE o.%[2]s = $1 AND NOT EXISTS (SELECT FROM dependencies d WHERE d.service_id = o.client_id AND d.needs_id = o.server_id)
			ORDER BY o.per_minute DESC, s.name_key LIMIT $2`
	)
	err = s.inSnapshot(ctx, func(tx *sqlx.Tx) error {
		var is bool
		if isID(id) {
			if err := tx.GetContext(ctx, &is, there, id); err != nil {
				return err
			}
		}
		if !is {
			return ofKind(events.KindService, catalog.ErrNotFound)
		}
		if err := tx.SelectContext(ctx, &n.Needs, needs, id); err != nil {
			return err
		}
		var rows []struct {
			catalog.Neighbour

			Total int
		}
		if err := tx.SelectContext(ctx, &rows, neededBy, id, limit); err != nil {
			return err
		}
		for _, r := range rows {
			n.NeededBy, n.NeededByTotal = append(n.NeededBy, r.Neighbour), r.Total
		}
		if err := tx.SelectContext(ctx, &n.Calls, fmt.Sprintf(undeclared, "server_id", "client_id"), id, limit); err != nil {
			return err
		}
		return tx.SelectContext(ctx, &n.CalledBy, fmt.Sprintf(undeclared, "client_id", "server_id"), id, limit)
	})
	if err != nil {
		return catalog.Neighbours{}, fmt.Errorf("what service %.40q needs, and who needs it: %w", id, domainError(err))
	}
	slices.SortFunc(n.Needs, func(a, b catalog.Neighbour) int {
		return cmp.Or(cmp.Compare(catalog.NameKey(a.Name), catalog.NameKey(b.Name)), cmp.Compare(a.ID, b.ID))
	})
	return n, nil
}

// NeededServices returns the service with the id and all that it needs through hard needs, however
// many there are in between; none if it is not there. Their ids, names, teams, statuses and hard
// needs are set, and nothing else.
func (s *Store) NeededServices(ctx context.Context, id string) ([]catalog.Service, error) {
	const query = `WITH RECURSIVE reached (id) AS (
			SELECT $1::uuid UNION
			SELECT d.needs_id FROM reached r JOIN services s ON s.id = r.id JOIN dependencies d ON d.service_id = s.id WHERE d.kind = 'hard'
		)
		SELECT s.id, s.name, s.team, s.status, s.status_since, s.status_reason,
			ARRAY(SELECT d.needs_id::text FROM dependencies d WHERE d.service_id = s.id AND d.kind = 'hard') AS needs
		FROM reached r JOIN services s ON s.id = r.id`
	var rows []struct {
		catalog.Service

		Needs pq.StringArray `db:"needs"`
	}
	if !isID(id) {
		return nil, nil
	}
	if err := s.db.SelectContext(ctx, &rows, query, id); err != nil {
		return nil, fmt.Errorf("read what service %s needs: %w", id, domainError(err))
	}
	list := make([]catalog.Service, len(rows))
	for i, r := range rows {
		list[i] = r.Service
		for _, id := range r.Needs {
			list[i].DependsOn = append(list[i].DependsOn, catalog.Dependency{ID: id, Kind: events.DependencyHard})
		}
	}
	return list, nil
}

// needsAt gives what services of a moment need the names of that moment. Those that are not among
// them are read, unless all were.
func needsAt(ctx context.Context, tx *sqlx.Tx, at time.Time, m *catalog.Moment, all bool) error {
	names := make(map[string]string, len(m.Services))
	for _, svc := range m.Services {
		names[svc.ID] = svc.Name
	}
	if !all {
		var others []string
		for _, svc := range m.Services {
			for _, d := range svc.DependsOn {
				if _, known := names[d.ID]; !known {
					others = append(others, d.ID)
				}
			}
		}
		if len(others) > 0 {
			slices.Sort(others)
			of, err := rewoundAt(ctx, tx, at, slices.Compact(others))
			if err != nil {
				return err
			}
			for _, svc := range of {
				names[svc.ID] = svc.Name
			}
		}
	}
	for i := range m.Services {
		needs := slices.Clone(m.Services[i].DependsOn)
		for j, d := range needs {
			name, there := names[d.ID]
			needs[j].Missing = !there
			if there {
				needs[j].Name = name
			}
		}
		m.Services[i].DependsOn = needs
	}
	return nil
}
