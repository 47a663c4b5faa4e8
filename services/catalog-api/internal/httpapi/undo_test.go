package httpapi_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
)

// lastChange returns the path of the newest change of a service.
func (p *portal) lastChange(path string) string {
	p.tb.Helper()
	entry := p.call("GET", path+"/changes?limit=1", "").body["items"].([]any)[0].(map[string]any)
	return path + "/changes/" + entry["id"].(string)
}

func TestDeletedServiceIsRestored(t *testing.T) {
	p := start(t, nil)
	path, made := p.create(`{"name":"billing","team":"Core","status_url":"https://billing.example/","tags":["go"],"interval":"10s"}`)
	p.call("GET", "/api/services", "") // the list is in memory
	p.call("DELETE", path, "")
	if list := p.call("GET", "/api/services", ""); len(list.names()) != 0 {
		t.Fatalf("after the deletion: %s", list.raw)
	}
	back := p.call("POST", path+"/restore", "")
	if back.status != 200 || back.body["id"] != made.body["id"] || back.body["created_at"] != made.body["created_at"] || back.body["version"] != 3.0 ||
		back.body["status"] != "unknown" || fmt.Sprint(back.body["tags"]) != "[go]" || back.body["interval"] != "10s" || back.body["team"] != "Core" {
		t.Errorf("restored is %d %s", back.status, back.raw)
	}
	if list := p.call("GET", "/api/services", ""); strings.Join(list.names(), ",") != "billing" {
		t.Errorf("the list has %s", list.raw)
	}
	if again := p.call("POST", path+"/restore", ""); again.status != 200 || again.body["version"] != 3.0 {
		t.Errorf("restored again: %d %s", again.status, again.raw)
	}
	p.call("DELETE", path, "")
	if undone := p.call("POST", p.lastChange(path)+"/undo", ""); undone.status != 200 || undone.body["version"] != 5.0 {
		t.Errorf("the deletion is undone: %d %s", undone.status, undone.raw)
	}
	p.call("DELETE", path, "")
	p.create(`{"name":"Billing"}`)
	wantProblem(t, p.call("POST", path+"/restore", ""), 409, "name-taken")
	wantProblem(t, p.call("POST", "/api/services/019a0000-0000-7000-8000-000000000001/restore", ""), 404, "not-found")
	wantProblem(t, p.call("POST", "/api/services/x/restore", ""), 404, "not-found")
}

func TestChangesAreTakenBack(t *testing.T) {
	p := start(t, nil)
	path, _ := p.create(`{"name":"billing","team":"Core","tags":["go","money"],"status":"healthy"}`)
	created := p.lastChange(path)
	p.call("PATCH", path, `{"name":"invoices","team":null,"tags":["java"],"description":"Invoices","status":"down","interval":"10s"}`)
	all := p.lastChange(path)
	if a := p.call("POST", all+"/undo", ""); a.status != 200 || a.body["name"] != "billing" || a.body["team"] != "Core" || fmt.Sprint(a.body["tags"]) != "[go money]" ||
		a.body["description"] != nil || a.body["status"] != "healthy" || a.body["interval"] != "1m" || a.body["version"] != 3.0 {
		t.Errorf("undone: %d %s", a.status, a.raw)
	}
	if a := p.call("POST", p.lastChange(path)+"/undo", ""); a.status != 200 || a.body["name"] != "invoices" || fmt.Sprint(a.body["tags"]) != "[java]" {
		t.Errorf("the undoing is undone: %d %s", a.status, a.raw)
	}
	p.call("PATCH", path, `{"docs_url":"https://docs.example/"}`)
	docs := p.lastChange(path)
	p.call("PATCH", path, `{"team":"Web"}`)
	if a := p.call("POST", docs+"/undo", ""); a.status != 200 || a.body["docs_url"] != nil || a.body["team"] != "Web" {
		t.Errorf("a field that nobody touched since: %d %s", a.status, a.raw)
	}
	p.call("PATCH", path, `{"team":"Data","description":"x"}`)
	team := p.lastChange(path)
	p.call("PATCH", path, `{"team":"Mine"}`)
	refused := p.call("POST", team+"/undo", "")
	wantProblem(t, refused, 409, "changed-again")
	if detail := refused.body["detail"].(string); !strings.Contains(detail, "since: team.") {
		t.Errorf("it says %s", detail)
	}
	if now := p.call("GET", path, ""); now.body["team"] != "Mine" || now.body["description"] != "x" {
		t.Errorf("a refused one changed %s", now.raw)
	}
	wantProblem(t, p.call("POST", created+"/undo", ""), 409, "no-undo")
	for _, change := range []string{"0", "x", "99999999", "-1"} {
		wantProblem(t, p.call("POST", path+"/changes/"+change+"/undo", ""), 404, "not-found")
	}
	other, _ := p.create(`{"name":"other"}`)
	wantProblem(t, p.call("POST", other+"/changes/"+team[strings.LastIndex(team, "/")+1:]+"/undo", ""), 404, "not-found")
}

// A health URL that was added set the status aside. Without it again, the status is what it
// was measured as, or set.
func TestHealthURLIsTakenBack(t *testing.T) {
	p := start(t, nil)
	path, _ := p.create(`{"name":"billing","status":"degraded"}`)
	p.call("PATCH", path, `{"status_url":"https://billing.example/"}`)
	if a := p.call("POST", p.lastChange(path)+"/undo", ""); a.status != 200 || a.body["status_url"] != nil || a.body["status"] != "degraded" {
		t.Errorf("%d %s", a.status, a.raw)
	}
	p.call("PATCH", path, `{"status_url":"https://a.example/"}`)
	p.call("PATCH", path, `{"status_url":"https://b.example/"}`)
	if a := p.call("POST", p.lastChange(path)+"/undo", ""); a.status != 200 || a.body["status_url"] != "https://a.example/" || a.body["status"] != "unknown" {
		t.Errorf("%d %s", a.status, a.raw)
	}
}

func TestUndoNeedsAnEditorOfBothTeams(t *testing.T) {
	p := start(t, nil)
	web, both := p.key(access.Editor, "Web"), p.key(access.Editor, "Web", "Core")
	path, _ := p.create(`{"name":"billing","team":"Core"}`)
	p.call("PATCH", path, `{"team":"Web"}`)
	change := p.lastChange(path)
	wantProblem(t, p.call("POST", change+"/undo", "", web), 403, "forbidden")
	if a := p.call("POST", change+"/undo", "", both); a.status != 200 || a.body["team"] != "Core" {
		t.Errorf("%d %s", a.status, a.raw)
	}
	p.call("DELETE", path, "")
	wantProblem(t, p.call("POST", path+"/restore", "", web), 403, "forbidden")
	if a := p.call("POST", path+"/restore", "", both); a.status != 200 {
		t.Errorf("a refused one took it away: %d %s", a.status, a.raw)
	}
}
