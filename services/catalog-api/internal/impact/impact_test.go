package impact

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
)

var began = time.Date(2026, 3, 14, 9, 30, 0, 0, time.UTC)

// at returns a state that began so many seconds after the tests' first moment.
func at(status events.Status, seconds int) State {
	return State{status, began.Add(time.Duration(seconds) * time.Second)}
}

// down, degraded and healthy are states by their second.
func down(second int) State     { return at(events.StatusDown, second) }
func degraded(second int) State { return at(events.StatusDegraded, second) }

func graph(needs map[string]string) *Graph {
	var services []Service
	for id, of := range needs {
		s := Service{ID: id}
		for _, to := range of {
			s.Needs = append(s.Needs, string(to))
		}
		services = append(services, s)
	}
	return New(services)
}

// brief writes an impact as "down: d/2 via b, e/1 via e".
func brief(im Impact) string {
	if im.Status == "" && im.Causes == nil {
		return "-"
	}
	text := string(im.Status) + ":"
	for _, c := range im.Causes {
		text += fmt.Sprintf(" %s/%d via %s", c.ID, c.Hops, c.Via)
	}
	if im.More {
		text += " more"
	}
	return text
}

func TestImpacts(t *testing.T) {
	for name, tc := range map[string]struct {
		needs  map[string]string
		states map[string]State
		roots  string
		want   map[string]string
	}{
		"nothing fell": {map[string]string{"a": "b", "b": ""}, nil, "[]", map[string]string{"a": "-", "b": "-", "unknown": "-"}},
		"a database and what it drags along": {
			map[string]string{"a": "b", "b": "d", "c": "", "d": ""}, map[string]State{"b": degraded(9), "d": down(10)}, "[d]",
			map[string]string{"a": "down: d/2 via b", "b": "down: d/1 via d", "c": "-", "d": "-"},
		},
		"a diamond tells its cause once": {
			map[string]string{"a": "bc", "b": "d", "c": "d", "d": ""}, map[string]State{"d": down(1)}, "[d]", map[string]string{"a": "down: d/2 via b"},
		},
		"two causes, the nearer first": {
			map[string]string{"a": "be", "b": "d", "d": "", "e": ""}, map[string]State{"d": down(1), "e": degraded(2)}, "[d e]",
			map[string]string{"a": "down: e/1 via e d/2 via b", "b": "down: d/1 via d"},
		},
		"two causes as near, the first one first": {
			map[string]string{"a": "bc", "b": "", "c": ""}, map[string]State{"b": degraded(2), "c": degraded(1)}, "[c b]",
			map[string]string{"a": "degraded: c/1 via c b/1 via b"},
		},
		"in a cycle the first one is the cause": {
			map[string]string{"a": "b", "b": "c", "c": "a", "x": "a"}, map[string]State{"a": down(3), "b": degraded(1), "c": down(2)}, "[b]",
			map[string]string{"a": "degraded: b/1 via b", "b": "-", "c": "degraded: b/2 via a", "x": "degraded: b/2 via a"},
		},
		"a cycle that is hit has no cause of its own": {
			map[string]string{"a": "b", "b": "ac", "c": ""}, map[string]State{"a": down(1), "b": down(2), "c": degraded(3)}, "[c]",
			map[string]string{"a": "degraded: c/2 via b", "b": "degraded: c/1 via c"},
		},
		"unknown does not count as fallen": {
			map[string]string{"a": "b", "b": ""}, map[string]State{"b": at(events.StatusUnknown, 1)}, "[]", map[string]string{"a": "-"},
		},
		"edges to nowhere and to itself count for nothing": {
			map[string]string{"a": "az", "b": "aa"}, map[string]State{"a": down(1)}, "[a]", map[string]string{"a": "-", "b": "down: a/1 via a"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			im := graph(tc.needs).Of(tc.states)
			if got := fmt.Sprint(im.Roots()); got != tc.roots {
				t.Errorf("root causes %s, want %s", got, tc.roots)
			}
			for id, want := range tc.want {
				if got := brief(im.On(id)); got != want {
					t.Errorf("on %s: %q, want %q", id, got, want)
				}
			}
		})
	}
}

// TestLongChain has a chain that would be deep for calls of functions.
func TestLongChain(t *testing.T) {
	const length = 100_000
	id := func(n int) string { return fmt.Sprintf("%06d", n) }
	services := make([]Service, length)
	for n := range services {
		services[n] = Service{ID: id(n), Needs: []string{id(n + 1)}}
	}
	im := New(services).Of(map[string]State{id(length - 1): down(0), id(5): down(-1)})
	want := "down: " + id(length-1) + "/" + fmt.Sprint(length-1) + " via " + id(1)
	if got := brief(im.On(id(0))); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestManyCauses(t *testing.T) {
	services := []Service{{ID: "top"}, {ID: "high", Needs: []string{"top"}}}
	states := map[string]State{}
	for n := range 3 * MaxCauses {
		id := fmt.Sprintf("%02d", n)
		services = append(services, Service{ID: id})
		services[0].Needs = append(services[0].Needs, id)
		states[id] = degraded(-n)
	}
	states["00"] = down(0) // the last one in order
	im := New(services).Of(states)
	for id, far := range map[string]int{"top": 1, "high": 2} {
		on := im.On(id)
		if on.Status != events.StatusDown || len(on.Causes) != MaxCauses || !on.More {
			t.Errorf("on %s: %s", id, brief(on))
		}
		if c := on.Causes[0]; c.ID != "29" || c.Hops != far {
			t.Errorf("on %s the first cause is %+v", id, c)
		}
	}
}

func TestNear(t *testing.T) {
	g := graph(map[string]string{"a": "bc", "b": "d", "c": "d", "d": "a", "e": "a"})
	for _, tc := range []struct {
		got  []Near
		want string
	}{
		{g.Hit("a", 0), "[{d 1} {e 1} {b 2} {c 2}]"}, {g.Hit("a", 1), "[{d 1} {e 1}]"}, {g.Hit("e", 0), "[]"},
		{g.Needed("e", 2), "[{a 1} {b 2} {c 2}]"}, {g.Needed("e", 0), "[{a 1} {b 2} {c 2} {d 3}]"}, {g.Needed("z", 0), "[]"},
	} {
		if got := fmt.Sprint(tc.got); got != tc.want {
			t.Errorf("%s, want %s", got, tc.want)
		}
	}
}

// naive computes impacts by the words of the package's documentation, without regard to cost.
type naive struct {
	ids    []string
	needs  map[string][]string
	states map[string]State
}

// far returns the hops from a service to those that it needs.
func (m naive) far(from string) map[string]int {
	far := map[string]int{from: 0}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		for _, to := range m.needs[queue[0]] {
			if _, seen := far[to]; !seen {
				far[to] = far[queue[0]] + 1
				queue = append(queue, to)
			}
		}
	}
	return far
}

func (m naive) before(a, b string) int {
	return cmp.Or(m.states[a].Since.Compare(m.states[b].Since), cmp.Compare(a, b))
}

// hits reports whether a fallen service hits another one.
func (m naive) hits(cause, id string) bool {
	if cause == id || !m.states[cause].Fallen() {
		return false
	}
	if _, needed := m.far(id)[cause]; !needed {
		return false
	}
	_, both := m.far(cause)[id]
	return !both || !m.states[id].Fallen() || m.before(cause, id) < 0
}

func (m naive) root(id string) bool {
	return m.states[id].Fallen() && !slices.ContainsFunc(m.ids, func(other string) bool { return m.hits(other, id) })
}

func (m naive) on(id string) (im Impact) {
	far := m.far(id)
	for _, cause := range m.ids {
		if m.hits(cause, id) && m.root(cause) {
			c := Cause{ID: cause, State: m.states[cause], Hops: far[cause]}
			im.Causes = append(im.Causes, c)
			if im.Status != events.StatusDown {
				im.Status = c.Status
			}
		}
	}
	slices.SortFunc(im.Causes, func(a, b Cause) int { return cmp.Or(cmp.Compare(a.Hops, b.Hops), m.before(a.ID, b.ID)) })
	if im.More = len(im.Causes) > MaxCauses; im.More {
		im.Causes = im.Causes[:MaxCauses]
	}
	return im
}

// compare compares a graph that is made of numbers with the naive computation.
func compare(t *testing.T, r *rand.Rand) {
	t.Helper()
	m := naive{needs: map[string][]string{}, states: map[string]State{}}
	var services []Service
	for n := range 1 + r.IntN(30) {
		m.ids = append(m.ids, fmt.Sprintf("%02d", n))
	}
	edges, falls := r.IntN(4), 1+r.IntN(8)
	for _, id := range m.ids {
		for range r.IntN(edges + 1) {
			if to := m.ids[r.IntN(len(m.ids))]; to != id {
				m.needs[id] = append(m.needs[id], to)
			}
		}
		services = append(services, Service{id, m.needs[id]})
		if r.IntN(falls) == 0 {
			m.states[id] = State{events.Statuses[r.IntN(len(events.Statuses))], began.Add(time.Duration(r.IntN(5)) * time.Second)}
		}
	}
	im := New(services).Of(m.states)
	for _, id := range m.ids {
		if im.IsRoot(id) != m.root(id) {
			t.Fatalf("root cause %s: %t, want %t, with needs %v and states %v", id, im.IsRoot(id), m.root(id), m.needs, m.states)
		}
		got, want := im.On(id), m.on(id)
		for i, c := range got.Causes {
			if hops, needs := m.far(c.Via)[c.ID]; !needs || hops != c.Hops-1 || !slices.Contains(m.needs[id], c.Via) {
				t.Fatalf("on %s: %s is not reached in %d hops via %q, with needs %v", id, c.ID, c.Hops, c.Via, m.needs)
			}
			got.Causes[i].Via = "" // there may be several
		}
		if brief(got) != brief(want) {
			t.Fatalf("on %s: %q, want %q, with needs %v and states %v", id, brief(got), brief(want), m.needs, m.states)
		}
	}
}

func TestLikeTheNaiveComputation(t *testing.T) {
	for seed := range uint64(3000) {
		compare(t, rand.New(rand.NewPCG(seed, 1)))
	}
}

func FuzzImpacts(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, a, b uint64) { compare(t, rand.New(rand.NewPCG(a, b))) })
}

// BenchmarkImpacts is of 10,000 services with 40,000 edges: in layers, as real ones are, and
// at random, where most services are one knot.
func BenchmarkImpacts(b *testing.B) {
	const services, edges = 10_000, 4
	for _, shape := range []string{"layers", "random"} {
		r := rand.New(rand.NewPCG(1, 2))
		list := make([]Service, services)
		for n := range list {
			list[n].ID = fmt.Sprintf("%05d", n)
			for range edges {
				below := services
				if shape == "layers" {
					below = n
				}
				if below > 0 {
					list[n].Needs = append(list[n].Needs, fmt.Sprintf("%05d", r.IntN(below)))
				}
			}
		}
		b.Run(shape+"/graph", func(b *testing.B) {
			for b.Loop() {
				New(list)
			}
		})
		g := New(list)
		for _, fallen := range []int{1, 1000} {
			states := map[string]State{}
			for n := range fallen {
				states[list[r.IntN(services)].ID] = down(n)
			}
			b.Run(fmt.Sprintf("%s/fallen=%d", shape, fallen), func(b *testing.B) {
				for b.Loop() {
					g.Of(states)
				}
			})
		}
	}
}
