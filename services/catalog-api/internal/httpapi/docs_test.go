package httpapi_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/apikey"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/httpapi"
)

// operation is the part of a route's description that the tests read.
type operation struct {
	OperationID string
	Summary     string
	Tags        []string
	Parameters  []struct{ Name, In string }
	RequestBody struct{ Content map[string]content }
	Responses   map[string]struct {
		Description string
		Content     map[string]content
	}
}

// content is a body or an answer of one media type.
type content struct {
	Example  any
	Examples map[string]struct{ Value map[string]any }
}

// description is the part of the document that the tests read.
type description struct {
	OpenAPI    string
	Info       struct{ Title, Version string }
	Tags       []struct{ Name string }
	Paths      map[string]map[string]operation
	Components struct {
		Schemas map[string]struct {
			Properties map[string]property
			Required   []string
		}
	}
}

// described returns the API with every route, and its description.
func described(t *testing.T) (*portal, description, string) {
	t.Helper()
	p := start(t, func(a *httpapi.API) { a.Live = http.NotFoundHandler() })
	a := p.call("GET", "/api/openapi.json", "", "Accept-Encoding: identity")
	if a.status != 200 || a.header.Get("Content-Type") != "application/json" {
		t.Fatalf("%d %v", a.status, a.header)
	}
	var doc description
	if err := json.Unmarshal(a.raw, &doc); err != nil {
		t.Fatal(err)
	}
	return p, doc, string(a.raw)
}

func TestDescriptionIsCompleteOpenAPI31(t *testing.T) {
	_, doc, text := described(t)
	if !strings.HasPrefix(doc.OpenAPI, "3.1.") || doc.Info.Title != "Dev Portal" || doc.Info.Version != "test" {
		t.Errorf("openapi %q, info %+v", doc.OpenAPI, doc.Info)
	}
	ids := map[string]bool{}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			if op.OperationID == "" || ids[op.OperationID] || op.Summary == "" || len(op.Responses) < 2 {
				t.Errorf("%s %s is not whole: %+v", method, path, op)
			}
			ids[op.OperationID] = true
			for status, response := range op.Responses {
				if response.Description == "" {
					t.Errorf("%s %s: %s is not described", method, path, status)
				}
			}
			named := slices.ContainsFunc(op.Parameters, func(p struct{ Name, In string }) bool { return p.Name == "id" && p.In == "path" })
			if named != strings.Contains(path, "{id}") {
				t.Errorf("%s %s: the parameters are %v", method, path, op.Parameters)
			}
		}
	}
	used := map[string]bool{}
	for _, ref := range regexp.MustCompile(`"\$ref":"([^"]*)"`).FindAllStringSubmatch(text, -1) {
		name, ok := strings.CutPrefix(ref[1], "#/components/schemas/")
		if _, there := doc.Components.Schemas[name]; !ok || !there {
			t.Errorf("%s leads nowhere", ref[1])
		}
		used[name] = true
	}
	for name := range doc.Components.Schemas {
		if !used[name] {
			t.Errorf("the shape %s is used nowhere", name)
		}
	}
}

// A request by an example succeeds, and its answer is like the example of the answer.
func TestExamplesWork(t *testing.T) {
	p, doc, _ := described(t)
	known, err := apikey.ParseSecret(doc.Paths["/api/session"]["post"].RequestBody.Content["application/json"].Example.(map[string]any)["key"].(string))
	if err == nil {
		_, err = p.store.CreateKey(t.Context(), access.CommandLine, apikey.Draft{Name: "example", Role: access.Viewer}, known)
	}
	if err != nil {
		t.Fatal(err)
	}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			for status, response := range op.Responses {
				for media, c := range response.Content {
					if c.Example == nil && len(c.Examples) == 0 {
						t.Errorf("%s %s: %s has no example of %s", method, path, status, media)
					}
					for slug, example := range c.Examples {
						if example.Value["type"] != "/api/docs#"+slug || fmt.Sprint(example.Value["status"]) != status {
							t.Errorf("%s %s: the example of %s is %v", method, path, slug, example.Value)
						}
					}
				}
			}
			for media, c := range op.RequestBody.Content {
				p.follow(strings.ToUpper(method), path, media, c.Example, op)
			}
		}
	}
	for path, methods := range doc.Paths {
		if _, adds := methods["post"].Responses["201"]; !adds || methods["get"].OperationID == "" { // no list that one can add to
			continue
		}
		if all, _, one := strings.Cut(path, "/{id}"); one {
			_, made := p.add(all, fmt.Sprintf(`{"name":%q}`, "with "+path))
			path = strings.Replace(path, "{id}", made.body["id"].(string), 1)
		}
		example := methods["post"].RequestBody.Content["application/json"].Example.(map[string]any)
		for _, name := range []string{"a", "b"} {
			if _, named := example["name"]; named {
				example["name"] = name
			}
			body, err := json.Marshal(example)
			if err != nil {
				t.Fatal(err)
			}
			p.add(path, string(body))
		}
		list := p.call("GET", path+"?limit=1", "")
		wantLike(t, path, list.body, methods["get"].Responses["200"].Content["application/json"].Example)
	}
}

// follow sends the example of a body to a thing of its own.
func (p *portal) follow(method, path, media string, example any, op operation) {
	p.tb.Helper()
	body, err := json.Marshal(example)
	if err != nil {
		p.tb.Fatal(err)
	}
	all, rest, one := strings.Cut(strings.Replace(path, "{slug}", "{id}", 1), "/{id}")
	name := op.OperationID + " " + media
	switch {
	case one:
		thing, _ := p.add(all, fmt.Sprintf(`{"name":%q}`, name))
		path = thing + rest
		if strings.Contains(rest, "{needed}") {
			needed, made := p.create(fmt.Sprintf(`{"name":%q}`, "needed by "+name))
			defer p.call("DELETE", needed, "")
			p.call("POST", "/api/dependencies/observed", fmt.Sprintf(`{"calls":[{"client":%q,"server":%q}]}`, name, "needed by "+name))
			path = strings.Replace(path, "{needed}", made.id(), 1)
		}
	case strings.Contains(path, "{name}"):
		p.add("/api/services", fmt.Sprintf(`{"name":%q}`, name))
		path = strings.Replace(path, "{name}", url.PathEscape(name), 1)
	case strings.Contains(string(body), "service/billing"): // the subject of an event
		made, _ := p.create(`{"name":"billing"}`)
		defer p.call("DELETE", made, "")
	}
	a := p.call(method, path, string(body), "Content-Type: "+media)
	answer, described := op.Responses[fmt.Sprint(a.status)]
	if !described || a.status >= 300 {
		p.tb.Fatalf("%s %s with %s: %d %s", method, path, body, a.status, a.raw)
	}
	wantLike(p.tb, method+" "+path, a.body, answer.Content["application/json"].Example)
	if (method == "POST" || method == "PUT") && (a.body["id"] != nil || a.body["slug"] != nil) { // frees the name
		p.call("DELETE", all+"/"+a.id(), "")
	}
}

// wantLike checks that an answer has the members of its example.
func wantLike(tb testing.TB, what string, got map[string]any, example any) {
	tb.Helper()
	shown, _ := example.(map[string]any)
	if g, w := slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(shown)); len(w) == 0 || !slices.Equal(g, w) {
		tb.Errorf("%s is answered with %v, the example has %v", what, g, w)
	}
}

func TestDescriptionHasAllRoutes(t *testing.T) {
	p, doc, _ := described(t)
	var got []string
	for path, methods := range doc.Paths {
		a := p.call("OPTIONS", strings.Replace(path, "{id}", "x", 1), "")
		wantProblem(t, a, 405, "method")
		for method, op := range methods {
			for _, tag := range op.Tags {
				if !slices.ContainsFunc(doc.Tags, func(t struct{ Name string }) bool { return t.Name == tag }) {
					t.Errorf("%s %s: the tag %s is not explained", method, path, tag)
				}
			}
			got = append(got, strings.ToUpper(method)+" "+path)
		}
		for method := range strings.SplitSeq(a.header.Get("Allow"), ", ") {
			if _, there := methods[strings.ToLower(method)]; !there && method != http.MethodHead {
				t.Errorf("%s takes %s, which is not described", path, method)
			}
		}
	}
	slices.Sort(got)
	want := []string{
		"DELETE /api/keys/{id}", "DELETE /api/services/{id}", "DELETE /api/session", "DELETE /api/teams/{slug}", "GET /api/audit", "GET /api/badges/{name}/{kind}.svg", "GET /api/dependencies/observed",
		"GET /api/events", "GET /api/falls", "GET /api/falls/around", "GET /api/graph", "GET /api/health", "GET /api/impacts", "GET /api/keys",
		"GET /api/me", "GET /api/metrics/services", "GET /api/oncall", "GET /api/scorecards", "GET /api/services", "GET /api/services/by-name/{name}", "GET /api/services/{id}",
		"GET /api/services/{id}/changes", "GET /api/services/{id}/dependencies", "GET /api/services/{id}/deployments", "GET /api/services/{id}/history", "GET /api/services/{id}/history.csv", "GET /api/services/{id}/impact", "GET /api/services/{id}/releases",
		"GET /api/services/{id}/scorecard", "GET /api/services/{id}/timeline", "GET /api/services/{id}/timeline.csv", "GET /api/services/{id}/uptime", "GET /api/services/{id}/uptime.csv", "GET /api/strips", "GET /api/teams",
		"GET /api/teams/{slug}", "GET /api/teams/{slug}/oncall", "GET /api/teams/{slug}/oncall/shifts", "GET /api/teams/{slug}/scorecard", "GET /api/teams/{slug}/timeline", "GET /api/uptime", "GET /api/uptime.csv",
		"PATCH /api/services/{id}", "PATCH /api/teams/{slug}", "POST /api/cloudevents", "POST /api/dependencies/observed", "POST /api/keys", "POST /api/services", "POST /api/services/by-name/{name}/deployments",
		"POST /api/services/{id}/changes/{change}/undo", "POST /api/services/{id}/check", "POST /api/services/{id}/deployments", "POST /api/services/{id}/restore", "POST /api/session", "POST /api/teams", "PUT /api/services/{id}",
		"PUT /api/services/{id}/dependencies/observed/{needed}", "PUT /api/teams/{slug}",
	}
	if !slices.Equal(got, want) {
		t.Errorf("described are %v, want %v", got, want)
	}
}

func TestDescriptionAgreesWithTheDomain(t *testing.T) {
	p, doc, _ := described(t)
	_, made := p.create(`{"name":"a"}`)
	if got := doc.Components.Schemas["ServiceUpdate"].Required; len(got) > 0 {
		t.Errorf("a change of a service needs %v", got)
	}
	if got := doc.Components.Schemas["ServiceCreate"].Required; !slices.Equal(got, []string{"name"}) {
		t.Errorf("a new service needs %v", got)
	}
	for _, name := range []string{"Service", "ServiceCreate", "ServiceUpdate"} {
		properties := doc.Components.Schemas[name].Properties
		for field := range made.body {
			if _, there := properties[field]; !there {
				t.Errorf("%s lacks %s", name, field)
			}
		}
		if len(properties) != len(made.body) {
			t.Errorf("%s describes %d fields of %d", name, len(properties), len(made.body))
		}
		null := name != "Service" // null clears a field of a write
		for i, status := range events.Statuses {
			if got := choices(properties["status"].Enum, null); len(got) != len(events.Statuses) || got[i] != string(status) {
				t.Fatalf("%s: statuses %v", name, got)
			}
		}
		for i, interval := range events.Intervals {
			if got := choices(properties["interval"].Enum, null); len(got) != len(events.Intervals) || got[i] != string(interval) {
				t.Fatalf("%s: intervals %v", name, got)
			}
		}
	}
}

// choices returns the values of an enumeration except null, or nil if it has null
// contrary to the argument.
func choices(enum []*string, null bool) (values []string) {
	if slices.Contains(enum, nil) != null {
		return nil
	}
	for _, value := range enum {
		if value != nil {
			values = append(values, *value)
		}
	}
	return values
}

func TestReadsHaveEveryField(t *testing.T) {
	_, doc, text := described(t)
	if service := doc.Components.Schemas["Service"]; len(service.Required) != len(service.Properties) {
		t.Errorf("of %d fields %d are required", len(service.Properties), len(service.Required))
	}
	if strings.Contains(text, "readOnly") {
		t.Error("a field is readOnly, so that strict readers refuse what was read when it is sent back")
	}
}

func TestDocumentationNeedsNoOtherSite(t *testing.T) {
	p := start(t, nil)
	page := p.call("GET", "/api/docs", "", "Accept-Encoding: identity")
	if page.status != 200 || page.header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("%d %v", page.status, page.header)
	}
	policy := page.header.Get("Content-Security-Policy")
	if !strings.HasPrefix(policy, "default-src 'self';") || strings.Contains(policy, "unsafe") || strings.Contains(policy, "http") {
		t.Errorf("policy %q", policy)
	}
	for _, bad := range []string{"<script>", "<style", " style=", " onclick=", "//cdn", "https://"} {
		if strings.Contains(string(page.raw), bad) {
			t.Errorf("the page has %s", bad)
		}
	}
	files := regexp.MustCompile(`(?:src|href)="([^"#]+)"`).FindAllStringSubmatch(string(page.raw), -1)
	if len(files) < 4 {
		t.Errorf("only %d files", len(files))
	}
	for _, file := range files {
		a := p.call("GET", "/api/"+file[1], "")
		if a.status != 200 || a.header.Get("ETag") == "" {
			t.Errorf("%s: %d", file[1], a.status)
		}
		if again := p.call("GET", "/api/"+file[1], "", "If-None-Match: "+a.header.Get("ETag")); again.status != 304 {
			t.Errorf("%s again: %d", file[1], again.status)
		}
	}
	wantProblem(t, p.call("GET", "/api/docs/page.html", ""), 404, "not-found")
}

// Each problem's type leads to its paragraph.
func TestProblemsAreDocumented(t *testing.T) {
	p := start(t, nil)
	page := string(p.call("GET", "/api/docs", "", "Accept-Encoding: identity").raw)
	path, _ := p.create(`{"name":"a"}`)
	for _, a := range []answer{
		p.call("GET", "/api/x", ""), p.call("TRACE", path, ""), p.call("PUT", path, `{`), p.call("POST", "/api/services", `{"name":"A"}`),
		p.call("PUT", path, `{}`, `If-Match: "9"`), p.call("PUT", path, `{}`, "Content-Type: a/b"), p.call("PUT", path, `{"x":1}`),
	} {
		kind, ok := strings.CutPrefix(a.body["type"].(string), "/api/docs#")
		if !ok || !strings.Contains(page, `id="`+kind+`"`) {
			t.Errorf("%v is not documented", a.body["type"])
		}
	}
}
