package scorecard

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/oncall"
)

var at = time.Date(2026, 3, 14, 9, 30, 0, 0, time.UTC)

// golden returns the facts of a service that passes every rule.
func golden() Facts {
	return Facts{
		Service: &catalog.Service{
			ID: "1", Name: "billing", Description: "Sends invoices.", Team: "Payments", StatusURL: "https://a.example/healthz", DocsURL: "https://a.example/docs",
			GitHubURL: "https://a.example/code", DashboardURL: "https://a.example/numbers", UpdatedAt: at.Add(-time.Hour),
			DependsOn: []catalog.Dependency{{ID: "2", Name: "db", Kind: events.DependencyHard}},
		},
		OnCall: &OnCall{Slug: "payments", Planned: true, Anybody: true}, Released: at.Add(-time.Hour), Links: &Links{}, At: at,
	}
}

// without returns golden facts after a change.
func without(change func(*Facts)) Facts {
	f := golden()
	change(&f)
	return f
}

func TestWhatTheRulesSay(t *testing.T) {
	gone := func(names ...string) func(*Facts) {
		return func(f *Facts) {
			for _, name := range names {
				f.Service.DependsOn = append(f.Service.DependsOn, catalog.Dependency{ID: name, Name: name, Missing: true})
			}
		}
	}
	for name, tc := range map[string]struct {
		rule   string
		change func(*Facts)
		want   string // "": it passes
	}{
		"owner":                     {"owner", func(*Facts) {}, ""},
		"nobody's":                  {"owner", func(f *Facts) { f.Service.Team = "" }, "failed: Nobody owns it: it has no team. (team)"},
		"measured":                  {"health_url", func(*Facts) {}, ""},
		"not measured":              {"health_url", func(f *Facts) { f.Service.StatusURL = "" }, "failed: Nobody measures whether it is up: it has no health URL. (status_url)"},
		"needs what is there":       {"dependencies", func(*Facts) {}, ""},
		"needs nothing":             {"dependencies", func(f *Facts) { f.Service.DependsOn = nil }, "not_applicable: It names no service that it needs. ()"},
		"needs one that is gone":    {"dependencies", gone("a"), "failed: It needs a, which is gone. (depends_on)"},
		"needs two that are gone":   {"dependencies", gone("a", "b"), "failed: It needs a and b, which are gone. (depends_on)"},
		"needs three that are gone": {"dependencies", gone("a", "b", "c"), "failed: It needs a, b and c, which are gone. (depends_on)"},
		"needs many that are gone":  {"dependencies", gone("a", "b", "c", "d", "e"), "failed: It needs a, b, c and 2 more, which are gone. (depends_on)"},
		"described":                 {"description", func(*Facts) {}, ""},
		"not described":             {"description", func(f *Facts) { f.Service.Description = "" }, "failed: Nobody has written what it does. (description)"},
		"documented":                {"docs", func(*Facts) {}, ""},
		"not documented":            {"docs", func(f *Facts) { f.Service.DocsURL = "" }, "failed: It has no link to its documentation. (docs_url)"},
		"code":                      {"code", func(*Facts) {}, ""},
		"no code":                   {"code", func(f *Facts) { f.Service.GitHubURL = "" }, "failed: It has no link to its code. (github_url)"},
		"dashboard":                 {"dashboard", func(*Facts) {}, ""},
		"no dashboard":              {"dashboard", func(f *Facts) { f.Service.DashboardURL = "" }, "failed: It has no link to a dashboard. (dashboard_url)"},
		"somebody on call":          {"on_call", func(*Facts) {}, ""},
		"no team to be on call":     {"on_call", func(f *Facts) { f.Service.Team, f.OnCall = "", nil }, "failed: Nobody is on call: it has no team. (team)"},
		"a team of which nothing is known": {
			"on_call", func(f *Facts) { f.OnCall = nil }, "failed: Nobody is on call for Payments: nothing is known of that team. (team)",
		},
		"no plan":           {"on_call", func(f *Facts) { f.OnCall = &OnCall{Slug: "pay"} }, "failed: Nobody is on call for Payments. (/teams/pay)"},
		"a gap in the plan": {"on_call", func(f *Facts) { f.OnCall.Anybody = false }, "failed: Nobody is on call for Payments at present: its plan has a gap. (/teams/payments)"},
		"a calendar that cannot be read": {
			"on_call", func(f *Facts) { f.OnCall.Anybody, f.OnCall.Problem = false, "not_found" },
			"failed: Nobody is known to be on call for Payments: its calendar cannot be read (not_found). (/teams/payments)",
		},
		"a calendar that is known from before": {"on_call", func(f *Facts) { f.OnCall.Problem = "not_found" }, ""},
		"a plan of which nothing is known":     {"on_call", func(f *Facts) { f.OnCall.Anybody, f.OnCall.Unknown = false, "It is new." }, "not_applicable: It is new. ()"},
		"links answer":                         {"links", func(*Facts) {}, ""},
		"links not checked yet":                {"links", func(f *Facts) { f.Links = nil }, "not_applicable: Its links were not checked yet. ()"},
		"no links": {
			"links", func(f *Facts) { f.Service.DocsURL, f.Service.GitHubURL, f.Service.DashboardURL = "", "", "" }, "not_applicable: It has no links. ()",
		},
		"a dead link":          {"links", func(f *Facts) { f.Links = &Links{[]Broken{{"Code (404)", "github_url"}}} }, "failed: A link does not answer: Code (404). (github_url)"},
		"dead links":           {"links", func(f *Facts) { f.Links = &Links{[]Broken{{"Docs (404)", "docs_url"}, {"Code (410)", "github_url"}}} }, "failed: Links do not answer: Docs (404) and Code (410). (docs_url)"},
		"changed":              {"changed", func(*Facts) {}, ""},
		"changed a year ago":   {"changed", func(f *Facts) { f.Service.UpdatedAt = at.Add(-year) }, "failed: Nobody has changed its entry since 14 March 2025. (description)"},
		"changed within it":    {"changed", func(f *Facts) { f.Service.UpdatedAt = at.Add(1 - year) }, ""},
		"released":             {"releases", func(*Facts) {}, ""},
		"released a year ago":  {"releases", func(f *Facts) { f.Released = at.Add(-year) }, "failed: Its newest release is of 14 March 2025. ()"},
		"releases not known":   {"releases", func(f *Facts) { f.Released = time.Time{} }, "not_applicable: No release of its code is known. ()"},
		"nothing to release":   {"releases", func(f *Facts) { f.Service.GitHubURL = "" }, "not_applicable: It has no link to its code. ()"},
		"released tomorrow":    {"releases", func(f *Facts) { f.Released = at.Add(24 * time.Hour) }, ""},
		"changed by a fast PC": {"changed", func(f *Facts) { f.Service.UpdatedAt = at.Add(time.Hour) }, ""},
	} {
		r := Rules{}.Card(without(tc.change))[Index(tc.rule)]
		got := ""
		if r.Outcome != Passed {
			got = fmt.Sprintf("%s: %s (%s%s)", r.Outcome, r.Reason, r.Mend.Field, r.Mend.Link)
		}
		if got != tc.want || (r.Outcome == Failed) != (r.Mend.Text != "") {
			t.Errorf("%s: %q %q, want %q", name, got, r.Mend.Text, tc.want)
		}
	}
}

func TestLevels(t *testing.T) {
	for name, tc := range map[string]struct {
		off    string
		change func(*Facts)
		want   string
	}{
		"all pass":                      {"", func(*Facts) {}, "gold []"},
		"what is not known":             {"", func(f *Facts) { f.Links, f.Released = nil, time.Time{} }, "gold []"},
		"a rule of gold":                {"", func(f *Facts) { f.Service.DashboardURL = "" }, "silver [dashboard]"},
		"a rule of silver":              {"", func(f *Facts) { f.Service.DocsURL = "" }, "bronze [docs]"},
		"a rule of bronze":              {"", func(f *Facts) { f.Service.StatusURL = "" }, "none [health_url]"},
		"rules of several levels":       {"", func(f *Facts) { f.Service.StatusURL, f.Service.DashboardURL = "", "" }, "none [health_url dashboard]"},
		"a rule that is off":            {"dashboard", func(f *Facts) { f.Service.DashboardURL = "" }, "gold []"},
		"another rule that is off":      {" dashboard , docs", func(f *Facts) { f.Service.StatusURL = "" }, "none [health_url]"},
		"nothing at all":                {"", func(f *Facts) { *f = Facts{Service: &catalog.Service{}, At: at} }, "none [owner health_url description docs code on_call dashboard changed]"},
		"nothing, and all rules off":    {strings.Join(IDs(), ","), func(f *Facts) { *f = Facts{Service: &catalog.Service{}, At: at} }, "gold []"},
		"nothing, and bronze's are off": {"owner,health_url,dependencies", func(f *Facts) { f.Service.DocsURL = "" }, "bronze [docs]"},
	} {
		rules, err := ParseOff(tc.off)
		if err != nil {
			t.Fatal(err)
		}
		s := rules.Score(without(tc.change))
		if got := fmt.Sprint(s.Level, " ", s.Failing()); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
	for _, level := range Levels {
		if got, known := ParseLevel(level.String()); !known || got != level {
			t.Errorf("%s: %s, %v", level, got, known)
		}
	}
	if _, known := ParseLevel("platinum"); known {
		t.Error("platinum is a level")
	}
}

func TestRulesOff(t *testing.T) {
	rules, err := ParseOff("docs")
	if err != nil {
		t.Fatal(err)
	}
	for n, r := range rules.Card(Facts{Service: &catalog.Service{}, At: at}) {
		if (r.Outcome == Off) != (All[n].ID == "docs") || rules.IsOff(n) != (r.Outcome == Off) {
			t.Errorf("%s: %+v", All[n].ID, r)
		}
	}
	if _, err := ParseOff("docs,dash,Docs"); err == nil || !strings.HasPrefix(err.Error(), `"dash", "Docs" is not a rule; the rules are owner, health_url, `) {
		t.Error(err)
	}
}

// anyRules returns the rules with a random quarter of them off.
func anyRules(r *rand.Rand) Rules {
	mask, other := r.Uint32N(1<<len(All)), r.Uint32N(1<<len(All))
	return Rules{failing(mask & other)}
}

// anyFacts returns random facts.
func anyFacts(r *rand.Rand) Facts {
	f := golden()
	maybe := func(change func()) {
		if r.IntN(2) == 0 {
			change()
		}
	}
	s := f.Service
	for _, field := range []*string{&s.Description, &s.StatusURL, &s.DocsURL, &s.GitHubURL, &s.DashboardURL} {
		maybe(func() { *field = "" })
	}
	maybe(func() { s.DependsOn = nil })
	maybe(func() { s.DependsOn = append(s.DependsOn, catalog.Dependency{Name: "gone", Missing: true}) })
	maybe(func() { s.UpdatedAt = at.Add(-2 * year) })
	maybe(func() { f.Released = []time.Time{{}, at.Add(-2 * year)}[r.IntN(2)] })
	maybe(func() { f.Links = []*Links{nil, {[]Broken{{"Docs (404)", "docs_url"}}}}[r.IntN(2)] })
	maybe(func() {
		f.OnCall = []*OnCall{nil, {}, {Planned: true}, {Planned: true, Problem: "x"}, {Planned: true, Unknown: "x"}}[r.IntN(5)]
	})
	maybe(func() { s.Team, f.OnCall = "", nil })
	return f
}

// mended returns the facts after what a rule wants was done, and nothing else.
func mended(f Facts, rule string) Facts {
	s := *f.Service
	f.Service = &s
	best := golden()
	switch rule {
	case "owner":
		s.Team = best.Service.Team
	case "health_url":
		s.StatusURL = best.Service.StatusURL
	case "dependencies":
		s.DependsOn = slices.DeleteFunc(slices.Clone(s.DependsOn), func(d catalog.Dependency) bool { return d.Missing })
	case "description":
		s.Description = best.Service.Description
	case "docs":
		s.DocsURL = best.Service.DocsURL
	case "code":
		s.GitHubURL = best.Service.GitHubURL
	case "on_call":
		if s.Team == "" {
			s.Team = best.Service.Team
		}
		f.OnCall = best.OnCall
	case "dashboard":
		s.DashboardURL = best.Service.DashboardURL
	case "links":
		f.Links = &Links{}
	case "changed":
		s.UpdatedAt = at
	case "releases":
		f.Released = at
	}
	return f
}

// Doing what a rule wants that a service fails never lowers its level, and in the end it is gold.
func TestMendingNeverLowersTheLevel(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		rules := anyRules(r)
		f := anyFacts(r)
		s := rules.Score(f)
		for steps := 0; s.Level < Gold; steps++ {
			failing := s.Failing()
			if len(failing) == 0 || steps > 2*len(All) {
				t.Fatalf("%s after %d steps, and fails %v: %+v", s.Level, steps, failing, f)
			}
			rule := failing[r.IntN(len(failing))]
			after := mended(f, rule)
			now := rules.Score(after)
			if now.Level < s.Level || now.Fails(Index(rule)) {
				t.Fatalf("%s is mended: from %s to %s\n%+v\n%+v", rule, s.Level, now.Level, *f.Service, *after.Service)
			}
			f, s = after, now
		}
	}
}

// A service has its level because of what its card says, and no other.
func TestScoreAgreesWithCard(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 5000 {
		rules := anyRules(r)
		f := anyFacts(r)
		want, failing := Gold, []string{}
		for n, result := range rules.Card(f) {
			if result.Outcome == Failed {
				want, failing = min(want, All[n].Level-1), append(failing, All[n].ID)
			}
		}
		if s := rules.Score(f); s.Level != want || !slices.Equal(s.Failing(), failing) {
			t.Fatalf("%s %v, want %s %v", s.Level, s.Failing(), want, failing)
		}
	}
}

func TestTeams(t *testing.T) {
	silver := Rules{}.Score(without(func(f *Facts) { f.Service.DashboardURL = "" }))
	none := Rules{}.Score(without(func(f *Facts) { f.Service.Team, f.OnCall = "", nil }))
	gold := Rules{}.Score(golden())
	for name, tc := range map[string]struct {
		scores []Score
		want   string
	}{
		"no services":      {nil, "none false []"},
		"one":              {[]Score{silver}, "silver true [dashboard]"},
		"four of five":     {[]Score{silver, silver, silver, gold, none}, "silver true [dashboard owner on_call]"},
		"three of five":    {[]Score{silver, silver, gold, none, none}, "none true [owner on_call dashboard]"},
		"gold for all":     {[]Score{gold, gold}, "gold true []"},
		"gold for most":    {[]Score{gold, gold, gold, gold, silver}, "gold true [dashboard]"},
		"gold for too few": {[]Score{gold, gold, gold, silver}, "silver true [dashboard]"},
	} {
		var tally Tally
		for _, s := range tc.scores {
			tally.Add(s)
		}
		level, some := tally.Level()
		var most []string
		for _, n := range tally.Most() {
			most = append(most, All[n].ID)
		}
		if got := fmt.Sprint(level, " ", some, " ", most); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}

func TestWhoIsOnCall(t *testing.T) {
	ada := oncall.Person{Name: "Ada"}
	from, until := at.Add(-time.Hour), at.Add(time.Hour)
	calendar := &oncall.Plan{Kind: oncall.ByCalendar, Calendar: &oncall.Calendar{Host: "calendar.example"}}
	rotation := func(zone string, starts oncall.Local) *oncall.Plan {
		return &oncall.Plan{Kind: oncall.ByRotation, Rotation: &oncall.Rotation{People: []oncall.Person{ada}, Zone: zone, Starts: starts, ShiftDays: 7}}
	}
	for name, tc := range map[string]struct {
		plan *oncall.Plan
		read oncall.Reading
		want string
	}{
		"no plan":                   {nil, oncall.Reading{}, "{pay false false  }"},
		"a contact":                 {&oncall.Plan{Kind: oncall.ByContact, Contact: &ada}, oncall.Reading{}, "{pay true true  }"},
		"a rotation":                {rotation("UTC", "2026-01-01T09:00"), oncall.Reading{}, "{pay true true  }"},
		"a rotation that begins":    {rotation("UTC", "2026-05-01T09:00"), oncall.Reading{}, "{pay true false  }"},
		"a rotation of nowhere":     {rotation("Moon/Sea", "2026-01-01T09:00"), oncall.Reading{}, "{pay true false  The portal does not know the time zone of the rotation of Payments.}"},
		"a calendar not read yet":   {calendar, oncall.Reading{}, "{pay true false  The calendar of Payments was not read yet.}"},
		"a calendar never readable": {calendar, oncall.Reading{Problem: "denied"}, "{pay true false denied }"},
		"a calendar with a gap":     {calendar, oncall.Reading{ReadAt: at}, "{pay true false  }"},
		"a calendar":                {calendar, oncall.Reading{ReadAt: at, Shifts: []oncall.Shift{{Person: ada, From: &from, Until: &until}}}, "{pay true true  }"},
	} {
		team := &catalog.Team{Slug: "pay", Name: "Payments", OnCall: tc.plan}
		if got := fmt.Sprint(OnCallOf(team, tc.read, at)); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}

func TestLinksOf(t *testing.T) {
	const gone, away, once, well, secret = "https://a.example/gone", "https://b.example", "https://c.example", "https://d.example", "https://10.0.0.1"
	checked := map[catalog.LinkDigest]catalog.Link{
		catalog.DigestOf(gone):   {Problem: events.LinkNotFound, HTTPStatus: 404, Failures: 1},
		catalog.DigestOf(away):   {Problem: events.LinkUnreachable, Failures: 2},
		catalog.DigestOf(once):   {Problem: events.LinkFailing, HTTPStatus: 502, Failures: 1},
		catalog.DigestOf(well):   {HTTPStatus: 200},
		catalog.DigestOf(secret): {Problem: events.LinkBlocked, Failures: 9},
	}
	for name, tc := range map[string]struct {
		svc  catalog.Service
		want string
	}{
		"no links":           {catalog.Service{}, "not checked"},
		"links of nobody":    {catalog.Service{DocsURL: "https://e.example"}, "not checked"},
		"all well":           {catalog.Service{DocsURL: well, GitHubURL: well}, "broken are []"},
		"one is not checked": {catalog.Service{DocsURL: well, GitHubURL: "https://e.example"}, "broken are []"},
		"one is gone":        {catalog.Service{DocsURL: well, GitHubURL: gone}, "broken are [{Code (404) github_url}]"},
		"one is away":        {catalog.Service{DashboardURL: away, DocsURL: gone}, "broken are [{Docs (404) docs_url} {Dashboard (nothing answers) dashboard_url}]"},
		"it may pass":        {catalog.Service{DocsURL: once}, "broken are []"},
		"not dialled":        {catalog.Service{DocsURL: secret}, "broken are []"},
	} {
		got := "not checked"
		if links := LinksOf(&tc.svc, checked); links != nil {
			got = fmt.Sprint("broken are ", links.Broken)
		}
		if got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}
