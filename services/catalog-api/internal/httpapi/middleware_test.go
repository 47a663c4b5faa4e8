package httpapi_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/health"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/httpapi"
)

func TestSecurityHeaders(t *testing.T) {
	p := start(t, nil)
	path, _ := p.create(`{"name":"a"}`)
	for name, a := range map[string]answer{
		"a service": p.call("GET", path, ""), "the list": p.call("GET", "/api/services", ""), "a problem": p.call("GET", "/api/x", ""),
		"the health": p.call("GET", "/api/health", ""), "a refused body": p.call("PUT", path, `{`), "no page": p.call("GET", "/", ""),
	} {
		for header, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache", "Referrer-Policy": "no-referrer",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Access-Control-Allow-Origin": "",
		} {
			if got := a.header.Get(header); got != want {
				t.Errorf("%s: %s is %q, want %q", name, header, got, want)
			}
		}
	}
}

func TestUnknownAddressesAndMethods(t *testing.T) {
	p := start(t, nil)
	for _, path := range []string{"/", "/x", "/api", "/api/", "/apix", "/api/services/", "/api/../etc", "/api//services", "/api/services/x/y", "/api/events"} {
		wantProblem(t, p.call("GET", path, ""), 404, "not-found")
	}
	wantProblem(t, p.call("BREW", "/api/coffee", ""), 404, "not-found")
	for call, allow := range map[string]string{
		"DELETE /api/services": "GET, POST, HEAD", "POST /api/services/x": "GET, PUT, PATCH, DELETE, HEAD",
		"GET /api/services/x/check": "POST", "BREW /api/health": "GET, HEAD", "PUT /api/openapi.json": "GET, HEAD",
	} {
		method, path, _ := strings.Cut(call, " ")
		a := p.call(method, path, "")
		wantProblem(t, a, 405, "method")
		if got := a.header.Get("Allow"); got != allow {
			t.Errorf("%s allows %q, want %q", call, got, allow)
		}
	}
}

func TestHeadIsGetWithoutABody(t *testing.T) {
	p := start(t, nil)
	path, _ := p.create(`{"name":"a"}`)
	for _, path := range []string{path, "/api/services", "/api/services?q=a", "/api/health", "/api/openapi.json", "/api/docs", "/api/x"} {
		get, head := p.call("GET", path, "", "Accept-Encoding: identity"), p.call("HEAD", path, "", "Accept-Encoding: identity")
		if head.status != get.status || len(head.raw) > 0 || head.header.Get("Content-Type") != get.header.Get("Content-Type") ||
			head.header.Get("ETag") != get.header.Get("ETag") {
			t.Errorf("%s: GET %d %v, HEAD %d %v", path, get.status, get.header, head.status, head.header)
		}
	}
}

func TestAcceptIsIgnored(t *testing.T) {
	p := start(t, nil)
	for _, accept := range []string{"text/html", "a;q,", ";", "json", "*/*;q=x", "application/cbor", strings.Repeat("a,", 1000)} {
		if a := p.call("GET", "/api/services", "", "Accept: "+accept); a.status != 200 || a.header.Get("Content-Type") != "application/json" {
			t.Errorf("Accept %.20q: %d %v", accept, a.status, a.header)
		}
		wantProblem(t, p.call("GET", "/api/services/x", "", "Accept: "+accept), 404, "not-found")
	}
}

func TestPanicIsAProblemAndALogLine(t *testing.T) {
	var log bytes.Buffer
	p := start(t, func(a *httpapi.API) {
		a.Check = func(context.Context, catalog.Service) (catalog.Service, error) { panic("secret") }
		a.Log = slog.New(slog.NewTextHandler(&log, nil))
	})
	path, _ := p.create(`{"name":"a"}`)
	a := p.call("POST", path+"/check", "")
	wantProblem(t, a, 500, "internal")
	if strings.Contains(string(a.raw), "secret") || !strings.Contains(log.String(), "panic=secret") {
		t.Errorf("answered %s\nlogged %s", a.raw, log.String())
	}
}

func TestRequestsAreCountedAndLoggedOnce(t *testing.T) {
	var log bytes.Buffer
	p := start(t, func(a *httpapi.API) { a.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	p.create(`{"name":"topsecret"}`)
	p.call("GET", "/api/services?q=topsecret", "")
	p.call("BREW", "/api/services", "")
	p.call("GET", "/api/health", "")
	p.call("GET", "/style.css", "")
	want := `
		# HELP portal_http_requests_total Requests answered, by route pattern, method and status code.
		# TYPE portal_http_requests_total counter
		portal_http_requests_total{code="200",method="GET",route="/api/health"} 1
		portal_http_requests_total{code="200",method="GET",route="/api/services"} 1
		portal_http_requests_total{code="201",method="POST",route="/api/services"} 1
		portal_http_requests_total{code="404",method="GET",route="static"} 1
		portal_http_requests_total{code="405",method="other",route="none"} 1
	`
	if err := testutil.GatherAndCompare(p.metrics, strings.NewReader(want), "portal_http_requests_total"); err != nil {
		t.Error(err)
	}
	if got := strings.Count(log.String(), "msg=request"); got != 3 || strings.Contains(log.String(), "topsecret") {
		t.Errorf("%d lines, want 3:\n%s", got, log.String())
	}
}

func TestHealthNamesWhatDoesNotWork(t *testing.T) {
	broken := func(names ...string) (state []health.Result) {
		for _, name := range []string{"postgres", "nats", "streams", "consumers", "workers", "outbox"} {
			r := health.Result{Name: name}
			if slices.Contains(names, name) {
				r.Fault = &health.Fault{Detail: name + " is broken.", Cure: "Mend it.", Err: errors.New("dial tcp 10.0.0.1:5432: secret")}
			}
			state = append(state, r)
		}
		return state
	}
	var state []health.Result
	p := start(t, func(a *httpapi.API) { a.Health = func(context.Context) []health.Result { return state } })
	for name, tc := range map[string]struct {
		broken []string
		code   int
		status string
		parts  string // postgres, nats, streams, consumers, workers
	}{
		"all is well":          {nil, 200, "ok", "ok ok ok ok ok"},
		"no NATS":              {[]string{"nats", "streams"}, 503, "degraded", "ok unavailable <nil> <nil> <nil>"},
		"no Postgres":          {[]string{"postgres"}, 503, "unavailable", "unavailable ok ok ok ok"},
		"neither":              {[]string{"postgres", "nats"}, 503, "unavailable", "unavailable unavailable <nil> <nil> <nil>"},
		"no worker":            {[]string{"workers"}, 503, "degraded", "ok ok ok ok unavailable"},
		"no stream, no reader": {[]string{"streams", "consumers"}, 503, "degraded", "ok ok unavailable unavailable ok"},
		"events wait":          {[]string{"outbox"}, 503, "degraded", "ok ok ok ok ok"},
	} {
		t.Run(name, func(t *testing.T) {
			state = broken(tc.broken...)
			a := p.call("GET", "/api/health", "")
			var parts []any
			for _, part := range []string{"postgres", "nats", "streams", "consumers", "workers"} {
				said, _ := a.body[part].(map[string]any)
				parts = append(parts, said["status"])
			}
			if a.status != tc.code || a.body["status"] != tc.status || a.body["version"] != "test" ||
				fmt.Sprintln(parts...) != tc.parts+"\n" || strings.Contains(string(a.raw), "secret") {
				t.Errorf("%d %s", a.status, a.raw)
			}
			for _, c := range a.body["checks"].([]any) {
				c := c.(map[string]any)
				wrong := slices.Contains(tc.broken, c["name"].(string))
				if wrong != (c["status"] == "unavailable") || wrong != (c["cure"] == "Mend it.") {
					t.Errorf("the check says %v", c)
				}
			}
		})
	}
}

func TestPageIsServedOutsideTheAPI(t *testing.T) {
	p := start(t, func(a *httpapi.API) {
		a.Static = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte("page " + r.URL.Path)) })
	})
	for _, path := range []string{"/", "/index.html", "/apix"} {
		if a := p.call("GET", path, ""); string(a.raw) != "page "+path || a.header.Get("Content-Security-Policy") != "" {
			t.Errorf("%s: %s %v", path, a.raw, a.header)
		}
	}
	wantProblem(t, p.call("GET", "/api/nothing", ""), 404, "not-found")
}
