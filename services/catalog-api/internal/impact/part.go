package impact

import (
	"cmp"
	"slices"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

// Choice says which part of a picture is wanted. The zero value: all of it.
type Choice struct {
	Focus  string                  // the id of a service: with what it needs and who needs it; "": all services
	Hops   int                     // how far from Focus both go; 0: as far as they do
	Kinds  []events.DependencyKind // of the needs that count; nil: all
	Passes func(*Node) bool        // of those that are found, who is in the part; nil: all
}

// Part is some services, and what they need of each other.
type Part struct {
	Nodes []Placed // by name
	Edges []Edge   // by the names of From and of To
}

// Placed is a service of a part.
type Placed struct {
	*Node

	Gone bool // it was deleted: of the Node only ID and Name are set
	Hops int  // the fewest needs between it and Focus, in one direction
}

// Edge is a need.
type Edge struct {
	From, To int // the indexes in Nodes: From needs To
	Kind     events.DependencyKind
	Note     string
	Hit      bool              // a root cause hits From along this need
	Seen     *catalog.Observed // how often From calls To; nil: nobody saw it
}

// Find returns the id of the service that has this id or, whatever its case, this name; "": none has.
func (p *Picture) Find(idOrName string) string {
	key := catalog.NameKey(idOrName) // the key of an id is the id
	if p.Node(key) != nil {
		return key
	}
	i := slices.IndexFunc(p.all, func(n *Node) bool { return catalog.NameKey(n.Name) == key })
	if i < 0 {
		return ""
	}
	return p.all[i].ID
}

// Part returns a part of the picture. Needs lead from Focus in one direction at a time: what it
// needs and what those need, and who needs it and who needs those. Hops are counted over all
// services, whether they are chosen or not. A service that was deleted is in the part if one is
// whose need leads there, unless Passes is set: nothing is known of it but its name.
func (p *Picture) Part(c Choice) Part {
	placed := map[string]Placed{}
	for _, n := range p.found(c) {
		if c.Passes == nil || c.Passes(n.Node) {
			placed[n.ID] = n
		}
	}
	if c.Passes == nil {
		p.addGone(c, placed)
	}
	part := Part{Nodes: make([]Placed, 0, len(placed))}
	for _, n := range placed {
		part.Nodes = append(part.Nodes, n)
	}
	keys := make(map[string]string, len(placed))
	for id, n := range placed {
		keys[id] = catalog.NameKey(n.Name)
	}
	slices.SortFunc(part.Nodes, func(a, b Placed) int { return cmp.Or(cmp.Compare(keys[a.ID], keys[b.ID]), cmp.Compare(a.ID, b.ID)) })
	part.Edges = p.edges(c, part.Nodes)
	return part
}

// found returns the services of a choice, before some are chosen of them.
func (p *Picture) found(c Choice) (list []Placed) {
	if c.Focus == "" {
		for _, n := range p.all {
			list = append(list, Placed{Node: n})
		}
		return list
	}
	focus := p.Node(c.Focus)
	if focus == nil {
		return nil
	}
	g := p.graphBy(c.Kinds)
	hops := map[string]int{c.Focus: 0}
	for _, near := range slices.Concat(g.Needed(c.Focus, c.Hops), g.Hit(c.Focus, c.Hops)) {
		if before, known := hops[near.ID]; !known || near.Hops < before {
			hops[near.ID] = near.Hops
		}
	}
	for id, n := range hops {
		list = append(list, Placed{Node: p.Node(id), Hops: n})
	}
	return list
}

func (p *Picture) graphBy(kinds []events.DependencyKind) *Graph {
	switch {
	case len(kinds) == 0:
		return p.whole()
	case len(kinds) == 1 && kinds[0] == events.DependencyHard:
		return p.graph()
	}
	return graphOf(p.all, kinds...)
}

// addGone adds the services that were deleted and are still needed.
func (p *Picture) addGone(c Choice, placed map[string]Placed) {
	from := p.all
	far := map[string]int{}
	if c.Focus != "" {
		from = nil
		if n := p.Node(c.Focus); n != nil {
			from = append(from, n)
		}
		for _, near := range p.graphBy(c.Kinds).Needed(c.Focus, c.Hops) { // the nearest first
			if c.Hops == 0 || near.Hops < c.Hops {
				from, far[near.ID] = append(from, p.Node(near.ID)), near.Hops
			}
		}
	}
	for _, n := range from {
		for _, d := range n.Needs {
			if _, known := placed[d.ID]; known || p.Node(d.ID) != nil || !c.counts(d) {
				continue
			}
			gone := Placed{Node: &Node{ID: d.ID, Name: cmp.Or(d.Name, d.ID)}, Gone: true}
			if c.Focus != "" {
				gone.Hops = far[n.ID] + 1
			}
			placed[d.ID] = gone
		}
	}
}

func (c Choice) counts(d catalog.Dependency) bool {
	return len(c.Kinds) == 0 || slices.Contains(c.Kinds, d.Kind)
}

func (p *Picture) edges(c Choice, nodes []Placed) (edges []Edge) {
	number := make(map[string]int, len(nodes))
	for i, n := range nodes {
		number[n.ID] = i
	}
	for from, n := range nodes {
		begin := len(edges)
		for _, d := range n.Needs {
			if to, there := number[d.ID]; there && to != from && c.counts(d) {
				edges = append(edges, Edge{from, to, d.Kind, d.Note, p.hitsAlong(n.ID, d), p.seen[pair{n.ID, d.ID}]})
			}
		}
		slices.SortFunc(edges[begin:], func(a, b Edge) int { return cmp.Compare(a.To, b.To) })
	}
	return edges
}

// hitsAlong reports whether a root cause hits a service along one of its needs. In a circle none hits
// the root cause itself.
func (p *Picture) hitsAlong(from string, d catalog.Dependency) bool {
	return p.fallen && d.Kind == events.DependencyHard && !p.IsRoot(from) && (p.IsRoot(d.ID) || p.On(d.ID).Status != "")
}
