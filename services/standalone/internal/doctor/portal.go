package doctor

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// part is one of the two that Traefik sends to.
type part struct {
	name   string
	from   source
	direct *url.URL // nil: it can't be asked directly
	path   string   // what it always answers
	fix    string   // when it does not run
}

func (p *patient) web() part {
	return part{name: "web", from: fromWeb, direct: p.Web, path: pagePath,
		fix: "Start web, and read its log: " + p.logsOf("web") + "."}
}

func (p *patient) api() part {
	return part{name: "catalog-api", from: fromAPI, direct: p.API, path: apiPath,
		fix: "Start catalog-api, and read its log: " + p.logsOf("catalog-api") + ". At its start it waits for Postgres, and stops without."}
}

// logsOf is how to read a part's log.
func (p *patient) logsOf(part string) string {
	return fmt.Sprintf("`docker compose logs %[1]s`, or `kubectl --namespace %[2]s logs --selector app.kubernetes.io/component=%[1]s`", part, p.Namespace)
}

// checkWeb asks for the page.
func checkWeb(ctx context.Context, p *patient) Finding {
	f, w := p.checkPart(ctx, p.web())
	if f.State != OK {
		return f
	}
	if page := p.get(ctx, w, "/"); page.status != http.StatusOK || !strings.Contains(page.header.Get("Content-Type"), "text/html") {
		return broken("%s serves no page: it answers %s", w.words, page.said()).because(
			"web runs, but has not the page's files.", "Use the project's image of web; without it, look at nginx's root.")
	}
	return f
}

// checkAPI asks catalog-api how it is. That it answers is enough here.
func checkAPI(ctx context.Context, p *patient) Finding {
	f, w := p.checkPart(ctx, p.api())
	if f.State != OK {
		return f
	}
	a := p.get(ctx, w, apiPath)
	h, whole := healthOf(a)
	if !whole {
		return broken("catalog-api answers %s at /api/health", a.said()).because(
			"It is asked for another address than the browser's, or is of a version that this doctor does not know.",
			"Use a doctor of the portal's version; look what stands between Traefik and catalog-api.")
	}
	f.What += "; it is version " + h.Version
	return f
}

// checkPart asks a part directly, if we may, and then as browsers do.
func (p *patient) checkPart(ctx context.Context, it part) (f Finding, w way) {
	if it.direct != nil {
		w = direct(it.name, it.direct)
		if a := p.get(ctx, w, it.path); a.from != it.from {
			return broken("%s answers %s", w.words, a.said()).because(
				it.name+" does not run there, or what does is another program.", it.fix), w
		}
		f = ok("%s answers", w.words)
	}
	inner, there := p.inside()
	if !there {
		if it.direct == nil {
			return skipped("the edge lets nothing through to it: --traefik http://ADDRESS asks round the edge"), inner
		}
		return f, w
	}
	a := p.get(ctx, inner, it.path)
	switch {
	case a.from == it.from && it.direct != nil:
		return f, w
	case a.from == it.from:
		return ok("it answers by way of %s", inner.words), inner
	case a.from == fromTraefik && a.status != http.StatusNotFound:
		return behind(it, inner, a), inner
	case it.direct != nil:
		return f, w // what is before it is broken, and was said
	}
	return skipped("the request does not come to it: %s", a.said()), inner
}

// behind says why Traefik has a route to a part, but no answer.
func behind(it part, w way, a answer) Finding {
	f := broken("%s has a route to %s, but gets no answer from it (%s)", w.words, it.name, a.said())
	switch {
	case it.direct != nil:
		return f.because(fmt.Sprintf("%s itself runs: it answers at %s. So the way between the two is broken.", it.name, it.direct.Host),
			"Compare the server in Traefik's service with where "+it.name+" listens; look for a NetworkPolicy or a Docker network between them.")
	case a.status == http.StatusServiceUnavailable:
		return f.because("Traefik knows of no server for it: no pod is ready, or the Service selects none.", it.fix)
	case a.status == http.StatusGatewayTimeout:
		return f.because("It takes no connection and refuses none: its machine is gone, or a NetworkPolicy drops the packets. Or it hangs.", it.fix)
	}
	return f.because(it.name+" does not run, or not where Traefik looks for it.", it.fix)
}

// health is what catalog-api says of what it needs.
func (p *patient) health(ctx context.Context) (h health, there bool) {
	if p.API != nil {
		return healthOf(p.get(ctx, direct("catalog-api", p.API), apiPath))
	}
	w, there := p.inside()
	if !there {
		return h, false
	}
	return healthOf(p.get(ctx, w, apiPath))
}

const notAsked = "catalog-api, which would know, could not be asked"

// checkPostgres believes catalog-api, which alone may connect to it.
func checkPostgres(ctx context.Context, p *patient) Finding {
	h, there := p.health(ctx)
	switch {
	case !there:
		return skipped(notAsked)
	case h.Postgres.ok():
		return ok("catalog-api reaches it")
	}
	return broken("catalog-api cannot use it").because(h.Postgres.Detail, h.cure("postgres",
		"Start Postgres. If it runs: PORTAL_DATABASE_URL of catalog-api, the password in its Secret, a full disk, a NetworkPolicy. catalog-api's log has Postgres' own words."))
}
