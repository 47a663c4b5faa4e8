package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/history"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

const (
	stripSegments = 48
	stripStep     = 30 * time.Minute
	maxStripDays  = 100
	maxDayStrips  = 10 // strips of days that an answer has at most
)

type strip struct {
	ID    string `json:"id"`
	Strip string `json:"strip" pattern:"^[hdx-]+$" doc:"A letter for each segment, the oldest first: the worst status that was observed in it. h healthy, d degraded, x down, - nobody looked." example:"hhhhxxhh--hh"`
}

type stripList struct {
	At    []time.Time `json:"at" nullable:"false" doc:"When the segments begin."`
	To    time.Time   `json:"to" doc:"End of the last segment, which is still to come."`
	Items []strip     `json:"items" nullable:"false" doc:"In the order of the ids."`
}

// strips adds the route of the strips.
func (a *API) strips(r *rest.API) {
	bounds := history.Segments(time.Date(2026, 3, 14, 9, 10, 0, 0, time.UTC), 4, stripStep)
	rest.Register(r, historical("list-strips", rest.Prefix+"/strips", "Read the last 24 hours of services at a glance",
		"The worst status of each half hour of the last 24 hours, or of each of the last days, of up to 100 services; with to, of those before that time."), a.listStrips,
		rest.Answers(http.StatusOK, stripList{At: bounds[:4], To: bounds[4], Items: []strip{{exampleService().ID, "hhxh"}}}),
		rest.Problems(rest.Malformed, rest.Invalid))
}

type stripsInput struct {
	ID   []string    `query:"id,explode" maxItems:"100" doc:"The services; repeat it for each."`
	Days rest.Number `query:"days" minimum:"1" maximum:"100" doc:"Segments are so many days, with today the last. At most 10 services then."`
	To   string      `query:"to" format:"date-time" doc:"The last segment is that of this time; absent: of now."`
	Zone string      `query:"zone" maxLength:"64" doc:"In which the days are: a name of the IANA database, such as Europe/Berlin. Absent: UTC."`
}

// days returns the bounds of the days that are asked for.
func (in *stripsInput) days(to time.Time) ([]time.Time, error) {
	zone, err := time.LoadLocation(in.Zone)
	if err != nil || in.Zone == "Local" {
		return nil, rest.InvalidParameter("zone", "It must be a name of the IANA database, such as Europe/Berlin.", rest.Clip(in.Zone))
	}
	days, err := strconv.Atoi(string(in.Days))
	if err != nil || days < 1 || days > maxStripDays {
		return nil, rest.InvalidParameter("days", fmt.Sprintf("It must be a number from 1 to %d.", maxStripDays), rest.Clip(string(in.Days)))
	}
	return history.Days(to, days, zone), nil
}

type stripsOutput struct{ Body stripList }

// listStrips serves GET /api/strips.
func (a *API) listStrips(ctx context.Context, in *stripsInput) (*stripsOutput, error) {
	now := time.Now().UTC()
	to, err := timeParameter("to", in.To, now)
	if err != nil {
		return nil, err
	}
	to = history.Earlier(to, now)
	most := maxIDs
	bounds := history.Segments(to, stripSegments, stripStep)
	if in.Days != "" || in.Zone != "" {
		if bounds, err = in.days(to); err != nil {
			return nil, err
		}
		most = maxDayStrips
	}
	if len(in.ID) > most {
		return nil, rest.InvalidParameter("id", fmt.Sprintf("At most %d ids are allowed, but there are %d.", most, len(in.ID)), nil)
	}
	spans, err := a.Catalog.SpansOf(ctx, in.ID, bounds[0], to)
	if err != nil {
		return nil, err
	}
	last := len(bounds) - 1
	out := &stripsOutput{Body: stripList{At: bounds[:last], To: bounds[last], Items: make([]strip, len(in.ID))}}
	for i, id := range in.ID {
		out.Body.Items[i] = strip{id, history.Strip(spans[id], bounds)}
	}
	return out, nil
}
