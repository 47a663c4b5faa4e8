// Package doctor finds out why a portal cannot be reached, or does not work. It
// checks each hop between a browser and a worker on its own, as far as it has
// access, and names the first broken one, with the fix.
package doctor

import (
	"context"

	"github.com/dev-portal/dev-portal/services/doctor/internal/ask"
	"github.com/dev-portal/dev-portal/services/doctor/internal/broker"
	"github.com/dev-portal/dev-portal/services/doctor/internal/edge"
	"github.com/dev-portal/dev-portal/services/doctor/internal/finding"
	"github.com/dev-portal/dev-portal/services/doctor/internal/kube"
	"github.com/dev-portal/dev-portal/services/doctor/internal/parts"
	"github.com/dev-portal/dev-portal/services/doctor/internal/traefik"
)

// report holds the findings about a portal, in the order of the hops.
type report struct {
	URL    string            `json:"url"`
	Broken string            `json:"broken,omitempty"` // the first broken hop
	Hops   []finding.Finding `json:"hops"`
}

// hop is one step between a browser and a worker.
type hop struct {
	name  string
	check func(context.Context, *ask.Portal) finding.Finding
	kube  bool // only with --kube
}

// hops returns the hops in order, from the browser to the workers.
func hops(nats *broker.Broker) []hop {
	onNATS := func(check func(context.Context) finding.Finding) func(context.Context, *ask.Portal) finding.Finding {
		return func(ctx context.Context, _ *ask.Portal) finding.Finding { return check(ctx) }
	}
	return []hop{
		{name: "DNS", check: edge.CheckDNS},
		{name: "edge", check: edge.CheckEdge},
		{name: "tunnel", check: edge.CheckTunnel},
		{name: "IngressRoutes", check: kube.CheckRoutes, kube: true},
		{name: "Traefik", check: traefik.CheckTraefik},
		{name: "pods", check: kube.CheckPods, kube: true},
		{name: "web", check: parts.CheckWeb},
		{name: "catalog-api", check: parts.CheckAPI},
		{name: "Postgres", check: parts.CheckPostgres},
		{name: "NATS", check: onNATS(nats.CheckNATS)},
		{name: "streams", check: onNATS(nats.CheckStreams)},
		{name: "consumers", check: onNATS(nats.CheckConsumers)},
		{name: "workers", check: onNATS(nats.CheckWorkers)},
		{name: "events and results", check: parts.CheckFlow},
	}
}

// examine checks every hop. A hop that can only be reached through a broken one is
// skipped.
func examine(ctx context.Context, o ask.Options) report {
	p := ask.New(o)
	nats := broker.New(p)
	defer nats.Close()
	r := report{URL: o.URL.String()}
	for _, h := range hops(nats) {
		if h.kube && !o.Kube {
			continue
		}
		f := h.check(ctx, p)
		f.Hop = h.name
		if f.State == finding.Broken && r.Broken == "" {
			r.Broken = h.name
		}
		r.Hops = append(r.Hops, f)
	}
	return r
}
