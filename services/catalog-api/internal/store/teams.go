package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/outbox"
)

// Teams returns all teams in the order of their names, or those with a name unless it is empty.
func (s *Store) Teams(ctx context.Context, name string) ([]catalog.Team, error) {
	var rows []teamRow
	if err := s.db.SelectContext(ctx, &rows, selectTeams+`WHERE $1 IN ('', name_key)`, catalog.Key(name)); err != nil {
		return nil, fmt.Errorf("read the teams: %w", domainError(err))
	}
	list := make([]catalog.Team, len(rows))
	for i, r := range rows {
		var err error
		if list[i], err = r.team(); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(list, func(a, b catalog.Team) int { return strings.Compare(a.Order(), b.Order()) })
	return list, nil
}

// TeamBySlug returns the team, or catalog.ErrNotFound.
func (s *Store) TeamBySlug(ctx context.Context, slug string) (catalog.Team, error) {
	t, err := teamBySlug(ctx, s.db, slug, "")
	if err != nil {
		return t, fmt.Errorf("team %.70q: %w", slug, err)
	}
	return t, nil
}

// teamBySlug reads a team; lock is a locking clause or empty.
func teamBySlug(ctx context.Context, q sqlx.QueryerContext, slug, lock string) (catalog.Team, error) {
	if !events.IsSlug(slug) {
		return catalog.Team{}, ofKind(events.KindTeam, catalog.ErrNotFound)
	}
	var r teamRow
	if err := sqlx.GetContext(ctx, q, &r, selectTeams+`WHERE slug = $1 `+lock, slug); err != nil {
		return catalog.Team{}, ofKind(events.KindTeam, domainError(err))
	}
	return r.team()
}

// CreateTeam adds a team. An empty slug is made from the name. Errors: catalog.ErrNameTaken,
// ErrSlugTaken, *InvalidError, *access.DeniedError.
func (s *Store) CreateTeam(ctx context.Context, by access.Actor, slug string, c catalog.TeamChange) (catalog.Team, error) {
	t := catalog.NewTeam(slug, now())
	t.Apply(c, t.CreatedAt)
	if slug == "" {
		t.Slug = catalog.Slug(t.Name)
	}
	if err := by.May(access.WriteTeam, t.Name); err != nil {
		return catalog.Team{}, err
	}
	if err := t.Validate(); err != nil {
		return catalog.Team{}, err
	}
	err := s.inTx(ctx, func(tx *sqlx.Tx) error {
		made, err := insertTeam(ctx, tx, by, &t, slug == "")
		switch {
		case err != nil || made:
			return err
		case slug != "":
			if _, err := teamBySlug(ctx, tx, slug, ""); err == nil {
				return catalog.ErrSlugTaken
			}
		}
		return &catalog.KindError{Kind: events.KindTeam, Err: catalog.ErrNameTaken}
	})
	if err != nil {
		return catalog.Team{}, fmt.Errorf("create team %q: %w", t.Name, err)
	}
	return t, nil
}

// insertTeam adds a team, and reports whether it did: its name may be taken. If its slug is
// taken, and it may choose, it gets the next one that is free.
func insertTeam(ctx context.Context, tx *sqlx.Tx, by access.Actor, t *catalog.Team, choose bool) (made bool, err error) {
	insert := `INSERT INTO teams (` + strings.Join(teamColumns, ", ") + `, name_key)
		VALUES (:` + strings.Join(teamColumns, ", :") + `, :name_key) ON CONFLICT DO NOTHING`
	for n := 1; ; n++ {
		if choose {
			t.Slug = catalog.NextSlug(t.Name, n)
		}
		row, err := newTeamRow(*t)
		if err != nil {
			return false, err
		}
		done, err := tx.NamedExecContext(ctx, insert, row)
		if err != nil {
			return false, domainError(err)
		}
		rows, err := done.RowsAffected()
		if err != nil {
			return false, err
		}
		if rows == 1 {
			return true, announceTeam(ctx, tx, by, nil, t)
		}
		if !choose {
			return false, nil
		}
		if taken, err := isTeam(ctx, tx, t.Name); err != nil || taken {
			return false, err
		}
	}
}

// ensureTeam adds the team that a service names, unless it is there or the service has none.
func ensureTeam(ctx context.Context, tx *sqlx.Tx, by access.Actor, name string) error {
	if catalog.Key(name) == "" {
		return nil
	}
	if there, err := isTeam(ctx, tx, name); err != nil || there {
		return err
	}
	t := catalog.NewTeam("", now())
	t.Apply(catalog.TeamChange{Name: &name}, t.CreatedAt)
	_, err := insertTeam(ctx, tx, by, &t, true)
	return err
}

// isTeam reports whether there is a team of the name.
func isTeam(ctx context.Context, tx *sqlx.Tx, name string) (there bool, err error) {
	err = tx.GetContext(ctx, &there, `SELECT EXISTS (SELECT FROM teams WHERE name_key = $1)`, catalog.Key(name))
	return there, domainError(err)
}

// AdoptTeams adds the teams that services name and that are not there: after an upgrade from
// a version without teams, which may still run beside this one. It returns how many.
func (s *Store) AdoptTeams(ctx context.Context, by access.Actor) (int, error) {
	const unknown = `SELECT min(team) FROM services s WHERE team_key <> ''
		AND NOT EXISTS (SELECT FROM teams t WHERE t.name_key = s.team_key) GROUP BY team_key ORDER BY team_key`
	if err := by.May(access.AdoptTeams); err != nil {
		return 0, err
	}
	var names []string
	err := s.bulk.inTx(ctx, func(tx *sqlx.Tx) error {
		if err := tx.SelectContext(ctx, &names, unknown); err != nil {
			return err
		}
		for _, name := range names {
			if err := ensureTeam(ctx, tx, by, name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("add the teams that services name: %w", err)
	}
	return len(names), nil
}

// UpdateTeam applies the change and returns the changed team. A new name is given to all of
// its services, and to the keys of its editors. ifVersion and a change without effect are as in
// UpdateService. Errors: catalog.ErrNotFound, ErrNameTaken, ErrVersionMismatch,
// *InvalidError, *access.DeniedError.
func (s *Store) UpdateTeam(ctx context.Context, by access.Actor, slug string, ifVersion int64, c catalog.TeamChange) (t catalog.Team, err error) {
	err = s.bulk.inTx(ctx, func(tx *sqlx.Tx) error {
		if t, err = takeTeam(ctx, tx, slug, ifVersion); err != nil {
			return err
		}
		before := t
		changed := t.Apply(c, now())
		if err := by.May(access.WriteTeam, before.Name, t.Name); err != nil {
			return err
		}
		if !changed {
			return nil
		}
		if err := t.Validate(); err != nil {
			return err
		}
		if err := saveTeam(ctx, tx, t); err != nil {
			return err
		}
		if err := announceTeam(ctx, tx, by, &before, &t); err != nil || before.Name == t.Name {
			return err
		}
		return renameTeam(ctx, tx, by, before.Name, t)
	})
	if err != nil {
		return catalog.Team{}, fmt.Errorf("update team %.70q: %w", slug, err)
	}
	return t, nil
}

// DeleteTeam removes the team. ifVersion is as in UpdateService. Errors: catalog.ErrNotFound,
// ErrVersionMismatch, *catalog.InUseError (services name it), *access.DeniedError.
func (s *Store) DeleteTeam(ctx context.Context, by access.Actor, slug string, ifVersion int64) error {
	err := s.inTx(ctx, func(tx *sqlx.Tx) error {
		t, err := takeTeam(ctx, tx, slug, ifVersion)
		if err != nil {
			return err
		}
		if err := by.May(access.WriteTeam, t.Name); err != nil {
			return err
		}
		var services int
		if err := tx.GetContext(ctx, &services, `SELECT count(*) FROM services WHERE team_key = $1`, catalog.Key(t.Name)); err != nil {
			return domainError(err)
		}
		if services > 0 {
			return &catalog.InUseError{Services: services}
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM teams WHERE slug = $1`, slug); err != nil {
			return domainError(err)
		}
		return announceTeam(ctx, tx, by, &t, nil)
	})
	if err != nil {
		return fmt.Errorf("delete team %.70q: %w", slug, err)
	}
	return nil
}

// withTeams lets services name teams until the transaction ends. takeTeam waits for it. It
// must come before the first lock of a row: so the two never wait for each other.
func withTeams(ctx context.Context, tx *sqlx.Tx) error {
	_, err := tx.ExecContext(ctx, `LOCK TABLE teams IN ROW EXCLUSIVE MODE`)
	return domainError(err)
}

// takeTeam reads a team that no service comes to or leaves until the transaction ends. If
// ifVersion isn't 0, the team must have that version.
func takeTeam(ctx context.Context, tx *sqlx.Tx, slug string, ifVersion int64) (catalog.Team, error) {
	if _, err := tx.ExecContext(ctx, `LOCK TABLE teams IN SHARE ROW EXCLUSIVE MODE`); err != nil {
		return catalog.Team{}, domainError(err)
	}
	t, err := teamBySlug(ctx, tx, slug, "")
	if err == nil && ifVersion != 0 && ifVersion != t.Version {
		err = ofKind(events.KindTeam, catalog.ErrVersionMismatch)
	}
	return t, err
}

// announceTeam records what the actor did to a team, and adds the event of it. before is nil
// where it was not there, after where it is not.
func announceTeam(ctx context.Context, tx *sqlx.Tx, by access.Actor, before, after *catalog.Team) error {
	t, at, did := after, now(), access.Updated
	switch {
	case before == nil:
		at, did = after.UpdatedAt, access.Created
	case after == nil:
		t, did = before, access.Deleted
	default:
		at = after.UpdatedAt
	}
	differences := catalog.TeamDifferences(before, after)
	err := recordAt(ctx, tx, by, at, deed{did, events.Key{Kind: events.KindTeam, ID: t.Slug}, t.Name, fieldChanges(differences)})
	if err != nil {
		return err
	}
	said := authorship(by, differences)
	switch {
	case before == nil:
		return outbox.Add(ctx, tx, events.TeamCreated{Team: t.Event(), Authorship: said})
	case after == nil:
		return outbox.Add(ctx, tx, events.TeamDeleted{Slug: t.Slug, Name: t.Name, Version: t.Version + 1, DeletedAt: at, Actor: said.Actor})
	}
	return outbox.Add(ctx, tx, events.TeamUpdated{Team: t.Event(), Authorship: said})
}
