package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/outbox"
)

// republishBatch is how many services one transaction republishes.
const republishBatch = 500

// Repairs returns the repair of each kind of thing in the database, in the order in
// which they run.
func (s *Store) Repairs() []outbox.Repair {
	return []outbox.Repair{
		{Kind: events.KindService, Subjects: events.AllCatalog, Republish: s.republishServices},
	}
}

// republishServices is Repair.Republish for services. It announces a service whose
// version differs as updated. If the stream is ahead, as after a restore of the
// database, it raises the version above the stream's. It announces a service that the
// catalogue doesn't have as deleted. It skips services with events in the outbox,
// unless the stream is ahead of those too: readers would drop them.
func (s *Store) republishServices(ctx context.Context, last map[string]events.Envelope) (int, error) {
	// An outbox row with the id of the stream's last event is published, but not deleted yet.
	const differing = `
		WITH published AS (
			SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::boolean[], $4::text[]) AS p (id, version, deleted, event)
		), waiting AS (
			SELECT o.key, bool_or(
				(convert_from(o.data, 'UTF8')::jsonb->>'version')::bigint <= p.version
				AND o.header->'Nats-Msg-Id'->>0 <> p.event
			) AS overtaken
			FROM outbox o LEFT JOIN published p ON $6 || p.id = o.key
			WHERE o.subject LIKE $5
			GROUP BY o.key
		)
		SELECT coalesce(s.id, p.id) AS id, coalesce(p.version, 0) AS version, s.id IS NULL AS gone
		FROM services s
		FULL JOIN published p ON p.id = s.id
		LEFT JOIN waiting w ON w.key = $6 || coalesce(s.id, p.id)
		WHERE CASE
			WHEN w.key IS NOT NULL THEN w.overtaken
			WHEN s.id IS NULL THEN NOT p.deleted
			ELSE s.version IS DISTINCT FROM p.version OR p.deleted
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
		state := streamStateOf(env.Event)
		published[id] = state
		ids, versions = append(ids, id), append(versions, state.version)
		deleted, eventIDs = append(deleted, state.deleted), append(eventIDs, env.ID)
	}
	var list []difference
	err := s.bulk.db.SelectContext(ctx, &list, differing, ids, versions, deleted, eventIDs,
		events.CatalogSubject("%"), events.Key{Kind: events.KindService}.String())
	if err != nil {
		return 0, fmt.Errorf("compare the catalogue with the stream: %w", domainError(err))
	}
	for i := 0; i < len(list); i += republishBatch {
		batch := list[i:min(i+republishBatch, len(list))]
		err := s.bulk.inTx(ctx, func(tx *sqlx.Tx) error {
			for _, d := range batch {
				if err := d.republish(ctx, tx, published[d.ID].name); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return i, fmt.Errorf("republish the catalogue: %w", err)
		}
	}
	return len(list), nil
}

// streamState is the state of a service by its last event in the stream.
type streamState struct {
	version int64
	name    string
	deleted bool
}

func streamStateOf(e events.Event) streamState {
	switch e := e.(type) {
	case events.ServiceCreated:
		return streamState{version: e.Version, name: e.Name}
	case events.ServiceUpdated:
		return streamState{version: e.Version, name: e.Name}
	case events.ServiceDeleted:
		return streamState{version: e.Version, name: e.Name, deleted: true}
	}
	return streamState{}
}

// difference is a service that differs between the stream and the catalogue.
type difference struct {
	ID      string `db:"id"`
	Version int64  `db:"version"` // in the stream; 0: it has none
	Gone    bool   `db:"gone"`    // the catalogue doesn't have it
}

// republish reads the service again, now under its row lock, and adds the event for its
// present state.
func (d difference) republish(ctx context.Context, tx *sqlx.Tx, name string) error {
	const raiseVersion = `UPDATE services SET version = $2 WHERE id = $1 AND version < $2`

	if d.Gone {
		return outbox.Add(ctx, tx, events.ServiceDeleted{ID: d.ID, Name: name, Version: d.Version + 1, DeletedAt: now()})
	}
	if d.Version > 0 {
		// Readers drop versions that aren't newer than theirs.
		if _, err := tx.ExecContext(ctx, raiseVersion, d.ID, d.Version+1); err != nil {
			return domainError(err)
		}
	}
	svc, err := byID(ctx, tx, d.ID, "FOR UPDATE")
	if err != nil {
		return ignoreNotFound(err) // deleted meanwhile, which added its own event
	}
	return outbox.Add(ctx, tx, events.ServiceUpdated{Service: svc.Event()})
}
