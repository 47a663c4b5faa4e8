// Package incident tells what fell: each root cause, whom it hits, and who is on call for
// them. An incident is a root cause of package impact, from when it becomes one until it is one
// no more.
package incident

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/impact"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/oncall"
)

// Duties reads who may be on call.
type Duties interface {
	// Teams returns all teams, or those that match a text.
	Teams(ctx context.Context, query string) ([]catalog.Team, error)
	// Calendars returns what was read of the calendars of these teams, by their slugs.
	Calendars(ctx context.Context, slugs []string) (map[string]oncall.Reading, error)
}

// OnCall returns the names of the people who are on call at a time, by the name of their team,
// for those teams that wanted has. It leaves out a team with nobody, and one whose rotation is in
// a zone that this machine does not know.
func OnCall(ctx context.Context, log *slog.Logger, duties Duties, wanted map[string]bool, at time.Time) (map[string][]string, error) {
	names := map[string][]string{}
	if len(wanted) == 0 {
		return names, nil
	}
	teams, err := duties.Teams(ctx, "")
	if err != nil {
		return nil, err
	}
	teams = slices.DeleteFunc(teams, func(t catalog.Team) bool { return !wanted[t.Name] })
	read, err := duties.Calendars(ctx, catalog.WithCalendar(teams))
	if err != nil {
		return nil, err
	}
	for _, t := range teams {
		duty, err := t.OnCall.At(at, read[t.Slug])
		if err != nil {
			log.ErrorContext(ctx, "who is on call is not known; are the machine's time zones complete?", "team", t.Slug, "error", err)
			continue
		}
		for _, shift := range duty.Now {
			names[t.Name] = append(names[t.Name], shift.Person.Name)
		}
	}
	return names, nil
}

// Teams returns the names of the teams that incidents concern: whose service fell, and whose are hit.
func Teams(incidents []impact.Incident) map[string]bool {
	names := map[string]bool{}
	for _, in := range incidents {
		names[in.Team] = true
		for _, t := range in.Teams {
			names[t.Team] = true
		}
	}
	delete(names, "") // nobody
	return names
}
