package httpapi

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

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
	Since  time.Time      `json:"since" doc:"Since when it has this status."`
	Reason *events.Reason `json:"reason" doc:"Why, as status_reason of a service."`
}

func newStanding(it *item) Standing {
	return Standing{it.id, it.node.name, unlessEmpty(&it.node.team), it.node.state.Status, it.node.state.Since.UTC(), unlessEmpty(&it.node.reason)}
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

// impacts adds the route of what hangs together.
func (a *API) impacts(r *rest.API) {
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

// hops returns how far the answer goes; 0: as far as there are needs.
func (in *impactInput) hops() (int, error) {
	if in.Hops == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(string(in.Hops))
	if err != nil || n < 1 || n > maxHops {
		return 0, rest.InvalidParameter("hops", fmt.Sprintf("It must be a number from 1 to %d.", maxHops), rest.Clip(string(in.Hops)))
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
	hops, err := in.hops()
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
	it := list.hang.byID()[id]
	if it == nil {
		return nil, &catalog.KindError{Kind: events.KindService, Err: catalog.ErrNotFound}
	}
	out.Body = list.hang.about(it, hops)
	return out, nil
}

// about returns what hits a service, and whom it hits within so many hops; 0: however many.
func (h *hang) about(it *item, hops int) impactAnswer {
	graph, impacts, byID := h.graph(), h.impacts(), h.byID()
	answer := impactAnswer{
		Service: newStanding(it), RootCause: impacts.IsRoot(it.id), Impact: h.hit(impacts.On(it.id)), Soft: []Standing{},
		Needs: h.reached(graph.Needed(it.id, hops)), NeededBy: h.reached(graph.Hit(it.id, hops)),
	}
	for _, id := range it.node.soft {
		needed := byID[id]
		if needed != nil && (needed.node.state.Fallen() || impacts.On(id).Status != "") {
			answer.Soft = append(answer.Soft, newStanding(needed))
		}
	}
	return answer
}

func (h *hang) hit(im impact.Impact) *hit {
	if im.Status == "" {
		return nil
	}
	byID := h.byID()
	shown := &hit{Status: im.Status, More: im.More}
	for _, c := range im.Causes {
		via := byID[c.Via]
		shown.Causes = append(shown.Causes, cause{newStanding(byID[c.ID]), c.Hops, namedThing{via.id, via.node.name}})
	}
	return shown
}

func (h *hang) reached(found []impact.Near) reachedList {
	byID, services := h.byID(), map[string]int{}
	list := reachedList{Total: len(found), Teams: []teamCount{}, Items: []reached{}}
	for i, n := range found {
		it := byID[n.ID]
		services[it.node.team]++
		if i < maxReached {
			list.Items = append(list.Items, reached{newStanding(it), n.Hops})
		}
	}
	for team, n := range services {
		list.Teams = append(list.Teams, teamCount{unlessEmpty(&team), n})
	}
	slices.SortFunc(list.Teams, func(a, b teamCount) int {
		return cmp.Or(cmp.Compare(b.Services, a.Services), strings.Compare(nameOf(a.Team), nameOf(b.Team)))
	})
	return list
}

func nameOf(team *string) string {
	if team == nil {
		return ""
	}
	return *team
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
