package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/impact"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

const (
	maxReached = 1000 // services that an answer has in each direction
	maxHops    = 100
)

// Standing is a service with its status, beside another one. It is exported so that others can
// embed it: huma looks into no other.
type Standing struct {
	ID     string         `json:"id" format:"uuid"`
	Name   string         `json:"name" example:"Payments DB"`
	Team   *string        `json:"team"`
	Status events.Status  `json:"status" enum:"healthy,unknown,degraded,down"`
	Since  time.Time      `json:"status_since" doc:"Since when it has this status."`
	Reason *events.Reason `json:"status_reason" doc:"Why; null: nobody says."`
}

func newStanding(n *impact.Node) Standing {
	return Standing{n.ID, n.Name, unlessEmpty(&n.Team), n.State.Status, n.State.Since, unlessEmpty(&n.Reason)}
}

// cause is a root cause of what hits a service.
type cause struct {
	Standing

	Hops int        `json:"hops" minimum:"1" doc:"The fewest hard needs between the two."`
	Via  namedThing `json:"via" doc:"The service's own need that leads there."`
}

// namedThing is a service by id and name.
type namedThing struct {
	ID   string `json:"id" format:"uuid"`
	Name string `json:"name"`
}

// hit is what hits a service.
type hit struct {
	Status events.Status `json:"status" enum:"degraded,down" doc:"The worst of all causes."`
	Causes []cause       `json:"causes" nullable:"false" doc:"The root causes, the nearest first, 10 at most."`
	More   bool          `json:"more" doc:"There are more root causes than these."`
}

// reached is a service that is reached through hard needs.
type reached struct {
	Standing

	Hops int `json:"hops" minimum:"1" doc:"The fewest hard needs between the two."`
}

// reachedList is those that are reached in one direction.
type reachedList struct {
	Total int         `json:"total" doc:"How many there are."`
	Teams []teamCount `json:"teams" nullable:"false" doc:"Whose they are, those with the most first."`
	Items []reached   `json:"items" nullable:"false" doc:"The nearest first, 1,000 at most."`
}

// teamCount is how many services of a team there are.
type teamCount struct {
	Team     *string `json:"team" doc:"null: they have no team."`
	Services int     `json:"services"`
}

// impactAnswer is what hits a service, and what it hits.
type impactAnswer struct {
	Service   Standing    `json:"service"`
	RootCause bool        `json:"root_cause" doc:"It is degraded or down, and nothing that it needs is."`
	Impact    *hit        `json:"impact" doc:"What hits it through hard needs, whatever its own status is; null: nothing does."`
	Soft      []Standing  `json:"soft" nullable:"false" doc:"What it needs softly, and is degraded or down, or hit by others."`
	Needs     reachedList `json:"needs" doc:"What it needs, through hard needs."`
	NeededBy  reachedList `json:"needed_by" doc:"Who needs it, through hard needs: who is hit if it falls."`
}

// TransformSchema says that nothing may hit a service.
func (impactAnswer) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Properties["impact"] = rest.OrNull(s.Properties["impact"])
	return s
}

// impacts adds the routes of what hangs together.
func (a *API) impacts(r *rest.API) {
	r.Tag("impacts", "What fell, and whom it hits.")
	rest.Register(r, rest.Get("list-impacts", rest.Prefix+"/impacts", "Find what fell, and whom it hits",
		"All root causes with whom they hit and who is on call, and all services that are hit: in place of as many alerts as services are down, one for each cause. "+
			"Who is on call in the past is told by the plans as they are now. "+knownFromHeader),
		a.listImpacts, rest.Example(exampleImpacts()), rest.NotChanged(), rest.Problems(rest.Malformed, rest.Invalid))
	rest.Register(r, rest.Get("get-impact", rest.Prefix+"/services/{id}/impact", "Read what hits a service, and whom it hits",
		"Computed from the statuses and the hard needs. A service is hit by each one that it needs, however many there are in between, and that is degraded or down. "+
			"One of those that is hit by none itself is a root cause; in a cycle it is the one that fell first. The service's own status stays what was measured. "+knownFromHeader),
		a.readImpact, rest.Answers(http.StatusOK, exampleImpact()), rest.Problems(rest.Malformed, rest.NotFound, rest.Invalid))
}

type impactInput struct {
	Past

	ID   string      `path:"id" format:"uuid" doc:"The service's id."`
	Hops rest.Number `query:"hops" minimum:"1" maximum:"100" doc:"How far needs and needed_by go; absent: as far as they do."`
}

// parseHops returns how far an answer goes; 0: as far as there are needs.
func parseHops(text rest.Number) (int, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(string(text))
	if err != nil || n < 1 || n > maxHops {
		return 0, rest.InvalidParameter("hops", fmt.Sprintf("It must be a number from 1 to %d.", maxHops), rest.Clip(string(text)))
	}
	return n, nil
}

type impactOutput struct {
	KnownFrom string `header:"Known-From" doc:"If it is after the moment that was asked for: from when on every change is known."`
	Body      impactAnswer
}

// readImpact serves GET /api/services/{id}/impact.
func (a *API) readImpact(ctx context.Context, in *impactInput) (*impactOutput, error) {
	id, err := serviceID(in.ID)
	if err != nil {
		return nil, err
	}
	at, past, err := in.moment()
	if err != nil {
		return nil, err
	}
	hops, err := parseHops(in.Hops)
	if err != nil {
		return nil, err
	}
	out := &impactOutput{}
	var list *encodedList
	if past {
		list, out.KnownFrom, err = a.listAt(ctx, at, catalog.Filter{})
	} else {
		list, err = a.list.fresh(ctx)
	}
	if err != nil {
		return nil, err
	}
	of := list.picture.Node(id)
	if of == nil {
		return nil, &catalog.KindError{Kind: events.KindService, Err: catalog.ErrNotFound}
	}
	out.Body = newImpactAnswer(list.picture, of, hops)
	return out, nil
}

// newImpactAnswer returns what hits a service, and whom it hits within so many hops; 0: however many.
func newImpactAnswer(p *impact.Picture, of *impact.Node, hops int) impactAnswer {
	answer := impactAnswer{
		Service: newStanding(of), RootCause: p.IsRoot(of.ID), Impact: newHit(p, p.On(of.ID)), Soft: []Standing{},
		Needs: newReachedList(p, p.Graph().Needed(of.ID, hops)), NeededBy: newReachedList(p, p.Graph().Hit(of.ID, hops)),
	}
	for _, id := range of.Soft {
		needed := p.Node(id)
		if needed != nil && (needed.State.Fallen() || p.On(id).Status != "") {
			answer.Soft = append(answer.Soft, newStanding(needed))
		}
	}
	return answer
}

func newHit(p *impact.Picture, im impact.Impact) *hit {
	if im.Status == "" {
		return nil
	}
	shown := &hit{Status: im.Status, More: im.More}
	for _, c := range im.Causes {
		shown.Causes = append(shown.Causes, cause{newStanding(p.Node(c.ID)), c.Hops, namedThing{c.Via, p.Node(c.Via).Name}})
	}
	return shown
}

func newReachedList(p *impact.Picture, found []impact.Near) reachedList {
	list := reachedList{Total: len(found), Teams: newTeamCounts(p.Teams(found)), Items: []reached{}}
	for _, n := range found[:min(len(found), maxReached)] {
		list.Items = append(list.Items, reached{newStanding(p.Node(n.ID)), n.Hops})
	}
	return list
}

// newTeamCounts returns counts as clients read them. The result has pointers into counts.
func newTeamCounts(counts []impact.TeamCount) []teamCount {
	list := make([]teamCount, len(counts))
	for i := range counts {
		list[i] = teamCount{unlessEmpty(&counts[i].Team), counts[i].Services}
	}
	return list
}

func exampleImpact() impactAnswer {
	team, refused, failed := "Payments", events.ReasonConnectRefused, events.ReasonHTTP5xx
	at := exampleService().StatusSince
	db := Standing{"019a0000-0000-7000-8000-000000000002", "Payments DB", &team, events.StatusDown, at, &refused}
	shop := Standing{exampleService().ID, exampleService().Name, &team, events.StatusDegraded, at.Add(time.Minute), &failed}
	return impactAnswer{
		Service: shop, Soft: []Standing{},
		Impact:   &hit{events.StatusDown, []cause{{db, 1, namedThing{db.ID, db.Name}}}, false},
		Needs:    reachedList{1, []teamCount{{&team, 1}}, []reached{{db, 1}}},
		NeededBy: reachedList{0, []teamCount{}, []reached{}},
	}
}
