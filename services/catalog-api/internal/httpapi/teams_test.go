package httpapi_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
)

func TestTeamIsMadeReadChangedAndRemoved(t *testing.T) {
	p := start(t, nil)
	path, made := p.add("/api/teams", `{"name":" Payments ","chat_url":"https://chat.example.com/payments","email":"p@example.com"}`)
	if path != "/api/teams/payments" || made.body["name"] != "Payments" || made.body["description"] != nil || made.body["version"] != 1.0 {
		t.Errorf("made %s at %s", made.raw, path)
	}
	read := p.call("GET", path, "")
	if read.header.Get("ETag") != made.header.Get("ETag") || string(read.raw) != string(made.raw) {
		t.Errorf("read %s", read.raw)
	}
	if a := p.call("GET", path, "", "If-None-Match: "+read.header.Get("ETag")); a.status != http.StatusNotModified {
		t.Errorf("unchanged: %d", a.status)
	}
	changed := p.call("PATCH", path, `{"email":null,"page_url":"https://pager.example.com/payments"}`, "If-Match: "+read.header.Get("ETag"))
	if changed.status != 200 || changed.body["email"] != nil || changed.body["chat_url"] != "https://chat.example.com/payments" || changed.body["version"] != 2.0 {
		t.Errorf("changed: %d %s", changed.status, changed.raw)
	}
	wantProblem(t, p.call("PATCH", path, `{"email":null}`, "If-Match: "+read.header.Get("ETag")), 412, "changed")
	wantProblem(t, p.call("DELETE", path, "", "If-Match: "+read.header.Get("ETag")), 412, "changed")
	if a := p.call("PUT", path, string(changed.raw)); a.status != 200 || a.body["version"] != 2.0 {
		t.Errorf("what was read can be sent back: %d %s", a.status, a.raw)
	}
	p.create(`{"name":"billing","team":"Payments"}`)
	used := p.call("DELETE", path, "")
	wantProblem(t, used, 409, "team-in-use")
	if detail := used.body["detail"].(string); !strings.HasPrefix(detail, "One service names this team.") {
		t.Errorf("in use: %s", detail)
	}
	idle, _ := p.add("/api/teams", `{"name":"Idle","slug":"nobody"}`)
	if a := p.call("DELETE", idle, ""); a.status != 204 {
		t.Errorf("removed: %d %s", a.status, a.raw)
	}
	wantProblem(t, p.call("GET", "/api/teams/nobody", ""), 404, "not-found")
	wantProblem(t, p.call("GET", "/api/teams/No%20body", ""), 404, "not-found")
}

func TestTeamsAreListed(t *testing.T) {
	p := start(t, nil)
	for _, name := range []string{"web", "Payments", "Accounts"} {
		p.create(fmt.Sprintf(`{"name":"of %s","team":%q}`, name, name))
	}
	all := p.call("GET", "/api/teams", "")
	if got := all.names(); !slices.Equal(got, []string{"Accounts", "Payments", "web"}) || all.body["total"] != 3.0 {
		t.Errorf("all are %s", all.raw)
	}
	first := p.call("GET", "/api/teams?limit=2", "")
	next, _ := first.body["next"].(string)
	rest := p.call("GET", "/api/teams?limit=2&after="+next, "")
	if got := append(first.names(), rest.names()...); !slices.Equal(got, all.names()) || rest.body["next"] != nil || !strings.Contains(first.header.Get("Link"), next) {
		t.Errorf("in pages: %s and %s", first.raw, rest.raw)
	}
	if a := p.call("GET", "/api/teams?name=Payments", ""); !slices.Equal(a.names(), []string{"Payments"}) {
		t.Errorf("by name: %s", a.raw)
	}
	if a := p.call("GET", "/api/teams?name=payments", ""); a.status != 200 || len(a.names()) != 0 {
		t.Errorf("by another: %s", a.raw)
	}
}

func TestTeamsThatCannotBeMade(t *testing.T) {
	p := start(t, nil)
	p.add("/api/teams", `{"name":"Payments"}`)
	for body, fields := range map[string]string{
		`{}`: "name", `{"name":""}`: "name", `{"name":null}`: "name", `{"name":"x","slug":"A b"}`: "slug",
		`{"name":"x","email":"x"}`: "email", `{"name":"x","chat_url":"chat","page_url":"tel:1"}`: "chat_url page_url", `{"name":"x","owner":"me"}`: "owner",
	} {
		a := p.call("POST", "/api/teams", body)
		wantProblem(t, a, 422, "invalid")
		if got := strings.Join(a.fields(), " "); got != fields {
			t.Errorf("%s: wrong are %q, want %q", body, got, fields)
		}
	}
	for body, field := range map[string]string{`{"name":"Payments"}`: "name", `{"name":"x","slug":"payments"}`: "slug"} {
		a := p.call("POST", "/api/teams", body)
		wantProblem(t, a, 409, "name-taken")
		if !slices.Equal(a.fields(), []string{field}) {
			t.Errorf("%s: wrong are %v", body, a.fields())
		}
	}
	if a := p.call("PATCH", "/api/teams/payments", `{"slug":"money","email":"p@example.com"}`); a.status != 200 || a.body["slug"] != "payments" {
		t.Errorf("a slug that is sent back: %d %s", a.status, a.raw)
	}
}

func TestATeamIsRenamedByItsEditorsAlone(t *testing.T) {
	p := start(t, nil)
	p.create(`{"name":"billing","team":"Payments"}`)
	its, both := p.key(access.Editor, "Payments"), p.key(access.Editor, "Payments", "Money")
	if a := p.call("PATCH", "/api/teams/payments", `{"email":"p@example.com"}`, its); a.status != 200 {
		t.Errorf("by its editor: %d %s", a.status, a.raw)
	}
	wantProblem(t, p.call("PATCH", "/api/teams/payments", `{"name":"Money"}`, its), 403, "forbidden")
	if a := p.call("PATCH", "/api/teams/payments", `{"name":"Money"}`, both); a.status != 200 || a.body["slug"] != "payments" {
		t.Errorf("by an editor of both: %d %s", a.status, a.raw)
	}
	if a := p.call("GET", "/api/services?team=Money", ""); !slices.Equal(a.names(), []string{"billing"}) {
		t.Errorf("its services are %s", a.raw)
	}
	if a := p.call("PATCH", "/api/teams/payments", `{"email":null}`, its); a.status != 200 { // its key has the new name
		t.Errorf("after that: %d %s", a.status, a.raw)
	}
}

func TestTimelineOfATeam(t *testing.T) {
	p := start(t, nil)
	path, made := p.create(`{"name":"billing","team":"Payments","status_url":"` + probedURL + `"}`)
	p.create(`{"name":"mail","team":"Web"}`)
	ledger, _ := p.create(`{"name":"ledger","team":"Payments"}`)
	p.probed(path, probedURL, time.Now().UTC().Add(-10*time.Minute), "hhxx")
	p.call("POST", ledger+"/deployments", `{"version":"v7"}`)
	p.call("PATCH", "/api/teams/payments", `{"name":"Money"}`)
	p.call("PATCH", path, `{"description":"Invoices"}`)
	a := p.call("GET", "/api/teams/payments/timeline", "")
	var got []string
	for _, item := range items(a, "items") {
		what := item["kind"].(string)
		if of, is := item["service"].(map[string]any); is {
			what += " of " + of["name"].(string)
		}
		if change, is := item["change"].(map[string]any); is {
			what += fmt.Sprint(": ", change["kind"], " ", change["deed"])
		}
		got = append(got, what)
	}
	for _, want := range []string{"change of billing: service updated", "change: team updated", "deployment of ledger", "status of billing", "change of ledger: service created", "change: team created"} {
		if !slices.Contains(got, want) {
			t.Errorf("the timeline lacks %q: %q", want, got)
		}
	}
	if slices.ContainsFunc(got, func(what string) bool {
		return strings.Contains(what, "mail") || what == "change of ledger: service updated"
	}) {
		t.Errorf("the timeline has what is of others, or of the new name: %q", got)
	}
	if first := items(a, "items")[0]; first["service"].(map[string]any)["id"] != made.body["id"] {
		t.Errorf("the newest is %v", first)
	}
	if few := p.call("GET", "/api/teams/payments/timeline?kind=deployment&limit=1", ""); len(items(few, "items")) != 1 {
		t.Errorf("deployments: %s", few.raw)
	}
	wantProblem(t, p.call("GET", "/api/teams/none/timeline", ""), 404, "not-found")
}
