// Package doctor finds out why a portal cannot be reached, or does not work. It
// looks at every hop between a browser and a worker by itself, as far as it is
// let, and names the first one that is broken, with what to do about it.
package doctor

import (
	"context"
	"net"
	"net/url"
	"time"

	"github.com/nats-io/nats.go"
)

// Options say which portal to look at, and what may be asked besides its URL.
// Everything but URL may be empty; what then can't be looked at is skipped.
type Options struct {
	URL          *url.URL // as people open it
	Traefik      *url.URL // asked with the Host header of URL
	TraefikAPI   *url.URL // for its routers
	Web, API     *url.URL // each asked directly
	NATS         string   // a URL; it may hold a password, and is never shown
	TunnelConfig string   // a file
	Kube         bool     // whether to ask kubectl
	Namespace    string   // of the portal, in Kubernetes
	Resolver     string   // the address of a DNS server, instead of the machine's
	Header       []string // "Name: value", to get past a login

	Timeout time.Duration // of each question
	Version string        // of the program
}

// patient is a portal that is being looked at, with what was learnt by then.
type patient struct {
	Options
	resolver *net.Resolver
	answers  map[string]answer
	noName   bool // the host has no address
	noEdge   bool // nothing of the portal's answers there

	nc     *nats.Conn    // nil: not asked for, or not connected
	denied chan struct{} // NATS has refused a question

	missingStreams, missingConsumers []string // once NATS was asked
}

// hop is one step of the way.
type hop struct {
	name  string
	check func(context.Context, *patient) Finding
	kube  bool // only with --kube
}

// hops is the way from a person to a worker.
func hops() []hop {
	return []hop{
		{name: "DNS", check: checkDNS},
		{name: "edge", check: checkEdge},
		{name: "tunnel", check: checkTunnel},
		{name: "IngressRoutes", check: checkRoutes, kube: true},
		{name: "Traefik", check: checkTraefik},
		{name: "pods", check: checkPods, kube: true},
		{name: "web", check: checkWeb},
		{name: "catalog-api", check: checkAPI},
		{name: "Postgres", check: checkPostgres},
		{name: "NATS", check: checkNATS},
		{name: "streams", check: checkStreams},
		{name: "consumers", check: checkConsumers},
		{name: "workers", check: checkWorkers},
		{name: "events and results", check: checkFlow},
	}
}

// Examine looks at every hop. A hop that can only be reached through a broken
// one is skipped.
func Examine(ctx context.Context, o Options) Report {
	p := &patient{Options: o, resolver: resolver(o.Resolver), answers: map[string]answer{}}
	defer p.disconnect()
	report := Report{URL: o.URL.String()}
	for _, h := range hops() {
		if h.kube && !o.Kube {
			continue
		}
		f := h.check(ctx, p)
		f.Hop = h.name
		if f.State == Broken && report.Broken == "" {
			report.Broken = h.name
		}
		report.Hops = append(report.Hops, f)
	}
	return report
}

// resolver asks the DNS server given; "": as the machine does.
func resolver(server string) *net.Resolver {
	if server == "" {
		return net.DefaultResolver
	}
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server)
	}}
}
