package catalogapi

import (
	"cmp"

	"github.com/dev-portal/dev-portal/pkg/service"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/history"
)

// History configures for how long the history of services is kept. Changes of a status are
// kept for ever.
type History struct {
	// ProbeDays is for how many days results of probes are kept one by one, and so what was
	// measured in steps of minutes. PORTAL_HISTORY_PROBE_DAYS, at least 2; default 2.
	ProbeDays int

	// HourDays is for how many days what was measured in each hour is kept.
	// PORTAL_HISTORY_HOUR_DAYS; default 40.
	HourDays int

	// Years is for how many years what was measured on each day is kept.
	// PORTAL_HISTORY_YEARS; default 5.
	Years int
}

func historyFromEnv(env *service.Env) History {
	return History{
		ProbeDays: env.Number("PORTAL_HISTORY_PROBE_DAYS"), HourDays: env.Number("PORTAL_HISTORY_HOUR_DAYS"), Years: env.Number("PORTAL_HISTORY_YEARS"),
	}
}

func (h History) withDefaults() History {
	return History{ProbeDays: cmp.Or(h.ProbeDays, 2), HourDays: cmp.Or(h.HourDays, 40), Years: cmp.Or(h.Years, 5)}
}

func (h History) validate() error {
	var rules service.Rules
	rules.Check(h.ProbeDays >= 2 && h.ProbeDays <= 366, "PORTAL_HISTORY_PROBE_DAYS is %d; it must be a number from 2 to 366", h.ProbeDays)
	rules.Check(h.HourDays >= h.ProbeDays && h.HourDays <= 3660,
		"PORTAL_HISTORY_HOUR_DAYS is %d; it must be a number from that of PORTAL_HISTORY_PROBE_DAYS, %d, to 3660", h.HourDays, h.ProbeDays)
	rules.Check(h.Years >= 1 && h.Years <= 100, "PORTAL_HISTORY_YEARS is %d; it must be a number from 1 to 100", h.Years)
	return rules.Err()
}

func (h History) kept() history.Kept {
	return history.Kept{Probes: h.ProbeDays, Hours: h.HourDays, Days: 366 * h.Years}
}
