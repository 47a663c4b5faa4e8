package httpapi_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/httpapi"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/scorecard"
)

// kept is a service that passes every rule of silver if its team has somebody on call.
const kept = `"description":"Sends invoices.","status_url":"https://a.example/healthz","docs_url":"https://a.example/docs","github_url":"` + codeURL + `"`

// ruled returns what a rule says in a scorecard: "failed: Nobody owns it … (team)".
func ruled(t *testing.T, a answer, id string) string {
	t.Helper()
	for _, r := range items(a, "rules") {
		if r["id"] != id {
			continue
		}
		text := fmt.Sprint(r["outcome"])
		if r["reason"] != nil {
			text += ": " + r["reason"].(string)
		}
		if m, is := r["mend"].(map[string]any); is {
			text += fmt.Sprintf(" %v %v %v", m["text"], m["field"], m["href"])
		}
		return text
	}
	t.Fatalf("no rule %s in %s", id, a.raw)
	return ""
}

// levels returns what a list of scorecards says: "none a [owner docs]" for each service.
func levels(a answer) (list []string) {
	for _, s := range items(a, "items") {
		list = append(list, fmt.Sprint(s["level"], " ", s["name"], " ", s["failing"]))
	}
	return list
}

func TestScorecard(t *testing.T) {
	p := start(t, nil)
	dbPath, _ := p.create(`{"name":"db"}`)
	path, made := p.create(`{"name":"billing","team":"Payments",` + kept + `,"depends_on":[{"name":"db"}]}`)
	want := func(when, level string, rules map[string]string) answer {
		t.Helper()
		a := p.call("GET", path+"/scorecard", "")
		if a.status != 200 || a.body["level"] != level || len(items(a, "rules")) != len(scorecard.All) {
			t.Errorf("%s: %d %s", when, a.status, a.raw)
		}
		for id, text := range rules {
			if got := ruled(t, a, id); got != text {
				t.Errorf("%s: %s: %s, want %s", when, id, got, text)
			}
		}
		return a
	}
	first := want("new", "bronze", map[string]string{
		"owner": "passed", "dependencies": "passed",
		"on_call":   "failed: Nobody is on call for Payments. Give the team a contact, a rotation or a calendar. <nil> /teams/payments",
		"dashboard": "failed: It has no link to a dashboard. Give the URL that shows its numbers. dashboard_url <nil>",
		"links":     "not_applicable: Its links were not checked yet.", "releases": "not_applicable: No release of its code is known.",
	})
	if again := p.call("GET", path+"/scorecard", "", "If-None-Match: "+first.header.Get("ETag")); again.status != 304 {
		t.Errorf("unchanged: %d", again.status)
	}
	p.call("PATCH", "/api/teams/payments", `{"on_call":{"kind":"contact","contact":{"name":"Ada"}}}`)
	if again := p.call("GET", path+"/scorecard", "", "If-None-Match: "+first.header.Get("ETag")); again.status != 200 {
		t.Errorf("with somebody on call: %d", again.status)
	}
	want("somebody is on call", "silver", map[string]string{"on_call": "passed"})
	p.call("PATCH", path, `{"dashboard_url":"https://a.example/numbers"}`)
	want("with a dashboard", "gold", map[string]string{"dashboard": "passed"})
	now := time.Now().UTC().Truncate(time.Second)
	old := now.Add(-400 * 24 * time.Hour)
	p.found(made, now, "", events.Release{Tag: "v1", PublishedAt: old})
	want("with an old release", "silver", map[string]string{
		"releases": "failed: Its newest release is of " + old.Format("2 January 2006") + ". Release what has changed since, or say in the description that it is at rest. <nil> <nil>",
	})
	p.found(made, now, "", events.Release{Tag: "v2", PublishedAt: now.Add(-time.Hour)}, events.Release{Tag: "v1", PublishedAt: old})
	want("with a new release", "gold", map[string]string{"releases": "passed"})
	p.call("PATCH", path, `{"github_url":"`+codeURL+`-2"}`)
	want("with other code", "gold", map[string]string{"releases": "not_applicable: No release of its code is known."})
	p.call("DELETE", dbPath+"?dangling=allow", "")
	want("what it needs is gone", "none", map[string]string{
		"dependencies": "failed: It needs db, which is gone. Remove the need, or restore the service. depends_on <nil>",
	})
	wantProblem(t, p.call("GET", dbPath+"/scorecard", ""), 404, "not-found")
	wantProblem(t, p.call("GET", "/api/services/x/scorecard", ""), 404, "not-found")
}

func TestScorecards(t *testing.T) {
	p := start(t, nil)
	p.call("POST", "/api/teams", `{"name":"Payments","on_call":{"kind":"contact","contact":{"name":"Ada"}}}`)
	p.create(`{"name":"billing","team":"Payments",` + kept + `}`)
	p.create(`{"name":"Accounts","team":"Payments","tags":["go"],` + kept + `,"dashboard_url":"https://a.example/numbers"}`)
	p.create(`{"name":"left","status":"down"}`)
	p.create(`{"name":"mail","team":"Web","status_url":"https://a.example/healthz"}`)
	p.call("POST", "/api/teams", `{"name":"Empty"}`)

	left := "none left [owner health_url description docs code on_call dashboard]"
	mail := "bronze mail [description docs code on_call dashboard]"
	for query, want := range map[string][]string{
		"":                                     {left, mail, "silver billing [dashboard]", "gold Accounts []"},
		"?level=gold&level=none":               {left, "gold Accounts []"},
		"?rule=dashboard&team=Payments":        {"silver billing [dashboard]"},
		"?rule=owner&rule=docs":                {left, mail},
		"?status=down":                         {left},
		"?tag=go&level=":                       {"gold Accounts []"},
		"?q=" + url.QueryEscape("pay billing"): {"silver billing [dashboard]"},
		"?team=Nobody":                         nil,
	} {
		a := p.call("GET", "/api/scorecards"+query, "")
		if got := levels(a); a.status != 200 || !slices.Equal(got, want) || int(a.body["total"].(float64)) != len(want) {
			t.Errorf("%s: %d %q, want %q", query, a.status, got, want)
		}
	}
	counts := func(query string) string {
		a := p.call("GET", "/api/scorecards"+query, "")
		text := fmt.Sprint(a.body["levels"])
		for _, r := range items(a, "rules") {
			if r["failing"] != 0.0 {
				text += fmt.Sprintf(" %v:%v", r["id"], r["failing"])
			}
		}
		return text
	}
	for query, want := range map[string]string{
		"":               "map[bronze:1 gold:1 none:1 silver:1] owner:1 health_url:1 description:2 docs:2 code:2 on_call:2 dashboard:3",
		"?level=bronze":  "map[bronze:1 gold:1 none:1 silver:1] description:1 docs:1 code:1 on_call:1 dashboard:1",
		"?rule=docs":     "map[bronze:1 gold:0 none:1 silver:0] owner:1 health_url:1 description:2 docs:2 code:2 on_call:2 dashboard:3",
		"?team=Payments": "map[bronze:0 gold:1 none:0 silver:1] dashboard:1",
	} {
		if got := counts(query); got != want {
			t.Errorf("counts of %s: %s, want %s", query, got, want)
		}
	}
	all := p.call("GET", "/api/scorecards", "")
	if again := p.call("GET", "/api/scorecards", "", "If-None-Match: "+all.header.Get("ETag")); again.status != 304 || len(again.raw) > 0 {
		t.Errorf("unchanged: %d %s", again.status, again.raw)
	}
	var paged []string
	for path := "/api/scorecards?limit=3"; path != ""; {
		a := p.call("GET", path, "")
		paged = append(paged, levels(a)...)
		path = ""
		if link := a.header.Get("Link"); link != "" {
			path = strings.TrimSuffix(strings.TrimPrefix(link, "<"), `>; rel="next"`)
		}
	}
	if !slices.Equal(paged, levels(all)) {
		t.Errorf("in pages: %q", paged)
	}
	for _, query := range []string{"?level=platinum", "?rule=oncall", "?status=ill", "?limit=0", "?color=gold"} {
		wantProblem(t, p.call("GET", "/api/scorecards"+query, ""), 422, "invalid")
	}
	for slug, want := range map[string]string{
		"payments": "silver 2 map[bronze:0 gold:1 none:0 silver:1] dashboard:1",
		"web":      "bronze 1 map[bronze:1 gold:0 none:0 silver:0] description:1 docs:1 code:1 on_call:1 dashboard:1",
		"empty":    "<nil> 0 map[bronze:0 gold:0 none:0 silver:0]",
	} {
		a := p.call("GET", "/api/teams/"+slug+"/scorecard", "")
		got := fmt.Sprint(a.body["level"], " ", a.body["services"], " ", a.body["levels"])
		for _, r := range items(a, "failing") {
			got += fmt.Sprintf(" %v:%v", r["id"], r["failing"])
		}
		if got != want {
			t.Errorf("team %s: %s, want %s", slug, got, want)
		}
		if again := p.call("GET", "/api/teams/"+slug+"/scorecard", "", "If-None-Match: "+a.header.Get("ETag")); again.status != 304 {
			t.Errorf("team %s unchanged: %d", slug, again.status)
		}
	}
	wantProblem(t, p.call("GET", "/api/teams/nobody/scorecard", ""), 404, "not-found")
	for name, want := range map[string]string{"left": "none", "mail": "bronze", "billing": "silver", "accounts": "gold"} {
		a := p.call("GET", "/api/badges/"+name+"/level.svg", "")
		if got := badgeText(t, a); a.status != 200 || !strings.EqualFold(got, name+": "+want) {
			t.Errorf("badge: %d %q, want %s", a.status, got, want)
		}
	}
}

func TestRulesThatAreOff(t *testing.T) {
	rules, err := scorecard.ParseOff("dashboard,on_call")
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, func(a *httpapi.API) { a.Rules = rules })
	path, _ := p.create(`{"name":"billing","team":"Payments",` + kept + `}`)
	a := p.call("GET", path+"/scorecard", "")
	if got := ruled(t, a, "dashboard"); a.body["level"] != "gold" || got != "off: It is switched off in the portal's settings." {
		t.Errorf("%s: %s", got, a.raw)
	}
	var off []any
	for _, r := range items(p.call("GET", "/api/scorecards", ""), "rules") {
		if r["off"] == true {
			off = append(off, r["id"])
		}
	}
	if fmt.Sprint(off) != "[on_call dashboard]" {
		t.Errorf("off: %v", off)
	}
}

func TestLinksThatDoNotAnswer(t *testing.T) {
	p := start(t, nil)
	path, _ := p.create(`{"name":"billing",` + kept + `}`)
	says := func(want string) {
		t.Helper()
		if got := ruled(t, p.call("GET", path+"/scorecard", ""), "links"); got != want {
			t.Errorf("it says %s, want %s", got, want)
		}
	}
	says("not_applicable: Its links were not checked yet.")
	for i, step := range []struct {
		problem events.LinkProblem
		status  int
		want    string
	}{
		{"", 200, "passed"},
		{events.LinkUnreachable, 0, "passed"}, // it may pass
		{events.LinkUnreachable, 0, "failed: A link does not answer: Code (nothing answers). Correct the link. github_url <nil>"},
		{"", 200, "passed"},
		{events.LinkNotFound, 404, "failed: A link does not answer: Code (404). Correct the link. github_url <nil>"},
	} {
		at := time.Now().Add(time.Duration(i-9) * time.Minute)
		err := p.store.NoteLinks(t.Context(), access.Fetcher, []events.LinkChecked{{URL: codeURL, CheckedAt: at, Problem: step.problem, HTTPStatus: step.status}})
		if err != nil {
			t.Fatal(err)
		}
		says(step.want)
	}
}
