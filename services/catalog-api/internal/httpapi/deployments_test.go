package httpapi_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/httpapi"
)

// deployed returns a CDEvent as a CloudEvent in structured mode.
func deployed(service, id string) string {
	return fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"/ci/payments","type":"dev.cdevents.service.upgraded.0.2.0","data":%s}`, id, cdEvent(service))
}

// cdEvent returns a CDEvent without what a CloudEvent has around it.
func cdEvent(service string) string {
	return fmt.Sprintf(`{
		"context": {"version":"0.4.0","id":"1","source":"/ci/payments","type":"dev.cdevents.service.upgraded.0.2.0","timestamp":"2026-03-14T09:31:20Z"},
		"subject": {"id":%q,"type":"service","source":"https://ci.example.com/runs/4417","content":{
			"environment":{"id":"production"},"artifactId":"pkg:oci/billing@sha256%%3A0b31?tag=v1.8.2"}}}`, service)
}

func TestDeploymentsAreTold(t *testing.T) {
	p := start(t, nil)
	path, svc := p.create(`{"name":"billing / EU"}`)
	all := path + "/deployments"

	first := p.call("POST", all, `{"version":" v1.8.2 ","environment":"production","action":"upgraded","url":"https://ci.example.com/runs/4417","by":"payments pipeline"}`)
	if first.status != 201 || first.body["service_id"] != svc.body["id"] || first.body["version"] != "v1.8.2" || first.body["action"] != "upgraded" ||
		first.body["by"] != "payments pipeline" || first.body["url"] != "https://ci.example.com/runs/4417" {
		t.Fatalf("%d %s", first.status, first.raw)
	}
	named := p.call("POST", "/api/services/by-name/"+url.PathEscape("Billing / eu")+"/deployments", `{"version":"v1.8.3"}`)
	if named.status != 201 || named.body["action"] != "deployed" || named.body["by"] != nil || named.body["environment"] != nil {
		t.Errorf("by name: %d %s", named.status, named.raw)
	}
	earlier := time.Now().Add(-48 * time.Hour).UTC().Format(time.RFC3339)
	late := fmt.Sprintf(`{"version":"v1.8.1","deployed_at":%q}`, earlier)
	if a := p.call("POST", all, late); a.status != 201 || a.body["deployed_at"] != earlier {
		t.Errorf("told late: %d %s", a.status, a.raw)
	}
	if again := p.call("POST", all, late); again.status != 200 || again.body["deployed_at"] != earlier {
		t.Errorf("told again: %d %s", again.status, again.raw)
	}

	var versions []string
	for next := all + "?limit=2"; next != ""; {
		page := p.call("GET", next, "")
		for _, d := range items(page, "items") {
			versions = append(versions, d["version"].(string))
		}
		next = ""
		if link := page.header.Get("Link"); link != "" {
			next = link[1:strings.Index(link, ">")]
		}
	}
	if got := strings.Join(versions, " "); got != "v1.8.3 v1.8.2 v1.8.1" {
		t.Errorf("in pages there are %s", got)
	}
	moments := items(p.call("GET", path+"/timeline?kind=deployment&kind=status", ""), "items")
	if len(moments) != 4 || moments[0]["kind"] != "deployment" || moments[0]["deployment"].(map[string]any)["version"] != "v1.8.3" {
		t.Errorf("the timeline has %v", moments)
	}
	entries := items(p.call("GET", "/api/audit?kind=deployment", ""), "items")
	if len(entries) != 3 || entries[1]["name"] != "billing / EU v1.8.3" || entries[1]["deed"] != "created" {
		t.Errorf("the trail has %v", entries)
	}

	p.call("DELETE", path, "")
	if gone := p.call("GET", all, ""); gone.status != 200 || len(items(gone, "items")) != 3 {
		t.Errorf("of a deleted service: %d %s", gone.status, gone.raw)
	}
	wantProblem(t, p.call("POST", all, `{"version":"v2"}`), 404, "not-found")
}

func TestADeploymentIsToldOnceByItsKey(t *testing.T) {
	p := start(t, nil)
	path, _ := p.create(`{"name":"billing"}`)
	tell := func(key, body string) answer {
		return p.call("POST", path+"/deployments", body, "Idempotency-Key: "+key)
	}
	first := tell("run 4417", `{"version":"v1"}`)
	again := tell("run 4417", `{"version":"v1","by":"a retry"}`)
	if first.status != 201 || again.status != 200 || again.body["id"] != first.body["id"] || again.body["by"] != nil {
		t.Errorf("%d %s, then %d %s", first.status, first.raw, again.status, again.raw)
	}
	if other := tell("run 4418", `{"version":"v1"}`); other.status != 201 {
		t.Errorf("another run: %d %s", other.status, other.raw)
	}
	wantProblem(t, tell(strings.Repeat("x", 256), `{"version":"v1"}`), 400, "malformed")
}

func TestWrongDeploymentsAreRefused(t *testing.T) {
	p := start(t, nil)
	path, _ := p.create(`{"name":"billing"}`)
	in := func(d time.Duration) string { return time.Now().Add(d).Format(time.RFC3339) }
	for body, field := range map[string]string{
		`{}`:                                             "version",
		`{"version":""}`:                                 "version",
		`{"version":" "}`:                                "version",
		`{"version":1}`:                                  "version",
		`{"version":"v1","action":"removed"}`:            "action",
		`{"version":"v1","url":"ftp://x/"}`:              "url",
		`{"version":"v1","url":"/runs/1"}`:               "url",
		`{"version":"v1","environment":"a\u0000b"}`:      "environment",
		`{"version":"` + strings.Repeat("v", 201) + `"}`: "version",
		`{"version":"v1","by":"` + strings.Repeat("b", 201) + `"}`: "by",
		`{"version":"v1","deployed_at":"yesterday"}`:               "deployed_at",
		`{"version":"v1","deployed_at":"` + in(time.Hour) + `"}`:   "deployed_at",
		`{"version":"v1","deployed_at":"1999-01-01T00:00:00Z"}`:    "deployed_at",
		`{"version":"v1","name":"billing"}`:                        "name",
	} {
		a := p.call("POST", path+"/deployments", body)
		if a.status != 422 {
			t.Errorf("%s: %d %s", body, a.status, a.raw)
			continue
		}
		wantProblem(t, a, 422, "invalid")
		if errors := items(a, "errors"); len(errors) == 0 || errors[0]["field"] != field {
			t.Errorf("%s: the errors are %v, want one of %s", body, errors, field)
		}
	}
	if a := p.call("POST", path+"/deployments", `{"version":"v1","deployed_at":"`+in(time.Minute)+`"}`); a.status != 201 {
		t.Errorf("by a clock that is a little ahead: %d %s", a.status, a.raw)
	}
	if got := items(p.call("GET", path+"/deployments", ""), "items"); len(got) != 1 {
		t.Errorf("there are %v", got)
	}
}

func TestEventsTellOfDeployments(t *testing.T) {
	p := start(t, nil)
	path, svc := p.create(`{"name":"billing"}`)
	p.create(`{"name":"team/ledger"}`)
	structured := "Content-Type: application/cloudevents+json"
	binary := func(id, typ string) []string {
		return []string{"Ce-Specversion: 1.0", "Ce-Id: " + id, "Ce-Source: /ci/payments", "Ce-Type: " + typ}
	}

	first := p.call("POST", "/api/cloudevents", deployed("service/billing", "1"), structured)
	if first.status != 201 || first.body["service_id"] != svc.body["id"] || first.body["action"] != "upgraded" || first.body["version"] != "v1.8.2" ||
		first.body["environment"] != "production" || first.body["url"] != "https://ci.example.com/runs/4417" || first.body["by"] != "/ci/payments" ||
		first.body["deployed_at"] != "2026-03-14T09:31:20Z" {
		t.Fatalf("%d %s", first.status, first.raw)
	}
	for what, again := range map[string]answer{
		"structured": p.call("POST", "/api/cloudevents", deployed("billing", "1"), structured),
		"as JSON":    p.call("POST", "/api/cloudevents", deployed("billing", "1")),
		"binary":     p.call("POST", "/api/cloudevents", cdEvent("BILLING"), binary("1", "dev.cdevents.service.rolledback.0.1.1")...),
	} {
		if again.status != 200 || again.body["id"] != first.body["id"] || again.body["action"] != "upgraded" {
			t.Errorf("again, %s: %d %s", what, again.status, again.raw)
		}
	}
	for id, name := range map[string]string{"2": svc.body["id"].(string), "3": "a/b/billing", "4": "team/ledger"} {
		if a := p.call("POST", "/api/cloudevents", cdEvent(name), binary(id, "dev.cdevents.service.rolledback.0.3.0-draft")...); a.status != 201 || a.body["action"] != "rolledback" {
			t.Errorf("%s: %d %s", name, a.status, a.raw)
		}
	}
	for _, typ := range []string{"dev.cdevents.service.removed.0.2.0", "dev.cdevents.build.started.0.1.0", "com.example.anything"} {
		if a := p.call("POST", "/api/cloudevents", cdEvent("billing"), binary("9", typ)...); a.status != 204 || len(a.raw) != 0 {
			t.Errorf("%s: %d %s", typ, a.status, a.raw)
		}
	}
	own := strings.Replace(cdEvent("billing"), `"subject"`, `"customData":{"version":"2026.11","by":"Ada","url":"https://x.example/"},"subject"`, 1)
	if a := p.call("POST", "/api/cloudevents", own, binary("own", "dev.cdevents.service.deployed.0.2.0")...); a.body["version"] != "2026.11" || a.body["by"] != "Ada" || a.body["url"] != "https://x.example/" {
		t.Errorf("with words of its own: %d %s", a.status, a.raw)
	}
	if got := items(p.call("GET", path+"/deployments", ""), "items"); len(got) != 4 {
		t.Errorf("billing has %d: %v", len(got), got)
	}
}

func TestWrongEventsAreRefused(t *testing.T) {
	p := start(t, nil)
	p.create(`{"name":"billing"}`)
	structured := "Content-Type: application/cloudevents+json"
	for what, tc := range map[string]struct {
		body    string
		headers []string
		status  int
		slug    string
	}{
		"no event":       {`{"a":1}`, nil, 400, "malformed"},
		"a list":         {`[]`, []string{structured}, 400, "malformed"},
		"no type":        {strings.Replace(deployed("billing", "1"), `"type":`, `"typ":`, 1), nil, 400, "malformed"},
		"another spec":   {strings.Replace(deployed("billing", "1"), `"1.0"`, `"2.0"`, 1), nil, 400, "malformed"},
		"no data":        {`{"specversion":"1.0","id":"1","source":"/ci","type":"dev.cdevents.service.deployed.0.2.0"}`, nil, 400, "malformed"},
		"data of text":   {`{"specversion":"1.0","id":"1","source":"/ci","type":"dev.cdevents.service.deployed.0.2.0","data":"x"}`, nil, 422, "invalid"},
		"no subject":     {deployed("", "1"), nil, 422, "invalid"},
		"an odd subject": {strings.Replace(deployed("#", "1"), "#", `a\u0000b`, 1), nil, 404, "not-found"},
		"nobody":         {deployed("ledger", "1"), nil, 404, "not-found"},
		"only a slash":   {deployed("/", "1"), nil, 404, "not-found"},
		"no version":     {strings.Replace(deployed("billing", "1"), "artifactId", "artefact", 1), nil, 422, "invalid"},
		"a batch":        {`[]`, []string{"Content-Type: application/cloudevents-batch+json"}, 415, "media-type"},
		"no time at all": {strings.Replace(deployed("billing", "1"), "2026-03-14T09", "yesterday", 1), nil, 422, "invalid"},
	} {
		a := p.call("POST", "/api/cloudevents", tc.body, tc.headers...)
		if a.status != tc.status {
			t.Errorf("%s: %d %s", what, a.status, a.raw)
			continue
		}
		wantProblem(t, a, tc.status, tc.slug)
	}
}

// A key tells of deployments of its teams' services, and of no others.
func TestDeploymentsAreOfTheTeamsOfWhoTells(t *testing.T) {
	p := start(t, nil)
	ours, _ := p.create(`{"name":"ours","team":"Payments"}`)
	theirs, _ := p.create(`{"name":"theirs","team":"Web"}`)
	strangers := p.replica(func(a *httpapi.API) { a.Anonymous = access.Viewer })
	_, made := p.add("/api/keys", `{"name":"ci","role":"editor","teams":["Payments"]}`)
	key := "Authorization: Bearer " + made.body["key"].(string)
	if err := strangers.api.Ring.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	const body = `{"version":"v1"}`
	if a := strangers.call("POST", ours+"/deployments", body, key); a.status != 201 || a.body["by"] != "ci" {
		t.Errorf("ours: %d %s", a.status, a.raw)
	}
	wantProblem(t, strangers.call("POST", theirs+"/deployments", body, key), 403, "forbidden")
	wantProblem(t, strangers.call("POST", "/api/services/by-name/theirs/deployments", body, key), 403, "forbidden")
	wantProblem(t, strangers.call("POST", "/api/cloudevents", deployed("theirs", "1"), key), 403, "forbidden")
	wantProblem(t, strangers.call("POST", ours+"/deployments", body), 401, "unauthenticated")
	wantProblem(t, strangers.call("POST", "/api/cloudevents", deployed("ours", "1")), 401, "unauthenticated")
	if got := items(p.call("GET", theirs+"/deployments", ""), "items"); len(got) != 0 {
		t.Errorf("theirs has %v", got)
	}
}

// What was done in the half hour before a change of a status stands beside it.
func TestAChangeOfAStatusSaysWhatItCameAfter(t *testing.T) {
	p := start(t, nil)
	path, _ := p.create(`{"name":"billing","status_url":"` + probedURL + `"}`)
	from := time.Now().UTC().Add(-50 * time.Minute).Truncate(time.Second)
	tell := func(minute int, version string) {
		p.add(path+"/deployments", fmt.Sprintf(`{"version":%q,"by":"its pipeline","deployed_at":%q}`, version, from.Add(time.Duration(minute)*time.Minute).Format(time.RFC3339)))
	}
	p.probed(path, probedURL, from, "hhhhxxhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhxhhhd") // falls in minutes 4 and 37, and 41
	tell(2, "v1.8.1")                                                             // told later than the fall
	tell(41, "v1.8.2")                                                            // at the time of the fall

	var got []string
	for _, m := range items(p.call("GET", path+"/timeline?kind=status", ""), "items") {
		status := m["status"].(map[string]any)
		after, there := status["after"].(map[string]any)
		what := "-"
		if there {
			what = fmt.Sprint(after["kind"], " ", after["version"], " by ", after["by"])
		}
		got = append(got, fmt.Sprint(status["to"], " ", what))
	}
	want := []string{
		"degraded deployment v1.8.2 by its pipeline", "healthy -", "down -", "healthy deployment v1.8.1 by its pipeline",
		"down deployment v1.8.1 by its pipeline", "healthy -",
	}
	if len(got) < len(want) || fmt.Sprint(got[:len(want)]) != fmt.Sprint(want) {
		t.Errorf("got\n%s, want\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	table := strings.Split(string(p.call("GET", path+"/timeline.csv?kind=status", "").raw), "\n")
	if !strings.HasSuffix(strings.TrimSpace(table[1]), ",v1.8.2") {
		t.Errorf("the table begins with %q", table[:2])
	}
}
