// Package impact tells what hangs together when something falls: which fallen services are
// the cause, which ones they drag along, and who is hit although it still works. It uses no
// database and no network.
//
// A service has fallen if its status is degraded or down. It is hit by each fallen service
// that it needs through hard edges, however many there are in between. A fallen service
// that is hit by none is a root cause. Where services need each other in a cycle, the root
// cause is the one that fell first. Soft edges carry nothing.
package impact

import (
	"slices"
	"strings"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// Service is a service with what it needs. Edges to services that are not there, to itself,
// and repeated ones count for nothing.
type Service struct {
	ID    string
	Needs []string // the ids of hard edges
}

// State is the status of a service, and since when it has it.
type State struct {
	Status events.Status
	Since  time.Time
}

// Fallen reports whether it is one that hits others.
func (s State) Fallen() bool {
	return s.Status == events.StatusDegraded || s.Status == events.StatusDown
}

// Graph is which services need which. It does not change, and serves any number of
// goroutines. Services are numbered in the order of their ids.
type Graph struct {
	ids      []string
	needs    [][]int // ascending
	neededBy [][]int // ascending
	knot     []int   // the number of each service's knot
	knots    [][]int // services that need each other, ascending; each knot is after those that it needs
}

// New returns the graph of services, each of which is there once.
func New(services []Service) *Graph {
	sorted := slices.SortedFunc(slices.Values(services), func(a, b Service) int { return strings.Compare(a.ID, b.ID) })
	g := &Graph{
		ids: make([]string, len(sorted)), needs: make([][]int, len(sorted)), neededBy: make([][]int, len(sorted)), knot: make([]int, len(sorted)),
	}
	number := make(map[string]int, len(sorted))
	for n, s := range sorted {
		g.ids[n], number[s.ID] = s.ID, n
	}
	for n, s := range sorted {
		for _, id := range s.Needs {
			if to, there := number[id]; there && to != n {
				g.needs[n] = append(g.needs[n], to)
			}
		}
		slices.Sort(g.needs[n])
		g.needs[n] = slices.Compact(g.needs[n])
		for _, to := range g.needs[n] {
			g.neededBy[to] = append(g.neededBy[to], n)
		}
	}
	g.tieKnots()
	return g
}

// Number returns the number of a service.
func (g *Graph) Number(id string) (n int, there bool) { return slices.BinarySearch(g.ids, id) }

// tieKnots finds the knots, which are the strongly connected components, by Tarjan's
// algorithm. It keeps its own stack of calls, because a chain of services may be long.
func (g *Graph) tieKnots() {
	const unseen = -1
	type call struct{ service, next int } // next: of its needs
	var (
		order  = slices.Repeat([]int{unseen}, len(g.ids)) // in which services were met
		lowest = make([]int, len(g.ids))                  // the first one that a service reaches
		open   []int                                      // met, and not yet in a knot
		calls  []call
		met    int
	)
	tied := func(n int) bool { return g.knot[n] != unseen }
	enter := func(n int) {
		order[n], lowest[n] = met, met
		met++
		open = append(open, n)
		calls = append(calls, call{service: n})
	}
	for n := range g.knot {
		g.knot[n] = unseen
	}
	for start := range g.ids {
		if order[start] == unseen {
			enter(start)
		}
		for len(calls) > 0 {
			c := &calls[len(calls)-1]
			n := c.service
			if c.next < len(g.needs[n]) {
				to := g.needs[n][c.next]
				c.next++
				switch {
				case order[to] == unseen:
					enter(to)
				case !tied(to):
					lowest[n] = min(lowest[n], order[to])
				}
				continue
			}
			calls = calls[:len(calls)-1]
			if len(calls) > 0 {
				above := calls[len(calls)-1].service
				lowest[above] = min(lowest[above], lowest[n])
			}
			if lowest[n] == order[n] {
				at := len(open) - 1
				for open[at] != n {
					at--
				}
				g.tie(slices.Clone(open[at:]))
				open = open[:at]
			}
		}
	}
}

// tie makes a knot of services.
func (g *Graph) tie(services []int) {
	slices.Sort(services)
	for _, n := range services {
		g.knot[n] = len(g.knots)
	}
	g.knots = append(g.knots, services)
}
