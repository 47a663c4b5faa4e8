// Package traefik looks at what sends requests to the parts.
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

// What is asked to tell the page's router from the API's, and StripPrefix from
// both: behind it, /api/api/health is the API's /api/health.
const (
	doubledAPI = "/api/api/health"
)

// CheckTraefik asks Traefik for the host, and sees whether both routers are there.
func CheckTraefik(ctx context.Context, p *ask.Portal) finding.Finding {
	w, there := p.Inside()
	if !there {
		return finding.Skip("the edge lets nothing through to it: --traefik http://ADDRESS asks it directly")
	}
	page, api := p.Get(ctx, w, ask.PagePath), p.Get(ctx, w, ask.APIPath)
	switch {
	case page.Err != nil:
		return silentTraefik(p, w, page.Err)
	case isLost(page) && isLost(api):
		return noRoute(ctx, p, w)
	case isLost(page):
		return finding.Fault("%s answers 404 to the page, though it routes /api", w.Words).Because(
			"The router for everything but /api is missing, or has been dropped for an error.",
			"Look at web's route: Host(`"+p.URL.Hostname()+"`) && !PathPrefix(`/api`).").Plus(routerErrors(ctx, p))
	case isLost(api):
		return finding.Fault("%s answers 404 to /api, though it routes the page", w.Words).Because(
			"The router for /api is missing, or has been dropped for an error.",
			"Look at catalog-api's route: Host(`"+p.URL.Hostname()+"`) && PathPrefix(`/api`).").Plus(routerErrors(ctx, p))
	case p.Traefik != nil && page.From == ask.FromLogin:
		return sentAway(p, w, page)
	case page.From == ask.FromElsewhere, page.From == ask.FromTunnel, page.From == ask.FromCloudflare:
		if p.Traefik == nil {
			return finding.Skip("the answer came from elsewhere (%s)", page.Said())
		}
		return finding.Fault("%s answers %s, which is neither Traefik's word nor the portal's", w.Words, page.Said()).Because(
			"Another program listens there, or another site's router takes the host.",
			"Correct --traefik, or look which router matches the host: --traefik-api says.").Plus(routerErrors(ctx, p))
	}
	return checkPrefix(ctx, p, w, api)
}

// isLost says whether Traefik knew nowhere to send the request.
func isLost(a ask.Answer) bool { return a.From == ask.FromTraefik && a.Status == http.StatusNotFound }

func silentTraefik(p *ask.Portal, w ask.Way, err error) finding.Finding {
	var verify *tls.CertificateVerificationError
	if errors.As(err, &verify) {
		return finding.Fault("%s shows no valid certificate for %s: %s", w.Words, p.URL.Hostname(), edge.CertificateWords(verify.Err)).Because(
			"Traefik has got none for the host, and shows its default one: the certResolver or the secret in the route's tls block does not exist, or has failed.",
			"Configure that resolver, or take the tls block off the route and ask plain HTTP, where TLS ends at the edge. Traefik's log says which it misses.")
	}
	return finding.Fault("%s does not answer: %s", w.Words, ask.Reason(err)).Because(
		"Traefik is not running, or does not listen there.",
		"Start it, or correct --traefik; its log says why it stopped, and which addresses its entry points have.")
}

// checkPrefix sees that /api comes to catalog-api, and as it was sent.
func checkPrefix(ctx context.Context, p *ask.Portal, w ask.Way, api ask.Answer) finding.Finding {
	if _, whole := ask.HealthOf(api); whole || api.From == ask.FromTraefik || api.Err != nil {
		return routed(p, w)
	}
	if _, stripped := ask.HealthOf(p.Get(ctx, w, doubledAPI)); stripped {
		return finding.Fault("%s takes /api off what it sends to catalog-api", w.Words).Because(
			"A StripPrefix middleware is on the route. catalog-api wants the whole path: it answers /api/api/health, and not /api/health.",
			"Take StripPrefix off the route of /api.")
	}
	if api.From == ask.FromWeb {
		return finding.Fault("%s sends /api to web, which answers %s", w.Words, api.Said()).Because(
			"The router for /api is missing, and the page's takes its requests; or the page's has the higher priority.",
			"Add catalog-api's route, Host(`"+p.URL.Hostname()+"`) && PathPrefix(`/api`), and let the page's end in && !PathPrefix(`/api`).")
	}
	return routed(p, w)
}

func routed(p *ask.Portal, w ask.Way) finding.Finding {
	if p.Traefik == nil {
		return finding.Fine("the page and /api both come through; --traefik http://ADDRESS asks it by itself")
	}
	return finding.Fine("%s has routes for %s and its /api", w.Words, p.URL.Hostname())
}

// sentAway judges a Traefik that answers a redirection, or asks for a login. That
// it sends plain HTTP on to TLS is a loop only where the edge asks it by plain HTTP.
func sentAway(p *ask.Portal, w ask.Way, a ask.Answer) finding.Finding {
	target, err := p.URL.Parse(a.Header.Get("Location"))
	toTLS := err == nil && a.Status/100 == 3 && target.Hostname() == p.URL.Hostname() && target.Scheme == "https" && p.Traefik.Scheme == "http"
	switch {
	case toTLS && (p.NoName || p.NoEdge):
		f := edge.RedirectLoop(p.URL)
		f.What = w.Words + " sends plain HTTP on to " + target.Scheme + "://" + target.Host
		return f
	case toTLS:
		return finding.Skip("%s sends plain HTTP on to https, and the edge copes: ask its TLS entry point, --traefik https://ADDRESS", w.Words)
	}
	return finding.Skip("%s asks for a login first (%s): --header 'Name: value' gets past it", w.Words, a.Said())
}

// noRoute tells apart why Traefik has no route for the host. An entry point
// takes TLS on the port of plain HTTP too, and a router with a tls block is
// there only: so its absence from the one and presence on the other show it.
func noRoute(ctx context.Context, p *ask.Portal, w ask.Way) finding.Finding {
	f := finding.Fault("%s answers 404 for %s: no route", w.Words, p.URL.Hostname())
	if p.Traefik == nil && p.TraefikAPI == nil {
		return f.Because("The words are Traefik's: the request comes to it, and it has no router for the host here. Either none at all, or one that was dropped, "+
			"or one with a tls block, which takes no plain HTTP.",
			"Ask it directly, and the doctor says which: --traefik http://ADDRESS, or --traefik-api http://ADDRESS.")
	}
	if known, said := explainRoute(ctx, p, f); known {
		return said
	}
	if p.Traefik != nil && p.Traefik.Scheme == "http" {
		if a, cert := overTLS(ctx, p); a.Err == nil && !isLost(a) {
			return onlyTLS(f, cert)
		}
	}
	return f.Because("Traefik has no router for this host: the route was never made, names another host, or is in a namespace or of a class that Traefik does not watch.",
		"Make the routes (ingress.hosts in the chart's values), and look for them with --traefik-api or --kube.")
}

// overTLS asks Traefik's plain port by TLS.
func overTLS(ctx context.Context, p *ask.Portal) (a ask.Answer, cert string) {
	w := p.ByTraefik()
	u := *w.Base
	u.Scheme = "https"
	w.Base = &u
	a = p.Ask(ctx, w, ask.PagePath, true)
	return a, a.Cert
}

func onlyTLS(f finding.Finding, cert string) finding.Finding {
	why := "There is a router for the host, but it has a tls block, so it takes no plain HTTP, which is what the edge sends."
	if strings.Contains(cert, "TRAEFIK DEFAULT CERT") {
		why += " Its certificate is Traefik's default one: the certResolver or secret that the block names does not exist, or has got none."
	}
	f.What += " by plain HTTP, but one by TLS"
	return f.Because(why, "Take the tls block off the route (ingress.tls: {} in the chart's values): TLS ends at the edge. "+
		"Where it is to end at Traefik, configure the resolver and send https to its TLS entry point.")
}
