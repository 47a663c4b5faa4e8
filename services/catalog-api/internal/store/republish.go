package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/outbox"
)

// republishBatch is how many things one transaction republishes.
const republishBatch = 500

// Repairs returns the repair of each kind of thing in the database, in the order in
// which they run. The actor does them, which must be the relay.
func (s *Store) Repairs(by access.Actor) []outbox.Repair {
	var list []outbox.Repair
	for _, k := range []kept{keptServices(), keptTeams()} {
		list = append(list, outbox.Repair{
			Kind: k.kind, Subjects: k.subject("*"),
			Republish: func(ctx context.Context, last map[string]events.Envelope) (int, error) {
				if err := by.May(access.RepairEvents); err != nil {
					return 0, err
				}
				return s.republish(ctx, by, k, last)
			},
		})
	}
	for subjects, retell := range map[string]func(context.Context, map[string]events.Envelope) (int, error){
		events.AllImpacts: s.retell, events.AllScorecards: s.retellLevels,
	} {
		list = append(list, outbox.Repair{
			Kind: events.KindService, Subjects: subjects,
			Republish: func(ctx context.Context, last map[string]events.Envelope) (int, error) {
				if err := by.May(access.RepairEvents); err != nil {
					return 0, err
				}
				return retell(ctx, last)
			},
		})
	}
	return list
}

// kept is a kind of thing that the database keeps, for republish.
type kept struct {
	kind    events.Kind
	table   string                 // with the column version
	id      string                 // the column of the id
	subject func(id string) string // whose last event has a thing's state

	// published returns the state by that event.
	published func(events.Event) streamState

	// changed reads the thing, locks its row, and returns the event of its state.
	changed func(ctx context.Context, tx *sqlx.Tx, id string) (events.Event, error)

	// deleted returns the event that the thing is gone.
	deleted func(id string, was streamState) events.Event
}

// streamState is the state of a thing by its last event in the stream.
type streamState struct {
	version int64
	name    string
	deleted bool
}

func keptServices() kept {
	return kept{
		kind: events.KindService, table: `services`, id: `id`, subject: events.CatalogSubject,
		published: func(e events.Event) streamState {
			switch e := e.(type) {
			case events.ServiceCreated:
				return streamState{version: e.Version, name: e.Name}
			case events.ServiceUpdated:
				return streamState{version: e.Version, name: e.Name}
			case events.ServiceDeleted:
				return streamState{version: e.Version, name: e.Name, deleted: true}
			}
			return streamState{}
		},
		changed: func(ctx context.Context, tx *sqlx.Tx, id string) (events.Event, error) {
			svc, err := byID(ctx, tx, id, "FOR UPDATE")
			return events.ServiceUpdated{Service: svc.Event()}, err
		},
		deleted: func(id string, was streamState) events.Event {
			return events.ServiceDeleted{ID: id, Name: was.name, Version: was.version + 1, DeletedAt: now()}
		},
	}
}

func keptTeams() kept {
	return kept{
		kind: events.KindTeam, table: `teams`, id: `slug`, subject: events.TeamSubject,
		published: func(e events.Event) streamState {
			switch e := e.(type) {
			case events.TeamCreated:
				return streamState{version: e.Version, name: e.Name}
			case events.TeamUpdated:
				return streamState{version: e.Version, name: e.Name}
			case events.TeamDeleted:
				return streamState{version: e.Version, name: e.Name, deleted: true}
			}
			return streamState{}
		},
		changed: func(ctx context.Context, tx *sqlx.Tx, slug string) (events.Event, error) {
			t, err := teamBySlug(ctx, tx, slug, "FOR UPDATE")
			return events.TeamUpdated{Team: t.Event()}, err
		},
		deleted: func(slug string, was streamState) events.Event {
			return events.TeamDeleted{Slug: slug, Name: was.name, Version: was.version + 1, DeletedAt: now()}
		},
	}
}

// republish is Repair.Republish for things of a kind. It announces a thing whose version
// differs as changed. If the stream is ahead, as after a restore of the database, it
// raises the version above the stream's. It announces a thing that the database doesn't
// have as deleted. It skips things with events in the outbox, unless the stream is ahead
// of those too: readers would drop them.
func (s *Store) republish(ctx context.Context, by access.Actor, k kept, last map[string]events.Envelope) (int, error) {
	// An outbox row with the id of the stream's last event is published, but not deleted yet.
	differing := `
		WITH published AS (
			SELECT * FROM unnest($1::text[], $2::bigint[], $3::boolean[], $4::text[]) AS p (id, version, deleted, event)
		), waiting AS (
			SELECT o.key, bool_or(
				(convert_from(o.data, 'UTF8')::jsonb->>'version')::bigint <= p.version
				AND o.header->'Nats-Msg-Id'->>0 <> p.event
			) AS overtaken
			FROM outbox o LEFT JOIN published p ON $6 || p.id = o.key
			WHERE o.subject LIKE $5
			GROUP BY o.key
		)
		SELECT coalesce(t.id, p.id) AS id, t.id IS NULL AS gone
		FROM (SELECT ` + k.id + `::text COLLATE "default" AS id, version FROM ` + k.table + `) t
		FULL JOIN published p ON p.id = t.id
		LEFT JOIN waiting w ON w.key = $6 || coalesce(t.id, p.id)
		WHERE CASE
			WHEN w.key IS NOT NULL THEN w.overtaken
			WHEN t.id IS NULL THEN NOT p.deleted
			ELSE t.version IS DISTINCT FROM p.version OR p.deleted
		END
		ORDER BY 1`

	var (
		published = make(map[string]streamState, len(last))
		ids       = make(pq.StringArray, 0, len(last))
		versions  = make(pq.Int64Array, 0, len(last))
		deleted   = make(pq.BoolArray, 0, len(last))
		eventIDs  = make(pq.StringArray, 0, len(last))
	)
	for id, env := range last {
		state := k.published(env.Event)
		published[id] = state
		ids, versions = append(ids, id), append(versions, state.version)
		deleted, eventIDs = append(deleted, state.deleted), append(eventIDs, env.ID)
	}
	var list []difference
	err := s.bulk.db.SelectContext(ctx, &list, differing, ids, versions, deleted, eventIDs,
		k.subject("%"), events.Key{Kind: k.kind}.String())
	if err != nil {
		return 0, fmt.Errorf("compare the %s with the stream: %w", k.table, domainError(err))
	}
	for i := 0; i < len(list); i += republishBatch {
		batch := list[i:min(i+republishBatch, len(list))]
		err := s.bulk.inTx(ctx, func(tx *sqlx.Tx) error {
			for _, d := range batch {
				if err := k.republish(ctx, tx, by, d, published[d.ID]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return i, fmt.Errorf("republish the %s: %w", k.table, err)
		}
	}
	return len(list), nil
}

// difference is a thing that differs between the stream and the database.
type difference struct {
	ID   string `db:"id"`
	Gone bool   `db:"gone"` // the database doesn't have it
}

// republish reads a thing again, now under its row lock, and adds the event for its
// present state. was is its state in the stream: of version 0 if that has none.
func (k kept) republish(ctx context.Context, tx *sqlx.Tx, by access.Actor, d difference, was streamState) error {
	if d.Gone {
		return outbox.Add(ctx, tx, k.deleted(d.ID, was))
	}
	if was.version > 0 {
		if err := k.raiseVersion(ctx, tx, by, d.ID, was); err != nil {
			return err
		}
	}
	changed, err := k.changed(ctx, tx, d.ID)
	if err != nil {
		return ignoreNotFound(err) // deleted meanwhile, which added its own event
	}
	return outbox.Add(ctx, tx, changed)
}

// raiseVersion raises a thing's version above that in the stream, as readers drop versions
// that aren't newer than theirs.
func (k kept) raiseVersion(ctx context.Context, tx *sqlx.Tx, by access.Actor, id string, was streamState) error {
	raise := `
		WITH old AS (SELECT version FROM ` + k.table + ` WHERE ` + k.id + ` = $1 AND version < $2 FOR UPDATE)
		UPDATE ` + k.table + ` t SET version = $2 FROM old WHERE t.` + k.id + ` = $1 RETURNING old.version`

	var before []int64
	if err := tx.SelectContext(ctx, &before, raise, id, was.version+1); err != nil {
		return domainError(err)
	}
	for _, version := range before { // one or none
		changes := []access.FieldChange{{Field: "version", Before: version, After: was.version + 1}}
		if err := record(ctx, tx, by, deed{access.Repaired, events.Key{Kind: k.kind, ID: id}, was.name, changes}); err != nil {
			return err
		}
	}
	return nil
}
