package httpapi

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/oncall"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

const (
	shiftsSpan = 28 * 24 * time.Hour  // of which shifts are told if no end is given
	maxShifts  = 366 * 24 * time.Hour // of which they are told at most
)

// OnCall is what the API needs to say who is on call.
type OnCall interface {
	// Calendars returns what was read of the calendars of these teams, by their slugs. It has none
	// of a team whose present calendar was not read yet.
	Calendars(ctx context.Context, slugs []string) (map[string]oncall.Reading, error)
}

// duty is who is on call for a team.
type duty struct {
	Team      namedTeam      `json:"team"`
	At        time.Time      `json:"at" doc:"The moment that was asked about."`
	Kind      *oncall.Kind   `json:"kind" enum:"contact,rotation,calendar" doc:"Of the team's plan; null: it has none."`
	Now       []oncall.Shift `json:"now" nullable:"false" doc:"Who is on call at that moment. A calendar can have several at once; empty: nobody."`
	Next      []oncall.Shift `json:"next" nullable:"false" doc:"The shifts that begin at the next moment at which any does; empty: none is known."`
	ChangesAt *time.Time     `json:"changes_at" doc:"The next moment at which now changes; null: never, or it is not known."`
	Zone      *string        `json:"zone" doc:"Of a rotation, else null." example:"Europe/Zurich"`
	Feed      *feed          `json:"feed" doc:"How the calendar was read last; null: the plan has none."`
}

// TransformSchema says that there may be no feed.
func (duty) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Properties["feed"] = rest.OrNull(s.Properties["feed"])
	return s
}

type namedTeam struct {
	Slug string `json:"slug"`
	Name string `json:"name"`
}

// feed is how a calendar was read last.
type feed struct {
	Host        string     `json:"host" doc:"Of the calendar's URL." example:"calendar.example.com"`
	ReadAt      *time.Time `json:"read_at" doc:"null: it was not read yet."`
	Problem     *string    `json:"problem" doc:"Why it could not be read the last time; null: it could. What was read before is still told." example:"not_found"`
	CoversUntil *time.Time `json:"covers_until" doc:"Shifts that begin later are not known."`
}

type dutyList struct {
	At    time.Time `json:"at" doc:"The moment that was asked about."`
	Items []duty    `json:"items" nullable:"false" doc:"By the names of the teams."`
	Total int       `json:"total" doc:"Teams on all pages."`
	Next  string    `json:"next,omitempty" doc:"If there are more: the value of after for the next page."`
}

type shiftList struct {
	Items []oncall.Shift `json:"items" nullable:"false" doc:"By their beginnings, a thousand at most."`
}

// newDuty says who is on call for a team. Of a plan by a calendar, read is what was read of it.
func newDuty(t *catalog.Team, at time.Time, read oncall.Reading) (duty, error) {
	is, err := t.OnCall.At(at, read)
	if err != nil {
		return duty{}, err
	}
	d := duty{
		Team: namedTeam{t.Slug, t.Name}, At: at, Now: append([]oncall.Shift{}, is.Now...), Next: append([]oncall.Shift{}, is.Next...), ChangesAt: unlessNever(is.ChangesAt),
	}
	if t.OnCall == nil {
		return d, nil
	}
	d.Kind = &t.OnCall.Kind
	if r := t.OnCall.Rotation; r != nil {
		d.Zone = &r.Zone
	}
	if c := t.OnCall.Calendar; c != nil {
		d.Feed = &feed{Host: c.Host, ReadAt: unlessNever(read.ReadAt), Problem: unlessEmpty(&read.Problem), CoversUntil: unlessNever(read.CoversUntil)}
	}
	return d, nil
}

// unlessNever returns nil for the zero time.
func unlessNever(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}

// onCall adds the routes of who is on call.
func (a *API) onCall(r *rest.API) {
	const all, one = rest.Prefix + "/oncall", rest.Prefix + "/teams/{slug}/oncall"
	const past = " The past is told by the plan as it is now."

	r.Tag("oncall", "Who is on call. How a team knows that is its field on_call.")
	rest.Register(r, rest.Get("list-oncall", all, "Find who is on call", "Who is on call for each team, now or at another moment: all teams, or in pages if limit is given."+past), a.listOnCall,
		rest.Example(exampleDuties()), rest.NotChanged(), rest.Problems(rest.Malformed, rest.Invalid))
	rest.Register(r, rest.Get("get-oncall", one, "Read who is on call for a team", "Who is on call, now or at another moment, and who is next."+past), a.readOnCall,
		rest.Example(exampleDuty()), rest.NotChanged(), rest.Problems(rest.Malformed, rest.NotFound, rest.Invalid))
	rest.Register(r, rest.Get("list-shifts", one+"/shifts", "Read the shifts of a team", "Who is on call in a time, shift by shift."+past), a.listShifts,
		rest.Answers(http.StatusOK, shiftList{Items: append(exampleDuty().Now, exampleDuty().Next...)}), rest.Problems(rest.Malformed, rest.NotFound, rest.Invalid))
}

// OnCallAt are the parameters of a question who is on call.
type OnCallAt struct {
	At          string `query:"at" format:"date-time" doc:"Another moment than now."`
	IfNoneMatch string `header:"If-None-Match" doc:"The ETag that was read: the answer is 304 if it would say the same, but for its field at."`
}

// read returns the moment that is asked about.
func (in *OnCallAt) read() (time.Time, error) {
	return timeParameter("at", in.At, time.Now().UTC().Truncate(time.Second))
}

// unless returns the status and the ETag of an answer, which said is without the moment that was
// asked about. The tag is weak (RFC 9110, section 8.8.1), as that is in the answer.
func (in *OnCallAt) unless(said any) (status int, etag string) {
	tag := rest.Tag(0, said)
	if rest.NotModified(in.IfNoneMatch, tag) {
		return http.StatusNotModified, "W/" + tag
	}
	return http.StatusOK, "W/" + tag
}

type dutyOutput struct {
	Status int
	ETag   string `header:"ETag" doc:"It stays the same until somebody else is on call, or will be."`
	Body   duty
}

type onCallInput struct {
	TeamSlug
	OnCallAt
}

// readOnCall serves GET /api/teams/{slug}/oncall.
func (a *API) readOnCall(ctx context.Context, in *onCallInput) (*dutyOutput, error) {
	at, err := in.read()
	if err != nil {
		return nil, err
	}
	t, err := a.Catalog.TeamBySlug(ctx, in.Slug)
	if err != nil {
		return nil, err
	}
	read, err := a.calendars(ctx, []catalog.Team{t})
	if err != nil {
		return nil, err
	}
	out := &dutyOutput{}
	if out.Body, err = newDuty(&t, at, read[t.Slug]); err != nil {
		return nil, err
	}
	out.Status, out.ETag = in.unless(timeless([]duty{out.Body}))
	return out, nil
}

// timeless returns a copy of a list without the moment that was asked about.
func timeless(list []duty) []duty {
	list = slices.Clone(list)
	for i := range list {
		list[i].At = time.Time{}
	}
	return list
}

// duties says who is on call for some teams. One whose rotation is in a zone that this machine
// does not know is left out: what is known of the others is told.
func (a *API) duties(ctx context.Context, teams []catalog.Team, at time.Time) ([]duty, error) {
	read, err := a.calendars(ctx, teams)
	if err != nil {
		return nil, err
	}
	list := make([]duty, 0, len(teams))
	for i := range teams {
		d, err := newDuty(&teams[i], at, read[teams[i].Slug])
		if err != nil {
			a.Log.ErrorContext(ctx, "who is on call is not known; are the machine's time zones complete?", "team", teams[i].Slug, "error", err)
			continue
		}
		list = append(list, d)
	}
	return list, nil
}

// calendars returns what was read of the calendars of those teams that have one.
func (a *API) calendars(ctx context.Context, teams []catalog.Team) (map[string]oncall.Reading, error) {
	return a.Catalog.Calendars(ctx, catalog.WithCalendar(teams))
}

type dutyListOutput struct {
	Status int
	ETag   string `header:"ETag" doc:"It stays the same until somebody else is on call, or will be."`
	Link   string `header:"Link" doc:"The next page, as rel=next, where there is one."`
	Body   dutyList
}

type listOnCallInput struct {
	rest.Paging
	OnCallAt
}

// listOnCall serves GET /api/oncall.
func (a *API) listOnCall(ctx context.Context, in *listOnCallInput) (*dutyListOutput, error) {
	at, err := in.read()
	if err != nil {
		return nil, err
	}
	page, err := in.Page()
	if err != nil {
		return nil, err
	}
	all, err := a.Catalog.Teams(ctx, "")
	if err != nil {
		return nil, err
	}
	part, next := rest.Cut(all, page, catalog.Team.Order)
	list, err := a.duties(ctx, part, at)
	if err != nil {
		return nil, err
	}
	out := &dutyListOutput{Link: in.NextLink(next), Body: dutyList{At: at, Items: list, Total: len(all), Next: next}}
	out.Status, out.ETag = in.unless(dutyList{Items: timeless(list), Total: len(all), Next: next})
	return out, nil
}

type listShiftsInput struct {
	TeamSlug

	From string `query:"from" format:"date-time" doc:"The begin; absent: now."`
	To   string `query:"to" format:"date-time" doc:"The end, at most 366 days later; absent: 28 days later."`
}

type shiftListOutput struct{ Body shiftList }

// listShifts serves GET /api/teams/{slug}/oncall/shifts.
func (a *API) listShifts(ctx context.Context, in *listShiftsInput) (*shiftListOutput, error) {
	from, err := timeParameter("from", in.From, time.Now().UTC())
	if err != nil {
		return nil, err
	}
	to, err := timeParameter("to", in.To, from.Add(shiftsSpan))
	if err != nil {
		return nil, err
	}
	if !from.Before(to) || to.Sub(from) > maxShifts {
		return nil, rest.InvalidParameter("to", "It must be later than from, by 366 days at most.", rest.Clip(in.To))
	}
	t, err := a.Catalog.TeamBySlug(ctx, in.Slug)
	if err != nil {
		return nil, err
	}
	read, err := a.calendars(ctx, []catalog.Team{t})
	if err != nil {
		return nil, err
	}
	list, err := t.OnCall.Shifts(from, to, read[t.Slug])
	if err != nil {
		return nil, err
	}
	return &shiftListOutput{shiftList{append([]oncall.Shift{}, list...)}}, nil
}

func exampleDuty() duty {
	d, err := newDuty(&catalog.Team{Slug: "payments", Name: "Payments", OnCall: examplePlan()}, time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC), oncall.Reading{})
	if err != nil {
		panic(err) // its zone is UTC, which is known everywhere
	}
	return d
}

func exampleDuties() dutyList {
	d := exampleDuty()
	return dutyList{At: d.At, Items: []duty{d}, Total: 2, Next: rest.Next("payments\x1fpayments")}
}

// examplePlan is of UTC, so that it can be computed where no zones are.
func examplePlan() *oncall.Plan {
	return &oncall.Plan{Kind: oncall.ByRotation, Rotation: &oncall.Rotation{
		People: []oncall.Person{{Name: "Ada", Email: "ada@example.com"}, {Name: "Grace", Phone: "+41 44 000 00 00"}},
		Zone:   "UTC", Starts: "2026-11-30T09:00", ShiftDays: 7,
		Overrides: []oncall.Override{{From: "2026-12-24T09:00", Until: "2026-12-26T09:00", Person: oncall.Person{Name: "Joan"}}},
	}}
}
