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

// part is one of the two that Traefik sends to.
type part struct {
	name   string
	from   ask.Source
	direct *url.URL // nil: it can't be asked directly
	path   string   // what it always answers
	fix    string   // when it does not run
}

func web(p *ask.Portal) part {
	return part{name: "web", from: ask.FromWeb, direct: p.Web, path: ask.PagePath,
		fix: "Start web, and read its log: " + p.LogsOf("web") + "."}
}

func api(p *ask.Portal) part {
	return part{name: "catalog-api", from: ask.FromAPI, direct: p.API, path: ask.APIPath,
		fix: "Start catalog-api, and read its log: " + p.LogsOf("catalog-api") + ". At its start it waits for Postgres, and stops without."}
}

// CheckWeb asks for the page.
func CheckWeb(ctx context.Context, p *ask.Portal) finding.Finding {
	f, w := checkPart(ctx, p, web(p))
	if f.State != finding.OK {
		return f
	}
	if page := p.Get(ctx, w, "/"); page.Status != http.StatusOK || !strings.Contains(page.Header.Get("Content-Type"), "text/html") {
		return finding.Fault("%s serves no page: it answers %s", w.Words, page.Said()).Because(
			"web runs, but has not the page's files.", "Use the project's image of web; without it, look at nginx's root.")
	}
	return f
}

// CheckAPI asks catalog-api how it is. That it answers is enough here.
func CheckAPI(ctx context.Context, p *ask.Portal) finding.Finding {
	f, w := checkPart(ctx, p, api(p))
	if f.State != finding.OK {
		return f
	}
	a := p.Get(ctx, w, ask.APIPath)
	h, whole := ask.HealthOf(a)
	if !whole {
		return finding.Fault("catalog-api answers %s at /api/health", a.Said()).Because(
			"It is asked for another address than the browser's, or is of a version that this doctor does not know.",
			"Use a doctor of the portal's version; look what stands between Traefik and catalog-api.")
	}
	f.What += "; it is version " + h.Version
	return f
}

// checkPart asks a part directly, if we may, and then as browsers do.
func checkPart(ctx context.Context, p *ask.Portal, it part) (f finding.Finding, w ask.Way) {
	if it.direct != nil {
		w = ask.Direct(it.name, it.direct)
		if a := p.Get(ctx, w, it.path); a.From != it.from {
			return finding.Fault("%s answers %s", w.Words, a.Said()).Because(
				it.name+" does not run there, or what does is another program.", it.fix), w
		}
		f = finding.Fine("%s answers", w.Words)
	}
	inner, there := p.Inside()
	if !there {
		if it.direct == nil {
			return finding.Skip("the edge lets nothing through to it: --traefik http://ADDRESS asks round the edge"), inner
		}
		return f, w
	}
	a := p.Get(ctx, inner, it.path)
	switch {
	case a.From == it.from && it.direct != nil:
		return f, w
	case a.From == it.from:
		return finding.Fine("it answers by way of %s", inner.Words), inner
	case a.From == ask.FromTraefik && a.Status != http.StatusNotFound:
		return behind(it, inner, a), inner
	case it.direct != nil:
		return f, w // what is before it is broken, and was said
	}
	return finding.Skip("the request does not come to it: %s", a.Said()), inner
}

// behind says why Traefik has a route to a part, but no answer.
func behind(it part, w ask.Way, a ask.Answer) finding.Finding {
	f := finding.Fault("%s has a route to %s, but gets no answer from it (%s)", w.Words, it.name, a.Said())
	switch {
	case it.direct != nil:
		return f.Because(fmt.Sprintf("%s itself runs: it answers at %s. So the way between the two is broken.", it.name, it.direct.Host),
			"Compare the server in Traefik's service with where "+it.name+" listens; look for a NetworkPolicy or a Docker network between them.")
	case a.Status == http.StatusServiceUnavailable:
		return f.Because("Traefik knows of no server for it: no pod is ready, or the Service selects none.", it.fix)
	case a.Status == http.StatusGatewayTimeout:
		return f.Because("It takes no connection and refuses none: its machine is gone, or a NetworkPolicy drops the packets. Or it hangs.", it.fix)
	}
	return f.Because(it.name+" does not run, or not where Traefik looks for it.", it.fix)
}

// CheckPostgres believes catalog-api, which alone may connect to it.
func CheckPostgres(ctx context.Context, p *ask.Portal) finding.Finding {
	h, there := p.Health(ctx)
	switch {
	case !there:
		return finding.Skip(ask.NotAsked)
	case h.Postgres.OK():
		return finding.Fine("catalog-api reaches it")
	}
	return finding.Fault("catalog-api cannot use it").Because(h.Postgres.Detail, h.Cure("postgres",
		"Start Postgres. If it runs: PORTAL_DATABASE_URL of catalog-api, the password in its Secret, a full disk, a NetworkPolicy. catalog-api's log has Postgres' own words."))
}
