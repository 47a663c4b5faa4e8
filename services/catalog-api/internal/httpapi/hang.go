package httpapi

import (
	"sync"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/impact"
)

// node is what impacts need to know of a service.
type node struct {
	name, team string
	state      impact.State
	reason     events.Reason
	hard       []string // the ids of what it needs
	soft       []string
}

func newNode(svc *catalog.Service) node {
	n := node{name: svc.Name, team: svc.Team, state: impact.State{Status: svc.Status, Since: svc.StatusSince}, reason: svc.StatusReason}
	for _, d := range svc.DependsOn {
		if d.Kind == events.DependencySoft {
			n.soft = append(n.soft, d.ID)
		} else {
			n.hard = append(n.hard, d.ID)
		}
	}
	return n
}

// hang is what hangs together in a list: computed when it is asked for first, and then kept.
type hang struct {
	byID    func() map[string]*item
	graph   func() *impact.Graph // that of the list before, if nobody needs others than then
	impacts func() *impact.Impacts
}

func newHang(items []*item) *hang {
	h := &hang{
		byID: sync.OnceValue(func() map[string]*item {
			byID := make(map[string]*item, len(items))
			for _, it := range items {
				byID[it.id] = it
			}
			return byID
		}),
		graph: sync.OnceValue(func() *impact.Graph {
			services := make([]impact.Service, len(items))
			for i, it := range items {
				services[i] = impact.Service{ID: it.id, Needs: it.node.hard}
			}
			return impact.New(services)
		}),
	}
	h.impacts = sync.OnceValue(func() *impact.Impacts {
		states := make(map[string]impact.State, len(items))
		for _, it := range items {
			states[it.id] = it.node.state
		}
		return h.graph().Of(states)
	})
	return h
}
