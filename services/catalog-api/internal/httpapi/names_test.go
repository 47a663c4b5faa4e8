package httpapi_test

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestUnusualNamesAndTags(t *testing.T) {
	long := "https://kibana.example/app/discover#/?_g=(" + strings.Repeat("filters:!(),", 80) + ")"
	for name, tc := range map[string]struct {
		before, body string
		status       int
		kind         string
	}{
		"nothing that can be seen":   {"", `{"name":"\u200b"}`, 422, "invalid"},
		"an accent without a letter": {"", `{"name":"\u0301"}`, 422, "invalid"},
		"a zero width space":         {`{"name":"billing"}`, `{"name":"bill\u200bing"}`, 409, "name-taken"},
		"two spaces":                 {`{"name":"two spaces"}`, `{"name":"two  spaces"}`, 409, "name-taken"},
		"a no-break space":           {`{"name":"two spaces"}`, `{"name":"two\u00a0spaces"}`, 409, "name-taken"},
		"no character":               {"", `{"name":"x\ufffe"}`, 422, "invalid"},
		"an override":                {"", `{"name":"x\u202etxt"}`, 422, "invalid"},
		"half a surrogate pair":      {"", `{"name":"ab\ud83d"}`, 422, "invalid"},
		"the wrong half":             {"", `{"name":"\ude00\ud83d\ude00"}`, 422, "invalid"},
		"a pair in the wrong order":  {"", `{"name":"\ude00\ud83d"}`, 422, "invalid"},
		"a whole pair":               {"", `{"name":"\ud83d\ude00"}`, 201, ""},
		"an escape of an escape":     {"", `{"name":"\\ud83d"}`, 201, ""},
		"Hebrew":                     {"", `{"name":"\u05e9\u05dc\u05d5\u05dd"}`, 201, ""},
		"a family":                   {"", `{"name":"\ud83d\udc68\u200d\ud83d\udc69\u200d\ud83d\udc67 family"}`, 201, ""},
		"a long link":                {"", `{"name":"kibana","dashboard_url":"` + long + `"}`, 201, ""},
		"a tag of 63":                {"", `{"name":"tag63","tags":["` + strings.Repeat("k", 63) + `"]}`, 201, ""},
		"a name whose key is long":   {"", `{"name":"` + strings.Repeat("\ufdfa", 100) + `"}`, 201, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := start(t, nil)
			if tc.before != "" {
				p.create(tc.before)
			}
			a := p.call("POST", "/api/services", tc.body)
			if tc.kind != "" {
				wantProblem(t, a, tc.status, tc.kind)
				return
			}
			var want map[string]any
			if err := json.Unmarshal([]byte(tc.body), &want); err != nil {
				t.Fatal(err)
			}
			if a.status != tc.status || a.body["name"] != want["name"] {
				t.Errorf("%d %s, want the name %q", a.status, a.raw, want["name"])
			}
		})
	}
}

func TestForbiddenCharacterIsLocated(t *testing.T) {
	p := start(t, nil)
	for body, says := range map[string]string{
		`{"name":"ab\ud83d"}`:             "Character 3 is \\ud83d",
		`{"name":"é\uD83Dx"}`:             "Character 2 is \\uD83D",
		`{"name":"\n\ud83d\ude00\udc00"}`: "Character 3 is \\udc00",
		`{"name":"x\u202e"}`:              "Character 2 is U+202E",
	} {
		a := p.call("POST", "/api/services", body)
		wantProblem(t, a, 422, "invalid")
		if detail := a.body["detail"].(string); !strings.Contains(detail, says) {
			t.Errorf("%s: %s", body, detail)
		}
	}
}

func TestUnusualSearches(t *testing.T) {
	p := start(t, nil)
	p.create(`{"name":"Caf\u00e9"}`)
	p.create(`{"name":"STRASSE"}`)
	for query, want := range map[string]string{"cafe%CC%81": "Café", "stra%C3%9Fe": "STRASSE"} {
		if a := p.call("GET", "/api/services?q="+query, ""); len(a.names()) != 1 || a.names()[0] != want {
			t.Errorf("q=%s finds %v", query, a.names())
		}
	}
}

func TestUnknownParametersAreNamed(t *testing.T) {
	p := start(t, nil)
	path, _ := p.create(`{"name":"a"}`)
	for call, body := range map[string]string{
		"GET /api/services": "", "POST /api/services": `{"name":"b"}`, "GET " + path: "", "PUT " + path: `{}`, "PATCH " + path: `{}`,
		"DELETE " + path: "", "POST " + path + "/check": "", "GET /api/health": "", "GET /api/services/x": "", "GET /api/docs": "", "GET /api/openapi.json": "",
	} {
		method, address, _ := strings.Cut(call, " ")
		a := p.call(method, address+"?teams=x&_=1", body)
		wantProblem(t, a, 422, "invalid")
		if got := strings.Join(a.fields(), " "); got != "_ teams" {
			t.Errorf("%s names %s", call, got)
		}
		wantProblem(t, p.call(method, address+"?a=%zz", body), 400, "malformed")
	}
	if a := p.call("GET", path, ""); a.status != 200 || a.body["version"] != 1.0 {
		t.Errorf("something was done: %d %s", a.status, a.raw)
	}
}
