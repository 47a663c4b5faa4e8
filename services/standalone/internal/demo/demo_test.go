package demo

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestExamplesAreACompany(t *testing.T) {
	owners, names, probed := map[string]int{}, map[string]bool{}, 0
	for _, e := range examples {
		owners[e.team]++
		if !slices.ContainsFunc(teams, func(t team) bool { return t.Name == e.team }) {
			t.Errorf("of team %s nothing is said", e.team)
		}
		names[e.slug()] = true
		if e.script != "" || e.url != "" {
			probed++
		}
		if strings.Trim(e.script+e.dragged, ".sx4rh!") != "" {
			t.Errorf("%s: script %q or %q has a letter that nobody plays", e.name, e.script, e.dragged)
		}
	}
	if len(examples) != 60 || len(names) != 60 || len(owners) != 8 || len(teams) != 8 {
		t.Errorf("%d examples with %d names in %d teams (%v)", len(examples), len(names), len(owners), owners)
	}
	edges := 0
	for _, e := range examples {
		for _, n := range e.needed() {
			edges++
			if !slices.ContainsFunc(examples, func(other example) bool { return other.name == n.Name && other.name != e.name }) {
				t.Errorf("%s needs %s, which is no other example", e.name, n.Name)
			}
		}
	}
	if edges != 140 {
		t.Errorf("they need each other %d times", edges)
	}
	if probed < 40 || probed == len(examples) {
		t.Errorf("%d are probed", probed)
	}
}

func TestTargetPlaysScripts(t *testing.T) {
	target := httptest.NewServer(NewTarget())
	defer target.Close()
	for slug, want := range map[string][]int{
		"build-farm":     {200, 503, 200},
		"billing":        {200, 200},
		"single-sign-on": {302, 302},
		"newsletter":     {404},
		"experiments":    {404}, // has no script
		"no-such":        {404},
	} {
		t.Run(slug, func(t *testing.T) {
			var got []int
			for range want {
				got = append(got, ask(t.Context(), target.URL+Path+slug))
			}
			if !slices.Equal(got, want) {
				t.Errorf("answers %v, want %v", got, want)
			}
		})
	}
}

// The trouble of the database spreads step by step, and ends so.
func TestFallOfTheDatabaseSpreads(t *testing.T) {
	target := NewTarget()
	play := func(rounds int) (dragged, inTrouble int) {
		for range rounds {
			for _, e := range examples {
				if e.script != "" {
					target.next(e)
				}
			}
		}
		for _, e := range examples {
			if e.dragged != "" {
				dragged++
				if target.failed[e.name] {
					inTrouble++
				}
			}
		}
		return dragged, inTrouble
	}
	const spread = 4 // rounds, however far it goes
	begins, ends := strings.Index(falls, "!"), strings.LastIndex(falls, "!")+1
	if _, got := play(begins); got != 0 {
		t.Errorf("%d are in trouble before it falls", got)
	}
	if all, got := play(spread); got != all || target.failed["Payouts"] || target.failed["Orders DB"] {
		t.Errorf("%d of %d are in trouble when it has fallen, Payouts %v and Orders DB %v", got, all, target.failed["Payouts"], target.failed["Orders DB"])
	}
	if _, got := play(ends - begins); got != 0 {
		t.Errorf("%d are in trouble after it recovered", got)
	}
}

// What stays in trouble hits nothing, so that the database is the one cause when it falls.
func TestOnlyTheDatabaseHitsOthers(t *testing.T) {
	for _, e := range examples {
		for _, n := range e.needed() {
			if n.Kind == soft {
				continue
			}
			other := examples[slices.IndexFunc(examples, func(o example) bool { return o.name == n.Name })]
			steady := other.name == "Payments DB" || other.status == "healthy" || strings.Trim(other.script, ".s") == "" && other.script != ""
			if !steady {
				t.Errorf("%s needs %s, which is in trouble by itself", e.name, other.name)
			}
		}
	}
}

func TestTargetHangsAndCutsConnections(t *testing.T) {
	for name, step := range map[string]byte{"hangs": 'h', "breaks off": '!'} {
		t.Run(name, func(t *testing.T) {
			target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { play(w, r, step) }))
			defer target.Close()
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			if got := ask(ctx, target.URL); got != 0 {
				t.Errorf("answered %d", got)
			}
			if hung := ctx.Err() != nil; hung != (step == 'h') {
				t.Errorf("hung: %v", hung)
			}
		})
	}
}

// ask returns the status of the answer, or 0 if there was none.
func ask(ctx context.Context, url string) int {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0
	}
	res, err := http.DefaultTransport.RoundTrip(req) // RoundTrip follows no redirect
	if err != nil {
		return 0
	}
	_ = res.Body.Close()
	return res.StatusCode
}

func TestSeedingAgainAddsNothingAndMovesURLs(t *testing.T) {
	api := &fakeAPI{services: map[string]service{}, teams: map[string]bool{}}
	first := httptest.NewServer(api)
	defer first.Close()
	second := httptest.NewServer(api)
	defer second.Close()

	seed := func(base string, created, patched int) {
		t.Helper()
		api.created, api.patched = 0, 0
		if err := Seed(t.Context(), base); err != nil {
			t.Fatal(err)
		}
		if api.created != created || api.patched != patched {
			t.Errorf("created %d and patched %d, want %d and %d", api.created, api.patched, created, patched)
		}
	}
	scripted := 0
	for _, e := range examples {
		if e.script != "" {
			scripted++
		}
	}
	seed(first.URL, len(examples), 1) // two examples need each other
	for _, e := range examples {
		if got := api.services[e.name].DependsOn; !slices.Equal(got, e.needed()) {
			t.Errorf("%s needs %v, want %v", e.name, got, e.needed())
		}
	}
	if got := strings.Join(api.deployed, " "); strings.Count(got, "/deployments") != 4 || !strings.Contains(got, "/api/services/Newsletter/deployments") {
		t.Errorf("deployments of %s", got)
	}
	if n := len(api.called); n < 120 || n > 500 || !slices.ContainsFunc(api.called, func(c call) bool { return c.Client == "refunds" && c.Server == "fraud-scoring" && c.PerMinute > 0 }) {
		t.Errorf("%d calls were told: %v", n, api.called)
	}
	if len(api.teams) != len(teams) {
		t.Errorf("the teams are %v", api.teams)
	}
	seed(first.URL, 0, 0)
	seed(second.URL, 0, scripted)

	mine := api.services["Billing"]
	mine.StatusURL = "https://billing.internal/healthz"
	api.services["Billing"] = mine
	delete(api.services, "Login")
	seed(second.URL, 1, 0)
	if got := api.services["Billing"].StatusURL; got != mine.StatusURL {
		t.Errorf("a person's URL became %s", got)
	}
}

func TestSeedErrorHasTheAnswerOfTheAPI(t *testing.T) {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no database", http.StatusServiceUnavailable)
	}))
	defer api.Close()
	if err := Seed(t.Context(), api.URL); err == nil || !strings.Contains(err.Error(), "no database") {
		t.Errorf("error is %v", err)
	}
}

func TestUndeclaredCallsAreOfExamplesThatDoNotNeedEachOther(t *testing.T) {
	for _, pair := range undeclared {
		client, known := exampleOf(example{name: pair[0]}.slug())
		_, callee := exampleOf(example{name: pair[1]}.slug())
		if !known || !callee || slices.ContainsFunc(client.needed(), func(n need) bool { return n.Name == pair[1] }) {
			t.Errorf("%v: both must be examples, and the one not need the other", pair)
		}
	}
	for _, name := range unseen {
		if _, known := exampleOf(example{name: name}.slug()); !known {
			t.Errorf("%s is no example", name)
		}
	}
}

func TestPlansAreOfTeams(t *testing.T) {
	all := plans(time.Date(2026, 11, 30, 23, 0, 0, 0, time.UTC))
	kinds := map[string]int{}
	for name, p := range all {
		kinds[p.Kind]++
		if !slices.ContainsFunc(teams, func(t team) bool { return t.Name == name }) {
			t.Errorf("of %s there is only a plan", name)
		}
	}
	if len(all) == len(teams) || kinds["rotation"] < 2 || kinds["contact"] != 1 {
		t.Errorf("of %d teams the plans are %v", len(teams), kinds)
	}
	if got := all["Payments"].Rotation; got.Starts != "2026-11-29T09:00" || got.Overrides[0].From != "2026-12-01T18:00" {
		t.Errorf("a rotation is %+v", got)
	}
}

// fakeAPI is the part of the API that Seed uses; the ids are the names.
type fakeAPI struct {
	services         map[string]service
	teams            map[string]bool // by what was sent
	created, patched int
	deployed         []string // paths
	called           []call
}

func (f *fakeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	var s service
	switch {
	case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/deployments"):
		f.deployed = append(f.deployed, r.URL.Path)
		w.WriteHeader(http.StatusCreated)
	case r.Method == http.MethodPost && r.URL.Path == "/api/dependencies/observed":
		var told struct {
			Calls []call `json:"calls"`
		}
		_ = json.Unmarshal(body, &told)
		f.called = told.Calls
		_, _ = io.WriteString(w, `{"unknown":[]}`)
	case r.Method == http.MethodPost && r.URL.Path == "/api/teams":
		if f.teams[string(body)] {
			w.WriteHeader(http.StatusConflict)
			return
		}
		f.teams[string(body)] = true
		w.WriteHeader(http.StatusCreated)
	case r.Method == http.MethodPost:
		f.created++
		_ = json.Unmarshal(body, &s)
		s.ID = s.Name
		f.services[s.ID] = s
		w.WriteHeader(http.StatusCreated)
		_ = json.NewEncoder(w).Encode(s)
	case r.Method == http.MethodPatch:
		f.patched++
		id := strings.TrimPrefix(r.URL.Path, "/api/services/")
		s = f.services[id]
		_ = json.Unmarshal(body, &s)
		f.services[id] = s
	default:
		_ = json.NewEncoder(w).Encode(map[string]any{"items": slices.Collect(maps.Values(f.services))})
	}
}
