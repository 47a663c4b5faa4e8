package doctor

import (
	"context"
	"slices"
)

// checkFlow believes catalog-api about what must move, now that all parts are
// there: events out of the outbox and to the pages, results into the catalogue.
func checkFlow(ctx context.Context, p *patient) Finding {
	h, there := p.health(ctx)
	switch {
	case !there:
		return skipped(notAsked)
	case len(h.Checks) == 0:
		return skipped("this catalog-api does not say: it is of an older version")
	}
	for _, c := range h.Checks {
		if !c.ok() && !slices.Contains([]string{"postgres", "nats", "streams", "consumers", "workers"}, c.Name) {
			return broken("catalog-api says that its check %q fails", c.Name).because(c.Detail, c.Cure)
		}
	}
	return ok("they come in time, says catalog-api")
}
