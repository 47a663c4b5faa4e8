package impact

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

// Node is a service with what impacts need to know of it. It is never changed.
type Node struct {
	ID, Name, Team string // Team is "" if nobody owns it
	Tags           []string
	State          State
	Reason         events.Reason
	Needs          []catalog.Dependency // in the order given
	Hard           []string             // of those the ids of what it needs hard
	Soft           []string             // of those the ids of what it needs softly
	Seen           []string             // of those the ids of what it calls, although nobody declared it
}

// NewNode returns the node of a service.
func NewNode(svc *catalog.Service) *Node {
	n := &Node{
		ID: svc.ID, Name: svc.Name, Team: svc.Team, Tags: svc.Tags,
		State: State{Status: svc.Status, Since: svc.StatusSince.UTC()}, Reason: svc.StatusReason, Needs: svc.DependsOn,
	}
	for _, d := range svc.DependsOn {
		if d.Kind == events.DependencySoft {
			n.Soft = append(n.Soft, d.ID)
		} else {
			n.Hard = append(n.Hard, d.ID)
		}
	}
	return n
}

// Same reports whether two nodes say the same of a service.
func (n *Node) Same(other *Node) bool {
	return n.ID == other.ID && n.Name == other.Name && n.Team == other.Team && slices.Equal(n.Tags, other.Tags) &&
		n.State.Status == other.State.Status && n.State.Since.Equal(other.State.Since) && n.Reason == other.Reason && slices.Equal(n.Needs, other.Needs)
}

// Picture is how services stand at one time, and what hits whom. Its parts are computed when
// they are asked for first, and then kept. It serves any number of goroutines.
type Picture struct {
	all       []*Node
	nodes     func() map[string]*Node
	graph     func() *Graph // of hard needs
	whole     func() *Graph // of all needs
	seen      map[pair]*catalog.Observed
	impacts   func() *Impacts
	incidents func() []Incident
	fallen    bool // at least one service has
}

// pair is two services, of which the first calls the second.
type pair struct{ client, server string }

// NewPicture returns the picture of services. before, if it isn't nil, is a picture in which the
// same ones need the same: its graph is taken over.
func NewPicture(nodes []*Node, before *Picture) *Picture {
	p := &Picture{
		nodes: sync.OnceValue(func() map[string]*Node {
			byID := make(map[string]*Node, len(nodes))
			for _, n := range nodes {
				byID[n.ID] = n
			}
			return byID
		}),
		all:   nodes,
		graph: sync.OnceValue(func() *Graph { return graphOf(nodes, events.DependencyHard) }),
		whole: sync.OnceValue(func() *Graph { return graphOf(nodes) }),
	}
	if before != nil {
		p.graph = before.graph
	}
	p.fallen = slices.ContainsFunc(nodes, func(n *Node) bool { return n.State.Fallen() })
	p.impacts = sync.OnceValue(func() *Impacts {
		states := map[string]State{}
		for _, n := range nodes {
			if n.State.Fallen() {
				states[n.ID] = n.State
			}
		}
		return p.graph().Of(states)
	})
	p.incidents = sync.OnceValue(p.findIncidents)
	return p
}

// graphOf returns which services need which by needs of some kinds; none: of all.
func graphOf(nodes []*Node, kinds ...events.DependencyKind) *Graph {
	services := make([]Service, len(nodes))
	for i, n := range nodes {
		of := map[events.DependencyKind][]string{events.DependencyHard: n.Hard, events.DependencySoft: n.Soft, catalog.DependencyObserved: n.Seen}
		services[i] = Service{ID: n.ID}
		for kind, ids := range of {
			if len(kinds) == 0 || slices.Contains(kinds, kind) {
				services[i].Needs = append(services[i].Needs, ids...)
			}
		}
	}
	return New(services)
}

// WithSeen returns the picture with calls that were seen. Where nobody declared the need, they are
// one of kind catalog.DependencyObserved. They change nothing of who is hit.
func (p *Picture) WithSeen(list []catalog.Observed) *Picture {
	seen, of := make(map[pair]*catalog.Observed, len(list)), map[string]*Node{}
	for i := range list {
		o := &list[i]
		client, server := p.Node(o.ClientID), p.Node(o.ServerID)
		if client == nil || server == nil {
			continue
		}
		seen[pair{client.ID, server.ID}] = o
		if slices.ContainsFunc(client.Needs, func(d catalog.Dependency) bool { return d.ID == server.ID }) {
			continue
		}
		n := of[client.ID]
		if n == nil {
			changed := *client
			changed.Needs = slices.Clone(client.Needs)
			n = &changed
			of[client.ID] = n
		}
		n.Needs = append(n.Needs, catalog.Dependency{ID: server.ID, Name: server.Name, Kind: catalog.DependencyObserved})
		n.Seen = append(n.Seen, server.ID)
	}
	nodes := slices.Clone(p.all)
	for i, n := range nodes {
		if changed := of[n.ID]; changed != nil {
			nodes[i] = changed
		}
	}
	with := NewPicture(nodes, p)
	with.seen, with.impacts, with.incidents = seen, p.impacts, p.incidents
	return with
}

// Node returns a service, or nil.
func (p *Picture) Node(id string) *Node { return p.nodes()[id] }

// Graph returns which services need which.
func (p *Picture) Graph() *Graph { return p.graph() }

// On returns what hits a service.
func (p *Picture) On(id string) Impact { return p.impacts().On(id) }

// IsRoot reports whether a service is a root cause.
func (p *Picture) IsRoot(id string) bool { return p.impacts().IsRoot(id) }

// Incident is a root cause with whom it hits.
type Incident struct {
	*Node

	Hit   []Near      // the nearest first, of equally near ones by id
	Teams []TeamCount // whose those are
}

// TeamCount is how many services of a team there are.
type TeamCount struct {
	Team     string // "": they have no team
	Services int
}

// Incidents returns all root causes: those that hit most first, then those that fell first.
func (p *Picture) Incidents() []Incident { return p.incidents() }

func (p *Picture) findIncidents() []Incident {
	var list []Incident
	for _, id := range p.impacts().Roots() {
		hit := p.graph().Hit(id, 0)
		list = append(list, Incident{p.Node(id), hit, p.Teams(hit)})
	}
	slices.SortStableFunc(list, func(a, b Incident) int { return cmp.Compare(len(b.Hit), len(a.Hit)) })
	return list
}

// Teams counts services by team: those with the most first, then by name.
func (p *Picture) Teams(list []Near) []TeamCount {
	services := map[string]int{}
	for _, n := range list {
		services[p.Node(n.ID).Team]++
	}
	counts := make([]TeamCount, 0, len(services))
	for team, n := range services {
		counts = append(counts, TeamCount{team, n})
	}
	slices.SortFunc(counts, func(a, b TeamCount) int {
		return cmp.Or(cmp.Compare(b.Services, a.Services), strings.Compare(a.Team, b.Team))
	})
	return counts
}

// AllHit returns the services that are hit, by id. It costs little while none has fallen.
func (p *Picture) AllHit() []string {
	if !p.fallen {
		return nil
	}
	im := p.impacts()
	var ids []string
	for n, labels := range im.near {
		if im.rank[n] < 0 && len(labels) > 0 {
			ids = append(ids, im.graph.ids[n])
		}
	}
	return ids
}
