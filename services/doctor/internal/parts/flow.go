// Package parts asks web and catalog-api how they are, and what stands behind the latter.
package parts

import (
	"context"
	"slices"

	"github.com/dev-portal/dev-portal/services/doctor/internal/ask"
	"github.com/dev-portal/dev-portal/services/doctor/internal/finding"
)

// CheckFlow believes catalog-api about what must move, now that all parts are
// there: events out of the outbox and to the pages, results into the catalogue.
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
			return finding.Fault("catalog-api says that its check %q fails", c.Name).Because(c.Detail, c.Cure)
		}
	}
	return finding.Fine("they come in time, says catalog-api")
}
