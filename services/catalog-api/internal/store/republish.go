package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/outbox"
)

// republishBatch is how many things one transaction puts into the outbox.
const republishBatch = 500

// Repairs are those of all kinds of things that the database has, in the order in
// which they are done.
func (s *Store) Repairs() []outbox.Repair {
	return []outbox.Repair{
		{Kind: events.KindService, Subjects: events.AllCatalog, Republish: s.republishServices},
	}
}

// republishServices is the Republish of services. A service whose version differs
// is announced as updated (where the stream is ahead, as after a restore of the
// database, with a higher one); one that the catalogue doesn't have is announced as
// deleted. What is in the outbox already is left to it, unless the stream is ahead
// of that too: readers would drop it.
func (s *Store) republishServices(ctx context.Context, last map[string]events.Envelope) (int, error) {
	// A row of the outbox that is the stream's last event has merely not gone yet.
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
		published = make(map[string]standing, len(last))
		ids       = make(pq.StringArray, 0, len(last))
		versions  = make(pq.Int64Array, 0, len(last))
		deleted   = make(pq.BoolArray, 0, len(last))
		said      = make(pq.StringArray, 0, len(last))
	)
	for id, env := range last {
		at := standingOf(env.Event)
		published[id] = at
		ids, versions = append(ids, id), append(versions, at.version)
		deleted, said = append(deleted, at.deleted), append(said, env.ID)
	}
	var list []difference
	err := s.bulk.db.SelectContext(ctx, &list, differing, ids, versions, deleted, said,
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

// standing is how a service stands by the stream's last event of it.
type standing struct {
	version int64
	name    string
	deleted bool
}

func standingOf(e events.Event) standing {
	switch e := e.(type) {
	case events.ServiceCreated:
		return standing{version: e.Version, name: e.Name}
	case events.ServiceUpdated:
		return standing{version: e.Version, name: e.Name}
	case events.ServiceDeleted:
		return standing{version: e.Version, name: e.Name, deleted: true}
	}
	return standing{}
}

// difference is a service of which the stream and the catalogue disagree.
type difference struct {
	ID      string `db:"id"`
	Version int64  `db:"version"` // of the stream; 0: it has none
	Gone    bool   `db:"gone"`    // the catalogue doesn't have it
}

// republish looks again, now under the lock of the row, and says what is true.
func (d difference) republish(ctx context.Context, tx *sqlx.Tx, name string) error {
	const ahead = `UPDATE services SET version = $2 WHERE id = $1 AND version < $2`

	if d.Gone {
		return outbox.Add(ctx, tx, events.ServiceDeleted{ID: d.ID, Name: name, Version: d.Version + 1, DeletedAt: now()})
	}
	if d.Version > 0 {
		// Readers drop what isn't newer than what they have.
		if _, err := tx.ExecContext(ctx, ahead, d.ID, d.Version+1); err != nil {
			return domainError(err)
		}
	}
	svc, err := byID(ctx, tx, d.ID, "FOR UPDATE")
	if err != nil {
		return ignoreNotFound(err) // deleted since, and that has its own event
	}
	return outbox.Add(ctx, tx, events.ServiceUpdated{Service: svc.Event()})
}
