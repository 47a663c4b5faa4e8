package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

// renameTimeout bounds a change of a team, whose services get a new name in it.
const renameTimeout = 30 * time.Second

// Teams is what the API needs of the teams. An ifVersion is as in Writer.
type Teams interface {
	// Teams returns all teams in the order of their names, or those with a name unless it is empty.
	Teams(ctx context.Context, name string) ([]catalog.Team, error)
	// TeamBySlug returns the team, or catalog.ErrNotFound.
	TeamBySlug(ctx context.Context, slug string) (catalog.Team, error)
	// CreateTeam adds a team. An empty slug is made from the name.
	CreateTeam(ctx context.Context, by access.Actor, slug string, c catalog.TeamChange) (catalog.Team, error)
	// UpdateTeam changes the team, and all services that name it if its name changes.
	UpdateTeam(ctx context.Context, by access.Actor, slug string, ifVersion int64, c catalog.TeamChange) (catalog.Team, error)
	// DeleteTeam removes the team; *catalog.InUseError: services name it.
	DeleteTeam(ctx context.Context, by access.Actor, slug string, ifVersion int64) error
}

type teamList struct {
	Items []team `json:"items" nullable:"false" doc:"By name."`
	Total int    `json:"total" doc:"Teams on all pages."`
	Next  string `json:"next,omitempty" doc:"If there are more: the value of after for the next page."`
}

// teams adds the routes of the teams.
func (a *API) teams(r *rest.API) {
	const all, one = rest.Prefix + "/teams", rest.Prefix + "/teams/{slug}"

	r.Tag("teams", "Who owns services. A service names its team; a team that is not there yet is added with the service.")
	rest.Register(r, rest.Get("list-teams", all, "Find teams", "All teams by name, or the one with a name, in pages if limit is given."), a.listTeams,
		rest.Answers(http.StatusOK, teamList{Items: []team{exampleTeam()}, Total: 2, Next: rest.Next("payments\x1fpayments")}),
		rest.Problems(rest.Malformed, rest.Invalid))
	rest.Register(r, rest.Operation{
		OperationID: "create-team", Method: http.MethodPost, Path: all, Summary: "Add a team", Description: "Name and slug must be free.",
	}, a.createTeam, rest.Takes[teamCreateBody](exampleTeamWrite, rest.JSON), rest.Located("The team, as it was added."), rest.Example(exampleTeam()),
		rest.Problems(rest.Malformed, nameTaken, rest.Unmet, rest.Invalid))
	rest.Register(r, rest.Get("get-team", one, "Read a team", "The team, with the ETag that a safe write sends back."), a.readTeam,
		rest.Example(exampleTeam()), rest.NotChanged(), rest.Problems(rest.Malformed, rest.NotFound, rest.Invalid))
	update := rest.Problems(rest.Malformed, rest.NotFound, nameTaken, rest.Changed, rest.Unmet, rest.Invalid)
	rest.Register(r, rest.Operation{
		OperationID: "put-team", Method: http.MethodPut, Path: one, Summary: "Change a team",
		Description: "Fields that are absent stay as they are; null clears. A new name is at once that of its services too, and of keys that are bound to it, but for those from a file.",
	}, a.updateTeam, rest.Within(renameTimeout), rest.Takes[teamUpdateBody](exampleTeamWrite, rest.JSON), rest.Example(exampleTeam()), update)
	rest.Register(r, rest.Operation{
		OperationID: "patch-team", Method: http.MethodPatch, Path: one, Summary: "Change some fields of a team",
		Description: "A JSON merge patch (RFC 7396): as a PUT.",
	}, a.updateTeam, rest.Within(renameTimeout), rest.Takes[teamUpdateBody](exampleTeamPatch, rest.MergePatch, rest.JSON), rest.Example(exampleTeam()), update)
	rest.Register(r, rest.Operation{
		OperationID: "delete-team", Method: http.MethodDelete, Path: one, Summary: "Remove a team", Description: "Only a team that no service names can be removed.",
	}, a.deleteTeam, rest.Problems(rest.Malformed, rest.NotFound, teamInUse, rest.Changed, rest.Unmet, rest.Invalid))
	rest.Register(r, historical("get-team-timeline", one+"/timeline", "Read the timeline of a team",
		"What befell the services that are of the team now, and the team, the newest first, in pages: each moment says which service."), a.readTeamTimeline,
		rest.Answers(http.StatusOK, exampleTeamTimeline()), rest.Problems(rest.Malformed, rest.NotFound, rest.Invalid))
}

type teamListOutput struct {
	Link string `header:"Link" doc:"The next page, as rel=next, where there is one."`
	Body teamList
}

type listTeamsInput struct {
	rest.Paging

	Name string `query:"name" doc:"The team with this name, if there is one; case counts."`
}

// listTeams serves GET /api/teams.
func (a *API) listTeams(ctx context.Context, in *listTeamsInput) (*teamListOutput, error) {
	page, err := in.Page()
	if err != nil {
		return nil, err
	}
	all, err := a.Catalog.Teams(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	part, next := rest.Cut(all, page, catalog.Team.Order)
	out := &teamListOutput{Link: in.NextLink(next), Body: teamList{Items: make([]team, len(part)), Total: len(all), Next: next}}
	for i := range part {
		out.Body.Items[i] = newTeam(&part[i])
	}
	return out, nil
}

type teamOutput = rest.Versioned[team]

func newTeamOutput(t catalog.Team) *teamOutput { return rest.NewVersioned(t.Version, newTeam(&t)) }

type createTeamInput struct {
	rest.Preconditions
	Body teamCreateBody
}

// createTeam serves POST /api/teams.
func (a *API) createTeam(ctx context.Context, in *createTeamInput) (*teamOutput, error) {
	if err := in.Refuse(); err != nil {
		return nil, err
	}
	body, err := in.Body.Read(teamCreate.invalid)
	if err != nil {
		return nil, err
	}
	made, err := a.Catalog.CreateTeam(ctx, actor(ctx), body.slug(), body.change())
	if err != nil {
		return nil, err
	}
	return newTeamOutput(made).At(rest.Prefix + "/teams/" + made.Slug), nil
}

// TeamSlug is the parameter that says which team.
type TeamSlug struct {
	Slug string `path:"slug" maxLength:"63" doc:"The team's slug." example:"payments"`
}

type readTeamInput struct {
	TeamSlug

	IfNoneMatch string `header:"If-None-Match" doc:"The ETag that was read: the answer is 304 if nothing has changed."`
}

// readTeam serves GET /api/teams/{slug}.
func (a *API) readTeam(ctx context.Context, in *readTeamInput) (*teamOutput, error) {
	t, err := a.Catalog.TeamBySlug(ctx, in.Slug)
	if err != nil {
		return nil, err
	}
	return newTeamOutput(t).Unless(in.IfNoneMatch), nil
}

// teamVersion returns the version that a team must have to be written; 0: any.
func (a *API) teamVersion(ctx context.Context, slug string, p *rest.Preconditions) (int64, error) {
	return p.Required(func() (int64, time.Time, error) {
		t, err := a.Catalog.TeamBySlug(ctx, slug)
		return t.Version, t.UpdatedAt, err
	})
}

type updateTeamInput struct {
	rest.Preconditions
	TeamSlug

	Body teamUpdateBody
}

// updateTeam serves PUT and PATCH /api/teams/{slug}, which mean the same.
func (a *API) updateTeam(ctx context.Context, in *updateTeamInput) (*teamOutput, error) {
	body, err := in.Body.Read(TeamUpdate.invalid)
	if err != nil {
		return nil, err
	}
	version, err := a.teamVersion(ctx, in.Slug, &in.Preconditions)
	if err != nil {
		return nil, err
	}
	t, err := a.Catalog.UpdateTeam(ctx, actor(ctx), in.Slug, version, body.change())
	if err != nil {
		return nil, err
	}
	if body.Name.To != nil {
		if err := a.Ring.Refresh(ctx); err != nil {
			a.Log.WarnContext(ctx, "keys in memory may have the old name of a team; retrying", "error", err)
		}
	}
	return newTeamOutput(t), nil
}

type deleteTeamInput struct {
	rest.Preconditions
	TeamSlug
}

// deleteTeam serves DELETE /api/teams/{slug}.
func (a *API) deleteTeam(ctx context.Context, in *deleteTeamInput) (*struct{}, error) {
	version, err := a.teamVersion(ctx, in.Slug, &in.Preconditions)
	if err != nil {
		return nil, err
	}
	return nil, a.Catalog.DeleteTeam(ctx, actor(ctx), in.Slug, version)
}

type teamTimelineInput struct {
	TeamSlug
	TimelinePage
}

// readTeamTimeline serves GET /api/teams/{slug}/timeline.
func (a *API) readTeamTimeline(ctx context.Context, in *teamTimelineInput) (*timelineOutput, error) {
	from, before, limit, err := in.page()
	if err != nil {
		return nil, err
	}
	t, err := a.Catalog.TeamBySlug(ctx, in.Slug)
	if err != nil {
		return nil, err
	}
	services, err := a.Catalog.ListServices(ctx, catalog.Filter{Team: []string{t.Name}})
	if err != nil {
		return nil, err
	}
	of := subject{search: access.Search{Team: &access.OfTeam{Slug: t.Slug}}, names: make(map[string]string, len(services))}
	for _, svc := range services {
		of.services = append(of.services, svc.ID)
		of.names[svc.ID] = svc.Name
	}
	of.search.Team.Services = of.services
	all, err := a.moments(ctx, of, in.Kind, from, before, limit+1) // to know whether there are more
	if err != nil {
		return nil, err
	}
	return in.answer(all, limit), nil
}

func exampleTeamTimeline() timeline {
	example := exampleTimeline()
	for i := range example.Items {
		example.Items[i].Service = &namedService{exampleService().ID, exampleService().Name}
	}
	at := exampleTeam().UpdatedAt.Add(-time.Hour)
	example.Items = append(example.Items, moment{At: at, Kind: momentChange, Change: &entry{
		ID: "1041", At: at, Actor: entryActor{Kind: access.Anonymous}, Deed: access.Updated, Kind: events.KindTeam, ThingID: "payments", Name: "Payments",
		Changes: []fieldChange{{"email", nil, "payments@example.com"}},
	}})
	return example
}
