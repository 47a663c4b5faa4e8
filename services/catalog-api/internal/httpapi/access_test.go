package httpapi_test

import (
	"cmp"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/apikey"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/httpapi"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/signin"
)

var roles = []access.Role{access.None, access.Viewer, access.Editor, access.Admin}

// documentedNeeds returns the role that each request needs, by the table in docs/access.md.
func documentedNeeds(t *testing.T) map[string]access.Role {
	t.Helper()
	text, err := os.ReadFile("../../../../docs/access.md")
	if err != nil {
		t.Fatal(err)
	}
	needs := map[string]access.Role{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([A-Z]+ /api/\\S+)` \\| (\\w+) \\|$").FindAllStringSubmatch(string(text), -1) {
		role, err := access.ParseRole(row[2])
		if err != nil {
			t.Fatal(err)
		}
		needs[row[1]] = role
	}
	return needs
}

// asker is somebody with a role: anonymous, or with a key.
type asker struct {
	role    access.Role
	as      *portal
	headers []string
}

// askers returns each role in both ways. One with a key asks a portal that lets nobody
// unknown do anything, or everything: neither makes a difference.
func askers(p *portal) map[string]asker {
	live := func(a *httpapi.API) { a.Live = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}) }
	all := map[string]asker{}
	for _, role := range roles {
		all["anonymous "+role.String()] = asker{role: role, as: p.replica(func(a *httpapi.API) { live(a); a.Anonymous = role })}
		if role == access.None {
			continue
		}
		for _, others := range []access.Role{access.None, access.Admin} {
			all[fmt.Sprintf("key of a %s where others are %s", role, others)] = asker{
				role: role, as: p.replica(func(a *httpapi.API) { live(a); a.Anonymous = others }), headers: []string{p.key(role)},
			}
		}
		closed := p.replica(func(a *httpapi.API) { live(a); a.Anonymous = access.None })
		all["person who is "+role.String()] = asker{role: role, as: closed, headers: []string{closed.session(signin.Person{ID: "p", Name: "P", Groups: []string{role.String()}})}}
		forward, err := signin.NewForward("authelia", []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")})
		if err != nil {
			p.tb.Fatal(err)
		}
		behind := p.replica(func(a *httpapi.API) { live(a); a.Anonymous, a.Forward = access.None, forward })
		all["person by a proxy who is "+role.String()] = asker{role: role, as: behind, headers: []string{"Remote-User: q", "Remote-Groups: " + role.String()}}
	}
	return all
}

// session signs a person in, and returns the header of the session.
func (p *portal) session(person signin.Person) (header string) {
	p.tb.Helper()
	token, err := p.api.Sessions.Begin(p.tb.Context(), p.api.Sessions.Actor(person), person, "", signin.Grant{})
	if err != nil {
		p.tb.Fatal(err)
	}
	return "Cookie: __Host-portal=" + token
}

// key makes a key of the role, and returns the header that has it.
func (p *portal) key(role access.Role, teams ...string) (header string) {
	p.tb.Helper()
	secret := apikey.NewSecret()
	draft := apikey.Draft{Name: secret.Reveal()[4:20], Role: role, Teams: teams}
	if _, err := p.store.CreateKey(p.tb.Context(), access.CommandLine, draft, secret); err != nil {
		p.tb.Fatal(err)
	}
	return "Authorization: Bearer " + secret.Reveal()
}

// lacking has the answers to requests that anybody may send, and which lack what they need.
var lacking = map[string]int{"POST /api/session": 422, "GET /api/badges/{name}/{kind}.svg": 404}

// Each request, by each role, is answered as docs/access.md says.
func TestEveryRouteByEveryRole(t *testing.T) {
	needs := documentedNeeds(t)
	p, doc, _ := described(t)
	var routes []string
	for path, methods := range doc.Paths {
		for method := range methods {
			routes = append(routes, strings.ToUpper(method)+" "+path)
		}
	}
	for route := range needs {
		if !slices.Contains(routes, route) {
			t.Errorf("docs/access.md has %s, which does not exist", route)
		}
	}
	slices.SortFunc(routes, func(a, b string) int { // it ends the session of the asker
		const last = "DELETE /api/session"
		return cmp.Compare(strings.Count(a, last), strings.Count(b, last))
	})
	for who, asker := range askers(p) {
		for _, route := range routes {
			need, there := needs[route]
			if !there {
				t.Errorf("docs/access.md lacks %s", route)
				continue
			}
			what := route + " by " + who
			name := strings.NewReplacer("/", " ", "{", "", "}", "").Replace(what)
			method, address, _ := strings.Cut(route, " ")
			all, rest, one := strings.Cut(strings.Replace(address, "{slug}", "{id}", 1), "/{id}")
			path := ""
			if one {
				path, _ = p.add(all, fmt.Sprintf(`{"name":%q}`, "for "+name))
				address = path + rest
			}
			version := 1.0
			if strings.Contains(address, "{change}") {
				p.call("PATCH", path, `{"team":"Core"}`)
				changes := p.call("GET", path+"/changes?limit=1", "").body["items"].([]any)
				address = strings.Replace(address, "{change}", changes[0].(map[string]any)["id"].(string), 1)
				version = 2
			}
			if strings.Contains(address, "{name}") {
				p.add("/api/services", fmt.Sprintf(`{"name":%q}`, "for "+name))
				address = strings.NewReplacer("{name}", url.PathEscape("for "+name), "{kind}", "status").Replace(address)
			}
			body := ""
			if strings.Contains(address, "{needed}") {
				_, made := p.add("/api/services", fmt.Sprintf(`{"name":%q}`, "to "+name))
				p.call("POST", "/api/dependencies/observed", fmt.Sprintf(`{"calls":[{"client":%q,"server":%q}]}`, "for "+name, "to "+name))
				address = strings.Replace(address, "{needed}", made.id(), 1)
			}
			switch {
			case strings.HasSuffix(route, "{needed}"):
				body = `{"hidden":true}`
			case strings.HasSuffix(route, "/observed"):
				body = `{"calls":[{"client":"a","server":"b"}]}`
			case strings.HasSuffix(route, "/deployments"):
				body = `{"version":"v1"}`
			case strings.HasSuffix(route, "/cloudevents"):
				p.add("/api/services", fmt.Sprintf(`{"name":%q}`, "for "+name))
				body = deployed("for "+name, "e")
			case method == "POST" && !one || method == "PUT" || method == "PATCH":
				body = fmt.Sprintf(`{"name":%q}`, "by "+name)
			}
			a := asker.as.call(method, address, body, asker.headers...)
			if a.status == lacking[route] {
				continue
			}
			if allowed := a.status < 300; allowed != (asker.role >= need) {
				t.Errorf("%s, which needs %s: %d %s", what, need, a.status, a.raw)
			}
			if a.status < 300 {
				continue
			}
			if asker.headers == nil {
				wantProblem(t, a, http.StatusUnauthorized, "unauthenticated")
				if a.header.Get("WWW-Authenticate") != `Bearer realm="dev-portal"` {
					t.Errorf("%s: WWW-Authenticate is %q", what, a.header.Get("WWW-Authenticate"))
				}
			} else {
				wantProblem(t, a, http.StatusForbidden, "forbidden")
			}
			if detail := a.body["detail"].(string); !strings.Contains(detail, "the role "+need.String()) || !strings.Contains(detail, asker.role.String()) {
				t.Errorf("%s: %s", what, detail)
			}
			if now := p.call("GET", path, ""); one && all == "/api/services" && (now.status != 200 || now.body["version"] != version) {
				t.Errorf("%s changed %s", what, now.raw)
			}
		}
	}
}

func TestDocumentationIsForEverybody(t *testing.T) {
	p := start(t, func(a *httpapi.API) { a.Anonymous = access.None })
	for _, path := range []string{"/api/docs", "/api/openapi.json", "/api/docs/docs.js", "/api/health"} {
		if a := p.call("GET", path, ""); a.status != 200 {
			t.Errorf("%s: %d", path, a.status)
		}
	}
}

func TestChangesOfAService(t *testing.T) {
	p := start(t, nil)
	path, made := p.create(`{"name":"billing","team":"Core"}`)
	p.create(`{"name":"other"}`)
	p.call("PATCH", path, `{"team":"Payments","tags":["go"]}`, "X-Request-Id: from-the-test")
	p.call("PATCH", path, `{"team":"Payments"}`)
	p.call("DELETE", path, "")
	a := p.call("GET", path+"/changes", "")
	items, _ := a.body["items"].([]any)
	if a.status != 200 || len(items) != 3 {
		t.Fatalf("%d %s", a.status, a.raw)
	}
	var deeds []any
	for _, item := range items {
		entry := item.(map[string]any)
		deeds = append(deeds, entry["deed"])
		if entry["thing_id"] != made.body["id"] || entry["address"] != nil || entry["request_id"] != nil {
			t.Errorf("entry %v", entry)
		}
	}
	if fmt.Sprint(deeds) != "[deleted updated created]" {
		t.Errorf("deeds %v", deeds)
	}
	changes := items[1].(map[string]any)["changes"]
	if got := fmt.Sprint(changes); got != "[map[after:Payments before:Core field:team] map[after:[go] before:<nil> field:tags]]" {
		t.Errorf("changes %s", got)
	}
	all := p.call("GET", "/api/audit?thing="+made.body["id"].(string)+"&deed=updated", "")
	entry := all.body["items"].([]any)[0].(map[string]any)
	if entry["address"] != "127.0.0.1" || entry["request_id"] != "from-the-test" || fmt.Sprint(entry["actor"]) != "map[kind:anonymous]" {
		t.Errorf("the trail has %v", entry)
	}
	wantProblem(t, p.call("GET", "/api/services/019a0000-0000-7000-8000-000000000001/changes", ""), 404, "not-found")
	wantProblem(t, p.call("GET", "/api/services/x/changes", ""), 404, "not-found")
}

func TestTrailComesInPages(t *testing.T) {
	p := start(t, nil)
	for i := range 5 {
		p.create(fmt.Sprintf(`{"name":"s%d"}`, i))
	}
	var names []string
	next := "/api/audit?limit=2&kind=service"
	for next != "" {
		page := p.call("GET", next, "")
		if page.status != 200 {
			t.Fatalf("%s: %d %s", next, page.status, page.raw)
		}
		names = append(names, page.names()...)
		if len(page.names()) == 2 {
			p.create(fmt.Sprintf(`{"name":"meanwhile %d"}`, len(names))) // moves nothing to another page
		}
		next, _, _ = strings.Cut(strings.TrimPrefix(page.header.Get("Link"), "<"), `>; rel="next"`)
	}
	if got := strings.Join(names, " "); got != "s4 s3 s2 s1 s0" {
		t.Errorf("the pages have %s", got)
	}
	for query, field := range map[string]string{
		"since=yesterday": "since", "until=1": "until", "after=%21": "after", "after=eA": "after", "limit=0": "limit", "who=me": "who", "deed=made": "deed",
	} {
		a := p.call("GET", "/api/audit?"+query, "")
		wantProblem(t, a, 422, "invalid")
		if !slices.Equal(a.fields(), []string{field}) {
			t.Errorf("%s names %v", query, a.fields())
		}
	}
}
