package httpapi_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// needsOf returns what an answer says that the service needs: "mail soft: receipts, db hard".
func needsOf(list any) string {
	var words []string
	entries, _ := list.([]any)
	for _, entry := range entries {
		d := entry.(map[string]any)
		word := fmt.Sprintf("%v %v", d["name"], d["kind"])
		if d["note"] != nil {
			word += fmt.Sprint(": ", d["note"])
		}
		if missing, there := d["missing"]; there {
			word += fmt.Sprint(" missing ", missing)
		}
		words = append(words, word)
	}
	return strings.Join(words, ", ")
}

// What a service needs is in each answer that has the service.
func TestDependenciesAreInEveryAnswer(t *testing.T) {
	p := start(t, nil)
	mailPath, mail := p.create(`{"name":"mail"}`)
	if mail.body["depends_on"] == nil || needsOf(mail.body["depends_on"]) != "" {
		t.Errorf("of none: %v", mail.body["depends_on"])
	}
	p.create(`{"name":"Payments DB"}`)
	path, made := p.create(fmt.Sprintf(`{"name":"shop","depends_on":[{"id":%q,"kind":"soft","note":" receipts "},{"name":"payments db"}]}`, mail.id()))
	before := time.Now().UTC()
	want := "mail soft: receipts, Payments DB hard"
	listed := func(path string) any { // of the last one, which is the shop
		t.Helper()
		items := p.call("GET", path, "").body["items"].([]any)
		return items[len(items)-1].(map[string]any)["depends_on"]
	}
	all := func(want string) {
		t.Helper()
		for what, list := range map[string]any{
			"read":              p.call("GET", path, "").body["depends_on"],
			"by its name":       p.call("GET", "/api/services/by-name/shop", "").body["depends_on"],
			"in the list":       listed("/api/services"),
			"in a found list":   listed("/api/services?q=shop"),
			"in a page":         listed("/api/services?limit=3"),
			"checked":           p.call("POST", path+"/check", "").body["depends_on"],
			"sent back by none": p.call("PATCH", path, `{}`).body["depends_on"],
		} {
			if got := needsOf(list); got != want {
				t.Errorf("%s it needs %q, want %q", what, got, want)
			}
		}
	}
	if got := needsOf(made.body["depends_on"]); got != want {
		t.Errorf("created it needs %q, want %q", got, want)
	}
	all(want)
	for method, body := range map[string]string{"PUT": string(made.raw), "PATCH": `{"depends_on":[{"name":"MAIL","kind":"soft","note":"receipts"},{"name":"payments db"}]}`} {
		if same := p.call(method, path, body); string(same.raw) != string(made.raw) {
			t.Errorf("%s of what is there: %d %s", method, same.status, same.raw)
		}
	}
	old := p.call("GET", path, "")
	p.call("PATCH", mailPath, `{"name":"post"}`)
	all("post soft: receipts, Payments DB hard")
	if again := p.call("GET", path, "", "If-None-Match: "+old.header.Get("ETag")); again.status != 200 || again.body["version"] != 1.0 {
		t.Errorf("after a rename: %d %s", again.status, again.raw)
	}
	refused := p.call("DELETE", mailPath, "")
	wantProblem(t, refused, 409, "service-needed")
	if detail := refused.body["detail"].(string); !strings.HasPrefix(detail, "One service needs it: shop. Nothing was deleted.") {
		t.Errorf("the detail is %s", detail)
	}
	wantProblem(t, p.call("DELETE", mailPath+"?dangling=yes", ""), 422, "invalid")
	if gone := p.call("DELETE", mailPath+"?dangling=allow", ""); gone.status != 204 {
		t.Errorf("all the same: %d %s", gone.status, gone.raw)
	}
	all("post soft: receipts missing true, Payments DB hard")
	now := p.call("GET", path, "")
	if same := p.call("PUT", path, string(now.raw)); string(same.raw) != string(now.raw) {
		t.Errorf("what was read was sent back: %d %s", same.status, same.raw)
	}
	p.call("POST", mailPath+"/restore", "")
	all("post soft: receipts, Payments DB hard")

	if changed := p.call("PATCH", path, `{"depends_on":[{"name":"Payments DB"}]}`); needsOf(changed.body["depends_on"]) != "Payments DB hard" || changed.body["version"] != 2.0 {
		t.Errorf("in place of both: %s", changed.raw)
	}
	for _, none := range []string{"null", "[]"} {
		if cleared := p.call("PUT", path, `{"depends_on":`+none+`}`); cleared.status != 200 || fmt.Sprint(cleared.body["depends_on"]) != "[]" {
			t.Errorf("%s: %d %s", none, cleared.status, cleared.raw)
		}
	}
	at := "?at=" + before.Format(time.RFC3339Nano)
	for _, then := range []any{
		p.call("GET", path+at, "").body["depends_on"], listed("/api/services" + at), listed("/api/services" + at + "&needs=mail"),
	} {
		if got := needsOf(then); got != want {
			t.Errorf("at a moment it needed %q, want %q", got, want)
		}
	}
	changes := p.call("GET", path+"/changes", "").body["items"].([]any)
	last := changes[0].(map[string]any)
	wantChange := []any{map[string]any{"field": "depends_on", "before": []any{"Payments DB"}, "after": nil}}
	if !reflect.DeepEqual(last["changes"], wantChange) {
		t.Errorf("the trail has %v, want %v", last["changes"], wantChange)
	}
	undone := p.call("POST", path+"/changes/"+last["id"].(string)+"/undo", "")
	if needsOf(undone.body["depends_on"]) != "Payments DB hard" {
		t.Errorf("taken back: %d %s", undone.status, undone.raw)
	}
	var lines []string
	for _, item := range p.call("GET", path+"/timeline", "").body["items"].([]any) {
		if change, is := item.(map[string]any)["change"].(map[string]any); is {
			lines = append(lines, fmt.Sprint(change["changes"]))
		}
	}
	if !strings.Contains(strings.Join(lines, "\n"), "post (soft): receipts") {
		t.Errorf("the timeline has %q", lines)
	}
	if csv := string(p.call("GET", path+"/timeline.csv", "").raw); !strings.Contains(csv, `depends_on,"[""Payments DB""]"`) {
		t.Errorf("as CSV: %s", csv)
	}
}

func TestWrongDependenciesAreNamed(t *testing.T) {
	p := start(t, nil)
	path, own := p.create(`{"name":"there"}`)
	_, mail := p.create(`{"name":"mail"}`)
	for name, tc := range map[string]struct {
		list   string
		fields []string
	}{
		"a text":                     {`"mail"`, []string{"depends_on"}},
		"an object":                  {`{"name":"mail"}`, []string{"depends_on"}},
		"a list of texts":            {`[{"name":"mail"},"mail",null]`, []string{"depends_on[1]", "depends_on[2]"}},
		"neither id nor name":        {`[{"kind":"soft"}]`, []string{"depends_on[0]"}},
		"an unknown member":          {`[{"name":"mail","colour":"red"}]`, []string{"depends_on[0].colour"}},
		"a number for a name":        {`[{"name":1}]`, []string{"depends_on[0].name", "depends_on[0]"}},
		"a member that is twice":     {`[{"name":"mail","name":"mail"}]`, []string{"depends_on[0].name"}},
		"half of a surrogate pair":   {`[{"name":"mail","note":"a\ud800"}]`, []string{"depends_on[0].note"}},
		"a kind that is none":        {`[{"name":"mail","kind":"firm"}]`, []string{"depends_on[0].kind"}},
		"a note of 201 characters":   {`[{"name":"mail","note":"` + strings.Repeat("x", 201) + `"}]`, []string{"depends_on[0].note"}},
		"twice":                      {`[{"name":"mail"},{"name":"x"},{"name":"y"},{"name":"MAIL"}]`, []string{"depends_on[3]"}},
		"twice, by id and by name":   {fmt.Sprintf(`[{"name":"mail"},{"id":%q}]`, mail.id()), []string{"depends_on[1]"}},
		"an id that no service has":  {`[{"id":"0199aaaa-0000-7000-8000-000000000000","name":"mail"}]`, []string{"depends_on[0]"}},
		"a name that no service has": {`[{"name":"mail"},{"name":"none"}]`, []string{"depends_on[1]"}},
		"itself":                     {fmt.Sprintf(`[{"id":%q}]`, own.id()), []string{"depends_on[0]"}},
		"101 services":               {`[` + strings.Repeat(`{"name":"x"},`, 100) + `{"name":"x"}]`, []string{"depends_on"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, method := range []string{"PUT", "PATCH"} {
				a := p.call(method, path, `{"depends_on":`+tc.list+`}`)
				wantProblem(t, a, 422, "invalid")
				if !slices.Equal(a.fields(), tc.fields) {
					t.Errorf("%s names %v, want %v", method, a.fields(), tc.fields)
				}
			}
			if name == "itself" { // for another it would be legal
				return
			}
			if a := p.call("POST", "/api/services", `{"name":"new","depends_on":`+tc.list+`}`); a.status != 422 || !slices.Equal(a.fields(), tc.fields) {
				t.Errorf("POST names %v: %d", a.fields(), a.status)
			}
		})
	}
	if len(p.call("GET", "/api/services", "").body["items"].([]any)) != 2 {
		t.Error("what was refused was added")
	}
	unknown := p.call("PATCH", path, `{"depends_on":[{"name":"none"}]}`).body["detail"].(string)
	if !strings.Contains(unknown, `No service has the name "none". Add it first, or correct the name.`) {
		t.Errorf("the detail is %s", unknown)
	}
}

func TestNeighbours(t *testing.T) {
	p := start(t, nil)
	_, mail := p.create(`{"name":"mail","team":"Web","status":"down"}`)
	path, shop := p.create(`{"name":"shop","depends_on":[{"name":"mail","kind":"soft","note":"receipts"}]}`)
	_, portal := p.create(`{"name":"portal","depends_on":[{"name":"shop"}]}`)
	p.call("PATCH", "/api/services/"+mail.id(), `{"depends_on":[{"name":"portal"}]}`) // a circle is legal
	var got, want any
	a := p.call("GET", path+"/dependencies", "")
	text := fmt.Sprintf(`{"needs":[{"id":%q,"name":"mail","team":"Web","status":"down","kind":"soft","note":"receipts","seen":null}],
		"needed_by":[{"id":%q,"name":"portal","team":null,"status":"unknown","kind":"hard","note":null,"seen":null}],"needed_by_total":1,"calls":[],"called_by":[]}`, mail.id(), portal.id())
	if json.Unmarshal(a.raw, &got) != nil || json.Unmarshal([]byte(text), &want) != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %s, want %s", a.raw, text)
	}
	for query, names := range map[string]string{
		"needs=" + shop.id(): "portal", "needs=SHOP": "portal", "needs=shop&needs=mail": "portal shop", "needs=shop&q=mail": "", "needs=none": "", "needs=": "mail portal shop",
		"needs=" + strings.ToUpper(mail.id()): "shop", "needs=%00": "",
	} {
		var found []string
		for _, item := range p.call("GET", "/api/services?"+query, "").body["items"].([]any) {
			found = append(found, item.(map[string]any)["name"].(string))
		}
		if strings.Join(found, " ") != names {
			t.Errorf("%s finds %q, want %q", query, found, names)
		}
	}
	wantProblem(t, p.call("GET", "/api/services?"+strings.Repeat("needs=a&", 101), ""), 422, "invalid")
	wantProblem(t, p.call("GET", "/api/services/x/dependencies", ""), 404, "not-found")
}
