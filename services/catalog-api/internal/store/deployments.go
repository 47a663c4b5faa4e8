package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/deployment"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/outbox"
)

const deploymentColumns = `id, service_id, at, action, version, environment, url, deployed_by, actor_kind, actor_id, actor_name, told_at, told_key`

// deploymentRow is a row of deployments.
type deploymentRow struct {
	ID          string                  `db:"id"`
	ServiceID   string                  `db:"service_id"`
	At          time.Time               `db:"at"`
	Action      events.DeploymentAction `db:"action"`
	Version     string                  `db:"version"`
	Environment string                  `db:"environment"`
	URL         string                  `db:"url"`
	By          string                  `db:"deployed_by"`
	ActorKind   access.ActorKind        `db:"actor_kind"`
	ActorID     string                  `db:"actor_id"`
	ActorName   string                  `db:"actor_name"`
	ToldAt      time.Time               `db:"told_at"`
	Key         string                  `db:"told_key"`
}

func newDeploymentRow(d deployment.Deployment) deploymentRow {
	return deploymentRow{
		ID: d.ID, ServiceID: d.ServiceID, At: d.At, Action: d.Action, Version: d.Version, Environment: d.Environment, URL: d.URL, By: d.By,
		ActorKind: d.Actor.Kind, ActorID: d.Actor.ID, ActorName: d.Actor.Name, ToldAt: d.ToldAt, Key: d.Key,
	}
}

func (r deploymentRow) deployment() deployment.Deployment {
	return deployment.Deployment{
		ID: r.ID, ServiceID: r.ServiceID, ToldAt: r.ToldAt.UTC(),
		Actor: access.Actor{Kind: r.ActorKind, ID: r.ActorID, Name: r.ActorName},
		Draft: deployment.Draft{
			Action: r.Action, Version: r.Version, Environment: r.Environment, URL: r.URL, By: r.By, At: r.At.UTC(), Key: r.Key,
		},
	}
}

// AddDeployment adds a deployment of a service. One that was told before is returned as it is,
// and made is false.
// Errors: catalog.ErrNotFound, *catalog.InvalidError, *access.DeniedError.
func (s *Store) AddDeployment(
	ctx context.Context, by access.Actor, serviceID string, draft deployment.Draft,
) (d deployment.Deployment, made bool, err error) {
	at := now()
	draft = draft.Normal(at)
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		svc, err := lockVersion(ctx, tx, serviceID, 0) // its events are in the order of its rows
		if err != nil {
			return err
		}
		if err := by.May(access.TellDeployment, svc.Team); err != nil {
			return err
		}
		if err := draft.Validate(at); err != nil {
			return err
		}
		id, err := uuid.NewV7()
		if err != nil {
			return err
		}
		if draft.Key == "" {
			draft.Key = id.String()
		}
		d = deployment.Deployment{Draft: draft, ID: id.String(), ServiceID: svc.ID, Actor: by, ToldAt: at}
		d, made, err = addDeployment(ctx, tx, svc, d)
		return err
	})
	if err != nil {
		return deployment.Deployment{}, false, fmt.Errorf("add a deployment of service %.40q: %w", serviceID, err)
	}
	return d, made, nil
}

// addDeployment adds a deployment of a service whose row is locked, or returns the one with
// its key.
func addDeployment(
	ctx context.Context, tx *sqlx.Tx, svc catalog.Service, d deployment.Deployment,
) (_ deployment.Deployment, made bool, err error) {
	const (
		told   = `SELECT ` + deploymentColumns + ` FROM deployments WHERE service_id = $1 AND told_key = $2`
		insert = `INSERT INTO deployments (` + deploymentColumns + `)
			VALUES (:id, :service_id, :at, :action, :version, :environment, :url, :deployed_by, :actor_kind, :actor_id, :actor_name, :told_at, :told_key)`
	)
	var before []deploymentRow
	if err := tx.SelectContext(ctx, &before, told, d.ServiceID, d.Key); err != nil {
		return d, false, domainError(err)
	}
	if len(before) > 0 {
		return before[0].deployment(), false, nil
	}
	if _, err := tx.NamedExecContext(ctx, insert, newDeploymentRow(d)); err != nil {
		return d, false, domainError(err)
	}
	if err := record(ctx, tx, d.Actor, deed{access.Created, events.Key{Kind: deployment.Kind, ID: d.ID}, svc.Name + " " + d.Version, deploymentFields(d)}); err != nil {
		return d, false, err
	}
	return d, true, outbox.Add(ctx, tx, d.Event(svc))
}

// deploymentFields are what the trail has of a new deployment.
func deploymentFields(d deployment.Deployment) (set []access.FieldChange) {
	for _, field := range []struct{ name, value string }{
		{"service_id", d.ServiceID}, {"action", string(d.Action)}, {"version", d.Version}, {"environment", d.Environment},
		{"url", d.URL}, {"by", d.By}, {"deployed_at", d.At.Format(time.RFC3339Nano)},
	} {
		if field.value != "" {
			set = append(set, access.FieldChange{Field: field.name, After: field.value})
		}
	}
	return set
}

// Deployments returns deployments of a service before a time, the newest first, limit at most,
// from a time on. Those of one time are in the order in which they were told.
func (s *Store) Deployments(ctx context.Context, ids []string, from, before time.Time, limit int) ([]deployment.Deployment, error) {
	const query = `SELECT done.* FROM unnest($1::uuid[]) AS of (id) CROSS JOIN LATERAL (
			SELECT ` + deploymentColumns + ` FROM deployments WHERE service_id = of.id AND at >= $2 AND at < $3 ORDER BY at DESC, id DESC LIMIT $4
		) AS done ORDER BY at DESC, id DESC LIMIT $4`
	var rows []deploymentRow
	if err := s.db.SelectContext(ctx, &rows, query, pq.StringArray(ids), from, before, limit); err != nil {
		return nil, fmt.Errorf("deployments of %d services: %w", len(ids), domainError(err))
	}
	list := make([]deployment.Deployment, len(rows))
	for i, r := range rows {
		list[i] = r.deployment()
	}
	return list, nil
}

// PurgeDeployments removes the oldest deployments from before a time, some thousands at most,
// and returns how many.
func (s *Store) PurgeDeployments(ctx context.Context, by access.Actor, before time.Time) (int, error) {
	const old = `DELETE FROM deployments WHERE id IN (SELECT id FROM deployments WHERE at < $1 ORDER BY at LIMIT 5000)`
	return s.purge(ctx, by, access.KeepHistory, old, before)
}
