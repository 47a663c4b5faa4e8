package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/outbox"
)

// DeleteService removes the service, unless others need it. ifVersion is as in UpdateService.
// Errors: catalog.ErrNotFound, ErrVersionMismatch, *catalog.NeededError, *access.DeniedError.
func (s *Store) DeleteService(ctx context.Context, by access.Actor, id string, ifVersion int64) error {
	return s.deleteServiceIf(ctx, by, id, ifVersion, func(tx *sqlx.Tx) error { return needed(ctx, tx, id) })
}

// DeleteNeededService removes the service like DeleteService, also if others need it: they say
// that it is missing, until they don't need it any more, or it is restored.
func (s *Store) DeleteNeededService(ctx context.Context, by access.Actor, id string, ifVersion int64) error {
	return s.deleteServiceIf(ctx, by, id, ifVersion, func(*sqlx.Tx) error { return nil })
}

// deleteServiceIf removes the service unless check returns an error. While that is asked, nobody
// comes to need the service.
func (s *Store) deleteServiceIf(
	ctx context.Context, by access.Actor, id string, ifVersion int64, check func(*sqlx.Tx) error,
) error {
	err := s.inTx(ctx, func(tx *sqlx.Tx) error {
		if err := keepNeeds(ctx, tx); err != nil {
			return err
		}
		svc, err := lockVersion(ctx, tx, id, ifVersion)
		if err != nil {
			return err
		}
		if err := by.May(access.WriteService, svc.Team); err != nil {
			return err
		}
		if err := check(tx); err != nil {
			return err
		}
		return deleteService(ctx, tx, by, svc)
	})
	if err != nil {
		return fmt.Errorf("delete service %.40q: %w", id, err)
	}
	return nil
}

// deleteService deletes a service whose row is locked, and keeps it for RestoreService.
func deleteService(ctx context.Context, tx *sqlx.Tx, by access.Actor, svc catalog.Service) error {
	if err := leaveProbes(ctx, tx, svc.ID, now()); err != nil {
		return err
	}
	if err := discard(ctx, tx, svc.ID); err != nil {
		return err
	}
	if err := forgetLevel(ctx, tx, svc.ID); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM services WHERE id = $1`, svc.ID); err != nil {
		return domainError(err)
	}
	authorship, err := recordService(ctx, tx, by, access.Deleted, &svc, nil)
	if err != nil {
		return err
	}
	return outbox.Add(ctx, tx, events.ServiceDeleted{
		ID: svc.ID, Name: svc.Name, Team: svc.Team, Version: svc.Version + 1, DeletedAt: now(), Actor: authorship.Actor,
	})
}
