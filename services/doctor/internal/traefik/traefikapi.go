package traefik

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/dev-portal/dev-portal/services/doctor/internal/ask"
	"github.com/dev-portal/dev-portal/services/doctor/internal/finding"
)

// router is a router in Traefik's API.
type router struct {
	Name        string
	Rule        string
	Service     string
	Status      string
	Error       []string
	EntryPoints []string
	TLS         *struct{ CertResolver string }
}

// routers returns the routers whose rule names the host.
func routers(ctx context.Context, p *ask.Portal) (named []router, err error) {
	const all = "/api/http/routers?per_page=10000"
	a := p.Get(ctx, ask.Direct("Traefik's API", p.TraefikAPI), all)
	if a.Err != nil {
		return nil, fmt.Errorf("%s", ask.Reason(a.Err))
	}
	var every []router
	if err := json.Unmarshal([]byte(a.Body), &every); err != nil || a.Status != http.StatusOK {
		return nil, fmt.Errorf("it answers %s, which is no list of routers", a.Summary())
	}
	for _, r := range every {
		if NamesHost(r.Rule, p.URL.Hostname()) {
			named = append(named, r)
		}
	}
	return named, nil
}

// NamesHost reports whether a rule names the host. It compares with the quotes, so that
// a host does not match the end of a longer one.
func NamesHost(rule, host string) bool {
	rule, host = strings.ToLower(rule), strings.ToLower(host)
	return strings.Contains(rule, "`"+host+"`") || strings.Contains(rule, `"`+host+`"`)
}

// explainRoute explains a missing route by Traefik's API, if its URL was given. known
// says whether the API had an explanation.
func explainRoute(ctx context.Context, p *ask.Portal, f finding.Finding) (known bool, explained finding.Finding) {
	if p.TraefikAPI == nil {
		return false, f
	}
	named, err := routers(ctx, p)
	if err != nil {
		f.What += fmt.Sprintf(" (why could not be asked at %s: %s)", p.TraefikAPI.Host, err)
		return false, f
	}
	if len(named) == 0 {
		return true, f.WithCause("None of Traefik's routers has this host in its rule: the route was never made, or is in a namespace or of a class that Traefik does not watch.",
			"Create the routes (ingress.hosts in the chart's values); --kube looks for them.")
	}
	for _, r := range named {
		switch {
		case len(r.Error) > 0:
			return true, f.WithCause(fmt.Sprintf("Traefik has dropped the router %s: %s.", r.Name, strings.Join(r.Error, "; ")),
				"Create it, or remove it from the route.")
		case r.TLS != nil && r.TLS.CertResolver != "":
			return true, f.WithCause(fmt.Sprintf("The router %s has tls.certResolver %s. With a tls block it does not match plain HTTP, which is what the edge sends; "+
				"and where no such resolver is configured it has no certificate either.", r.Name, r.TLS.CertResolver),
				"Take the tls block off the route (ingress.tls: {} in the chart's values): TLS ends at the edge. Or configure the resolver, and send https.")
		case r.TLS != nil:
			return true, f.WithCause(fmt.Sprintf("The router %s has a tls block, so it does not match plain HTTP, which is what the edge sends.", r.Name),
				"Take the tls block off the route (ingress.tls: {} in the chart's values), or send https to Traefik's TLS entry point.")
		}
	}
	r := named[0]
	return true, f.WithCause(fmt.Sprintf("The router %s has this host, but listens on the entry points %s, and not where it was asked.", r.Name, strings.Join(r.EntryPoints, ", ")),
		"Give the route the entry point that the edge sends to (ingress.entryPoints in the chart's values), or send to that one.")
}

// routerErrors lists the host's routers with their errors in Traefik's API.
func routerErrors(ctx context.Context, p *ask.Portal) string {
	if p.TraefikAPI == nil {
		return ""
	}
	named, err := routers(ctx, p)
	if err != nil {
		return fmt.Sprintf("Traefik's API could not be asked: %s.", err)
	}
	words := []string{"Traefik has for this host:"}
	for _, r := range named {
		line := fmt.Sprintf("%s (%s, to %s)", r.Name, r.Rule, r.Service)
		if r.TLS != nil {
			line += fmt.Sprintf(", by TLS only, certResolver %q", r.TLS.CertResolver)
		}
		if len(r.Error) > 0 {
			line += ", dropped: " + strings.Join(r.Error, "; ")
		}
		words = append(words, line+".")
	}
	return strings.Join(words, " ")
}
