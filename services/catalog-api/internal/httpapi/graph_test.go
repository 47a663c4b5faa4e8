package httpapi_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
)

// sketch returns a graph as "Data/db down root | mail unknown/1 | old gone; shop>db! shop.mail", where . is a
// soft need, and ! is hit.
func sketch(body map[string]any) string {
	var nodes, edges []string
	names := map[any]any{}
	for _, n := range body["nodes"].([]any) {
		n := n.(map[string]any)
		names[n["id"]] = n["name"]
		text := fmt.Sprint(n["name"])
		if n["team"] != nil {
			text = fmt.Sprint(n["team"], "/", text)
		}
		switch {
		case n["gone"] == true && n["status"] == nil && n["status_since"] == nil:
			text += " gone"
		default:
			text += fmt.Sprint(" ", n["status"])
		}
		if n["root_cause"] == true {
			text += " root"
		}
		if hit := short(n); hit != "-" {
			text += " (" + hit + ")"
		}
		if n["hops"] != nil {
			text += fmt.Sprint(" ", n["hops"])
		}
		nodes = append(nodes, text)
	}
	for _, e := range body["edges"].([]any) {
		e := e.(map[string]any)
		arrow, mark := ">", ""
		if e["kind"] == "soft" {
			arrow = "."
		}
		if e["note"] != nil {
			mark += fmt.Sprint(" for ", e["note"])
		}
		if e["hit"] == true {
			mark += "!"
		}
		edges = append(edges, fmt.Sprint(names[e["from"]], arrow, names[e["to"]], mark))
	}
	return strings.Join(nodes, " | ") + "; " + strings.Join(edges, ", ")
}

func TestGraph(t *testing.T) {
	p := start(t, nil)
	want := func(query, want string) answer {
		t.Helper()
		a := p.call("GET", "/api/graph"+query, "")
		if a.status != 200 || a.header.Get("Content-Type") != "application/json" {
			t.Fatalf("%s: %d %s", query, a.status, a.raw)
		}
		if got := sketch(a.body); got != want {
			t.Errorf("%s:\n%s, want\n%s", query, got, want)
		}
		return a
	}
	want("", "; ")
	oldPath, _ := p.create(`{"name":"old"}`)
	dbPath, db := p.create(`{"name":"db","team":"Data","status":"healthy","tags":["sql"]}`)
	p.create(`{"name":"mail","status":"healthy","tags":["go"],"depends_on":[{"name":"old"}]}`)
	p.create(`{"name":"Shop","team":"Web","status":"healthy","tags":["go"],"depends_on":[{"name":"mail","kind":"soft","note":"receipts"},{"name":"db"}]}`)
	p.create(`{"name":"page","team":"Web","status":"healthy","description":"in front","depends_on":[{"name":"shop"}]}`)
	before := want("", "Data/db healthy | mail healthy | old unknown | Web/page healthy | Web/Shop healthy; mail>old, page>Shop, Shop>db, Shop.mail for receipts")
	if again := p.call("GET", "/api/graph", "", "If-None-Match: "+before.header.Get("ETag")); again.status != 304 || len(again.raw) > 0 {
		t.Errorf("the same once more: %d %s", again.status, again.raw)
	}
	at := "at=" + url.QueryEscape(time.Now().UTC().Format(time.RFC3339Nano))
	time.Sleep(2 * time.Millisecond)
	p.call("PATCH", dbPath, `{"status":"down"}`)
	p.call("DELETE", oldPath+"?dangling=allow", "")

	shop, page := "(down: db down Data/1 via db)", "(down: db down Data/2 via Shop)"
	all := want("", "Data/db down root | mail healthy | old gone | Web/page healthy "+page+" | Web/Shop healthy "+shop+"; mail>old, page>Shop!, Shop>db!, Shop.mail for receipts")
	if all.header.Get("ETag") == before.header.Get("ETag") {
		t.Error("another graph has the same ETag")
	}
	for query, text := range map[string]string{
		"?kind=hard":                   "Data/db down root | mail healthy | old gone | Web/page healthy " + page + " | Web/Shop healthy " + shop + "; mail>old, page>Shop!, Shop>db!",
		"?kind=soft":                   "Data/db down root | mail healthy | Web/page healthy " + page + " | Web/Shop healthy " + shop + "; Shop.mail for receipts",
		"?team=Web":                    "Web/page healthy " + page + " | Web/Shop healthy " + shop + "; page>Shop!",
		"?team=Web&team=Data&format=":  "Data/db down root | Web/page healthy " + page + " | Web/Shop healthy " + shop + "; page>Shop!, Shop>db!",
		"?tag=go":                      "mail healthy | Web/Shop healthy " + shop + "; Shop.mail for receipts",
		"?status=down":                 "Data/db down root; ",
		"?q=front":                     "Web/page healthy " + page + "; ",
		"?q=nothing&focus=":            "; ",
		"?focus=DB":                    "Data/db down root 0 | Web/page healthy " + page + " 2 | Web/Shop healthy " + shop + " 1; page>Shop!, Shop>db!",
		"?focus=shop&hops=1":           "Data/db down root 1 | mail healthy 1 | Web/page healthy " + page + " 1 | Web/Shop healthy " + shop + " 0; page>Shop!, Shop>db!, Shop.mail for receipts",
		"?focus=shop&hops=2&kind=hard": "Data/db down root 1 | Web/page healthy " + page + " 1 | Web/Shop healthy " + shop + " 0; page>Shop!, Shop>db!",
		"?focus=page&hops=3":           "Data/db down root 2 | mail healthy 2 | old gone 3 | Web/page healthy " + page + " 0 | Web/Shop healthy " + shop + " 1; mail>old, page>Shop!, Shop>db!, Shop.mail for receipts",
		"?focus=page&tag=go":           "mail healthy 2 | Web/Shop healthy " + shop + " 1; Shop.mail for receipts",
		"?" + at:                       "Data/db healthy | mail healthy | old unknown | Web/page healthy | Web/Shop healthy; mail>old, page>Shop, Shop>db, Shop.mail for receipts",
		"?team=Data&focus=page&" + at:  "Data/db healthy 2; ",
		"?focus=old&hops=1&" + at:      "mail healthy 1 | old unknown 0; mail>old",
		"?focus=" + strings.ToUpper(db.id()) + "&hops=1": "Data/db down root 0 | Web/Shop healthy " + shop + " 1; Shop>db!",
	} {
		want(query, text)
	}
}

func TestGraphIsDrawn(t *testing.T) {
	p := start(t, nil)
	_, db := p.create(`{"name":"\"db\"] --> \\x","team":"Da\"ta","status":"down"}`)
	_, shop := p.create(fmt.Sprintf(`{"name":"shop","status":"healthy","depends_on":[{"id":%q}]}`, db.id()))
	node := func(a answer) string { return "s" + strings.ReplaceAll(a.id(), "-", "") }
	for format, tc := range map[string]struct {
		media string
		lines []string
	}{
		"dot": {"text/vnd.graphviz; charset=utf-8", []string{
			"digraph services {", `label="Da\"ta";`, node(db) + ` [label="\"db\"] --> \\x\ndown, root cause", shape=octagon`,
			node(shop) + ` [label="shop\nhealthy, hit"`, node(shop) + " -> " + node(db) + ` [color="#b3261e"`,
		}},
		"mermaid": {"application/vnd.mermaid; charset=utf-8", []string{
			"flowchart LR", `["Da#34;ta"]`, node(db) + `[["#34;db#34;#93; #45;#45;#62; #92;x<br/>down, root cause"]]`, node(shop) + `["shop<br/>healthy, hit"]`, node(shop) + " ==> " + node(db),
		}},
	} {
		a := p.call("GET", "/api/graph?format="+format, "")
		if got := a.header.Get("Content-Type"); a.status != 200 || got != tc.media {
			t.Errorf("%s: %d, %s", format, a.status, got)
		}
		for _, line := range tc.lines {
			if !strings.Contains(string(a.raw), line) {
				t.Errorf("%s lacks %s:\n%s", format, line, a.raw)
			}
		}
		if again := p.call("GET", "/api/graph?format="+format, "", "If-None-Match: "+a.header.Get("ETag")); again.status != 304 {
			t.Errorf("%s once more: %d", format, again.status)
		}
	}
}

func TestWrongQueriesOfTheGraph(t *testing.T) {
	p := start(t, nil)
	p.create(`{"name":"db"}`)
	for query, says := range map[string]string{
		"focus=none": "No service has this id or name.", "focus=01a00000-0000-7000-8000-000000000000": "Take one from /api/services.", "hops=1": "name it in the parameter focus",
		"focus=db&hops=0": "a number from 1 to 100", "focus=db&hops=far": "a number", "focus=db&hops=101": "a number", "kind=firm": "one of hard, soft", "format=svg": "one of json, dot, mermaid",
		"status=fine": "The status must be one of", "at=soon": "", "at=2001-01-01T00:00:00Z": "Choose a later time", "at=2999-01-01T00:00:00Z": "not be in the future", "needs=db": "These are known",
	} {
		a := p.call("GET", "/api/graph?"+query, "")
		wantProblem(t, a, 422, "invalid")
		if !strings.Contains(a.body["detail"].(string), says) {
			t.Errorf("%s: %s, want %s", query, a.body["detail"], says)
		}
	}
}
