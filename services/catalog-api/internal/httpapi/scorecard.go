package httpapi

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/scorecard"
)

// Levels is what the API needs of the levels that were noted.
type Levels interface {
	// LevelOf returns the level of a service as it was noted last, and since when it has that; "":
	// it was not noted yet.
	LevelOf(ctx context.Context, id string) (level events.Level, since time.Time, err error)
}

// rule is one of the rules by which services are judged.
type rule struct {
	ID    string `json:"id" example:"on_call"`
	Title string `json:"title" doc:"What it asks for." example:"Somebody on call"`
	Level string `json:"level" enum:"bronze,silver,gold" doc:"Which it counts for, with those above it."`
}

func newRule(n int) rule {
	r := scorecard.All[n]
	return rule{r.ID, r.Title, r.Level.String()}
}

// judged is what a rule says of a service.
type judged struct {
	ID      string            `json:"id" example:"on_call"`
	Title   string            `json:"title" doc:"What it asks for." example:"Somebody on call"`
	Level   string            `json:"level" enum:"bronze,silver,gold" doc:"Which it counts for, with those above it."`
	Outcome scorecard.Outcome `json:"outcome" enum:"passed,failed,not_applicable,off" doc:"off: the rule is switched off in the portal's settings."`
	Reason  *string           `json:"reason" doc:"Why, as a sentence; null: it has passed." example:"Nobody is on call for Payments."`
	Mend    *mend             `json:"mend" doc:"How to mend it; null: it has not failed."`
}

// TransformSchema says that there may be nothing to mend.
func (judged) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Properties["mend"] = rest.OrNull(s.Properties["mend"])
	return s
}

// mend is the way to mend a failure.
type mend struct {
	Text  string  `json:"text" example:"Give the team a contact, a rotation or a calendar."`
	Field *string `json:"field" doc:"The field of the service in which it is mended; null: none." example:"docs_url"`
	Href  *string `json:"href" doc:"The page of the portal on which it is mended; null: none." example:"/teams/payments"`
}

// card is the scorecard of a service.
type card struct {
	Service owned      `json:"service"`
	Level   string     `json:"level" enum:"none,bronze,silver,gold" doc:"The highest one of which no rule fails, and none of those below it."`
	Since   *time.Time `json:"since" doc:"Since when it has the level, as far back as levels were noted; null: it has only just got it."`
	Rules   []judged   `json:"rules" nullable:"false" doc:"All rules: those of the lowest level first."`
}

// owned is a service with its owner.
type owned struct {
	ID   string  `json:"id" format:"uuid"`
	Name string  `json:"name" example:"billing"`
	Team *string `json:"team"`
}

type cardInput struct {
	ID          string `path:"id" format:"uuid" doc:"The service's id."`
	IfNoneMatch string `header:"If-None-Match" doc:"The ETag that was read: the answer is 304 if nothing has changed."`
}

type cardOutput struct {
	Status int
	ETag   string `header:"ETag" doc:"A digest of the answer."`
	Body   card
}

// readScorecard serves GET /api/services/{id}/scorecard.
func (a *API) readScorecard(ctx context.Context, in *cardInput) (*cardOutput, error) {
	id, err := serviceID(in.ID)
	if err != nil {
		return nil, err
	}
	svc, facts, err := a.factsOf(ctx, id)
	if err != nil {
		return nil, err
	}
	out := &cardOutput{Body: a.newCard(svc, facts)}
	noted, since, err := a.Catalog.LevelOf(ctx, id)
	if err != nil {
		return nil, err
	}
	if string(noted) == out.Body.Level {
		out.Body.Since = &since
	}
	out.Status, out.ETag = http.StatusOK, rest.Tag(0, out.Body)
	if rest.NotModified(in.IfNoneMatch, out.ETag) {
		out.Status = http.StatusNotModified
	}
	return out, nil
}

// factsOf returns a service, and what it is judged by, or catalog.ErrNotFound.
func (a *API) factsOf(ctx context.Context, id string) (*catalog.Service, scorecard.Facts, error) {
	now, err := a.scores.fresh(ctx)
	if err != nil {
		return nil, scorecard.Facts{}, err
	}
	i := slices.IndexFunc(now.list.items, func(it *item) bool { return it.id == id })
	if i < 0 {
		return nil, scorecard.Facts{}, &catalog.KindError{Kind: events.KindService, Err: catalog.ErrNotFound}
	}
	svc := now.list.items[i].svc
	return svc, now.known.Facts(svc, now.at), nil
}

func (a *API) newCard(svc *catalog.Service, facts scorecard.Facts) card {
	c := card{
		Service: owned{svc.ID, svc.Name, unlessEmpty(&svc.Team)}, Level: a.Rules.Score(facts).Level.String(),
	}
	for n, result := range a.Rules.Card(facts) {
		r := newRule(n)
		shown := judged{ID: r.ID, Title: r.Title, Level: r.Level, Outcome: result.Outcome, Reason: unlessEmpty(&result.Reason)}
		if m := result.Mend; result.Outcome == scorecard.Failed {
			shown.Mend = &mend{m.Text, unlessEmpty(&m.Field), unlessEmpty(&m.Link)}
		}
		c.Rules = append(c.Rules, shown)
	}
	return c
}

func exampleFacts() (*catalog.Service, scorecard.Facts) {
	shown := exampleService()
	svc := &catalog.Service{
		ID: shown.ID, Name: shown.Name, Team: *shown.Team, StatusURL: *shown.StatusURL, Description: "Sends invoices.",
		DocsURL: "https://docs.example/billing", GitHubURL: "https://github.com/example/billing", UpdatedAt: shown.UpdatedAt,
	}
	return svc, scorecard.Facts{Service: svc, OnCall: &scorecard.OnCall{Slug: "payments"}, At: shown.UpdatedAt}
}

func exampleCard() card {
	c := new(API).newCard(exampleFacts())
	since := exampleService().UpdatedAt
	c.Since = &since
	return c
}
