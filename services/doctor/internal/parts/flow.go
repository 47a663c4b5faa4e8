// Package parts checks web and catalog-api, and what catalog-api reports on Postgres and
// the flow of events.
package parts

import (
	"context"
	"slices"

	"github.com/dev-portal/dev-portal/services/doctor/internal/ask"
	"github.com/dev-portal/dev-portal/services/doctor/internal/finding"
)

// CheckFlow uses catalog-api's checks for the flow between the parts, which exist by
// now: events from the outbox to the pages, and results into the catalogue.
func CheckFlow(ctx context.Context, p *ask.Portal) finding.Finding {
	h, there := p.Health(ctx)
	switch {
	case !there:
		return finding.Skip(ask.NotAsked)
	case len(h.Checks) == 0:
		return finding.Skip("this catalog-api does not say: it is of an older version")
	}
	for _, c := range h.Checks {
		if !c.OK() && !slices.Contains([]string{"postgres", "nats", "streams", "consumers", "workers"}, c.Name) {
			return finding.Fault("catalog-api says that its check %q fails", c.Name).WithCause(c.Detail, c.Cure)
		}
	}
	return finding.Fine("they come in time, says catalog-api")
}
