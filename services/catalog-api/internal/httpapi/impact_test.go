package httpapi_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// hangs returns what an answer says hangs together: "down: db/1 via db; hits shop/1 page/2".
func hangs(body map[string]any) string {
	var words []string
	if body["root_cause"] == true {
		words = append(words, "root cause")
	}
	if hit, is := body["impact"].(map[string]any); is {
		text := fmt.Sprint(hit["status"], ":")
		for _, c := range hit["causes"].([]any) {
			c := c.(map[string]any)
			text += fmt.Sprintf(" %v/%v via %v", c["name"], c["hops"], c["via"].(map[string]any)["name"])
		}
		words = append(words, text)
	}
	for _, side := range []string{"needs", "needed_by"} {
		var far []string
		list := body[side].(map[string]any)
		for _, s := range list["items"].([]any) {
			s := s.(map[string]any)
			far = append(far, fmt.Sprintf("%v/%v", s["name"], s["hops"]))
		}
		for _, c := range list["teams"].([]any) {
			c := c.(map[string]any)
			far = append(far, fmt.Sprintf("%v of %v", c["services"], c["team"]))
		}
		if len(far) > 0 {
			words = append(words, side+" "+strings.Join(far, " "))
		}
	}
	for _, s := range body["soft"].([]any) {
		words = append(words, "softly "+s.(map[string]any)["name"].(string))
	}
	return strings.Join(words, "; ")
}

func TestImpact(t *testing.T) {
	p := start(t, nil)
	dbPath, _ := p.create(`{"name":"db","team":"Data","status":"healthy"}`)
	mailPath, _ := p.create(`{"name":"mail","team":"Web","status":"healthy"}`)
	shopPath, _ := p.create(`{"name":"shop","team":"Web","status":"degraded","depends_on":[{"name":"db"},{"name":"mail","kind":"soft"}]}`)
	pagePath, _ := p.create(`{"name":"page","status":"healthy","depends_on":[{"name":"shop"}]}`)
	want := func(when string, texts map[string]string) {
		t.Helper()
		for path, text := range texts {
			if got := hangs(p.call("GET", path, "").body); got != text {
				t.Errorf("%s: of %s: %s, want %s", when, p.call("GET", strings.TrimSuffix(path, "/impact"), "").body["name"], got, text)
			}
		}
	}
	want("the shop fell", map[string]string{
		dbPath + "/impact":   "needed_by shop/1 page/2 1 of <nil> 1 of Web",
		shopPath + "/impact": "root cause; needs db/1 1 of Data; needed_by page/1 1 of <nil>",
		pagePath + "/impact": "degraded: shop/1 via shop; needs shop/1 db/2 1 of Data 1 of Web",
	})
	before := time.Now().UTC()
	time.Sleep(2 * time.Millisecond)
	p.call("PATCH", dbPath, `{"status":"down"}`)
	p.call("PATCH", mailPath, `{"status":"degraded"}`)
	want("the database fell", map[string]string{
		dbPath + "/impact":           "root cause; needed_by shop/1 page/2 1 of <nil> 1 of Web",
		shopPath + "/impact":         "down: db/1 via db; needs db/1 1 of Data; needed_by page/1 1 of <nil>; softly mail",
		pagePath + "/impact":         "down: db/2 via shop; needs shop/1 db/2 1 of Data 1 of Web",
		pagePath + "/impact?hops=1":  "down: db/2 via shop; needs shop/1 1 of Web",
		mailPath + "/impact":         "root cause",
		shopPath + "/impact?hops=99": "down: db/1 via db; needs db/1 1 of Data; needed_by page/1 1 of <nil>; softly mail",
	})
	p.call("PATCH", pagePath, `{"depends_on":[{"name":"mail"}]}`)
	want("the page needs another", map[string]string{
		dbPath + "/impact":   "root cause; needed_by shop/1 1 of Web",
		pagePath + "/impact": "degraded: mail/1 via mail; needs mail/1 1 of Web",
		pagePath + "/impact?at=" + url.QueryEscape(before.Format(time.RFC3339Nano)): "degraded: shop/1 via shop; needs shop/1 db/2 1 of Data 1 of Web",
	})
	p.call("PATCH", dbPath, `{"status":"healthy"}`)
	p.call("DELETE", mailPath+"?dangling=allow", "")
	want("the database is back", map[string]string{dbPath + "/impact": "needed_by shop/1 1 of Web", shopPath + "/impact": "root cause; needs db/1 1 of Data"})

	wantProblem(t, p.call("GET", "/api/services/x/impact", ""), 404, "not-found")
	wantProblem(t, p.call("GET", "/api/services/01a00000-0000-7000-8000-000000000000/impact", ""), 404, "not-found")
	for _, hops := range []string{"0", "-1", "101", "far"} {
		wantProblem(t, p.call("GET", dbPath+"/impact?hops="+hops, ""), 422, "invalid")
	}
	wantProblem(t, p.call("GET", dbPath+"/impact?at=2999-01-01T00:00:00Z", ""), 422, "invalid")
}

// told returns what a list of impacts says: "db down, Ada: 2: 1 of Web (Bo)" for each cause, and
// "shop: down: db/1 via db" for each service that is hit.
func told(body map[string]any) (causes, services []string) {
	names := map[any]any{}
	for _, c := range body["causes"].([]any) {
		c := c.(map[string]any)
		names[c["id"]] = c["name"]
		text := fmt.Sprint(c["name"], " ", c["status"], ", ", c["on_call"], ": ", c["hits"])
		for _, team := range c["teams"].([]any) {
			team := team.(map[string]any)
			text += fmt.Sprint(", ", team["services"], " of ", team["team"], " ", team["on_call"])
		}
		causes = append(causes, text)
	}
	for _, s := range body["services"].([]any) {
		s := s.(map[string]any)
		hit := s["impact"].(map[string]any)
		text := fmt.Sprint(s["name"], ": ", hit["status"])
		for _, c := range hit["causes"].([]any) {
			c := c.(map[string]any)
			text += fmt.Sprintf(" %v/%v via %v", names[c["id"]], c["hops"], c["via"].(map[string]any)["name"])
		}
		if hit["more"] == true {
			text += " more"
		}
		services = append(services, text)
	}
	slices.Sort(services)
	return causes, services
}

func TestImpacts(t *testing.T) {
	p := start(t, nil)
	for _, team := range []string{
		`{"name":"Data","on_call":{"kind":"contact","contact":{"name":"Ada"}}}`, `{"name":"Web","on_call":{"kind":"contact","contact":{"name":"Bo"}}}`,
	} {
		if r := p.call("POST", "/api/teams", team); r.status != 201 {
			t.Fatal(r.status, r.body)
		}
	}
	dbPath, _ := p.create(`{"name":"db","team":"Data","status":"healthy"}`)
	p.create(`{"name":"shop","team":"Web","status":"degraded","depends_on":[{"name":"db"}]}`)
	p.create(`{"name":"page","status":"healthy","depends_on":[{"name":"shop"}]}`)
	p.create(`{"name":"alone","team":"Gone","status":"down"}`)
	want := func(when, query string, causes, services []string) answer {
		t.Helper()
		r := p.call("GET", "/api/impacts"+query, "")
		gotCauses, gotServices := told(r.body)
		if !slices.Equal(gotCauses, causes) || !slices.Equal(gotServices, services) {
			t.Errorf("%s: %q and %q, want %q and %q", when, gotCauses, gotServices, causes, services)
		}
		return r
	}
	own := "alone down, []: 0"
	before := want("the shop fell", "", []string{"shop degraded, [Bo]: 1, 1 of <nil> []", own}, []string{"page: degraded shop/1 via shop"})
	if again := p.call("GET", "/api/impacts", "", "If-None-Match: "+before.header.Get("ETag")); again.status != 304 {
		t.Errorf("the same once more: %d", again.status)
	}
	at := time.Now().UTC()
	p.call("PATCH", dbPath, `{"status":"down"}`)
	want("the database fell", "", []string{"db down, [Ada]: 2, 1 of <nil> [], 1 of Web [Bo]", own}, []string{"page: down db/2 via shop", "shop: down db/1 via db"})
	want("before", "?at="+url.QueryEscape(at.Format(time.RFC3339Nano)), []string{"shop degraded, [Bo]: 1, 1 of <nil> []", own}, []string{"page: degraded shop/1 via shop"})
	p.call("DELETE", dbPath+"?dangling=allow", "")
	want("the database is gone", "", []string{"shop degraded, [Bo]: 1, 1 of <nil> []", own}, []string{"page: degraded shop/1 via shop"})
	wantProblem(t, p.call("GET", "/api/impacts?at=soon", ""), 422, "invalid")
}

// short returns what a service says hits it in short: "down: db down Data/2 via shop more".
func short(svc any) string {
	shown, is := svc.(map[string]any)
	impact, there := shown["impact"]
	switch {
	case !is || !there:
		return "absent"
	case impact == nil:
		return "-"
	}
	hit := impact.(map[string]any)
	text := fmt.Sprint(hit["status"], ":")
	for _, c := range hit["causes"].([]any) {
		c := c.(map[string]any)
		text += fmt.Sprintf(" %v %v %v/%v via %v", c["name"], c["status"], c["team"], c["hops"], c["via"].(map[string]any)["name"])
		if _, err := time.Parse(time.RFC3339Nano, fmt.Sprint(c["status_since"])); err != nil || c["id"] == nil {
			text += " at no time"
		}
	}
	if hit["more"] == true {
		text += " more"
	}
	return text
}

// What hits a service is in each answer that has the service.
func TestWhatHitsIsInEveryAnswer(t *testing.T) {
	p := start(t, nil)
	dbPath, db := p.create(`{"name":"db","team":"Data","status":"down"}`)
	_, mail := p.create(`{"name":"mail","status":"down"}`)
	shopPath, shop := p.create(`{"name":"shop","status":"healthy","depends_on":[{"name":"db"},{"name":"mail","kind":"soft"}]}`)
	path, page := p.create(`{"name":"page","status":"healthy","depends_on":[{"name":"shop"}]}`)
	for name, tc := range map[string]struct{ made, want string }{
		"the database": {short(db.body), "-"}, "the mail": {short(mail.body), "-"},
		"the shop": {short(shop.body), "down: db down Data/1 via db"}, "the page": {short(page.body), "down: db down Data/2 via shop"},
	} {
		if tc.made != tc.want {
			t.Errorf("created, %s: %s, want %s", name, tc.made, tc.want)
		}
	}
	listed := func(query string) any {
		t.Helper()
		for _, item := range p.call("GET", "/api/services"+query, "").body["items"].([]any) {
			if item.(map[string]any)["id"] == page.id() {
				return item
			}
		}
		t.Fatalf("%s lacks the page", query)
		return nil
	}
	past := func(at string) map[string]any {
		return map[string]any{
			"read": p.call("GET", path+"?"+at, "").body, "by its name": p.call("GET", "/api/services/by-name/page?"+at, "").body,
			"in the list": listed("?" + at), "in a found list": listed("?q=page&" + at), "by its id": listed("?id=" + page.id() + "&" + at), "in a page": listed("?limit=3&" + at),
		}
	}
	all := func(want string) {
		t.Helper()
		answers := past("")
		answers["checked"], answers["sent back by none"] = p.call("POST", path+"/check", "").body, p.call("PATCH", path, `{}`).body
		for what, svc := range answers {
			if got := short(svc); got != want {
				t.Errorf("%s: %s, want %s", what, got, want)
			}
		}
	}
	all("down: db down Data/2 via shop")
	at := "at=" + url.QueryEscape(time.Now().UTC().Format(time.RFC3339Nano))
	before := p.call("GET", path, "")
	if same := p.call("PUT", path, string(before.raw)); same.status != 200 || string(same.raw) != string(before.raw) || same.header.Get("ETag") != before.header.Get("ETag") {
		t.Errorf("what was read was sent back: %d %s", same.status, same.raw)
	}
	if same := p.call("GET", path, "", "If-None-Match: "+before.header.Get("ETag")); same.status != 304 {
		t.Errorf("the same once more: %d", same.status)
	}
	time.Sleep(2 * time.Millisecond)
	p.call("PATCH", dbPath, `{"team":"Storage","status":"degraded"}`)
	all("degraded: db degraded Storage/2 via shop")
	if now := p.call("GET", path, "", "If-None-Match: "+before.header.Get("ETag")); now.status != 200 || now.body["version"] != 1.0 {
		t.Errorf("after a change of what hits it: %d %s", now.status, now.raw)
	}
	if changed := p.call("PATCH", path, `{"team":"Web"}`, "If-Match: "+before.header.Get("ETag")); changed.status != 200 || short(changed.body) != "degraded: db degraded Storage/2 via shop" {
		t.Errorf("changed by who read it before: %d %s", changed.status, changed.raw)
	}
	p.call("PATCH", shopPath, `{"depends_on":[{"name":"mail"}]}`)
	all("down: mail down <nil>/2 via shop")
	p.call("DELETE", shopPath+"?dangling=allow", "")
	all("-")
	if restored := p.call("POST", shopPath+"/restore", ""); short(restored.body) != "down: mail down <nil>/1 via mail" {
		t.Errorf("restored: %s", restored.raw)
	}
	all("down: mail down <nil>/2 via shop")
	for what, svc := range past(at) {
		if got := short(svc); got != "down: db down Data/2 via shop" {
			t.Errorf("%s at a moment: %s", what, got)
		}
	}
	undo := p.call("GET", shopPath+"/changes", "").body["items"].([]any)
	for _, one := range undo {
		if one := one.(map[string]any); fmt.Sprint(one["changes"]) != "[]" && one["deed"] == "updated" {
			if undone := p.call("POST", shopPath+"/changes/"+one["id"].(string)+"/undo", ""); short(undone.body) != "degraded: db degraded Storage/1 via db" {
				t.Errorf("taken back: %s", undone.raw)
			}
			break
		}
	}
}

// A service that four fallen ones hit names the nearest three of them, as everywhere.
func TestImpactInShort(t *testing.T) {
	p := start(t, nil)
	p.create(`{"name":"far","status":"down"}`)
	for _, name := range []string{"a", "b", "c"} {
		p.create(fmt.Sprintf(`{"name":%q,"status":"degraded"}`, name))
	}
	p.create(`{"name":"between","status":"healthy","depends_on":[{"name":"far"}]}`)
	path, made := p.create(`{"name":"shop","status":"healthy","depends_on":[{"name":"c"},{"name":"between"},{"name":"b"},{"name":"a"}]}`)
	want := "down: a degraded <nil>/1 via a b degraded <nil>/1 via b c degraded <nil>/1 via c more"
	if got := short(made.body); got != want {
		t.Errorf("created: %s, want %s", got, want)
	}
	listed := p.call("GET", "/api/services?q=shop", "").body["items"].([]any)[0]
	var told any
	for _, s := range p.call("GET", "/api/impacts", "").body["services"].([]any) {
		if s := s.(map[string]any); s["id"] == made.id() {
			told = s
		}
	}
	for what, svc := range map[string]any{"read": p.call("GET", path, "").body, "listed": listed, "of the list of impacts": told} {
		if got := short(svc); got != want {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
	}
}
