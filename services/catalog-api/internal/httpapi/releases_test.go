package httpapi_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/notes"
)

const codeURL = "https://github.com/example/billing"

// found stores what the forge said of a service's repository.
func (p *portal) found(made answer, at time.Time, problem events.ReleaseProblem, releases ...events.Release) {
	p.tb.Helper()
	ok, err := p.store.ApplyReleases(p.tb.Context(), access.Fetcher, events.ReleasesFound{
		ServiceID: made.body["id"].(string), GitHubURL: codeURL, CheckedAt: at, Problem: problem, Releases: releases,
	})
	if err != nil || !ok {
		p.tb.Fatal(ok, err)
	}
}

func TestReleasesOfAService(t *testing.T) {
	p := start(t, nil)
	path, made := p.create(`{"name":"billing","github_url":"` + codeURL + `"}`)
	if a := p.call("GET", path+"/releases", ""); a.status != 200 || fmt.Sprint(a.body) != "map[items:[] repository:"+codeURL+"]" {
		t.Errorf("before anybody looked: %d %s", a.status, a.raw)
	}
	now := time.Now().UTC().Truncate(time.Second)
	v1 := events.Release{Tag: "v1", PublishedAt: now.Add(-50 * time.Hour)}
	v2 := events.Release{
		Tag: "v2", Title: "Second", URL: codeURL + "/releases/tag/v2", Author: "ada", PublishedAt: now.Add(-time.Hour), Prerelease: true,
		Notes: "<b>Fast</b> ![graph](https://x.io/g.png)", NotesCut: true,
	}
	p.found(made, now, "", v2, v1)
	a := p.call("GET", path+"/releases", "")
	list := items(a, "items")
	if len(list) != 2 || a.body["checked_at"] != stamp(now) || a.body["problem"] != nil {
		t.Fatalf("got %d %s", a.status, a.raw)
	}
	want := `{"author":"ada","notes":[{"children":[{"kind":"text","text":"Fast "},{"children":[{"kind":"text","text":"graph"}],"kind":"link",` +
		`"url":"https://x.io/g.png"}],"kind":"paragraph"}],"notes_cut":true,"prerelease":true,"published_at":"` + stamp(v2.PublishedAt) +
		`","tag":"v2","title":"Second","url":"https://github.com/example/billing/releases/tag/v2"}`
	if got, err := json.Marshal(list[0]); err != nil || string(got) != want {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
	if got := slices.Sorted(maps.Keys(list[1])); !slices.Equal(got, []string{"notes", "published_at", "tag"}) {
		t.Errorf("the least has %v", got)
	}
	if again := p.call("GET", path+"/releases", "", "If-None-Match: "+a.header.Get("ETag")); again.status != 304 {
		t.Errorf("again: %d", again.status)
	}
	p.found(made, now.Add(time.Minute), events.ProblemDenied)
	if one := p.call("GET", path+"/releases?limit=1", ""); len(items(one, "items")) != 1 || one.body["problem"] != "denied" {
		t.Errorf("with a problem: %s", one.raw)
	}
	for _, limit := range []string{"0", "51", "x", "-1"} {
		wantProblem(t, p.call("GET", path+"/releases?limit="+limit, ""), 422, "invalid")
	}
	wantProblem(t, p.call("GET", "/api/services/019a0000-0000-7000-8000-000000000001/releases", ""), 404, "not-found")
	wantProblem(t, p.call("GET", "/api/services/x/releases", ""), 404, "not-found")
}

func TestTimelineHasReleases(t *testing.T) {
	p := start(t, nil)
	path, made := p.create(`{"name":"billing","github_url":"` + codeURL + `"}`)
	now := time.Now().UTC().Truncate(time.Second)
	p.found(made, now, "", events.Release{Tag: "=v2", Title: "Second", Author: "ada", PublishedAt: now.Add(-time.Hour), Notes: "long"})
	whole := items(p.call("GET", path+"/timeline", ""), "items")
	last := whole[len(whole)-1]
	want := map[string]any{"tag": "=v2", "title": "Second", "author": "ada", "published_at": stamp(now.Add(-time.Hour))}
	if got, is := last["release"].(map[string]any); !is || last["kind"] != "release" || last["at"] != stamp(now.Add(-time.Hour)) || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the oldest moment is %v", last)
	}
	if alone := items(p.call("GET", path+"/timeline?kind=release", ""), "items"); len(alone) != 1 {
		t.Errorf("releases alone: %v", alone)
	}
	if other := items(p.call("GET", path+"/timeline?kind=status&kind=change", ""), "items"); len(other) != len(whole)-1 {
		t.Errorf("without releases: %v", other)
	}
	rows := table(t, p.call("GET", path+"/timeline.csv?kind=release", ""))
	if got := strings.Join(rows[1][1:], ","); got != "release,,,,,,,published,ada,,,,'=v2,,,,," || len(rows[1]) != len(rows[0]) {
		t.Errorf("as a table: %q", got)
	}
}

// The kinds and problems that the description lists are those that there are.
func TestDescriptionListsNotesAndProblems(t *testing.T) {
	_, doc, _ := described(t)
	if got := choices(doc.Components.Schemas["NoteNode"].Properties["kind"].Enum, false); !slices.Equal(got, strings.Split(events.Names(notes.Kinds), ", ")) {
		t.Errorf("kinds %v, want %v", got, notes.Kinds)
	}
	if got := choices(doc.Components.Schemas["ReleaseList"].Properties["problem"].Enum, false); !slices.Equal(got, strings.Split(events.Names(events.ReleaseProblems), ", ")) {
		t.Errorf("problems %v, want %v", got, events.ReleaseProblems)
	}
}

// stamp returns a time as answers have it.
func stamp(at time.Time) string { return at.Format(time.RFC3339) }
