package scorecard

import (
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/oncall"
)

// OnCallOf returns whether somebody is on call for a team at a time. Of a plan by a calendar it
// needs what was read.
func OnCallOf(t *catalog.Team, read oncall.Reading, at time.Time) OnCall {
	is := OnCall{Slug: t.Slug, Planned: t.OnCall != nil, Problem: read.Problem}
	duty, err := t.OnCall.At(at, read)
	switch {
	case err != nil:
		is.Unknown = "The portal does not know the time zone of the rotation of " + t.Name + "."
	case t.OnCall != nil && t.OnCall.Kind == oncall.ByCalendar && read.ReadAt.IsZero() && read.Problem == "":
		is.Unknown = "The calendar of " + t.Name + " was not read yet."
	}
	is.Anybody = len(duty.Now) > 0
	return is
}
