package impact

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

// picture draws services, each a letter, with what they need: "a": "bc?" needs c softly. Services that are not
// there are gone.
func picture(needs map[string]string, states map[string]State) *Picture {
	var nodes []*Node
	for id, of := range needs {
		svc := catalog.Service{ID: id, Name: strings.ToUpper(id), Status: states[id].Status, StatusSince: states[id].Since}
		for i, to := range of {
			switch {
			case to == '?':
				continue
			case strings.HasPrefix(of[i+1:], "?"):
				svc.DependsOn = append(svc.DependsOn, catalog.Dependency{ID: string(to), Name: "was " + string(to), Kind: events.DependencySoft})
			default:
				svc.DependsOn = append(svc.DependsOn, catalog.Dependency{ID: string(to), Name: "was " + string(to), Kind: events.DependencyHard})
			}
		}
		nodes = append(nodes, NewNode(&svc))
	}
	return NewPicture(nodes, nil)
}

// drawn writes a part as "A/1 B/0 | A>B! A.C A~D=3", where ! is hit, . soft, ~ observed and 3 the calls a minute; the hops are
// there with a focus.
func drawn(p Part, focus bool) string {
	var nodes, edges []string
	for _, n := range p.Nodes {
		text := n.Name
		if n.Gone {
			text += " gone"
		}
		if focus {
			text += fmt.Sprint("/", n.Hops)
		}
		nodes = append(nodes, text)
	}
	for _, e := range p.Edges {
		arrow, mark := ">", ""
		switch e.Kind {
		case events.DependencySoft:
			arrow = "."
		case catalog.DependencyObserved:
			arrow = "~"
		}
		if e.Hit {
			mark = "!"
		}
		if e.Seen != nil {
			mark += fmt.Sprint("=", e.Seen.PerMinute)
		}
		edges = append(edges, p.Nodes[e.From].Name+arrow+p.Nodes[e.To].Name+mark)
	}
	return strings.Join(nodes, " ") + " | " + strings.Join(edges, " ")
}

func TestParts(t *testing.T) {
	needs := map[string]string{"a": "bc?", "b": "d", "c": "dz", "d": "", "e": "a?", "f": ""}
	states := map[string]State{"d": down(1), "b": degraded(2)}
	not := func(ids string) func(*Node) bool { return func(n *Node) bool { return !strings.Contains(ids, n.ID) } }
	for name, tc := range map[string]struct {
		choice Choice
		want   string
	}{
		"all":                     {Choice{}, "A B C D E F was z gone | A>B! A.C B>D! C>D! C>was z E.A"},
		"hard needs":              {Choice{Kinds: []events.DependencyKind{events.DependencyHard}}, "A B C D E F was z gone | A>B! B>D! C>D! C>was z"},
		"soft needs":              {Choice{Kinds: []events.DependencyKind{events.DependencySoft}}, "A B C D E F | A.C E.A"},
		"those who pass":          {Choice{Passes: not("bf")}, "A C D E | A.C C>D! E.A"},
		"around one":              {Choice{Focus: "a"}, "A/0 B/1 C/1 D/2 E/1 was z gone/2 | A>B! A.C B>D! C>D! C>was z E.A"},
		"its neighbours":          {Choice{Focus: "a", Hops: 1}, "A/0 B/1 C/1 E/1 | A>B! A.C E.A"},
		"around one, hard":        {Choice{Focus: "a", Kinds: []events.DependencyKind{events.DependencyHard}}, "A/0 B/1 D/2 | A>B! B>D!"},
		"around one, soft":        {Choice{Focus: "a", Kinds: []events.DependencyKind{events.DependencySoft}}, "A/0 C/1 E/1 | A.C E.A"},
		"around what is needed":   {Choice{Focus: "d", Hops: 1}, "B/1 C/1 D/0 | B>D! C>D!"},
		"one direction at a time": {Choice{Focus: "b"}, "A/1 B/0 D/1 E/2 | A>B! B>D! E.A"},
		"around one, who pass":    {Choice{Focus: "a", Passes: not("ab")}, "C/1 D/2 E/1 | C>D!"},
		"around one that is gone": {Choice{Focus: "z"}, " | "},
		"around none that needs":  {Choice{Focus: "f"}, "F/0 | "},
	} {
		if got := drawn(picture(needs, states).Part(tc.choice), tc.choice.Focus != ""); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
	circle := picture(map[string]string{"a": "b", "b": "a", "x": "a"}, map[string]State{"a": down(1)})
	if got, want := drawn(circle.Part(Choice{}), false), "A B X | A>B B>A! X>A!"; got != want {
		t.Errorf("a circle: %s, want %s", got, want)
	}
}

func TestWhatWasSeen(t *testing.T) {
	seen := func(pair string, rate float64) catalog.Observed {
		return catalog.Observed{ClientID: pair[:1], ServerID: pair[1:], PerMinute: rate}
	}
	before := picture(map[string]string{"a": "bc?", "b": "d", "c": "", "d": "", "e": ""}, map[string]State{"d": down(1)})
	p := before.WithSeen([]catalog.Observed{seen("ab", 1), seen("ac", 2), seen("ad", 3), seen("ed", 4), seen("ez", 5), seen("za", 6)})
	observed := []events.DependencyKind{catalog.DependencyObserved}
	for name, tc := range map[string]struct {
		choice Choice
		want   string
	}{
		"all":              {Choice{}, "A B C D E | A>B!=1 A.C=2 A~D=3 B>D! E~D=4"},
		"declared":         {Choice{Kinds: events.DependencyKinds}, "A B C D E | A>B!=1 A.C=2 B>D!"},
		"only seen":        {Choice{Kinds: observed}, "A B C D E | A~D=3 E~D=4"},
		"around one":       {Choice{Focus: "d", Hops: 1}, "A/1 B/1 D/0 E/1 | A>B!=1 A~D=3 B>D! E~D=4"},
		"around one, seen": {Choice{Focus: "a", Kinds: observed}, "A/0 D/1 | A~D=3"},
		"around one, hard": {Choice{Focus: "d", Kinds: []events.DependencyKind{events.DependencyHard}}, "A/2 B/1 D/0 | A>B!=1 B>D!"},
	} {
		if got := drawn(p.Part(tc.choice), tc.choice.Focus != ""); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
	if got, want := p.AllHit(), before.AllHit(); !slices.Equal(got, want) || p.On("e").Status != "" {
		t.Errorf("hit are %v, want %v as before", got, want)
	}
	if got := drawn(before.Part(Choice{}), false); got != "A B C D E | A>B! A.C B>D!" {
		t.Errorf("the picture before has become %s", got)
	}
}

// comparePart compares the part around a service with a naive computation: distances by trying
// all needs until nothing gets nearer.
func comparePart(t *testing.T, r *rand.Rand) {
	t.Helper()
	needs := map[string]string{}
	letters := "abcdefghijkl"[:1+r.IntN(12)]
	for _, id := range letters {
		of := ""
		for _, to := range "abcdefghijkl" { // some are gone
			if to != id && r.IntN(6) == 0 {
				of += string(to) + []string{"", "?"}[r.IntN(2)]
			}
		}
		needs[string(id)] = of
	}
	p := picture(needs, map[string]State{"a": down(1), "c": degraded(r.IntN(3)), "e": down(2)})
	called := map[pair]bool{}
	for range r.IntN(8) {
		called[pair{string("abcdefghijkl"[r.IntN(12)]), string(letters[r.IntN(len(letters))])}] = true
	}
	var seen []catalog.Observed
	for of := range called {
		if of.client != of.server {
			seen = append(seen, catalog.Observed{ClientID: of.client, ServerID: of.server})
		}
	}
	p = p.WithSeen(seen)
	c := Choice{Focus: string(letters[r.IntN(len(letters))]), Hops: r.IntN(5)}
	for _, kind := range []events.DependencyKind{events.DependencyHard, events.DependencySoft, catalog.DependencyObserved} {
		if r.IntN(2) == 0 {
			c.Kinds = append(c.Kinds, kind)
		}
	}
	var edges [][2]string
	for id := range needs {
		for _, d := range p.Node(id).Needs {
			if len(c.Kinds) == 0 || slices.Contains(c.Kinds, d.Kind) {
				edges = append(edges, [2]string{id, d.ID})
			}
		}
	}
	far := map[string]int{c.Focus: 0}
	for _, way := range [][2]int{{0, 1}, {1, 0}} {
		own := map[string]int{c.Focus: 0}
		for round := 0; round <= len(edges); round++ {
			for _, e := range edges {
				if hops, there := own[e[way[0]]]; there {
					if before, known := own[e[way[1]]]; !known || hops+1 < before {
						own[e[way[1]]] = hops + 1
					}
				}
			}
		}
		for id, hops := range own {
			if before, known := far[id]; (!known || hops < before) && (c.Hops == 0 || hops <= c.Hops) {
				far[id] = hops
			}
		}
	}
	part := p.Part(c)
	got := map[string]int{}
	for _, n := range part.Nodes {
		got[n.ID] = n.Hops
		if n.Gone != (p.Node(n.ID) == nil) {
			t.Fatalf("%s is gone: %t, with needs %v", n.ID, n.Gone, needs)
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(far) {
		t.Fatalf("%+v: found %v, want %v, with needs %v", c, got, far, needs)
	}
	var drawnEdges, want []string
	for _, e := range part.Edges {
		drawnEdges = append(drawnEdges, part.Nodes[e.From].ID+part.Nodes[e.To].ID)
		if e.Hit && !slices.ContainsFunc(p.On(part.Nodes[e.From].ID).Causes, func(by Cause) bool {
			to := part.Nodes[e.To].ID
			return by.ID == to || slices.ContainsFunc(p.On(to).Causes, func(other Cause) bool { return other.ID == by.ID })
		}) {
			t.Fatalf("no root cause comes along %s, with needs %v", drawnEdges[len(drawnEdges)-1], needs)
		}
	}
	for _, e := range edges {
		_, from := far[e[0]]
		if _, to := far[e[1]]; from && to {
			want = append(want, e[0]+e[1])
		}
	}
	slices.Sort(drawnEdges)
	slices.Sort(want)
	if !slices.Equal(drawnEdges, want) {
		t.Fatalf("%+v: needs %v, want %v, of %v", c, drawnEdges, want, needs)
	}
}

func TestPartsLikeTheNaiveComputation(t *testing.T) {
	for seed := range uint64(3000) {
		comparePart(t, rand.New(rand.NewPCG(seed, 2)))
	}
}

func FuzzPart(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, a, b uint64) { comparePart(t, rand.New(rand.NewPCG(a, b))) })
}
