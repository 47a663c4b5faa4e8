package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/impact"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/incident"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

// maxNearest is how many root causes the impact of a service has in short.
const maxNearest = 3

// rootCause is a root cause with whom it hits.
type rootCause struct {
	Standing

	OnCall []string  `json:"on_call" nullable:"false" doc:"Who is on call for its team, by name; empty: nobody, or it is not known."`
	Hits   int       `json:"hits" doc:"How many services need it, through hard needs, whatever their own status is."`
	Teams  []teamHit `json:"teams" nullable:"false" doc:"Whose those are, those with the most first."`
}

// teamHit is a team with how many of its services a root cause hits.
type teamHit struct {
	Team     *string  `json:"team" doc:"null: they have no team."`
	Services int      `json:"services"`
	OnCall   []string `json:"on_call" nullable:"false" doc:"Who is on call for it, by name."`
}

// hitService is a service that is hit, with the nearest root causes.
type hitService struct {
	ID     string     `json:"id" format:"uuid"`
	Name   string     `json:"name"`
	Impact nearestHit `json:"impact"`
}

// impactList is what fell, and whom it hits.
type impactList struct {
	Causes   []rootCause  `json:"causes" nullable:"false" doc:"All root causes: those that hit most first, then those that fell first."`
	Services []hitService `json:"services" nullable:"false" doc:"All services that are hit, by id."`
}

type impactListInput struct {
	Past

	IfNoneMatch string `header:"If-None-Match" doc:"The ETag that was read: the answer is 304 if nothing has changed."`
}

type impactListOutput struct {
	Status    int
	ETag      string `header:"ETag" doc:"A digest of the answer."`
	KnownFrom string `header:"Known-From" doc:"If it is after the moment that was asked for: from when on every change is known."`
	Body      impactList
}

// listImpacts serves GET /api/impacts.
func (a *API) listImpacts(ctx context.Context, in *impactListInput) (*impactListOutput, error) {
	at, past, err := in.moment()
	if err != nil {
		return nil, err
	}
	out := &impactListOutput{}
	var list *encodedList
	if past {
		list, out.KnownFrom, err = a.listAt(ctx, at, catalog.Filter{})
	} else {
		at = time.Now().UTC()
		list, err = a.list.fresh(ctx)
	}
	if err != nil {
		return nil, err
	}
	if out.Body, err = a.newImpactList(ctx, list.picture, at); err != nil {
		return nil, err
	}
	out.Status, out.ETag = http.StatusOK, rest.Tag(0, out.Body)
	if rest.NotModified(in.IfNoneMatch, out.ETag) {
		out.Status = http.StatusNotModified
	}
	return out, nil
}

func (a *API) newImpactList(ctx context.Context, p *impact.Picture, at time.Time) (impactList, error) {
	list := impactList{Causes: []rootCause{}, Services: []hitService{}}
	incidents := p.Incidents()
	onCall, err := incident.OnCall(ctx, a.Log, a.Catalog, incident.Teams(incidents), at)
	if err != nil {
		return list, err
	}
	for _, in := range incidents {
		c := rootCause{Standing: newStanding(in.Node), OnCall: append([]string{}, onCall[in.Team]...), Hits: len(in.Hit), Teams: []teamHit{}}
		for _, t := range in.Teams {
			c.Teams = append(c.Teams, teamHit{unlessEmpty(&t.Team), t.Services, append([]string{}, onCall[t.Team]...)})
		}
		list.Causes = append(list.Causes, c)
	}
	for _, id := range p.AllHit() {
		list.Services = append(list.Services, hitService{id, p.Node(id).Name, *newNearestHit(p, id)})
	}
	return list, nil
}

func exampleImpacts() impactList {
	one := exampleImpact()
	db := one.Impact.Causes[0]
	return impactList{
		Causes:   []rootCause{{db.Standing, []string{"Ada"}, 1, []teamHit{{db.Team, 1, []string{"Ada"}}}}},
		Services: []hitService{{one.Service.ID, one.Service.Name, *exampleNearestHit()}},
	}
}
