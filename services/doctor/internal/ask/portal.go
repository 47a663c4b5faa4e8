// Package ask asks the parts of a portal, by the ways that there are, and tells who
// has answered.
package ask

import (
	"context"
	"net"
	"net/url"
	"time"
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

// Portal is one that is looked at, with what was learnt by then.
type Portal struct {
	Options
	Lookup *net.Resolver
	NoName bool // the host has no address
	NoEdge bool // nothing of the portal's answers there

	answers map[string]Answer
}

// New is a portal that nothing is known of.
func New(o Options) *Portal {
	return &Portal{Options: o, Lookup: resolver(o.Resolver), answers: map[string]Answer{}}
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
