// Package traefik checks Traefik, which routes requests to the parts.
package traefik

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"strings"

	"github.com/dev-portal/dev-portal/services/doctor/internal/ask"
	"github.com/dev-portal/dev-portal/services/doctor/internal/edge"
	"github.com/dev-portal/dev-portal/services/doctor/internal/finding"
)

// doubledAPI detects a StripPrefix middleware: behind one, /api/api/health is
// catalog-api's /api/health.
const doubledAPI = "/api/api/health"

// CheckTraefik checks that Traefik has a router for the page and one for the API.
func CheckTraefik(ctx context.Context, p *ask.Portal) finding.Finding {
	via, there := p.BehindTraefik()
	if !there {
		return finding.Skip("the edge passes nothing to it; --traefik http://ADDRESS examines it directly")
	}
	page, api := p.Get(ctx, via, ask.PagePath), p.Get(ctx, via, ask.APIPath)
	switch {
	case page.Err != nil:
		return traefikError(p, via, page.Err)
	case isUnrouted(page) && isUnrouted(api):
		return noRoute(ctx, p, via)
	case isUnrouted(page):
		return finding.Fault("%s answers 404 to the page, though it routes /api", via.Name).WithCause(
			"The router for everything but /api is missing, or has been dropped for an error.",
			"Look at web's route: Host(`"+p.URL.Hostname()+"`) && !PathPrefix(`/api`).").WithDetail(routerErrors(ctx, p))
	case isUnrouted(api):
		return finding.Fault("%s answers 404 to /api, though it routes the page", via.Name).WithCause(
			"The router for /api is missing, or has been dropped for an error.",
			"Look at catalog-api's route: Host(`"+p.URL.Hostname()+"`) && PathPrefix(`/api`).").WithDetail(routerErrors(ctx, p))
	case p.Traefik != nil && page.From == ask.FromLogin:
		return redirectedByTraefik(p, via, page)
	case page.From == ask.FromElsewhere, page.From == ask.FromTunnel, page.From == ask.FromCloudflare:
		if p.Traefik == nil {
			return finding.Skip("the answer came from elsewhere (%s)", page.Summary())
		}
		return finding.Fault("%s answers %s, which is neither from Traefik nor from the portal", via.Name, page.Summary()).WithCause(
			"Another program listens there, or another site's router takes the host.",
			"Correct --traefik, or find the router that matches the host by --traefik-api.").WithDetail(routerErrors(ctx, p))
	}
	return checkPrefix(ctx, p, via, api)
}

// isUnrouted reports whether Traefik had no route for the request.
func isUnrouted(a ask.Answer) bool {
	return a.From == ask.FromTraefik && a.Status == http.StatusNotFound
}

// traefikError explains why Traefik did not answer.
func traefikError(p *ask.Portal, via ask.Route, err error) finding.Finding {
	var verify *tls.CertificateVerificationError
	if errors.As(err, &verify) {
		return finding.Fault("%s shows no valid certificate for %s: %s", via.Name, p.URL.Hostname(), edge.CertificateWords(verify.Err)).WithCause(
			"Traefik has no certificate for the host, and shows its default one: the certResolver or the secret in the route's tls block does not exist, or has failed.",
			"Configure that resolver, or, where TLS ends at the edge, remove the tls block from the route and use plain HTTP. Traefik's log names what is missing.")
	}
	return finding.Fault("%s does not answer: %s", via.Name, ask.Reason(err)).WithCause(
		"Traefik is not running, or does not listen there.",
		"Start it, or correct --traefik; its log says why it stopped, and which addresses its entry points have.")
}

// checkPrefix checks that requests to /api reach catalog-api with an unchanged path.
func checkPrefix(ctx context.Context, p *ask.Portal, via ask.Route, api ask.Answer) finding.Finding {
	if _, whole := ask.HealthOf(api); whole || api.From == ask.FromTraefik || api.Err != nil {
		return routed(p, via)
	}
	if _, stripped := ask.HealthOf(p.Get(ctx, via, doubledAPI)); stripped {
		return finding.Fault("%s strips /api from requests to catalog-api", via.Name).WithCause(
			"A StripPrefix middleware is on the route. catalog-api needs the whole path: it now answers /api/api/health, but not /api/health.",
			"Remove StripPrefix from the route of /api.")
	}
	if api.From == ask.FromWeb {
		return finding.Fault("%s sends /api to web, which answers %s", via.Name, api.Summary()).WithCause(
			"The router for /api is missing, and the page's router gets its requests; or the page's has the higher priority.",
			"Add catalog-api's route, Host(`"+p.URL.Hostname()+"`) && PathPrefix(`/api`), and let the page's end in && !PathPrefix(`/api`).")
	}
	return routed(p, via)
}

// routed is the finding that both routes are there.
func routed(p *ask.Portal, via ask.Route) finding.Finding {
	if p.Traefik == nil {
		return finding.Fine("the page and /api both pass; --traefik http://ADDRESS examines it directly")
	}
	return finding.Fine("%s has routes for %s and its /api", via.Name, p.URL.Hostname())
}

// redirectedByTraefik judges a redirect by Traefik, or a login. A redirect from plain
// HTTP to TLS is a loop only if the edge sends plain HTTP.
func redirectedByTraefik(p *ask.Portal, via ask.Route, a ask.Answer) finding.Finding {
	target, err := p.URL.Parse(a.Header.Get("Location"))
	toTLS := err == nil && a.Status/100 == 3 && target.Hostname() == p.URL.Hostname() && target.Scheme == "https" && p.Traefik.Scheme == "http"
	switch {
	case toTLS && (p.HostUnresolved || p.EdgeUnusable):
		f := edge.RedirectLoop(p.URL)
		f.What = via.Name + " sends plain HTTP on to " + target.Scheme + "://" + target.Host
		return f
	case toTLS:
		return finding.Skip("%s sends plain HTTP on to https, and the edge copes: ask its TLS entry point, --traefik https://ADDRESS", via.Name)
	}
	return finding.Skip("%s asks for a login first (%s): --header 'Name: value' gets past it", via.Name, a.Summary())
}

// noRoute explains why Traefik has no route for the host. An entry point accepts both
// plain HTTP and TLS on its port, and a router with a tls block matches only TLS: a
// route that answers by TLS but not by plain HTTP has such a block.
func noRoute(ctx context.Context, p *ask.Portal, via ask.Route) finding.Finding {
	f := finding.Fault("%s answers 404 for %s: no route", via.Name, p.URL.Hostname())
	if p.Traefik == nil && p.TraefikAPI == nil {
		return f.WithCause("The answer is Traefik's: the request reaches it, but it has no router for the host here. Either none at all, or one that was dropped, "+
			"or one with a tls block, which does not match plain HTTP.",
			"Ask it directly, and the doctor says which: --traefik http://ADDRESS, or --traefik-api http://ADDRESS.")
	}
	if known, explained := explainRoute(ctx, p, f); known {
		return explained
	}
	if p.Traefik != nil && p.Traefik.Scheme == "http" {
		if a, cert := overTLS(ctx, p); a.Err == nil && !isUnrouted(a) {
			return onlyTLS(f, cert)
		}
	}
	return f.WithCause("Traefik has no router for this host: the route was never made, names another host, or is in a namespace or of a class that Traefik does not watch.",
		"Create the routes (ingress.hosts in the chart's values), and check them with --traefik-api or --kube.")
}

// overTLS sends a TLS request to Traefik's plain HTTP port.
func overTLS(ctx context.Context, p *ask.Portal) (a ask.Answer, cert string) {
	via := p.ByTraefik()
	u := *via.Base
	u.Scheme = "https"
	via.Base = &u
	a = p.Ask(ctx, via, ask.PagePath, true)
	return a, a.Cert
}

// onlyTLS explains that the route takes TLS only.
func onlyTLS(f finding.Finding, cert string) finding.Finding {
	why := "There is a router for the host, but it has a tls block, so it does not match plain HTTP, which is what the edge sends."
	if strings.Contains(cert, "TRAEFIK DEFAULT CERT") {
		why += " Its certificate is Traefik's default one: the certResolver or secret that the block names does not exist, or has got none."
	}
	f.What += " by plain HTTP, but one by TLS"
	return f.WithCause(why, "Take the tls block off the route (ingress.tls: {} in the chart's values): TLS ends at the edge. "+
		"Where it is to end at Traefik, configure the resolver and send https to its TLS entry point.")
}
