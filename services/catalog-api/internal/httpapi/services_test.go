package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/check"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/httpapi"
)

func TestServiceLifecycle(t *testing.T) {
	p := start(t, nil)
	path, made := p.create(`{"name":"  billing ","team":"Payments","tags":[" go","go","b"],"status_url":"https://x.example/h"}`)

	if made.header.Get("Location") != path || made.header.Get("Content-Type") != "application/json" {
		t.Errorf("headers of the answer: %v", made.header)
	}
	for field, want := range map[string]any{
		"name": "billing", "team": "Payments", "tags": []any{"go", "b"}, "status": "unknown", "interval": "1m",
		"version": 1.0, "status_url": "https://x.example/h", "description": nil, "docs_url": nil, "github_url": nil,
		"dashboard_url": nil, "status_reason": nil, "http_status": nil, "latency_ms": nil, "last_checked_at": nil,
	} {
		if got, there := made.body[field]; !there || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %v (%t), want %v", field, got, there, want)
		}
	}
	if read := p.call("GET", path, ""); string(read.raw) != string(made.raw) {
		t.Errorf("read %s, created %s", read.raw, made.raw)
	}
	if upper := p.call("GET", "/api/services/"+strings.ToUpper(strings.TrimPrefix(path, "/api/services/")), ""); upper.status != 200 {
		t.Errorf("an id in capitals: %d", upper.status)
	}
	if same := p.call("PUT", path, string(made.raw)); string(same.raw) != string(made.raw) {
		t.Errorf("what was read was sent back: %d %s", same.status, same.raw)
	}
	if gone := p.call("DELETE", path, ""); gone.status != http.StatusNoContent || len(gone.raw) != 0 {
		t.Errorf("delete: %d %s", gone.status, gone.raw)
	}
	for method, body := range map[string]string{"GET": "", "DELETE": "", "PUT": `{}`, "PATCH": `{}`} {
		wantProblem(t, p.call(method, path, body), 404, "not-found")
	}
	wantProblem(t, p.call("POST", path+"/check", ""), 404, "not-found")
}

func TestAbsentStaysAndNullClears(t *testing.T) {
	p := start(t, nil)
	for name, tc := range map[string]struct {
		method, body string
		field        string
		want         any
	}{
		"PUT keeps what is absent":            {"PUT", `{"description":"new"}`, "team", "Payments"},
		"PATCH keeps what is absent":          {"PATCH", `{"description":"new"}`, "team", "Payments"},
		"PUT changes":                         {"PUT", `{"team":"Core"}`, "team", "Core"},
		"PUT clears by null":                  {"PUT", `{"team":null}`, "team", nil},
		"PATCH clears by null":                {"PATCH", `{"team":null}`, "team", nil},
		"an empty text clears":                {"PATCH", `{"team":""}`, "team", nil},
		"spaces alone clear":                  {"PATCH", `{"team":" \t "}`, "team", nil},
		"null clears tags to none":            {"PATCH", `{"tags":null}`, "tags", []any{}},
		"null makes the interval the default": {"PATCH", `{"interval":null}`, "interval", "1m"},
		"null makes the status unknown":       {"PATCH", `{"status":null}`, "status", "unknown"},
		"an empty object changes nothing":     {"PATCH", `{}`, "version", 1.0},
		"the same value changes nothing":      {"PUT", `{"team":"Payments"}`, "version", 1.0},
		"a change makes a new version":        {"PUT", `{"team":"Core"}`, "version", 2.0},
		"what cannot be set is ignored":       {"PUT", `{"id":7,"version":"x","created_at":[],"http_status":{"a":null}}`, "version", 1.0},
		"a byte order mark is no harm":        {"PUT", "\ufeff" + `{"team":"Core"}`, "team", "Core"},
	} {
		t.Run(name, func(t *testing.T) {
			path, _ := p.create(fmt.Sprintf(`{"name":%q,"team":"Payments","tags":["go"],"interval":"10s","status":"healthy"}`, name))
			a := p.call(tc.method, path, tc.body)
			if a.status != 200 || !reflect.DeepEqual(a.body[tc.field], tc.want) {
				t.Errorf("%d: %s is %v, want %v", a.status, tc.field, a.body[tc.field], tc.want)
			}
		})
	}
}

func TestWrongFieldsAreNamed(t *testing.T) {
	p := start(t, nil)
	path, _ := p.create(`{"name":"there"}`)
	for name, tc := range map[string]struct {
		body   string
		fields []string
	}{
		"a name of spaces":           {`{"name":"  "}`, []string{"name"}},
		"null as the name":           {`{"name":null}`, []string{"name"}},
		"a name of 101 characters":   {`{"name":"` + strings.Repeat("ü", 101) + `"}`, []string{"name"}},
		"an unknown field":           {`{"name":"a","colour":"red"}`, []string{"colour"}},
		"case counts in fields":      {`{"name":"a","Team":"x"}`, []string{"Team"}},
		"a number as text":           {`{"name":1}`, []string{"name"}},
		"text as a list":             {`{"name":"a","tags":"go"}`, []string{"tags"}},
		"a tag that is a number":     {`{"name":"a","tags":["go",1]}`, []string{"tags"}},
		"a tag that is null":         {`{"name":"a","tags":[null]}`, []string{"tags"}},
		"an empty tag":               {`{"name":"a","tags":["a",""]}`, []string{"tags[1]"}},
		"a status that is none":      {`{"name":"a","status":"fine"}`, []string{"status"}},
		"an interval not in the set": {`{"name":"a","interval":"7s"}`, []string{"interval"}},
		"a script as a link":         {`{"name":"a","docs_url":"javascript:alert(1)"}`, []string{"docs_url"}},
		"a password in the URL":      {`{"name":"a","status_url":"https://u:p@x.example/"}`, []string{"status_url"}},
		"all wrong types at once":    {`{"name":1,"team":[],"docs_url":{}}`, []string{"name", "team", "docs_url"}},
		"all broken rules at once":   {`{"name":"","docs_url":"x","interval":"9m"}`, []string{"name", "docs_url", "interval"}},
		"types and rules at once":    {`{"name":"a","tags":1,"docs_url":"x","foo":1}`, []string{"tags", "foo", "docs_url"}},
		"a field that is twice":      {`{"name":"a","name":"b"}`, []string{"name"}},
		"half of a surrogate pair":   {`{"name":"a\ud800"}`, []string{"name"}},
		"a NUL in the name":          {`{"name":"a\u0000b"}`, []string{"name"}},
		"a huge number":              {`{"name":1e999999}`, []string{"name"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, call := range [][2]string{{"POST", "/api/services"}, {"PUT", path}, {"PATCH", path}} {
				a := p.call(call[0], call[1], tc.body)
				wantProblem(t, a, 422, "invalid")
				if !slices.Equal(a.fields(), tc.fields) {
					t.Errorf("%s names %v, want %v: %s", call[0], a.fields(), tc.fields, a.raw)
				}
				if location := a.body["errors"].([]any)[0].(map[string]any)["location"]; location != "body."+tc.fields[0] {
					t.Errorf("location %v", location)
				}
			}
		})
	}
}

func TestPostNeedsAName(t *testing.T) {
	a := start(t, nil).call("POST", "/api/services", `{}`)
	wantProblem(t, a, 422, "invalid")
	if !slices.Equal(a.fields(), []string{"name"}) {
		t.Errorf("names %v", a.fields())
	}
}

func TestNameIsUniqueRegardlessOfCase(t *testing.T) {
	p := start(t, nil)
	p.create(`{"name":"Straße"}`)
	path, _ := p.create(`{"name":"other"}`)
	a := p.call("POST", "/api/services", `{"name":"STRASSE"}`)
	wantProblem(t, a, 409, "name-taken")
	if !slices.Equal(a.fields(), []string{"name"}) {
		t.Errorf("names %v", a.fields())
	}
	wantProblem(t, p.call("PATCH", path, `{"name":"straße"}`), 409, "name-taken")
}

func TestInvalidIDIsNotFound(t *testing.T) {
	p := start(t, nil)
	for _, id := range []string{"x", "1", "%00", "..%2f..", "%ff", strings.Repeat("a", 3000), "urn:uuid:0199aaaa-0000-7000-8000-000000000000",
		"%7B0199aaaa-0000-7000-8000-000000000000%7D", "0199aaaa00007000800000000000aaaa", "0199aaaa-0000-7000-8000-000000000000", "'%20OR%201=1"} {
		path := "/api/services/" + id
		wantProblem(t, p.call("GET", path, ""), 404, "not-found")
		wantProblem(t, p.call("PUT", path, `{}`), 404, "not-found")
		wantProblem(t, p.call("DELETE", path, ""), 404, "not-found")
		wantProblem(t, p.call("POST", path+"/check", ""), 404, "not-found")
	}
}

func TestCheckErrors(t *testing.T) {
	var fail error
	p := start(t, func(a *httpapi.API) {
		a.Check = func(_ context.Context, s catalog.Service) (catalog.Service, error) { return s, fail }
	})
	path, made := p.create(`{"name":"a","status_url":"http://x.example/"}`)
	for name, tc := range map[string]struct {
		err    error
		status int
		kind   string
	}{
		"no health URL":          {check.ErrNoURL, 422, "no-health-url"},
		"no worker":              {fmt.Errorf("check: %w", check.ErrNoWorker), 503, "no-worker"},
		"too many checks":        {fmt.Errorf("check: %w", &check.TooManyError{Wait: 1200 * time.Millisecond}), 429, "too-many"},
		"a worker that failed":   {fmt.Errorf("check: %w: boom", check.ErrWorker), 502, "worker-failed"},
		"deleted meanwhile":      {catalog.ErrNotFound, 404, "not-found"},
		"the database is gone":   {fmt.Errorf("apply: %w", catalog.ErrUnavailable), 503, "unavailable"},
		"it took too long":       {context.DeadlineExceeded, 503, "unavailable"},
		"a fault nobody foresaw": {errors.New("secret of the database"), 500, "internal"},
	} {
		t.Run(name, func(t *testing.T) {
			fail = tc.err
			a := p.call("POST", path+"/check", "")
			wantProblem(t, a, tc.status, tc.kind)
			if a.status == 503 && a.header.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
			if got := a.header.Get("Retry-After"); a.status == 429 && got != "2" {
				t.Errorf("Retry-After %q, want 2", got)
			}
			if strings.Contains(string(a.raw), "secret") {
				t.Errorf("a cause was told: %s", a.raw)
			}
		})
	}
	fail = nil
	if a := p.call("POST", path+"/check", ""); a.status != 200 || string(a.raw) != string(made.raw) {
		t.Errorf("check: %d %s", a.status, a.raw)
	}
}
