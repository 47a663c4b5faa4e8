package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/scorecard"
)

// teamCard is the scorecard of a team.
type teamCard struct {
	Team     namedTeam     `json:"team"`
	Level    *string       `json:"level" enum:"none,bronze,silver,gold" doc:"The highest one that at least 80 % of its services reach; null: it has no services."`
	Services int           `json:"services"`
	Levels   levelCounts   `json:"levels" doc:"How many of its services have each level."`
	Failing  []countedRule `json:"failing" nullable:"false" doc:"The rules that any of its services fails: those that most fail first."`
}

// TransformSchema says that a team may have no level.
func (teamCard) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Properties["level"].Enum = append(s.Properties["level"].Enum, nil) // the type alone does not allow it
	return s
}

type teamCardInput struct {
	TeamSlug

	IfNoneMatch string `header:"If-None-Match" doc:"The ETag that was read: the answer is 304 if nothing has changed."`
}

type teamCardOutput struct {
	Status int
	ETag   string `header:"ETag" doc:"A digest of the answer."`
	Body   teamCard
}

// readTeamScorecard serves GET /api/teams/{slug}/scorecard.
func (a *API) readTeamScorecard(ctx context.Context, in *teamCardInput) (*teamCardOutput, error) {
	t, err := a.Catalog.TeamBySlug(ctx, in.Slug)
	if err != nil {
		return nil, err
	}
	now, err := a.scores.fresh(ctx)
	if err != nil {
		return nil, err
	}
	passes := catalog.Filter{Team: []string{t.Name}}.Passes()
	var tally scorecard.Tally
	for i, it := range now.list.items {
		if passes(it.svc) {
			tally.Add(now.of[i])
		}
	}
	out := &teamCardOutput{Body: a.newTeamCard(namedTeam{t.Slug, t.Name}, tally)}
	out.Status, out.ETag = http.StatusOK, rest.Tag(0, out.Body)
	if rest.NotModified(in.IfNoneMatch, out.ETag) {
		out.Status = http.StatusNotModified
	}
	return out, nil
}

func (a *API) newTeamCard(of namedTeam, t scorecard.Tally) teamCard {
	c := teamCard{Team: of, Services: t.Services, Levels: newLevelCounts(t), Failing: []countedRule{}}
	if level, some := t.Level(); some {
		word := level.String()
		c.Level = &word
	}
	for _, n := range t.Most() {
		c.Failing = append(c.Failing, a.counted(n, t))
	}
	return c
}

func exampleTeamCard() teamCard {
	_, facts := exampleFacts()
	var t scorecard.Tally
	t.Add(scorecard.Rules{}.Score(facts))
	return new(API).newTeamCard(namedTeam{"payments", "Payments"}, t)
}
