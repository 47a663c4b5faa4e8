package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/outbox"
)

// columns are those of catalog.Service. No query says *: a column that a newer
// version added must not break an older one that still runs beside it.
const columns = `id, name, description, team, status_url, docs_url, github_url, dashboard_url, tags,
	probe_interval, version, status, status_since, status_reason, http_status, latency_ms, last_checked_at,
	created_at, updated_at`

// row is a row of services as sqlx reads and writes it.
type row struct {
	catalog.Service
	TagArray pq.StringArray `db:"tags"`
	keys
}

func newRow(svc catalog.Service) row {
	return row{Service: svc, TagArray: svc.Tags, keys: newKeys(svc)}
}

func (r row) service() catalog.Service {
	svc := r.Service
	svc.Tags = append([]string{}, r.TagArray...)
	svc.StatusSince, svc.CreatedAt, svc.UpdatedAt = svc.StatusSince.UTC(), svc.CreatedAt.UTC(), svc.UpdatedAt.UTC()
	if svc.LastCheckedAt != nil {
		at := svc.LastCheckedAt.UTC()
		svc.LastCheckedAt = &at
	}
	return svc
}

func services(rows []row) []catalog.Service {
	list := make([]catalog.Service, len(rows))
	for i, r := range rows {
		list[i] = r.service()
	}
	return list
}

// ByID returns the service, or catalog.ErrNotFound, also for what is no UUID.
func (s *Store) ByID(ctx context.Context, id string) (catalog.Service, error) {
	svc, err := byID(ctx, s.db, id, "")
	if err != nil {
		return svc, fmt.Errorf("service %.40q: %w", id, err)
	}
	return svc, nil
}

// isID is true for a UUID as Postgres writes it: other spellings are no ids.
func isID(id string) bool { return len(id) == 36 && uuid.Validate(id) == nil }

// byID reads a service; lock is a locking clause or empty.
func byID(ctx context.Context, q sqlx.QueryerContext, id, lock string) (catalog.Service, error) {
	if !isID(id) {
		return catalog.Service{}, catalog.ErrNotFound
	}
	var r row
	if err := sqlx.GetContext(ctx, q, &r, `SELECT `+columns+` FROM services WHERE id = $1 `+lock, id); err != nil {
		return catalog.Service{}, domainError(err)
	}
	return r.service(), nil
}

// Create adds a service with what c says.
// Errors: catalog.ErrNameTaken, *catalog.InvalidError.
func (s *Store) Create(ctx context.Context, c catalog.Change) (catalog.Service, error) {
	const insert = `
		INSERT INTO services (` + columns + `, name_key, team_key, tag_keys, search_text) VALUES (
			:id, :name, :description, :team, :status_url, :docs_url, :github_url, :dashboard_url, :tags,
			:probe_interval, :version, :status, :status_since, :status_reason, :http_status, :latency_ms, :last_checked_at,
			:created_at, :updated_at, :name_key, :team_key, :tag_keys, :search_text)`

	id, err := uuid.NewV7()
	if err != nil {
		return catalog.Service{}, fmt.Errorf("create service: %w", err)
	}
	at := now()
	svc := catalog.New(id.String(), s.interval, at)
	svc.Apply(s.withDefaults(c), at)
	if err := svc.Validate(); err != nil {
		return catalog.Service{}, err
	}
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.NamedExecContext(ctx, insert, newRow(svc)); err != nil {
			return domainError(err)
		}
		return outbox.Add(ctx, tx, events.ServiceCreated{Service: svc.Event()})
	})
	if err != nil {
		return catalog.Service{}, fmt.Errorf("create service %q: %w", svc.Name, err)
	}
	return svc, nil
}

// Update makes the change and returns the service as it is then. If ifVersion
// isn't 0 the service must still have it. A change of nothing writes nothing.
// Errors: catalog.ErrNotFound, ErrNameTaken, ErrVersionMismatch, *InvalidError.
func (s *Store) Update(
	ctx context.Context, id string, ifVersion int64, c catalog.Change,
) (catalog.Service, error) {
	// A name that stays keeps its key: the migration may have had to number it.
	const update = `
		UPDATE services SET
			name = :name, name_key = CASE WHEN name = :name THEN name_key ELSE :name_key END,
			description = :description, team = :team, team_key = :team_key, status_url = :status_url,
			docs_url = :docs_url, github_url = :github_url, dashboard_url = :dashboard_url, tags = :tags, tag_keys = :tag_keys,
			search_text = :search_text, probe_interval = :probe_interval, version = :version,
			status = :status, status_since = :status_since, status_reason = :status_reason,
			http_status = :http_status, latency_ms = :latency_ms, last_checked_at = :last_checked_at,
			updated_at = :updated_at
		WHERE id = :id`

	var svc catalog.Service
	err := s.inTx(ctx, func(tx *sqlx.Tx) (err error) {
		if svc, err = lockVersion(ctx, tx, id, ifVersion); err != nil {
			return err
		}
		before := svc.Status
		if !svc.Apply(s.withDefaults(c), now()) {
			return nil
		}
		if err := svc.Validate(); err != nil {
			return err
		}
		if _, err := tx.NamedExecContext(ctx, update, newRow(svc)); err != nil {
			return domainError(err)
		}
		changed := []events.Event{events.ServiceUpdated{Service: svc.Event()}}
		if svc.Status != before {
			changed = append(changed, svc.StatusChanged(before, ""))
		}
		return outbox.Add(ctx, tx, changed...)
	})
	if err != nil {
		return catalog.Service{}, fmt.Errorf("update service %.40q: %w", id, err)
	}
	return svc, nil
}

// Delete removes the service, under the condition of Update.
// Errors: catalog.ErrNotFound, ErrVersionMismatch.
func (s *Store) Delete(ctx context.Context, id string, ifVersion int64) error {
	err := s.inTx(ctx, func(tx *sqlx.Tx) error {
		svc, err := lockVersion(ctx, tx, id, ifVersion)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM services WHERE id = $1`, id); err != nil {
			return domainError(err)
		}
		return outbox.Add(ctx, tx, events.ServiceDeleted{
			ID: svc.ID, Name: svc.Name, Team: svc.Team, Version: svc.Version + 1, DeletedAt: now(),
		})
	})
	if err != nil {
		return fmt.Errorf("delete service %.40q: %w", id, err)
	}
	return nil
}

// lockVersion reads a service and locks its row. If ifVersion isn't 0 the
// service must have it.
func lockVersion(ctx context.Context, tx *sqlx.Tx, id string, ifVersion int64) (catalog.Service, error) {
	svc, err := byID(ctx, tx, id, "FOR UPDATE")
	if err == nil && ifVersion != 0 && ifVersion != svc.Version {
		err = catalog.ErrVersionMismatch
	}
	return svc, err
}

// withDefaults puts the portal's interval where a client cleared it.
func (s *Store) withDefaults(c catalog.Change) catalog.Change {
	if c.Interval != nil && *c.Interval == "" {
		c.Interval = &s.interval
	}
	return c
}
