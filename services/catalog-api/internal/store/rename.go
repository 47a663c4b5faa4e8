package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/apikey"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/outbox"
)

// renameTeam gives the team's services, also those that can be restored, and the keys of its
// editors its new name.
func renameTeam(ctx context.Context, tx *sqlx.Tx, by access.Actor, before string, t catalog.Team) error {
	const (
		trash = `UPDATE trash SET service = service || jsonb_build_object('team', $2::text, 'team_key', $3::text) WHERE service ->> 'team_key' = $1`
		keys  = `UPDATE api_keys SET teams = array_replace(teams, $1, $2) WHERE $1 = ANY (teams) AND NOT from_file RETURNING id, name, teams`
	)
	if _, err := tx.ExecContext(ctx, trash, catalog.Key(before), t.Name, catalog.Key(t.Name)); err != nil {
		return fmt.Errorf("rename the team of deleted services: %w", domainError(err))
	}
	var renamed []keyRow
	if err := tx.SelectContext(ctx, &renamed, keys, before, t.Name); err != nil {
		return fmt.Errorf("rename the team of keys: %w", domainError(err))
	}
	deeds := make([]deed, len(renamed))
	for i, key := range renamed {
		was := slices.Clone(key.Teams)
		was[slices.Index(was, t.Name)] = before
		changes := []access.FieldChange{{Field: "teams", Before: was, After: key.Teams}}
		deeds[i] = deed{access.Updated, events.Key{Kind: apikey.Kind, ID: key.ID}, key.Name, changes}
	}
	if err := recordAt(ctx, tx, by, t.UpdatedAt, deeds...); err != nil {
		return err
	}
	return renameTeamOfServices(ctx, tx, by, before, t)
}

// renameTeamOfServices does for many services what UpdateService does for one.
func renameTeamOfServices(ctx context.Context, tx *sqlx.Tx, by access.Actor, before string, t catalog.Team) error {
	const update = `UPDATE services SET team = $1, team_key = $2, updated_at = $3, version = changed.version, search_text = changed.search
		FROM unnest($4::uuid[], $5::bigint[], $6::text[]) AS changed (id, version, search) WHERE services.id = changed.id`
	services, err := lockTeamServices(ctx, tx, before)
	if err != nil {
		return err
	}
	var (
		ids, texts pq.StringArray
		versions   pq.Int64Array
		deeds      = make([]deed, len(services))
		told       = make([]events.Event, len(services))
	)
	for i, was := range services {
		svc := was
		svc.Apply(catalog.Change{Team: &t.Name}, t.UpdatedAt)
		ids, texts, versions = append(ids, svc.ID), append(texts, svc.SearchText()), append(versions, svc.Version)
		differences := catalog.Differences(&was, &svc)
		deeds[i] = deed{access.Updated, events.Key{Kind: events.KindService, ID: svc.ID}, svc.Name, fieldChanges(differences)}
		told[i] = events.ServiceUpdated{Service: svc.Event(), Authorship: authorship(by, differences)}
	}
	if _, err := tx.ExecContext(ctx, update, t.Name, catalog.Key(t.Name), t.UpdatedAt, ids, versions, texts); err != nil {
		return fmt.Errorf("rename the team of %d services: %w", len(services), domainError(err))
	}
	if err := recordAt(ctx, tx, by, t.UpdatedAt, deeds...); err != nil {
		return err
	}
	return outbox.Add(ctx, tx, told...)
}

// lockTeamServices reads the services of a team, and locks their rows.
func lockTeamServices(ctx context.Context, tx *sqlx.Tx, team string) ([]catalog.Service, error) {
	var rows []row
	query := `SELECT ` + columns + ` FROM services WHERE team_key = $1 ORDER BY id FOR UPDATE`
	if err := tx.SelectContext(ctx, &rows, query, catalog.Key(team)); err != nil {
		return nil, fmt.Errorf("read the team's services: %w", domainError(err))
	}
	services, all := make([]catalog.Service, len(rows)), make([]*catalog.Service, len(rows))
	for i, r := range rows {
		services[i], all[i] = r.service(), &services[i]
	}
	return services, addNeeds(ctx, tx, all...)
}
