package httpapi_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// seenOf is what an answer says of calls: "Mail 2 hidden".
func seenOf(list any) string {
	var words []string
	for _, entry := range list.([]any) {
		c := entry.(map[string]any)
		word := fmt.Sprint(c["name"], " ", c["calls_per_minute"])
		if c["hidden"] == true {
			word += " hidden"
		}
		words = append(words, word)
	}
	return strings.Join(words, ", ")
}

// edgesOf is what the graph has: "shop>Mail hard", "shop>Search observed 2".
func edgesOf(a answer) (words []string) {
	names := map[any]any{}
	for _, entry := range a.body["nodes"].([]any) {
		n := entry.(map[string]any)
		names[n["id"]] = n["name"]
	}
	for _, entry := range a.body["edges"].([]any) {
		e := entry.(map[string]any)
		word := fmt.Sprint(names[e["from"]], ">", names[e["to"]], " ", e["kind"])
		if seen, is := e["seen"].(map[string]any); is {
			word += fmt.Sprint(" ", seen["calls_per_minute"])
		}
		words = append(words, word)
	}
	return words
}

func TestWhatTracesShow(t *testing.T) {
	p := start(t, nil)
	mailPath, _ := p.create(`{"name":"Mail"}`)
	p.create(`{"name":"Search API","status":"down"}`)
	path, _ := p.create(`{"name":"shop","depends_on":[{"name":"mail"}]}`)
	p.create(`{"name":"portal"}`)
	graph := func(query string, want ...string) {
		t.Helper()
		if got := edgesOf(p.call("GET", "/api/graph"+query, "")); !slices.Equal(got, want) {
			t.Errorf("graph%s has %q, want %q", query, got, want)
		}
	}
	graph("", "shop>Mail hard")
	before := p.call("GET", "/api/graph", "").header.Get("ETag")

	told := p.call("POST", "/api/dependencies/observed", `{"calls":[
		{"client":"SHOP","server":"mail","calls_per_minute":12.5},
		{"client":"shop","server":"search-api","calls_per_minute":7,"last_seen":"`+time.Now().Add(-time.Minute).Format(time.RFC3339)+`"},
		{"client":"portal","server":"shop"},{"client":"user","server":"portal","calls_per_minute":1}]}`)
	if told.status != 200 || strings.TrimSpace(string(told.raw)) != `{"unknown":["user"]}` {
		t.Fatalf("told: %d %s", told.status, told.raw)
	}
	graph("", "portal>shop observed 0", "shop>Mail hard 12.5", "shop>Search API observed 7")
	graph("?kind=hard&kind=soft", "shop>Mail hard 12.5")
	all := p.call("GET", "/api/dependencies/observed", "")
	if items := all.body["items"].([]any); all.status != 200 || len(items) != 3 {
		t.Errorf("all are %s", all.raw)
	}
	if again := p.call("GET", "/api/dependencies/observed", "", "If-None-Match: "+all.header.Get("ETag")); again.status != 304 || len(again.raw) > 0 {
		t.Errorf("nothing has changed, and the answer is %d", again.status)
	}
	graph("?kind=observed&focus=shop&hops=1", "portal>shop observed 0", "shop>Search API observed 7")
	if again := p.call("GET", "/api/graph", "", "If-None-Match: "+before); again.status != 200 {
		t.Errorf("after calls were told the graph answers %d", again.status)
	}
	for format, line := range map[string]string{"dot": "[style=dotted]", "mermaid": "-. seen .->"} {
		if a := p.call("GET", "/api/graph?format="+format, ""); !strings.Contains(string(a.raw), line) {
			t.Errorf("%s lacks %s: %s", format, line, a.raw)
		}
	}
	if shop := p.call("GET", path, ""); shop.body["impact"] != nil {
		t.Errorf("what nobody declared hits: %v", shop.body["impact"])
	}

	near := p.call("GET", path+"/dependencies", "")
	if got := seenOf(near.body["calls"]) + " | " + seenOf(near.body["called_by"]); got != "Search API 7 | portal 0" {
		t.Errorf("of the shop were seen %s", got)
	}
	if seen := near.body["needs"].([]any)[0].(map[string]any)["seen"].(map[string]any); seen["calls_per_minute"] != 12.5 {
		t.Errorf("of its need was seen %v", seen)
	}
	search := near.body["calls"].([]any)[0].(map[string]any)["id"].(string)
	hide := path + "/dependencies/observed/" + search
	if a := p.call("PUT", hide, `{"hidden":true}`); a.status != 200 || a.body["hidden"] != true || a.body["calls_per_minute"] != 7.0 {
		t.Errorf("hidden: %d %s", a.status, a.raw)
	}
	graph("", "portal>shop observed 0", "shop>Mail hard 12.5")
	if left := p.call("GET", "/api/dependencies/observed", "").body["items"].([]any); len(left) != 2 {
		t.Errorf("all that are to be seen are %v", left)
	}
	if got := seenOf(p.call("GET", path+"/dependencies", "").body["calls"]); got != "Search API 7 hidden" {
		t.Errorf("hidden are %s", got)
	}
	p.call("PATCH", path, `{"depends_on":[{"name":"search api","kind":"soft"}]}`) // a person declares it, and not the other
	graph("", "portal>shop observed 0", "shop>Mail observed 12.5", "shop>Search API soft")
	if got := seenOf(p.call("GET", mailPath+"/dependencies", "").body["called_by"]); got != "shop 12.5" {
		t.Errorf("the mail is called by %s", got)
	}

	wantProblem(t, p.call("PUT", hide, `{"hidden":null}`), 422, "invalid")
	wantProblem(t, p.call("PUT", hide, `{}`), 422, "invalid")
	wantProblem(t, p.call("PUT", mailPath+"/dependencies/observed/"+search, `{"hidden":true}`), 404, "not-found")
	wantProblem(t, p.call("PUT", path+"/dependencies/observed/x", `{"hidden":true}`), 404, "not-found")
	wantProblem(t, p.call("GET", "/api/graph?kind=none", ""), 422, "invalid")
	for body, field := range map[string]string{
		`{}`:                                    "calls",
		`{"calls":[]}`:                          "calls",
		`{"calls":null}`:                        "calls",
		`{"calls":["x"]}`:                       "calls[0]",
		`{"calls":[{"client":"a"}]}`:            "calls[0].server",
		`{"calls":[{"client":"a","server":1}]}`: "calls[0].server",
		`{"calls":[{"client":"a","server":"b","calls_per_minute":"many"}]}`:          "calls[0].calls_per_minute",
		`{"calls":[{"client":"a","server":"b","calls_per_minute":-1}]}`:              "calls[0].calls_per_minute",
		`{"calls":[{"client":"a","server":"b","last_seen":"yesterday"}]}`:            "calls[0].last_seen",
		`{"calls":[{"client":"a","server":"b","last_seen":"2020-01-01T00:00:00Z"}]}`: "calls[0].last_seen",
	} {
		a := p.call("POST", "/api/dependencies/observed", body)
		wantProblem(t, a, 422, "invalid")
		if !strings.Contains(string(a.raw), fmt.Sprintf("%q", field)) {
			t.Errorf("%s: %s", body, a.raw)
		}
	}
}
