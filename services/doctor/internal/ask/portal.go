// Package ask sends requests to the parts of a portal, over the available routes, and
// tells which hop answered.
package ask

import (
	"context"
	"net"
	"net/url"
	"time"
)

// Options say which portal to examine, and what may be asked besides its URL. Only URL
// is required; hops that need another option are skipped without it.
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

// Portal is the examined portal, with the results so far.
type Portal struct {
	Options
	Lookup         *net.Resolver
	HostUnresolved bool // DNS gave no address of the host
	EdgeUnusable   bool // requests through the edge do not reach the portal

	answers map[string]Answer
}

// New returns a Portal without results.
func New(o Options) *Portal {
	return &Portal{Options: o, Lookup: resolver(o.Resolver), answers: map[string]Answer{}}
}

// resolver returns a resolver that asks the given DNS server, or the default one if
// server is "".
func resolver(server string) *net.Resolver {
	if server == "" {
		return net.DefaultResolver
	}
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server)
	}}
}
