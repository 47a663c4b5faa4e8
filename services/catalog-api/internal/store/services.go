package store

import (
	"context"
	"database/sql"
	"fmt"
	"reflect"
	"strings"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/outbox"
)

// columns are those of catalog.Service, by the db tags of its fields. No query selects *:
// a column of a newer version must not break an older one that still runs beside it.
var columns = strings.Join(columnNames, ", ")

var columnNames = append(namesOf(reflect.TypeFor[catalog.Service]()), "tags")

func namesOf(t reflect.Type) (names []string) {
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("db"); name != "-" {
			names = append(names, name)
		}
	}
	return names
}

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

// insertService and updateService write a row with all of its columns. A name that
// stays keeps its key, which may have a number from the migration.
var (
	insertService = `INSERT INTO services (` + columns + `, name_key, team_key, tag_keys, search_text)
		VALUES (:` + strings.Join(columnNames, ", :") + `, :name_key, :team_key, :tag_keys, :search_text)`
	updateService = `UPDATE services SET ` + assigned(columnNames) + `, team_key = :team_key, tag_keys = :tag_keys,
		search_text = :search_text, name_key = CASE WHEN name = :name THEN name_key ELSE :name_key END
		WHERE id = :id`
)

func assigned(names []string) string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = name + ` = :` + name
	}
	return strings.Join(list, `, `)
}

// ServiceByID returns the service, or catalog.ErrNotFound, also if id is not a UUID.
func (s *Store) ServiceByID(ctx context.Context, id string) (catalog.Service, error) {
	svc, err := byID(ctx, s.db, id, "")
	if err != nil {
		return svc, fmt.Errorf("service %.40q: %w", id, err)
	}
	return svc, nil
}

// isID reports whether id is a UUID as Postgres writes it. Other spellings are no ids.
func isID(id string) bool { return len(id) == 36 && uuid.Validate(id) == nil }

// byID reads a service; lock is a locking clause or empty.
func byID(ctx context.Context, q sqlx.QueryerContext, id, lock string) (catalog.Service, error) {
	var r ownRow
	err := sql.ErrNoRows
	needs := ownNeeds
	if lock != "" {
		needs = `NULL AS needs`
	}
	if isID(id) {
		err = sqlx.GetContext(ctx, q, &r, `SELECT `+columns+`, `+needs+` FROM services WHERE id = $1 `+lock, id)
	}
	if err != nil {
		return catalog.Service{}, ofKind(events.KindService, domainError(err))
	}
	svc, err := r.service()
	if err == nil && lock != "" {
		err = addNeeds(ctx, q, &svc)
	}
	return svc, err
}

// CreateService adds a service with the fields of c.
// Errors: catalog.ErrNameTaken, *catalog.InvalidError, *access.DeniedError.
func (s *Store) CreateService(ctx context.Context, by access.Actor, c catalog.Change) (catalog.Service, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return catalog.Service{}, fmt.Errorf("create service: %w", err)
	}
	at := now()
	svc := catalog.New(id.String(), s.interval, at)
	svc.Apply(s.withDefaults(c), at)
	if err := by.May(access.WriteService, svc.Team); err != nil {
		return catalog.Service{}, err
	}
	if err := svc.Validate(); err != nil {
		return catalog.Service{}, err
	}
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		if err := withTeams(ctx, tx); err != nil {
			return err
		}
		if err := createNeeds(ctx, tx, &svc, c); err != nil {
			return err
		}
		if err := ensureTeam(ctx, tx, by, svc.Team); err != nil {
			return err
		}
		if _, err := tx.NamedExecContext(ctx, insertService, newRow(svc)); err != nil {
			return domainError(err)
		}
		authorship, err := recordService(ctx, tx, by, access.Created, nil, &svc)
		if err != nil {
			return err
		}
		return outbox.Add(ctx, tx, events.ServiceCreated{Service: svc.Event(), Authorship: authorship})
	})
	if err != nil {
		return catalog.Service{}, fmt.Errorf("create service %q: %w", svc.Name, err)
	}
	return svc, nil
}

// UpdateService applies the change and returns the changed service. If ifVersion isn't 0,
// the service must have that version. A change without effect writes nothing.
// Errors: catalog.ErrNotFound, ErrNameTaken, ErrVersionMismatch, *InvalidError,
// *access.DeniedError.
func (s *Store) UpdateService(
	ctx context.Context, by access.Actor, id string, ifVersion int64, c catalog.Change,
) (catalog.Service, error) {
	var svc catalog.Service
	err := s.inTx(ctx, func(tx *sqlx.Tx) (err error) {
		if err := withTeams(ctx, tx); err != nil {
			return err
		}
		if c.DependsOn != nil {
			if err := writeNeeds(ctx, tx); err != nil {
				return err
			}
		}
		if svc, err = lockVersion(ctx, tx, id, ifVersion); err != nil {
			return err
		}
		return s.updateService(ctx, tx, by, &svc, c)
	})
	if err != nil {
		return catalog.Service{}, fmt.Errorf("update service %.40q: %w", id, err)
	}
	return svc, nil
}

// updateService applies the change to a service whose row is locked, withTeams, and with
// writeNeeds if the change says what it needs.
func (s *Store) updateService(ctx context.Context, tx *sqlx.Tx, by access.Actor, svc *catalog.Service, c catalog.Change) error {
	before := *svc
	if err := by.May(access.WriteService, before.Team); err != nil {
		return err
	}
	c = s.withDefaults(c)
	if c.DependsOn != nil {
		draft := before
		draft.Apply(c, before.UpdatedAt)
		if err := draft.Validate(); err != nil { // before all that is named is looked for
			return err
		}
	}
	if err := resolveNeeds(ctx, tx, before.DependsOn, &c); err != nil {
		return err
	}
	changed := svc.Apply(c, now())
	if err := by.May(access.WriteService, before.Team, svc.Team); err != nil {
		return err
	}
	if !changed {
		return nil
	}
	if err := svc.Validate(); err != nil {
		return err
	}
	if svc.Team != before.Team {
		if err := ensureTeam(ctx, tx, by, svc.Team); err != nil {
			return err
		}
	}
	if err := closeHistory(ctx, tx, before, *svc); err != nil {
		return err
	}
	if c.DependsOn != nil {
		if err := storeNeeds(ctx, tx, *svc); err != nil {
			return err
		}
	}
	if _, err := tx.NamedExecContext(ctx, updateService, newRow(*svc)); err != nil {
		return domainError(err)
	}
	authorship, err := recordService(ctx, tx, by, access.Updated, &before, svc)
	if err != nil {
		return err
	}
	what := []events.Event{events.ServiceUpdated{Service: svc.Event(), Authorship: authorship}}
	if svc.Status != before.Status {
		what = append(what, svc.StatusChanged(before.Status, ""))
	}
	return outbox.Add(ctx, tx, what...)
}

// closeHistory closes what results said of a service, before a change of what is probed.
func closeHistory(ctx context.Context, tx *sqlx.Tx, before, after catalog.Service) error {
	switch {
	case before.StatusURL != after.StatusURL:
		return leaveProbes(ctx, tx, before.ID, after.UpdatedAt)
	case before.Interval != after.Interval:
		return closeProbes(ctx, tx, before.ID)
	}
	return nil
}

// recordService records what the actor did to a service, and returns what events say of
// it. before is nil where it was not there, after where it is not.
func recordService(
	ctx context.Context, tx *sqlx.Tx, by access.Actor, did access.Deed, before, after *catalog.Service,
) (events.Authorship, error) {
	svc, at := before, now()
	if after != nil {
		svc, at = after, after.UpdatedAt
	}
	differences := catalog.Differences(before, after)
	err := recordAt(ctx, tx, by, at, deed{did, events.Key{Kind: events.KindService, ID: svc.ID}, svc.Name, fieldChanges(differences)})
	return authorship(by, differences), err
}

func fieldChanges(differences []catalog.Difference) []access.FieldChange {
	list := make([]access.FieldChange, len(differences))
	for i, d := range differences {
		list[i] = access.FieldChange(d)
	}
	return list
}

// authorship returns what events say of a change.
func authorship(by access.Actor, differences []catalog.Difference) events.Authorship {
	return events.Authorship{
		Actor: &events.Actor{Kind: string(by.Kind), ID: by.ID, Name: by.Name}, Changed: catalog.FieldNames(differences),
	}
}

// lockVersion reads a service and locks its row. If ifVersion isn't 0, the
// service must have that version.
func lockVersion(ctx context.Context, tx *sqlx.Tx, id string, ifVersion int64) (catalog.Service, error) {
	svc, err := byID(ctx, tx, id, "FOR UPDATE")
	if err == nil && ifVersion != 0 && ifVersion != svc.Version {
		err = ofKind(events.KindService, catalog.ErrVersionMismatch)
	}
	return svc, err
}

// withDefaults replaces an interval that a client cleared with the portal's.
func (s *Store) withDefaults(c catalog.Change) catalog.Change {
	if c.Interval != nil && *c.Interval == "" {
		c.Interval = &s.interval
	}
	return c
}
