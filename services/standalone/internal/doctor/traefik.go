package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"strings"
)

// What is asked to tell the page's router from the API's, and StripPrefix from
// both: behind it, /api/api/health is the API's /api/health.
const (
	pagePath   = "/health"
	apiPath    = "/api/health"
	doubledAPI = "/api/api/health"
)

// checkTraefik asks Traefik for the host, and sees whether both routers are there.
func checkTraefik(ctx context.Context, p *patient) Finding {
	w, there := p.inside()
	if !there {
		return skipped("the edge lets nothing through to it: --traefik http://ADDRESS asks it directly")
	}
	page, api := p.get(ctx, w, pagePath), p.get(ctx, w, apiPath)
	switch {
	case page.err != nil:
		return p.silentTraefik(w, page.err)
	case isLost(page) && isLost(api):
		return p.noRoute(ctx, w)
	case isLost(page):
		return broken("%s answers 404 to the page, though it routes /api", w.words).because(
			"The router for everything but /api is missing, or has been dropped for an error.",
			"Look at web's route: Host(`"+p.URL.Hostname()+"`) && !PathPrefix(`/api`).").plus(p.routerErrors(ctx))
	case isLost(api):
		return broken("%s answers 404 to /api, though it routes the page", w.words).because(
			"The router for /api is missing, or has been dropped for an error.",
			"Look at catalog-api's route: Host(`"+p.URL.Hostname()+"`) && PathPrefix(`/api`).").plus(p.routerErrors(ctx))
	case p.Traefik != nil && page.from == fromLogin:
		return p.sentAway(w, page)
	case page.from == fromElsewhere, page.from == fromTunnel, page.from == fromCloudflare:
		if p.Traefik == nil {
			return skipped("the answer came from elsewhere (%s)", page.said())
		}
		return broken("%s answers %s, which is neither Traefik's word nor the portal's", w.words, page.said()).because(
			"Another program listens there, or another site's router takes the host.",
			"Correct --traefik, or look which router matches the host: --traefik-api says.").plus(p.routerErrors(ctx))
	}
	return p.checkPrefix(ctx, w, api)
}

// isLost says whether Traefik knew nowhere to send the request.
func isLost(a answer) bool { return a.from == fromTraefik && a.status == http.StatusNotFound }

func (p *patient) silentTraefik(w way, err error) Finding {
	var verify *tls.CertificateVerificationError
	if errors.As(err, &verify) {
		return broken("%s shows no valid certificate for %s: %s", w.words, p.URL.Hostname(), certificateWords(verify.Err)).because(
			"Traefik has got none for the host, and shows its default one: the certResolver or the secret in the route's tls block does not exist, or has failed.",
			"Configure that resolver, or take the tls block off the route and ask plain HTTP, where TLS ends at the edge. Traefik's log says which it misses.")
	}
	return broken("%s does not answer: %s", w.words, reason(err)).because(
		"Traefik is not running, or does not listen there.",
		"Start it, or correct --traefik; its log says why it stopped, and which addresses its entry points have.")
}

// checkPrefix sees that /api comes to catalog-api, and as it was sent.
func (p *patient) checkPrefix(ctx context.Context, w way, api answer) Finding {
	if _, whole := healthOf(api); whole || api.from == fromTraefik || api.err != nil {
		return routed(p, w)
	}
	if _, stripped := healthOf(p.get(ctx, w, doubledAPI)); stripped {
		return broken("%s takes /api off what it sends to catalog-api", w.words).because(
			"A StripPrefix middleware is on the route. catalog-api wants the whole path: it answers /api/api/health, and not /api/health.",
			"Take StripPrefix off the route of /api.")
	}
	if api.from == fromWeb {
		return broken("%s sends /api to web, which answers %s", w.words, api.said()).because(
			"The router for /api is missing, and the page's takes its requests; or the page's has the higher priority.",
			"Add catalog-api's route, Host(`"+p.URL.Hostname()+"`) && PathPrefix(`/api`), and let the page's end in && !PathPrefix(`/api`).")
	}
	return routed(p, w)
}

func routed(p *patient, w way) Finding {
	if p.Traefik == nil {
		return ok("the page and /api both come through; --traefik http://ADDRESS asks it by itself")
	}
	return ok("%s has routes for %s and its /api", w.words, p.URL.Hostname())
}

// sentAway judges a Traefik that answers a redirection, or asks for a login. That
// it sends plain HTTP on to TLS is a loop only where the edge asks it by plain HTTP.
func (p *patient) sentAway(w way, a answer) Finding {
	target, err := p.URL.Parse(a.header.Get("Location"))
	toTLS := err == nil && a.status/100 == 3 && target.Hostname() == p.URL.Hostname() && target.Scheme == "https" && p.Traefik.Scheme == "http"
	switch {
	case toTLS && (p.noName || p.noEdge):
		f := redirectLoop(p.URL)
		f.What = w.words + " sends plain HTTP on to " + target.Scheme + "://" + target.Host
		return f
	case toTLS:
		return skipped("%s sends plain HTTP on to https, and the edge copes: ask its TLS entry point, --traefik https://ADDRESS", w.words)
	}
	return skipped("%s asks for a login first (%s): --header 'Name: value' gets past it", w.words, a.said())
}

// noRoute tells apart why Traefik has no route for the host. An entry point
// takes TLS on the port of plain HTTP too, and a router with a tls block is
// there only: so its absence from the one and presence on the other show it.
func (p *patient) noRoute(ctx context.Context, w way) Finding {
	f := broken("%s answers 404 for %s: no route", w.words, p.URL.Hostname())
	if p.Traefik == nil && p.TraefikAPI == nil {
		return f.because("The words are Traefik's: the request comes to it, and it has no router for the host here. Either none at all, or one that was dropped, "+
			"or one with a tls block, which takes no plain HTTP.",
			"Ask it directly, and the doctor says which: --traefik http://ADDRESS, or --traefik-api http://ADDRESS.")
	}
	if known, said := p.explainRoute(ctx, f); known {
		return said
	}
	if p.Traefik != nil && p.Traefik.Scheme == "http" {
		if a, cert := p.overTLS(ctx); a.err == nil && !isLost(a) {
			return onlyTLS(f, cert)
		}
	}
	return f.because("Traefik has no router for this host: the route was never made, names another host, or is in a namespace or of a class that Traefik does not watch.",
		"Make the routes (ingress.hosts in the chart's values), and look for them with --traefik-api or --kube.")
}

// overTLS asks Traefik's plain port by TLS.
func (p *patient) overTLS(ctx context.Context) (a answer, cert string) {
	w := p.traefik()
	u := *w.base
	u.Scheme = "https"
	w.base = &u
	a = p.ask(ctx, w, pagePath, true)
	return a, a.cert
}

func onlyTLS(f Finding, cert string) Finding {
	why := "There is a router for the host, but it has a tls block, so it takes no plain HTTP, which is what the edge sends."
	if strings.Contains(cert, "TRAEFIK DEFAULT CERT") {
		why += " Its certificate is Traefik's default one: the certResolver or secret that the block names does not exist, or has got none."
	}
	f.What += " by plain HTTP, but one by TLS"
	return f.because(why, "Take the tls block off the route (ingress.tls: {} in the chart's values): TLS ends at the edge. "+
		"Where it is to end at Traefik, configure the resolver and send https to its TLS entry point.")
}
