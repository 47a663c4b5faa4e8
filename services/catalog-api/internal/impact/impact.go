package impact

import (
	"cmp"
	"slices"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// MaxCauses is how many root causes an impact tells.
const MaxCauses = 10

// Impact is what hits a service. The zero value: nothing does.
type Impact struct {
	Status events.Status // the worst of all root causes, told or not; "" if there is none
	Causes []Cause       // the nearest first; of equally near ones that which fell first
	More   bool          // there are more root causes than Causes has
}

// Cause is a root cause that hits a service.
type Cause struct {
	ID string
	State

	Hops int    // the fewest hard edges between the two
	Via  string // the service's own need that leads there: ID itself if Hops is 1
}

// Impacts is what hits each service of a graph, at one time.
type Impacts struct {
	graph  *Graph
	states []State
	roots  []int     // the order of the root causes: which fell first, then by id
	rank   []int     // of each service among the roots; -1: it is none
	near   [][]label // the nearest root causes of each service; of a root cause only itself
	worst  []events.Status
}

// label says that a root cause is reached.
type label struct{ root, hops, via int }

// Of computes the impacts while services have states. A service without one has not fallen.
func (g *Graph) Of(states map[string]State) *Impacts {
	im := &Impacts{
		graph: g, states: make([]State, len(g.ids)), rank: make([]int, len(g.ids)), near: make([][]label, len(g.ids)), worst: make([]events.Status, len(g.ids)),
	}
	for n, id := range g.ids {
		im.states[n] = states[id]
	}
	im.findRoots()
	im.spread()
	for _, status := range []events.Status{events.StatusDegraded, events.StatusDown} {
		im.spreadWorst(status)
	}
	return im
}

// findRoots finds the fallen services that are hit by none.
func (im *Impacts) findRoots() {
	g := im.graph
	hit := make([]bool, len(g.knots))  // by another knot
	down := make([]bool, len(g.knots)) // has, or reaches, a fallen service
	for k, services := range g.knots {
		first := -1
		for _, n := range services {
			im.rank[n] = -1
			for _, to := range g.needs[n] {
				hit[k] = hit[k] || g.knot[to] != k && down[g.knot[to]]
			}
			if im.states[n].Fallen() && (first < 0 || im.before(n, first) < 0) {
				first = n
			}
		}
		down[k] = hit[k] || first >= 0
		if first >= 0 && !hit[k] {
			im.roots = append(im.roots, first)
		}
	}
	slices.SortFunc(im.roots, im.before)
	for rank, n := range im.roots {
		im.rank[n] = rank
	}
}

// before orders services: by when they fell, then by id.
func (im *Impacts) before(a, b int) int {
	return cmp.Or(im.states[a].Since.Compare(im.states[b].Since), cmp.Compare(a, b))
}

// spread gives each service its nearest root causes, hop by hop from all of them at once. A
// service that has enough of them passes no others on: whoever needs it has as many that
// are as near. So the cost does not grow with the number of root causes.
func (im *Impacts) spread() {
	const most = MaxCauses + 1 // one tells that there are more
	wants := func(n, root int) bool {
		return len(im.near[n]) < most && !slices.ContainsFunc(im.near[n], func(l label) bool { return l.root == root })
	}
	type arrival struct{ at, root, via int }
	var now, next []arrival // in the order of the root causes
	for _, n := range im.roots {
		now = append(now, arrival{n, n, n})
	}
	for hops := 0; len(now) > 0; hops++ {
		next = next[:0]
		for _, a := range now {
			if !wants(a.at, a.root) {
				continue
			}
			im.near[a.at] = append(im.near[a.at], label{a.root, hops, a.via})
			for _, by := range im.graph.neededBy[a.at] {
				if wants(by, a.root) {
					next = append(next, arrival{by, a.root, a.at})
				}
			}
		}
		now, next = next, now
	}
}

// spreadWorst gives the services that are hit by a root cause with a status that status.
func (im *Impacts) spreadWorst(status events.Status) {
	reached := make([]bool, len(im.states))
	var queue []int
	for _, n := range im.roots {
		if im.states[n].Status == status {
			queue = append(queue, n)
			reached[n] = true
		}
	}
	for len(queue) > 0 {
		n := queue[0]
		queue = queue[1:]
		for _, by := range im.graph.neededBy[n] {
			if !reached[by] {
				reached[by] = true
				queue = append(queue, by)
			}
		}
		if im.rank[n] < 0 {
			im.worst[n] = status
		}
	}
}

// Roots returns the root causes: which fell first, first.
func (im *Impacts) Roots() []string { return im.names(im.roots) }

func (im *Impacts) names(numbers []int) []string {
	list := make([]string, len(numbers))
	for i, n := range numbers {
		list[i] = im.graph.ids[n]
	}
	return list
}

// IsRoot reports whether the service is a root cause.
func (im *Impacts) IsRoot(id string) bool {
	n, there := im.graph.Number(id)
	return there && im.rank[n] >= 0
}

// On returns what hits a service.
func (im *Impacts) On(id string) Impact {
	n, there := im.graph.Number(id)
	if !there || im.rank[n] >= 0 {
		return Impact{}
	}
	hit := Impact{Status: im.worst[n], More: len(im.near[n]) > MaxCauses}
	for _, l := range im.near[n][:min(len(im.near[n]), MaxCauses)] {
		hit.Causes = append(hit.Causes, Cause{im.graph.ids[l.root], im.states[l.root], l.hops, im.graph.ids[l.via]})
	}
	return hit
}

// Near is a service at some distance.
type Near struct {
	ID   string
	Hops int
}

// Hit returns the services that need one, within so many hops; 0: however many. The nearest
// are first, of equally near ones by id.
func (g *Graph) Hit(id string, hops int) []Near { return g.walk(id, hops, g.neededBy) }

// Needed returns the services that one needs, as Hit.
func (g *Graph) Needed(id string, hops int) []Near { return g.walk(id, hops, g.needs) }

func (g *Graph) walk(id string, hops int, edges [][]int) (found []Near) {
	start, there := g.Number(id)
	if !there {
		return nil
	}
	reached := make([]bool, len(g.ids))
	reached[start] = true
	now := []int{start}
	for far := 1; len(now) > 0 && (hops == 0 || far <= hops); far++ {
		var next []int
		for _, n := range now {
			for _, to := range edges[n] {
				if !reached[to] {
					reached[to] = true
					next = append(next, to)
				}
			}
		}
		slices.Sort(next)
		for _, n := range next {
			found = append(found, Near{g.ids[n], far})
		}
		now = next
	}
	return found
}
