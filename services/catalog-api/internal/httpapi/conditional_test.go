package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
)

// probe stores the result of a probe.
func (p *portal) probe(path string, at time.Time) {
	p.tb.Helper()
	svc, err := p.store.ServiceByID(p.tb.Context(), strings.TrimPrefix(path, "/api/services/"))
	if err != nil {
		p.tb.Fatal(err)
	}
	done, err := p.store.ApplyResults(p.tb.Context(), access.Prober, []events.ProbeCompleted{{
		ServiceID: svc.ID, Version: svc.Version, URL: svc.StatusURL, Status: events.StatusHealthy, Reason: events.ReasonOK,
		HTTPStatus: 200, LatencyMS: 3, PlannedAt: at, CheckedAt: at, Location: "default",
	}})
	if err != nil || done.Stored != 1 {
		p.tb.Fatalf("probe: %+v, %v", done, err)
	}
}

func TestReadNotModified(t *testing.T) {
	p := start(t, nil)
	path, made := p.create(`{"name":"a","status_url":"http://x.example/"}`)
	tag := made.header.Get("ETag")
	for name, tc := range map[string]struct {
		ifNoneMatch string
		status      int
	}{
		"the same tag":        {tag, 304},
		"as a weak one":       {"W/" + tag, 304},
		"as compressed":       {strings.TrimSuffix(tag, `"`) + `-gzip"`, 304},
		"among others":        {`"x", W/"y" ,` + tag, 304},
		"any":                 {"*", 304},
		"another tag":         {`"1.0000"`, 200},
		"only its version":    {`"1"`, 200},
		"not a tag":           {strings.Trim(tag, `"`), 200},
		"a quote that's open": {`"` + tag, 200},
	} {
		t.Run(name, func(t *testing.T) {
			a := p.call("GET", path, "", "If-None-Match: "+tc.ifNoneMatch)
			if a.status != tc.status || a.header.Get("ETag") != tag || (a.status == 304) != (len(a.raw) == 0) {
				t.Errorf("%d, ETag %s, %d bytes", a.status, a.header.Get("ETag"), len(a.raw))
			}
		})
	}
	p.probe(path, time.Now())
	if a := p.call("GET", path, "", "If-None-Match: "+tag); a.status != 200 || a.body["status"] != "healthy" {
		t.Errorf("after a probe: %d %s", a.status, a.raw)
	}
}

func TestWriteOfOldVersionFails(t *testing.T) {
	p := start(t, nil)
	path, made := p.create(`{"name":"a","status_url":"http://x.example/"}`)
	read := made.header.Get("ETag")
	p.probe(path, time.Now())

	changed := p.call("PUT", path, `{"team":"x"}`, "If-Match: "+read)
	if changed.status != 200 || changed.body["version"] != 2.0 || changed.body["status"] != "healthy" {
		t.Fatalf("a probe between reading and writing failed the write: %d %s", changed.status, changed.raw)
	}
	now := changed.header.Get("ETag")
	for name, tc := range map[string]struct {
		ifMatch string
		status  int
		kind    string
	}{
		"the tag before":          {read, 412, "changed"},
		"tags that are all wrong": {`"1.a", "7.b"`, 412, "changed"},
		"a tag that isn't ours":   {`"abc"`, 412, "changed"},
		"version 0":               {`"0.abc"`, 412, "changed"},
		"a version below":         {`"-2.abc"`, 412, "changed"},
		"a huge version":          {`"99999999999999999999.a"`, 412, "changed"},
		"no quotes":               {`2`, 400, "malformed"},
		"a list that is none":     {`"2.a" "3.b"`, 400, "malformed"},
		"commas alone":            {`,`, 400, "malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			wantProblem(t, p.call("PUT", path, `{"team":"y"}`, "If-Match: "+tc.ifMatch), tc.status, tc.kind)
			wantProblem(t, p.call("PATCH", path, `{"team":"y"}`, "If-Match: "+tc.ifMatch), tc.status, tc.kind)
			wantProblem(t, p.call("DELETE", path, "", "If-Match: "+tc.ifMatch), tc.status, tc.kind)
		})
	}
	for i, frame := range []string{"%s", "W/%s", `"1.x", %s`, "*", ""} {
		ifMatch := strings.Replace(frame, "%s", now, 1)
		a := p.call("PATCH", path, fmt.Sprintf(`{"team":"t%d"}`, i), "If-Match: "+ifMatch)
		if a.status != 200 {
			t.Errorf("If-Match %s: %d %s", ifMatch, a.status, a.raw)
		}
		now = a.header.Get("ETag")
	}
	if a := p.call("DELETE", path, "", "If-Match: *"); a.status != http.StatusNoContent {
		t.Errorf("delete: %d", a.status)
	}
	wantProblem(t, p.call("DELETE", path, "", "If-Match: *"), 404, "not-found")
	wantProblem(t, p.call("DELETE", path, "", `If-Match: "abc"`), 404, "not-found")
}
