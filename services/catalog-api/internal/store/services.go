package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"unicode/utf8"

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
	TagArray   pq.StringArray `db:"tags"`
	NameKey    string         `db:"name_key"`
	SearchText string         `db:"search_text"`
}

func newRow(svc catalog.Service) row {
	return row{
		Service: svc, TagArray: svc.Tags,
		NameKey: catalog.NameKey(svc.Name), SearchText: svc.SearchText(),
	}
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

// List returns the services that pass the filter, by name whatever its case.
func (s *Store) List(ctx context.Context, f catalog.Filter) ([]catalog.Service, error) {
	const query = `
		SELECT ` + columns + ` FROM services
		WHERE ($1 = '' OR strpos(search_text, $1) > 0)
		  AND ($2 = '' OR team = $2)
		  AND ($3 = '' OR status = $3)
		  AND ($4 = '' OR tags @> ARRAY[$4])
		  AND (cardinality($5::uuid[]) = 0 OR id = ANY($5))
		ORDER BY name_key`

	if text := f.Query + f.Team + string(f.Status) + f.Tag; strings.ContainsRune(text, 0) || !utf8.ValidString(text) {
		return nil, nil // no text in Postgres is like that, so nothing can match
	}
	ids := make(pq.StringArray, 0, len(f.IDs))
	for _, id := range f.IDs {
		if isID(id) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 && len(f.IDs) > 0 {
		return nil, nil
	}
	var rows []row
	if err := s.db.SelectContext(ctx, &rows, query, catalog.Fold(f.Query), f.Team, f.Status, f.Tag, ids); err != nil {
		return nil, fmt.Errorf("list services: %w", domainError(err))
	}
	return services(rows), nil
}

// Revision names the state of the catalogue. Two that are equal mean that all
// data is equal too: it is the snapshot that a query would see now. It also
// changes when nothing did that a reader would notice.
func (s *Store) Revision(ctx context.Context) (revision string, err error) {
	if err := s.db.GetContext(ctx, &revision, `SELECT pg_current_snapshot()::text`); err != nil {
		return "", fmt.Errorf("revision of the catalogue: %w", domainError(err))
	}
	return revision, nil
}

// Snapshot returns all services, by name, with the revision that they are of.
func (s *Store) Snapshot(ctx context.Context) (revision string, all []catalog.Service, err error) {
	const query = `SELECT ` + columns + ` FROM services ORDER BY name_key`

	tx, err := s.db.BeginTxx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return "", nil, fmt.Errorf("snapshot of the catalogue: %w", domainError(err))
	}
	defer func() { _ = tx.Rollback() }() // it only reads

	var rows []row
	err = tx.GetContext(ctx, &revision, `SELECT pg_current_snapshot()::text`)
	if err == nil {
		err = tx.SelectContext(ctx, &rows, query)
	}
	if err != nil {
		return "", nil, fmt.Errorf("snapshot of the catalogue: %w", domainError(err))
	}
	return revision, services(rows), nil
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
		INSERT INTO services (` + columns + `, name_key, search_text) VALUES (
			:id, :name, :description, :team, :status_url, :docs_url, :github_url, :dashboard_url, :tags,
			:probe_interval, :version, :status, :status_since, :status_reason, :http_status, :latency_ms, :last_checked_at,
			:created_at, :updated_at, :name_key, :search_text)`

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
	const update = `
		UPDATE services SET
			name = :name, name_key = :name_key, description = :description, team = :team, status_url = :status_url,
			docs_url = :docs_url, github_url = :github_url, dashboard_url = :dashboard_url, tags = :tags,
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
