package store

import (
	"cmp"
	"context"
	"database/sql"
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
)

// KindCalls is the kind of thing that the calls of one service to another are in the trail. Its id
// is "<client's id> <server's id>".
const KindCalls events.Kind = "calls"

// maxObserved is how many pairs of services are kept: of more, those that were seen last.
const maxObserved = 50_000

const observedColumns = `client_id, server_id, per_minute, first_seen, last_seen, hidden`

// reviseObserved lets the transaction alone change what was observed.
func reviseObserved(ctx context.Context, tx *sqlx.Tx) error {
	_, err := tx.ExecContext(ctx, `UPDATE observed_revision SET revision = revision + 1`)
	return domainError(err)
}

// ObserveCalls stores that services were seen calling others, and returns the names that no service
// has, each once, by name. A service is found by its name, by one that it had, or by one that
// differs only in case, spaces and the signs "-", "_", "." and "/", unless two have such a name.
// Of a pair that is told twice, and of what is stored already, what was seen last counts.
// Calls of a service to itself, and those from before catalog.CallsKept, are passed over.
// Errors: *access.DeniedError, if one of the callers is not of the actor's teams.
func (s *Store) ObserveCalls(ctx context.Context, by access.Actor, calls []catalog.Call) (unknown []string, err error) {
	const upsert = `INSERT INTO observed_calls AS known (client_id, server_id, per_minute, first_seen, last_seen)
			SELECT client_id, server_id, per_minute, seen, seen FROM unnest($1::uuid[], $2::uuid[], $3::float8[], $4::timestamptz[]) AS c (client_id, server_id, per_minute, seen)
		ON CONFLICT ON CONSTRAINT observed_calls_pkey DO UPDATE SET
			per_minute = CASE WHEN excluded.last_seen >= known.last_seen THEN excluded.per_minute ELSE known.per_minute END,
			first_seen = least(known.first_seen, excluded.first_seen), last_seen = greatest(known.last_seen, excluded.last_seen)`
	if err := by.May(access.ObserveCalls); err != nil {
		return nil, err
	}
	at := now()
	err = s.bulk.inTx(ctx, func(tx *sqlx.Tx) error {
		found, err := spoken(ctx, tx, calls)
		if err != nil {
			return err
		}
		var pairs []catalog.Observed
		pairs, unknown = observe(calls, found, at)
		var clients, servers pq.StringArray
		var rates pq.Float64Array
		var seen pq.StringArray
		for _, p := range pairs {
			if err := by.May(access.ObserveCalls, found.teams[p.ClientID]); err != nil {
				return err
			}
			clients, servers = append(clients, p.ClientID), append(servers, p.ServerID)
			rates, seen = append(rates, p.PerMinute), append(seen, p.LastSeen.Format(time.RFC3339Nano))
		}
		if len(pairs) == 0 {
			return nil
		}
		if err := reviseObserved(ctx, tx); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, upsert, clients, servers, rates, seen); err != nil {
			return err
		}
		return forgetSurplus(ctx, tx, maxObserved)
	})
	if err != nil {
		return nil, fmt.Errorf("store %d calls that were observed: %w", len(calls), domainError(err))
	}
	return unknown, nil
}

// forgetSurplus keeps so many pairs: those that somebody hid, and those that were seen last.
func forgetSurplus(ctx context.Context, tx *sqlx.Tx, most int) error {
	const surplus = `DELETE FROM observed_calls WHERE (client_id, server_id) IN (
			SELECT client_id, server_id FROM observed_calls ORDER BY hidden DESC, last_seen DESC, client_id, server_id OFFSET $1)`
	var there int
	if err := tx.GetContext(ctx, &there, `SELECT count(*) FROM observed_calls`); err != nil || there <= most {
		return err
	}
	_, err := tx.ExecContext(ctx, surplus, most)
	return err
}

// observe returns what calls say of services that are there, each pair once, and the names that
// none has.
func observe(calls []catalog.Call, found speakers, at time.Time) (pairs []catalog.Observed, unknown []string) {
	known := map[[2]string]catalog.Observed{}
	for _, c := range calls {
		client, server := found.id(c.Client), found.id(c.Server)
		for name, id := range map[string]string{c.Client: client, c.Server: server} {
			if id == "" {
				unknown = append(unknown, name)
			}
		}
		if c.SeenAt.After(at) { // the clock of who saw it is ahead
			c.SeenAt = at
		}
		pair := [2]string{client, server}
		if client == "" || server == "" || client == server || at.Sub(c.SeenAt) > catalog.CallsKept {
			continue
		}
		if before, twice := known[pair]; !twice || c.SeenAt.After(before.LastSeen) {
			known[pair] = catalog.Observed{ClientID: client, ServerID: server, PerMinute: c.PerMinute, LastSeen: c.SeenAt}
		}
	}
	for _, pair := range known {
		pairs = append(pairs, pair)
	}
	slices.SortFunc(pairs, func(a, b catalog.Observed) int {
		return cmp.Or(strings.Compare(a.ClientID, b.ClientID), strings.Compare(a.ServerID, b.ServerID))
	})
	slices.Sort(unknown)
	return pairs, slices.Compact(unknown)
}

// speakers are services by what traces may call them.
type speakers struct {
	byName   map[string]string // ids by catalog.NameKey
	bySpoken map[string]string // ids by catalog.SpokenKey; "": several have it
	teams    map[string]string // by id
}

func (s speakers) id(name string) string {
	return cmp.Or(s.byName[catalog.NameKey(name)], s.bySpoken[catalog.SpokenKey(name)])
}

// spoken finds the services that calls name.
func spoken(ctx context.Context, tx *sqlx.Tx, calls []catalog.Call) (found speakers, err error) {
	const query = `SELECT id, team, name_key, '' AS spoken_key FROM services WHERE name_key = ANY ($1)
		UNION ALL SELECT * FROM (SELECT DISTINCT ON (f.name_key) s.id, s.team, f.name_key, '' FROM former_names f JOIN services s ON s.id = f.service_id
			WHERE f.name_key = ANY ($1) AND NOT EXISTS (SELECT FROM services WHERE name_key = f.name_key) ORDER BY f.name_key, f.until DESC) AS former
		UNION ALL SELECT id, team, '', translate(name_key, ' -_./', '') FROM services WHERE translate(name_key, ' -_./', '') = ANY ($2)`
	found = speakers{map[string]string{}, map[string]string{}, map[string]string{}}
	var names, sounds []string
	for _, c := range calls {
		for _, name := range []string{c.Client, c.Server} {
			names = append(names, catalog.NameKey(name))
			if sound := catalog.SpokenKey(name); sound != "" {
				sounds = append(sounds, sound)
			}
		}
	}
	var rows []struct {
		ID, Team  string
		NameKey   string `db:"name_key"`
		SpokenKey string `db:"spoken_key"`
	}
	if err := tx.SelectContext(ctx, &rows, query, pq.StringArray(validTexts(names)), pq.StringArray(validTexts(sounds))); err != nil {
		return found, fmt.Errorf("find the services: %w", err)
	}
	for _, r := range rows {
		found.teams[r.ID] = r.Team
		if r.SpokenKey == "" {
			found.byName[r.NameKey] = r.ID
			continue
		}
		if _, twice := found.bySpoken[r.SpokenKey]; twice {
			r.ID = ""
		}
		found.bySpoken[r.SpokenKey] = r.ID
	}
	return found, nil
}

// ObservedRevision returns a number that changes with each change of what Observed returns.
func (s *Store) ObservedRevision(ctx context.Context) (revision int64, err error) {
	if err := s.db.GetContext(ctx, &revision, `SELECT revision FROM observed_revision`); err != nil {
		return 0, fmt.Errorf("read the revision of what was observed: %w", domainError(err))
	}
	return revision, nil
}

// Observed returns which services were seen calling which others, and its revision. What somebody hid is not
// among them.
func (s *Store) Observed(ctx context.Context) (list []catalog.Observed, revision int64, err error) {
	err = s.inSnapshot(ctx, func(tx *sqlx.Tx) error {
		if err := tx.GetContext(ctx, &revision, `SELECT revision FROM observed_revision`); err != nil {
			return err
		}
		return tx.SelectContext(ctx, &list, `SELECT `+observedColumns+` FROM observed_calls WHERE NOT hidden`)
	})
	if err != nil {
		return nil, 0, fmt.Errorf("read what was observed: %w", domainError(err))
	}
	return list, revision, nil
}

// HideCalls says whether the calls of one service to another are to be seen where nobody declared
// them, and returns them.
// Errors: catalog.ErrNotFound, also if they were never observed; *access.DeniedError.
func (s *Store) HideCalls(ctx context.Context, by access.Actor, clientID, serverID string, hidden bool) (o catalog.Observed, err error) {
	const (
		find = `SELECT ` + observedColumns + ` FROM observed_calls WHERE client_id = $1 AND server_id = $2`
		name = `SELECT name FROM services WHERE id = $1`
		hide = `UPDATE observed_calls SET hidden = $3 WHERE client_id = $1 AND server_id = $2`
	)
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		client, err := byID(ctx, tx, clientID, "FOR SHARE")
		if err != nil {
			return err
		}
		if err := by.May(access.WriteService, client.Team); err != nil {
			return err
		}
		var server string
		if isID(serverID) {
			err = tx.GetContext(ctx, &server, name, serverID)
		}
		if server == "" && (err == nil || errors.Is(err, sql.ErrNoRows)) {
			return ofKind(events.KindService, catalog.ErrNotFound)
		}
		if err != nil {
			return err
		}
		if err := reviseObserved(ctx, tx); err != nil {
			return err
		}
		if err := tx.GetContext(ctx, &o, find, client.ID, serverID); err != nil {
			return ofKind(KindCalls, domainError(err))
		}
		if o.Hidden == hidden {
			return nil
		}
		if _, err := tx.ExecContext(ctx, hide, client.ID, serverID, hidden); err != nil {
			return err
		}
		change := access.FieldChange{Field: "hidden", Before: o.Hidden, After: hidden}
		o.Hidden = hidden
		return record(ctx, tx, by, deed{access.Updated, events.Key{Kind: KindCalls, ID: o.ClientID + " " + o.ServerID}, client.Name + " → " + server, []access.FieldChange{change}})
	})
	if err != nil {
		return catalog.Observed{}, fmt.Errorf("hide the calls of service %.40q: %w", clientID, domainError(err))
	}
	return o, nil
}

// PurgeCalls removes calls that were seen last before a time, some thousands at most, and returns
// how many. Those that somebody hid stay while both services do.
func (s *Store) PurgeCalls(ctx context.Context, by access.Actor, before time.Time) (int, error) {
	const old = `WITH revised AS (UPDATE observed_revision SET revision = revision + 1),
			kept AS (SELECT id FROM services UNION ALL SELECT id FROM trash)
		DELETE FROM observed_calls WHERE (client_id, server_id) IN (
			SELECT client_id, server_id FROM observed_calls
			WHERE last_seen < $1 AND NOT (hidden AND client_id IN (SELECT id FROM kept) AND server_id IN (SELECT id FROM kept)) LIMIT 5000)`
	return s.purge(ctx, by, access.PurgeTrash, old, before)
}
