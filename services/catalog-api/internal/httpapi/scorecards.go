package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/scorecard"
)

// levelNames are the words of all levels, the lowest first.
func levelNames() (names []string) {
	for _, level := range scorecard.Levels {
		names = append(names, level.String())
	}
	return names
}

// scoredService is a service with its level, in short.
type scoredService struct {
	ID      string   `json:"id" format:"uuid"`
	Name    string   `json:"name" example:"billing"`
	Team    *string  `json:"team"`
	Level   string   `json:"level" enum:"none,bronze,silver,gold"`
	Failing []string `json:"failing" nullable:"false" doc:"The ids of the rules that it fails, those of the lowest level first."`
}

// countedRule is a rule with how many services fail it.
type countedRule struct {
	ID      string `json:"id" example:"on_call"`
	Title   string `json:"title" doc:"What it asks for." example:"Somebody on call"`
	Level   string `json:"level" enum:"bronze,silver,gold"`
	Off     bool   `json:"off" doc:"It is switched off in the portal's settings."`
	Failing int    `json:"failing" doc:"How many services fail it."`
}

// levelCounts is how many services have each level.
type levelCounts struct {
	None   int `json:"none"`
	Bronze int `json:"bronze"`
	Silver int `json:"silver"`
	Gold   int `json:"gold"`
}

func newLevelCounts(t scorecard.Tally) levelCounts {
	return levelCounts{t.Levels[scorecard.None], t.Levels[scorecard.Bronze], t.Levels[scorecard.Silver], t.Levels[scorecard.Gold]}
}

// cardList is the scorecards of services, in short.
type cardList struct {
	Items  []scoredService `json:"items" nullable:"false" doc:"By level, the lowest first, then by name."`
	Total  int             `json:"total" doc:"Services that match all filters, on all pages."`
	Levels levelCounts     `json:"levels" doc:"How many have each level, of those that match all filters but level."`
	Rules  []countedRule   `json:"rules" nullable:"false" doc:"All rules, and how many fail each, of those that match all filters but rule."`
	Next   string          `json:"next,omitempty" doc:"If there are more: the value of after for the next page."`
}

// scorecards adds the routes of how well services are kept.
func (a *API) scorecards(r *rest.API) {
	r.Tag("scorecards", "How well services are kept in the catalogue: which rules they fail, and how to mend it.")
	rest.Register(r, rest.Get("list-scorecards", rest.Prefix+"/scorecards", "Find how well services are kept",
		"The level of each service, and which rules it fails: those with the lowest level first, in pages if limit is given. The filters of the list choose among them."),
		a.listScorecards, rest.Answers(http.StatusOK, exampleCardList()), rest.NotChanged(), rest.Problems(rest.Malformed, rest.Invalid))
	rest.Register(r, rest.Get("get-scorecard", rest.Prefix+"/services/{id}/scorecard", "Read how well a service is kept",
		"What each rule says of the service, why, and how to mend it. It is as the service is now: the past has none."),
		a.readScorecard, rest.Example(exampleCard()), rest.NotChanged(), rest.Problems(rest.Malformed, rest.NotFound, rest.Invalid))
	rest.Register(r, rest.Get("get-team-scorecard", rest.Prefix+"/teams/{slug}/scorecard", "Read how well the services of a team are kept",
		"How many of its services have each level, and which rules they fail."),
		a.readTeamScorecard, rest.Example(exampleTeamCard()), rest.NotChanged(), rest.Problems(rest.Malformed, rest.NotFound, rest.Invalid))
}

// listCardsInput is a search. As in listServicesInput, its fields only describe the parameters.
type listCardsInput struct {
	Query  []string `query:"q,explode" doc:"As in the list of services, like the other filters: words, in any order."`
	Team   []string `query:"team,explode" doc:"This team; case counts."`
	Status []string `query:"status,explode" enum:"healthy,unknown,degraded,down" doc:"This status."`
	Tag    []string `query:"tag,explode" doc:"With this tag; case counts."`
	Level  []string `query:"level,explode" enum:"none,bronze,silver,gold" doc:"This level. Given twice, as each filter: either."`
	Rule   []string `query:"rule,explode" doc:"Fails this rule, named by its id." example:"on_call"`

	rest.Paging

	IfNoneMatch string `header:"If-None-Match" doc:"The ETag that was read: the answer is 304 if nothing has changed."`

	values url.Values
}

// Resolve keeps the query as it was sent. The route has checked that it can be read.
func (in *listCardsInput) Resolve(ctx huma.Context) []error {
	u := ctx.URL()
	in.values = u.Query()
	return in.Paging.Resolve(ctx)
}

type cardListOutput struct {
	Status      int
	ContentType string `header:"Content-Type" hidden:"true"`
	ETag        string `header:"ETag" doc:"A digest of the answer."`
	Link        string `header:"Link" doc:"The next page, as rel=next, where there is one."`
	Body        []byte
}

// listScorecards serves GET /api/scorecards.
func (a *API) listScorecards(ctx context.Context, in *listCardsInput) (*cardListOutput, error) {
	f, err := cardFilterOf(in.values)
	if err != nil {
		return nil, err
	}
	page, err := in.Page()
	if err != nil {
		return nil, err
	}
	now, err := a.scores.fresh(ctx)
	if err != nil {
		return nil, err
	}
	list := a.newCardList(now, f, page)
	out := &cardListOutput{Status: http.StatusOK, ContentType: rest.JSON, Link: in.NextLink(list.Next)}
	if out.Body, err = json.Marshal(list); err != nil {
		return nil, fmt.Errorf("encode the scorecards: %w", err)
	}
	out.ETag = rest.Quoted(rest.Digest(out.Body))
	if rest.NotModified(in.IfNoneMatch, out.ETag) {
		out.Status, out.ContentType, out.Body = http.StatusNotModified, "", nil
	}
	return out, nil
}

// cardFilter narrows a list of scorecards.
type cardFilter struct {
	catalog.Filter
	levels []scorecard.Level // one of these
	rules  []int             // fails one of these
}

// cardFilterOf returns the filter of a query. It ignores empty parameters.
func cardFilterOf(values url.Values) (f cardFilter, err error) {
	if f.Filter, err = filterOf(values); err != nil {
		return f, err
	}
	for _, word := range significant(values["level"], notEmpty) {
		level, known := scorecard.ParseLevel(word)
		if !known {
			return f, rest.InvalidParameter("level", "The level must be one of "+events.Names(levelNames())+".", rest.Clip(word))
		}
		f.levels = append(f.levels, level)
	}
	for _, id := range significant(values["rule"], notEmpty) {
		n := scorecard.Index(id)
		if n < 0 {
			return f, rest.InvalidParameter("rule", "The rule must be one of "+events.Names(scorecard.IDs())+".", rest.Clip(id))
		}
		f.rules = append(f.rules, n)
	}
	return f, nil
}

// newCardList returns a page of the scorecards that pass the filter.
func (a *API) newCardList(now *scored, f cardFilter, page rest.Page) cardList {
	passes := func(*catalog.Service) bool { return true }
	if !f.All() {
		passes = f.Passes()
	}
	var levels, rules scorecard.Tally
	found := make([][]int, len(scorecard.Levels)) // by level
	for i, it := range now.list.items {
		s := now.of[i]
		if !passes(it.svc) {
			continue
		}
		ofLevel := len(f.levels) == 0 || slices.Contains(f.levels, s.Level)
		ofRule := len(f.rules) == 0 || slices.ContainsFunc(f.rules, s.Fails)
		if ofRule {
			levels.Add(s)
		}
		if ofLevel {
			rules.Add(s)
		}
		if ofLevel && ofRule {
			found[s.Level] = append(found[s.Level], i)
		}
	}
	all := slices.Concat(found...) // by level, and then as the list is: by name
	part, next := rest.Cut(all, page, func(i int) string { return strconv.Itoa(int(now.of[i].Level)) + now.list.items[i].key })
	list := cardList{Items: make([]scoredService, len(part)), Total: len(all), Levels: newLevelCounts(levels), Next: next}
	for n, i := range part {
		svc := now.list.items[i].svc
		list.Items[n] = scoredService{svc.ID, svc.Name, unlessEmpty(&svc.Team), now.of[i].Level.String(), now.of[i].Failing()}
	}
	for n := range scorecard.All {
		list.Rules = append(list.Rules, a.counted(n, rules))
	}
	return list
}

func (a *API) counted(n int, t scorecard.Tally) countedRule {
	r := newRule(n)
	c := countedRule{ID: r.ID, Title: r.Title, Level: r.Level, Off: a.Rules.IsOff(n)}
	if t.Failing != nil {
		c.Failing = t.Failing[n]
	}
	return c
}

func exampleCardList() cardList {
	_, facts := exampleFacts()
	it := &item{key: "billing", svc: facts.Service}
	now := &scored{list: &encodedList{items: []*item{it}}, of: []scorecard.Score{scorecard.Rules{}.Score(facts)}}
	list := new(API).newCardList(now, cardFilter{}, rest.Page{})
	list.Next = rest.Next("1billing")
	return list
}
