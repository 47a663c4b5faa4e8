package rating

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/scorecard"
)

var at = time.Date(2026, 3, 14, 9, 30, 0, 0, time.UTC)

const id = "019a0000-0000-7000-8000-000000000001"

func TestNews(t *testing.T) {
	before := at.Add(-time.Hour)
	noted := func(level, was events.Level, told bool) map[string]Noted {
		return map[string]Noted{id: {id, level, was, before, told}}
	}
	for name, tc := range map[string]struct {
		off   string
		noted map[string]Noted
		want  string
	}{
		"the first level":            {"", nil, "bronze from  since 09:30, silent"},
		"the same":                   {"", noted("bronze", "", true), ""},
		"the same, told":             {"", noted("bronze", "gold", true), ""},
		"the same, lost":             {"", noted("bronze", "gold", false), "bronze from gold since 08:30, failing description docs code on_call dashboard"},
		"another":                    {"", noted("gold", "", true), "bronze from gold since 09:30, failing description docs code on_call dashboard"},
		"another, lost":              {"", noted("gold", "none", false), "bronze from gold since 09:30, failing description docs code on_call dashboard"},
		"another, as a rule is off":  {"description,docs,code,on_call", noted("bronze", "", true), "silver from bronze since 09:30, failing dashboard"},
		"the same, as a rule is off": {"dashboard", noted("bronze", "", true), ""},
	} {
		rules, err := scorecard.ParseOff(tc.off)
		if err != nil {
			t.Fatal(err)
		}
		svc := &catalog.Service{ID: id, Name: "billing", Team: "Payments", StatusURL: "https://a.example", UpdatedAt: at}
		known := &Known{onCall: map[string]scorecard.OnCall{"Payments": {Slug: "payments"}}}
		got := ""
		for _, n := range Find(map[string]*catalog.Service{id: svc}, known, rules, tc.noted, at) {
			got = fmt.Sprintf("%s from %s since %s", n.Level, n.Before, n.Since.Format("15:04"))
			if !n.Told || n.ServiceID != id {
				t.Errorf("%s: %+v", name, n)
			}
			if n.Event == nil {
				got += ", silent"
				continue
			}
			var ids []string
			for _, f := range n.Event.Failing {
				ids = append(ids, f.Rule)
			}
			got += ", failing " + strings.Join(ids, " ")
			if err := n.Event.Validate(); err != nil || n.Event.Level != n.Level || n.Event.LevelBefore != n.Before || !n.Event.Since.Equal(n.Since) {
				t.Errorf("%s: %+v, %v", name, n.Event, err)
			}
		}
		if got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

// The levels of events are those of scorecards.
func TestLevelsOfEvents(t *testing.T) {
	var words []events.Level
	for _, level := range scorecard.Levels {
		words = append(words, events.Level(level.String()))
	}
	if !slices.Equal(words, events.Levels) {
		t.Errorf("events have %v, scorecards %v", events.Levels, words)
	}
}

// A release of another repository than that to which the service links counts for nothing.
func TestReleasesOfAnotherRepository(t *testing.T) {
	known := &Known{released: map[string]catalog.NewestRelease{"1": {Repository: "https://a.example", PublishedAt: at}}}
	for link, want := range map[string]time.Time{"https://a.example": at, "https://b.example": {}, "": {}} {
		if got := known.Facts(&catalog.Service{ID: "1", GitHubURL: link}, at).Released; !got.Equal(want) {
			t.Errorf("%q: %s, want %s", link, got, want)
		}
	}
}
