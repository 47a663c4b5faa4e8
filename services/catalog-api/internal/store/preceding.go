package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/history"
)

// precedingOf returns, for each service and time, the last that was done to the service in the
// half hour before: a deployment, a release, or a change of what is probed. Other changes of people don't
// change what a probe sees.
const precedingOf = `
	SELECT n - 1 AS n, done.*
	FROM unnest($1::uuid[], $2::timestamptz[]) WITH ORDINALITY AS change (id, since, n)
	CROSS JOIN LATERAL (
		(
			SELECT 'deployment' AS kind, at, coalesce(nullif(deployed_by, ''), actor_name) AS by, action, version, environment, url, '{}'::text[] AS changed
			FROM deployments WHERE service_id = change.id AND at <= since AND at >= since - $3 * interval '1 second'
			ORDER BY at DESC, id DESC LIMIT 1
		) UNION ALL (
			SELECT 'release', published_at, author, '', tag, '', url, '{}'
			FROM releases WHERE service_id = change.id AND published_at <= since AND published_at >= since - $3 * interval '1 second'
			ORDER BY published_at DESC LIMIT 1
		) UNION ALL (
			SELECT 'change', at, actor_name, '', '', '', '', ARRAY(SELECT field ->> 'field' FROM jsonb_array_elements(changes) AS field)
			FROM audit WHERE kind = 'service' AND thing_id = change.id::text AND deed = 'updated' AND at <= since AND at >= since - $3 * interval '1 second'
				AND (changes @> '[{"field": "status_url"}]' OR changes @> '[{"field": "interval"}]')
			ORDER BY seq DESC LIMIT 1
		)
		ORDER BY at DESC LIMIT 1
	) AS done`

// statusBegin is when a service came to have a status.
type statusBegin struct {
	serviceID string
	since     time.Time
	reason    events.Reason
}

// unseen are the reasons of statuses that no probe saw: they have no other cause.
var unseen = []events.Reason{"", events.ReasonManual, events.ReasonStale, history.Deleted}

// preceding returns what was done to services shortly before their statuses began, by the index
// of each.
func preceding(ctx context.Context, q sqlx.QueryerContext, begins []statusBegin) (map[int]*events.Preceding, error) {
	var (
		ids    pq.StringArray
		times  []time.Time
		places []int // of each in begins
	)
	for i, b := range begins {
		if !slices.Contains(unseen, b.reason) {
			ids, times, places = append(ids, b.serviceID), append(times, b.since), append(places, i)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	var rows []struct {
		N           int                     `db:"n"`
		Kind        string                  `db:"kind"`
		At          time.Time               `db:"at"`
		By          string                  `db:"by"`
		Action      events.DeploymentAction `db:"action"`
		Version     string                  `db:"version"`
		Environment string                  `db:"environment"`
		URL         string                  `db:"url"`
		Changed     pq.StringArray          `db:"changed"`
	}
	if err := sqlx.SelectContext(ctx, q, &rows, precedingOf, ids, pq.Array(times), events.PrecedingWithin.Seconds()); err != nil {
		return nil, fmt.Errorf("what preceded %d changes of a status: %w", len(ids), domainError(err))
	}
	found := make(map[int]*events.Preceding, len(rows))
	for _, r := range rows {
		found[places[r.N]] = &events.Preceding{
			Kind: r.Kind, At: r.At.UTC(), By: r.By, Action: r.Action, Version: r.Version, Environment: r.Environment, URL: r.URL, Changed: r.Changed,
		}
	}
	return found, nil
}

// withPreceding adds to changes of statuses what was done before them.
func withPreceding(ctx context.Context, tx *sqlx.Tx, changes []events.StatusChanged) ([]events.Event, error) {
	begins := make([]statusBegin, len(changes))
	for i, c := range changes {
		begins[i] = statusBegin{c.ServiceID, c.Since, c.Reason}
	}
	found, err := preceding(ctx, tx, begins)
	list := make([]events.Event, len(changes))
	for i, c := range changes {
		c.After = found[i]
		list[i] = c
	}
	return list, err
}
