package httpapi

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/deployment"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/history"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

// timelineLimit is how many moments a page of a timeline has if its limit is not given.
const timelineLimit = 100

// The kinds of moments.
const (
	momentStatus     = "status"
	momentChange     = "change"
	momentDeployment = "deployment"
	momentRelease    = "release"
)

var momentKinds = []string{momentStatus, momentChange, momentDeployment, momentRelease}

// moment is what befell a service at a time: the field with the name of its kind has it.
type moment struct {
	At         time.Time      `json:"at"`
	Kind       string         `json:"kind" enum:"status,change,deployment,release" doc:"More kinds may come."`
	Service    *namedService  `json:"service,omitempty" doc:"In the timeline of a team: which service it befell. Absent: the team."`
	Status     *statusChange  `json:"status,omitempty" doc:"Its status changed."`
	Change     *entry         `json:"change,omitempty" doc:"Somebody changed, added, deleted or restored it."`
	Deployment *deployedThing `json:"deployment,omitempty" doc:"A version of it came into an environment."`
	Release    *releaseFacts  `json:"release,omitempty" doc:"A version of its software was published."`
}

type namedService struct {
	ID   string `json:"id" format:"uuid"`
	Name string `json:"name" doc:"As it is now."`
}

// subject is whom a timeline is of.
type subject struct {
	services []string // their ids
	search   access.Search
	names    map[string]string // of the services, if moments are to name them
}

// named returns the service of a moment.
func (s subject) named(id string) *namedService {
	if name, is := s.names[id]; is {
		return &namedService{id, name}
	}
	return nil
}

type statusChange struct {
	From       events.Status `json:"from,omitempty" enum:"healthy,unknown,degraded,down" doc:"Absent: it is the first one known."`
	To         events.Status `json:"to" enum:"healthy,unknown,degraded,down"`
	Reason     events.Reason `json:"reason,omitempty" doc:"Of the first result with the status. stale: nobody looked. manual: a person said so. deleted: there was no service." example:"timeout"`
	HTTPStatus int           `json:"http_status,omitempty" doc:"Absent: not answered."`
	Location   string        `json:"location,omitempty" doc:"From where it was seen."`
	Until      *time.Time    `json:"until,omitempty" doc:"Absent: it still has the status."`
	After      *preceding    `json:"after,omitempty" doc:"The last that was done to the service in the half hour before, also if it was told later. That it came first is known, that it is the cause is not."`
}

// preceding is events.Preceding.
type preceding struct {
	Kind        string                  `json:"kind" enum:"deployment,release,change" doc:"More kinds may come. A change is one of what is probed, or how often."`
	At          time.Time               `json:"at"`
	By          string                  `json:"by,omitempty" doc:"Who did it; absent: nobody knows." example:"payments pipeline"`
	Action      events.DeploymentAction `json:"action,omitempty" enum:"deployed,upgraded,rolledback" doc:"Of a deployment, as what follows; a release has a version, its tag, and a url."`
	Version     string                  `json:"version,omitempty" example:"v1.8.2"`
	Environment string                  `json:"environment,omitempty" example:"production"`
	URL         string                  `json:"url,omitempty" format:"uri"`
	Changed     []string                `json:"changed,omitempty" doc:"The fields that a change changed." example:"[\"status_url\"]"`
}

type timeline struct {
	Items []moment `json:"items" nullable:"false" doc:"The newest first."`
	Next  string   `json:"next,omitempty" doc:"If there are more: the value of after for the next page."`
}

func newStatusMoment(c history.Change) moment {
	status := &statusChange{From: c.Before, To: c.Status, Reason: c.Reason, HTTPStatus: c.HTTPStatus, Location: c.Location}
	if !c.To.IsZero() {
		status.Until = &c.To
	}
	status.After = (*preceding)(c.After)
	return moment{At: c.From, Kind: momentStatus, Status: status}
}

func newChangeMoment(r access.Record) moment {
	e := newEntry(r, false)
	return moment{At: r.At, Kind: momentChange, Change: &e}
}

func newDeploymentMoment(d deployment.Deployment) moment {
	thing := newDeployedThing(d)
	return moment{At: d.At, Kind: momentDeployment, Deployment: &thing}
}

func newReleaseMoment(r catalog.Release) moment {
	facts := newReleaseFacts(r)
	return moment{At: r.PublishedAt, Kind: momentRelease, Release: &facts}
}

// of returns the moment with the service that it befell.
func (m moment) of(service *namedService) moment {
	m.Service = service
	return m
}

func exampleTimeline() timeline {
	at := time.Date(2026, 3, 14, 9, 34, 0, 0, time.UTC)
	change, deployed := exampleEntries().Items[0], exampleDeployment()
	after := preceding{
		Kind: events.PrecedingDeployment, At: deployed.At, By: deployed.By, Action: deployed.Action,
		Version: deployed.Version, Environment: deployed.Environment, URL: deployed.URL,
	}
	return timeline{Items: []moment{
		{At: at, Kind: momentStatus, Status: &statusChange{From: events.StatusHealthy, To: events.StatusDown, Reason: events.ReasonTimeout, Location: "default", After: &after}},
		{At: deployed.At, Kind: momentDeployment, Deployment: &deployed},
		{At: change.At, Kind: momentChange, Change: &change},
		newReleaseMoment(catalog.Release{Tag: "v1.8.2", Title: "Faster invoices", Author: "ada", PublishedAt: change.At.Add(-time.Hour)}),
	}}
}

// timeline adds the route of the timeline.
func (a *API) timeline(r *rest.API) {
	rest.Register(r, historical("get-timeline", rest.Prefix+"/services/{id}/timeline", "Read the timeline of a service",
		"What befell the service, the newest first, in pages: changes of its status, deployments, releases of its software, and who changed what of it; also after it was deleted."), a.readTimeline,
		rest.Answers(http.StatusOK, exampleTimeline()), rest.Problems(rest.Malformed, rest.NotFound, rest.Invalid))
}

// TimelinePage is what part of a timeline is asked for.
type TimelinePage struct {
	Times
	rest.Paging

	Kind []string `query:"kind,explode" enum:"status,change,deployment,release" doc:"Moments of this kind; repeat it for more. Absent: of all kinds."`
}

type timelineInput struct {
	TimelinePage

	ID string `path:"id" format:"uuid" doc:"The service's id."`
}

type timelineOutput struct {
	Link string `header:"Link" doc:"The next page, as rel=next, where there is one."`
	Body timeline
}

// readTimeline serves GET /api/services/{id}/timeline.
func (a *API) readTimeline(ctx context.Context, in *timelineInput) (*timelineOutput, error) {
	id, err := serviceID(in.ID)
	if err != nil {
		return nil, err
	}
	from, before, limit, err := in.page()
	if err != nil {
		return nil, err
	}
	of := subject{services: []string{id}, search: access.Search{Thing: events.Key{Kind: events.KindService, ID: id}}}
	all, err := a.moments(ctx, of, in.Kind, from, before, limit+1) // to know whether there are more
	if err == nil && len(all) == 0 {
		_, err = a.Catalog.ServiceByID(ctx, id) // nothing befell it in that time, or there is none
	}
	if err != nil {
		return nil, err
	}
	return in.answer(all, limit), nil
}

// answer returns the page with the first moments of some.
func (in *TimelinePage) answer(all []moment, limit int) *timelineOutput {
	out := &timelineOutput{Body: timeline{Items: all}}
	for limit < len(all) && all[limit].At.Equal(all[limit-1].At) {
		limit++ // what is of the same time is on the same page
	}
	if limit < len(all) {
		out.Body.Items = all[:limit]
		out.Body.Next = rest.Next(all[limit-1].At.Format(time.RFC3339Nano))
		out.Link = in.NextLink(out.Body.Next)
	}
	return out
}

// page returns the time of the moments on a page, and how many it has.
func (in *TimelinePage) page() (from, before time.Time, limit int, err error) {
	for _, kind := range in.Kind {
		if !slices.Contains(momentKinds, kind) {
			return from, before, 0, rest.InvalidParameter("kind", "It must be one of "+events.Names(momentKinds)+".", rest.Clip(kind))
		}
	}
	now := time.Now().UTC()
	if from, before, err = in.read(now, now.Sub(time.Time{})); err != nil { // since ever
		return from, before, 0, err
	}
	if in.To == "" {
		before = now.Add(time.Hour) // a status that is new is of the database's clock
	}
	page, err := in.Page()
	if err == nil && page.After != "" {
		if before, err = time.Parse(time.RFC3339Nano, page.After); err != nil {
			err = rest.InvalidParameter("after", "It must be the value of next from an earlier page.", rest.Clip(in.After))
		}
	}
	if limit = page.Limit; limit == 0 {
		limit = timelineLimit
	}
	return from, before, limit, err
}

// moments returns those of a time, the newest first; there may be some more than limit.
func (a *API) moments(ctx context.Context, of subject, kinds []string, from, before time.Time, limit int) ([]moment, error) {
	list := []moment{}
	wanted := func(kind string) bool { return len(kinds) == 0 || slices.Contains(kinds, kind) }
	if wanted(momentStatus) {
		changes, err := a.Catalog.StatusChanges(ctx, of.services, from, before, limit)
		if err != nil {
			return nil, err
		}
		for _, c := range changes {
			list = append(list, newStatusMoment(c).of(of.named(c.ServiceID)))
		}
	}
	if wanted(momentChange) {
		search := of.search
		search.Since, search.Until, search.Limit = from, before, limit
		records, err := a.Catalog.Trail(ctx, search)
		if err != nil {
			return nil, err
		}
		for _, r := range records {
			list = append(list, newChangeMoment(r).of(of.named(r.Thing.ID)))
		}
	}
	if wanted(momentDeployment) {
		deployments, err := a.Catalog.Deployments(ctx, of.services, from, before, limit)
		if err != nil {
			return nil, err
		}
		for _, d := range deployments {
			list = append(list, newDeploymentMoment(d).of(of.named(d.ServiceID)))
		}
	}
	if wanted(momentRelease) {
		releases, err := a.Catalog.ReleasesBetween(ctx, of.services, from, before, limit)
		if err != nil {
			return nil, err
		}
		for _, r := range releases {
			list = append(list, newReleaseMoment(r).of(of.named(r.ServiceID)))
		}
	}
	slices.SortStableFunc(list, func(a, b moment) int { return b.At.Compare(a.At) })
	return list, nil
}
