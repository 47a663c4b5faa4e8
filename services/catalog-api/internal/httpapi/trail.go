package httpapi

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

// trailPage is how many entries a page of the trail has if its limit is not given.
const trailPage = 100

// Trail is what the API needs of the trail.
type Trail interface {
	// Trail returns entries of the trail, the newest first.
	Trail(ctx context.Context, search access.Search) ([]access.Record, error)
}

// entry is an entry of the trail. What only admins may see is absent for others.
type entry struct {
	ID        string        `json:"id" doc:"Grows with each entry." example:"1042"`
	At        time.Time     `json:"at"`
	Actor     entryActor    `json:"actor"`
	Address   string        `json:"address,omitempty" doc:"Of the request; in the trail only."`
	RequestID string        `json:"request_id,omitempty" doc:"As the answer and the log had it; in the trail only."`
	Deed      access.Deed   `json:"deed" enum:"created,updated,deleted,restored,repaired,signed-in,signed-out"`
	Kind      events.Kind   `json:"kind" doc:"Of the thing." example:"service"`
	ThingID   string        `json:"thing_id"`
	Name      string        `json:"name" doc:"Of the thing, after the deed."`
	Changes   []fieldChange `json:"changes" nullable:"false" doc:"The fields that changed. All that were set, where it was created or deleted."`
}

type entryActor struct {
	Kind access.ActorKind `json:"kind" enum:"anonymous,person,key,system"`
	ID   string           `json:"id,omitempty"`
	Name string           `json:"name,omitempty" doc:"As it was at that time."`
}

type fieldChange struct {
	Field  string `json:"field" example:"team"`
	Before any    `json:"before" doc:"null: it was not set."`
	After  any    `json:"after" doc:"null: it is not set."`
}

type entryList struct {
	Items []entry `json:"items" nullable:"false" doc:"The newest first."`
	Next  string  `json:"next,omitempty" doc:"If there are more: the value of after for the next page."`
}

func newEntry(r access.Record, whole bool) entry {
	e := entry{
		ID: strconv.FormatInt(r.Seq, 10), At: r.At, Actor: entryActor{r.Actor.Kind, r.Actor.ID, r.Actor.Name},
		Deed: r.Deed, Kind: r.Thing.Kind, ThingID: r.Thing.ID, Name: r.Name, Changes: make([]fieldChange, len(r.Changes)),
	}
	if whole {
		e.Address, e.RequestID = r.Actor.Address, r.Actor.RequestID
	}
	for i, c := range r.Changes {
		e.Changes[i] = newFieldChange(c)
	}
	return e
}

// newFieldChange returns the change of a field as people read it: what a service needs by the
// names that its services had.
func newFieldChange(c access.FieldChange) fieldChange {
	if c.Field == "depends_on" {
		return fieldChange{c.Field, catalog.DependencyTexts(c.Before), catalog.DependencyTexts(c.After)}
	}
	return fieldChange(c)
}

func exampleEntries() entryList {
	return entryList{Items: []entry{{
		ID: "1042", At: time.Date(2026, 3, 14, 9, 30, 0, 0, time.UTC), Actor: entryActor{Kind: access.Anonymous}, Deed: access.Updated,
		Kind: events.KindService, ThingID: "019a0000-0000-7000-8000-000000000001", Name: "billing",
		Changes: []fieldChange{{"team", "Core", "Payments"}},
	}}, Next: rest.Next("1042")}
}

// trail adds the routes of the trail.
func (a *API) trail(r *rest.API) {
	r.Tag("audit", "Who changed what, when, and from where.")
	rest.Register(r, rest.Get("list-trail", rest.Prefix+"/audit", "Read the trail",
		"Every change that was made, by whom and from where, the newest first, in pages."), a.listTrail,
		rest.Answers(http.StatusOK, exampleEntries()), rest.Problems(rest.Malformed, rest.Invalid))
	rest.Register(r, rest.Get("list-changes", rest.Prefix+"/services/{id}/changes", "Read the changes of a service",
		"Who changed the service, when, and which fields, the newest first, in pages; also after it was deleted."), a.listChanges,
		rest.Answers(http.StatusOK, exampleEntries()), rest.Problems(rest.Malformed, rest.NotFound, rest.Invalid))
}

type entryListOutput struct {
	Link string `header:"Link" doc:"The next page, as rel=next, where there is one."`
	Body entryList
}

type trailInput struct {
	rest.Paging

	Actor string `query:"actor" doc:"A kind of actor, or the id of one."`
	Deed  string `query:"deed" doc:"What was done." enum:"created,updated,deleted,restored,repaired,signed-in,signed-out"`
	Kind  string `query:"kind" doc:"Of the thing that it was done to, such as service."`
	Thing string `query:"thing" doc:"The id of the thing."`
	Since string `query:"since" format:"date-time" doc:"Entries at this time or later."`
	Until string `query:"until" format:"date-time" doc:"Entries before this time."`
}

// listTrail serves GET /api/audit.
func (a *API) listTrail(ctx context.Context, in *trailInput) (*entryListOutput, error) {
	search := access.Search{
		Actor: in.Actor, Deed: access.Deed(in.Deed), Thing: events.Key{Kind: events.Kind(in.Kind), ID: in.Thing},
	}
	if in.Deed != "" && !slices.Contains(access.Deeds, search.Deed) {
		return nil, rest.InvalidParameter("deed", "The deed must be one of "+events.Names(access.Deeds)+".", rest.Clip(in.Deed))
	}
	var err error
	if search.Since, err = timeParameter("since", in.Since, time.Time{}); err != nil {
		return nil, err
	}
	if search.Until, err = timeParameter("until", in.Until, time.Time{}); err != nil {
		return nil, err
	}
	return a.entries(ctx, &in.Paging, search, true)
}

type changesInput struct {
	rest.Paging

	ID string `path:"id" format:"uuid" doc:"The service's id."`
}

// listChanges serves GET /api/services/{id}/changes.
func (a *API) listChanges(ctx context.Context, in *changesInput) (*entryListOutput, error) {
	id, err := serviceID(in.ID)
	if err != nil {
		return nil, err
	}
	out, err := a.entries(ctx, &in.Paging, access.Search{Thing: events.Key{Kind: events.KindService, ID: id}}, false)
	if err == nil && len(out.Body.Items) == 0 && in.After == "" {
		_, err = a.Catalog.ServiceByID(ctx, id) // one that is older than the trail has no changes
	}
	return out, err
}

// entries returns a page of the entries that a search finds.
func (a *API) entries(ctx context.Context, paging *rest.Paging, search access.Search, whole bool) (*entryListOutput, error) {
	page, err := paging.Page()
	if err != nil {
		return nil, err
	}
	if page.Limit == 0 {
		page.Limit = trailPage
	}
	if page.After != "" {
		if search.Before, err = strconv.ParseInt(page.After, 10, 64); err != nil {
			return nil, rest.InvalidParameter("after", "It must be the value of next from an earlier page.", rest.Clip(paging.After))
		}
	}
	search.Limit = page.Limit + 1 // to know whether there are more
	found, err := a.Catalog.Trail(ctx, search)
	if err != nil {
		return nil, err
	}
	out := &entryListOutput{Body: entryList{Items: []entry{}}}
	if len(found) > page.Limit {
		found = found[:page.Limit]
		out.Body.Next = rest.Next(strconv.FormatInt(found[page.Limit-1].Seq, 10))
		out.Link = paging.NextLink(out.Body.Next)
	}
	for _, r := range found {
		out.Body.Items = append(out.Body.Items, newEntry(r, whole))
	}
	return out, nil
}
