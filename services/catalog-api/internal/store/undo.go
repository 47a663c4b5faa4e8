package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/outbox"
)

// discard keeps a service that is about to be deleted, as its row is, to be restored.
func discard(ctx context.Context, tx *sqlx.Tx, id string) error {
	const keep = `INSERT INTO trash (id, deleted_at, service) SELECT id, $2, to_jsonb(services) FROM services WHERE id = $1`
	_, err := tx.ExecContext(ctx, keep, id, now())
	return domainError(err)
}

// RestoreService brings a deleted service back, with its id and all that people gave it. Its
// status is unknown until it is probed. One that is there is returned as it is. Errors:
// catalog.ErrNotFound (it is not kept any more, or never was), catalog.ErrNameTaken,
// *access.DeniedError.
func (s *Store) RestoreService(ctx context.Context, by access.Actor, id string) (svc catalog.Service, err error) {
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		svc, err = restore(ctx, tx, by, id)
		return err
	})
	if err != nil {
		return catalog.Service{}, fmt.Errorf("restore service %.40q: %w", id, err)
	}
	return svc, nil
}

func restore(ctx context.Context, tx *sqlx.Tx, by access.Actor, id string) (catalog.Service, error) {
	const (
		take   = `WITH kept AS (DELETE FROM trash WHERE id = $1 RETURNING service) SELECT `
		from   = ` FROM kept, jsonb_populate_record(NULL::services, kept.service)`
		remain = `DELETE FROM deleted_services WHERE id = $1` // copies of the list have it again
	)
	if err := withTeams(ctx, tx); err != nil {
		return catalog.Service{}, err
	}
	if err := writeNeeds(ctx, tx); err != nil { // it needs again what it needed
		return catalog.Service{}, err
	}
	svc, err := byID(ctx, tx, id, "FOR UPDATE")
	if err = ignoreNotFound(err); err != nil {
		return svc, err
	}
	if svc.ID != "" {
		return svc, by.May(access.WriteService, svc.Team)
	}
	if !isID(id) {
		return svc, ofKind(events.KindService, catalog.ErrNotFound)
	}
	var kept row
	if err := tx.GetContext(ctx, &kept, take+columns+from, id); err != nil {
		return svc, ofKind(events.KindService, domainError(err))
	}
	svc = kept.service()
	if err := addNeeds(ctx, tx, &svc); err != nil {
		return svc, err
	}
	svc.Restored(now())
	if err := by.May(access.WriteService, svc.Team); err != nil {
		return svc, err
	}
	if err := ensureTeam(ctx, tx, by, svc.Team); err != nil {
		return svc, err
	}
	if _, err := tx.NamedExecContext(ctx, insertService, newRow(svc)); err != nil {
		return svc, domainError(err)
	}
	if _, err := tx.ExecContext(ctx, remain, id); err != nil {
		return svc, domainError(err)
	}
	authorship, err := recordService(ctx, tx, by, access.Restored, nil, &svc)
	if err != nil {
		return svc, err
	}
	return svc, outbox.Add(ctx, tx, events.ServiceCreated{Service: svc.Event(), Authorship: authorship})
}

// UndoChange takes back what an entry of the trail did to a service: fields get the values
// that they had before, and a deleted service is restored. Errors: catalog.ErrNotFound (of
// the service, or of the entry), catalog.ErrNoUndo (by kind of entry), *catalog.OverriddenError
// (a field was changed again since), and those of UpdateService and RestoreService.
func (s *Store) UndoChange(ctx context.Context, by access.Actor, id string, seq int64) (svc catalog.Service, err error) {
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		entry, err := entryOf(ctx, tx, id, seq)
		if err != nil {
			return err
		}
		switch entry.Deed {
		case access.Deleted:
			svc, err = restore(ctx, tx, by, id)
			return err
		case access.Updated:
		default:
			return catalog.ErrNoUndo
		}
		if err := withTeams(ctx, tx); err != nil {
			return err
		}
		if err := writeNeeds(ctx, tx); err != nil {
			return err
		}
		if svc, err = byID(ctx, tx, id, "FOR UPDATE"); err != nil {
			return err
		}
		if err := by.May(access.WriteService, svc.Team); err != nil {
			return err
		}
		differences := make([]catalog.Difference, len(entry.Changes))
		for i, c := range entry.Changes {
			differences[i] = catalog.Difference(c)
		}
		back, err := svc.Undo(differences)
		if err != nil {
			return err
		}
		return s.updateService(ctx, tx, by, &svc, back)
	})
	if err != nil {
		return catalog.Service{}, fmt.Errorf("undo change %d of service %.40q: %w", seq, id, err)
	}
	return svc, nil
}

// entryOf reads an entry of a service's trail.
func entryOf(ctx context.Context, tx *sqlx.Tx, id string, seq int64) (access.Record, error) {
	const query = `SELECT ` + auditColumns + ` FROM audit WHERE seq = $1 AND kind = $2 AND thing_id = $3`
	var r auditRow
	if err := tx.GetContext(ctx, &r, query, seq, events.KindService, id); err != nil {
		return access.Record{}, ofKind("change", domainError(err))
	}
	return r.entry()
}

// PurgeTrash removes services that were deleted before that time, some thousands at most,
// and returns how many. From then on they cannot be restored.
func (s *Store) PurgeTrash(ctx context.Context, by access.Actor, before time.Time) (int, error) {
	const old = `WITH old AS (SELECT id FROM trash WHERE deleted_at < $1 ORDER BY deleted_at LIMIT 5000 FOR UPDATE SKIP LOCKED),
			needs AS (DELETE FROM dependencies WHERE service_id IN (SELECT id FROM old)),
			names AS (DELETE FROM former_names WHERE service_id IN (SELECT id FROM old)),
			sources AS (DELETE FROM release_sources WHERE service_id IN (SELECT id FROM old)),
			published AS (DELETE FROM releases WHERE service_id IN (SELECT id FROM old))
		DELETE FROM trash WHERE id IN (SELECT id FROM old)`
	return s.purge(ctx, by, access.PurgeTrash, old, before)
}
