package parts

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/dev-portal/dev-portal/services/doctor/internal/ask"
	"github.com/dev-portal/dev-portal/services/doctor/internal/finding"
)

// part is one of the two parts that Traefik routes to.
type part struct {
	name   string
	from   ask.Source
	direct *url.URL // nil if its URL was not given
	path   string   // a path that it always answers
	fix    string   // if it does not run
}

func web(p *ask.Portal) part {
	return part{name: "web", from: ask.FromWeb, direct: p.Web, path: ask.PagePath,
		fix: "Start web, and read its log: " + p.LogsOf("web") + "."}
}

func api(p *ask.Portal) part {
	return part{name: "catalog-api", from: ask.FromAPI, direct: p.API, path: ask.APIPath,
		fix: "Start catalog-api, and read its log: " + p.LogsOf("catalog-api") + ". At its start it waits for Postgres, and stops without."}
}

// CheckWeb checks that web answers, and serves the page.
func CheckWeb(ctx context.Context, p *ask.Portal) finding.Finding {
	f, via := checkPart(ctx, p, web(p))
	if f.State != finding.OK {
		return f
	}
	if page := p.Get(ctx, via, "/"); page.Status != http.StatusOK || !strings.Contains(page.Header.Get("Content-Type"), "text/html") {
		return finding.Fault("%s serves no page: it answers %s", via.Name, page.Summary()).WithCause(
			"web runs, but has not the page's files.", "Use the project's image of web; without it, look at nginx's root.")
	}
	return f
}

// CheckAPI checks that catalog-api answers. Its dependencies are checked by later hops.
func CheckAPI(ctx context.Context, p *ask.Portal) finding.Finding {
	f, via := checkPart(ctx, p, api(p))
	if f.State != finding.OK {
		return f
	}
	a := p.Get(ctx, via, ask.APIPath)
	h, whole := ask.HealthOf(a)
	switch {
	case a.Status == http.StatusMisdirectedRequest:
		return finding.Fault("catalog-api does not answer to the name %s", via.Host).WithCause(
			"It answers to localhost, to addresses, and to the names in PORTAL_HOSTS, so that no other site can rebind its name to it.",
			"Add the name to PORTAL_HOSTS of catalog-api; in the chart to ingress.hosts or catalogApi.hosts.")
	case !whole:
		return finding.Fault("catalog-api answers %s at /api/health", a.Summary()).WithCause(
			"It is asked for another address than the browser's, or is of a version that this doctor does not know.",
			"Use a doctor of the portal's version; check what is between Traefik and catalog-api.")
	}
	f.What += "; it is version " + h.Version
	return f
}

// checkPart asks a part directly, if its URL was given, and then through Traefik.
func checkPart(ctx context.Context, p *ask.Portal, it part) (f finding.Finding, via ask.Route) {
	if it.direct != nil {
		via = ask.Direct(it.name, it.direct)
		if a := p.Get(ctx, via, it.path); a.From != it.from {
			return finding.Fault("%s answers %s", via.Name, a.Summary()).WithCause(
				it.name+" does not run there, or what does is another program.", it.fix), via
		}
		f = finding.Fine("%s answers", via.Name)
	}
	inner, there := p.BehindTraefik()
	if !there {
		if it.direct == nil {
			return finding.Skip("the edge lets nothing through to it: --traefik http://ADDRESS asks round the edge"), inner
		}
		return f, via
	}
	a := p.Get(ctx, inner, it.path)
	switch {
	case a.From == it.from && it.direct != nil:
		return f, via
	case a.From == it.from:
		return finding.Fine("it answers by way of %s", inner.Name), inner
	case a.From == ask.FromTraefik && a.Status != http.StatusNotFound:
		return noBackendAnswer(it, inner, a), inner
	case it.direct != nil:
		return f, via // an earlier hop is broken, and has its own finding
	}
	return finding.Skip("the request does not come to it: %s", a.Summary()), inner
}

// noBackendAnswer explains why Traefik gets no answer from a part that it has a route to.
func noBackendAnswer(it part, via ask.Route, a ask.Answer) finding.Finding {
	f := finding.Fault("%s has a route to %s, but gets no answer from it (%s)", via.Name, it.name, a.Summary())
	switch {
	case it.direct != nil:
		return f.WithCause(fmt.Sprintf("%s itself runs: it answers at %s. So the way between the two is broken.", it.name, it.direct.Host),
			"Compare the server in Traefik's service with where "+it.name+" listens; look for a NetworkPolicy or a Docker network between them.")
	case a.Status == http.StatusServiceUnavailable:
		return f.WithCause("Traefik knows of no server for it: no pod is ready, or the Service selects none.", it.fix)
	case a.Status == http.StatusGatewayTimeout:
		return f.WithCause("It neither accepts nor refuses connections: its machine is down, a NetworkPolicy drops the packets, or it hangs.", it.fix)
	}
	return f.WithCause(it.name+" does not run, or not at the address that Traefik uses.", it.fix)
}

// CheckPostgres uses catalog-api's health report: only catalog-api may connect to
// Postgres.
func CheckPostgres(ctx context.Context, p *ask.Portal) finding.Finding {
	h, there := p.Health(ctx)
	switch {
	case !there:
		return finding.Skip(ask.NotAsked)
	case h.Postgres.OK():
		return finding.Fine("catalog-api reaches it")
	}
	return finding.Fault("catalog-api cannot use it").WithCause(h.Postgres.Detail, h.Cure("postgres",
		"Start Postgres. If it runs: PORTAL_DATABASE_URL of catalog-api, the password in its Secret, a full disk, a NetworkPolicy. catalog-api's log has Postgres' own words."))
}
