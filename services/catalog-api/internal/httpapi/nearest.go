package httpapi

import (
	"context"
	"slices"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/impact"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

// nearestHit is what hits a service, in short.
type nearestHit struct {
	Status events.Status  `json:"status" enum:"degraded,down" doc:"The worst of all causes."`
	Causes []nearestCause `json:"causes" nullable:"false" doc:"The root causes, the nearest first, 3 at most."`
	More   bool           `json:"more" doc:"There are more root causes than these."`
}

// nearestCause is one of the root causes.
type nearestCause struct {
	ID     string        `json:"id" format:"uuid"`
	Name   string        `json:"name" example:"Payments DB"`
	Team   *string       `json:"team"`
	Status events.Status `json:"status" enum:"degraded,down"`
	Since  time.Time     `json:"status_since" doc:"Since when it has this status."`
	Hops   int           `json:"hops" minimum:"1" doc:"The fewest hard needs between the two."`
	Via    namedThing    `json:"via" doc:"The service's own need that leads there."`
}

// newNearestHit returns what hits a service; nil: nothing does.
func newNearestHit(p *impact.Picture, id string) *nearestHit {
	on := p.On(id)
	if on.Status == "" {
		return nil
	}
	short := &nearestHit{Status: on.Status, More: on.More || len(on.Causes) > maxNearest}
	for _, c := range on.Causes[:min(len(on.Causes), maxNearest)] {
		n := p.Node(c.ID)
		short.Causes = append(short.Causes, nearestCause{
			c.ID, n.Name, unlessEmpty(&n.Team), c.Status, c.Since, c.Hops, namedThing{c.Via, p.Node(c.Via).Name},
		})
	}
	return short
}

// same reports whether two services are hit by the same in the same way. Either may be nil.
func (h *nearestHit) same(other *nearestHit) bool {
	if h == nil || other == nil {
		return h == other
	}
	return h.Status == other.Status && h.More == other.More && slices.EqualFunc(h.Causes, other.Causes, func(a, b nearestCause) bool {
		sameTeam := valueAt(a.Team) == valueAt(b.Team)
		return sameTeam && a.ID == b.ID && a.Name == b.Name && a.Status == b.Status && a.Since.Equal(b.Since) && a.Hops == b.Hops && a.Via == b.Via
	})
}

// valueAt returns what a pointer points to; of nil the zero value, which unlessEmpty makes nil.
func valueAt[T any](pointer *T) (value T) {
	if pointer != nil {
		value = *pointer
	}
	return value
}

type serviceOutput = rest.Versioned[service]

// newServiceOutput returns the answer with a service. all is what hangs together; nil: nothing
// hits the service.
func newServiceOutput(svc catalog.Service, all *impact.Picture) *serviceOutput {
	shown := newService(&svc)
	if all != nil {
		shown.Impact = newNearestHit(all, svc.ID)
	}
	return rest.NewVersioned(svc.Version, shown)
}

// mayBeHit reports whether a service needs another one hard. Nothing hits one that does not.
func mayBeHit(svc *catalog.Service) bool {
	return slices.ContainsFunc(svc.DependsOn, func(d catalog.Dependency) bool { return d.Kind == events.DependencyHard && !d.Missing })
}

// read returns the answer with a service that was just read.
func (a *API) read(ctx context.Context, svc catalog.Service) (*serviceOutput, error) {
	if !mayBeHit(&svc) {
		return newServiceOutput(svc, nil), nil
	}
	needed, err := a.Catalog.NeededServices(ctx, svc.ID)
	if err != nil {
		return nil, err
	}
	nodes := make([]*impact.Node, len(needed))
	for i := range needed {
		nodes[i] = impact.NewNode(&needed[i])
	}
	return newServiceOutput(svc, impact.NewPicture(nodes, nil)), nil
}

// written returns the answer with a service that was just written. Where what hits it cannot be
// read, it is told as this replica read it last: the write is done, and an error would say that
// it is not.
func (a *API) written(ctx context.Context, svc catalog.Service) *serviceOutput {
	out, err := a.read(ctx, svc)
	if err != nil {
		a.Log.WarnContext(ctx, "what hits a written service not read; answering what was read last", "service", svc.ID, "error", err)
		return newServiceOutput(svc, a.list.current.Load().picture)
	}
	return out
}

func exampleNearestHit() *nearestHit {
	one := exampleImpact().Impact
	c := one.Causes[0]
	return &nearestHit{one.Status, []nearestCause{{c.ID, c.Name, c.Team, c.Status, c.Since, c.Hops, c.Via}}, false}
}
