package httpapi_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/apikey"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/httpapi"
)

func TestKeyIsMadeUsedAndRevoked(t *testing.T) {
	p := start(t, nil)
	path, made := p.add("/api/keys", `{"name":"ci","role":"editor","teams":["Core"],"expires_at":"2030-01-31T12:00:00+01:00"}`)
	secret, _ := made.body["key"].(string)
	if _, err := apikey.ParseSecret(secret); err != nil || made.header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s: %v, Cache-Control %q", made.raw, err, made.header.Get("Cache-Control"))
	}
	if made.body["expires_at"] != "2030-01-31T11:00:00Z" || made.body["last_used_at"] != nil || made.body["from_file"] != false {
		t.Errorf("made %s", made.raw)
	}
	bearer := "Authorization: Bearer " + secret
	me := p.call("GET", "/api/me", "", bearer)
	if me.body["kind"] != "key" || me.body["id"] != made.body["id"] || me.body["name"] != "ci" || me.body["role"] != "editor" || fmt.Sprint(me.body["teams"]) != "[Core]" {
		t.Errorf("it is taken for %s", me.raw)
	}
	list := p.call("GET", "/api/keys", "")
	if !slices.Equal(list.names(), []string{"ci"}) || strings.Contains(string(list.raw), secret[4:]) {
		t.Errorf("listed are %s", list.raw)
	}
	if a := p.call("POST", "/api/services", `{"name":"a","team":"Core"}`, bearer); a.status != 201 {
		t.Errorf("of its team: %d %s", a.status, a.raw)
	}
	other := p.call("POST", "/api/services", `{"name":"b","team":"Web"}`, bearer)
	wantProblem(t, other, 403, "forbidden")
	if detail := other.body["detail"].(string); !strings.Contains(detail, `team "Web"`) || !strings.Contains(detail, "key ci") {
		t.Errorf("of another team: %s", detail)
	}
	entry := p.call("GET", "/api/audit?actor=key", "").body["items"].([]any)[0].(map[string]any)
	if actor := entry["actor"].(map[string]any); actor["id"] != made.body["id"] || actor["name"] != "ci" || entry["name"] != "a" {
		t.Errorf("the trail has %v", entry)
	}
	if a := p.call("DELETE", path, ""); a.status != 204 {
		t.Errorf("revoked: %d %s", a.status, a.raw)
	}
	refused := p.call("GET", "/api/services", "", bearer)
	wantProblem(t, refused, 401, "unauthenticated")
	wantProblem(t, p.call("DELETE", path, ""), 404, "not-found")
}

func TestKeysThatCannotBeMade(t *testing.T) {
	p := start(t, nil)
	p.add("/api/keys", `{"name":"Grafana"}`)
	for body, fields := range map[string]string{
		`{}`: "name", `{"name":""}`: "name", `{"name":7}`: "name", `{"name":"x","role":"none"}`: "role", `{"name":"x","role":"root"}`: "role",
		`{"name":"x","teams":[""]}`: "teams[0]", `{"name":"x","teams":"Core"}`: "teams", `{"name":"x","expires_at":"tomorrow"}`: "expires_at",
		`{"name":"x","expires_at":"2020-01-01T00:00:00Z"}`: "expires_at", `{"name":"x","key":"dvp_mine"}`: "key", `{"name":"x","owner":"me"}`: "owner",
		`{"role":"x","expires_at":"y"}`: "expires_at name role",
	} {
		a := p.call("POST", "/api/keys", body)
		wantProblem(t, a, 422, "invalid")
		if got := strings.Join(a.fields(), " "); got != fields {
			t.Errorf("%s: wrong are %q, want %q", body, got, fields)
		}
	}
	wantProblem(t, p.call("POST", "/api/keys", `{"name":"grafana"}`), 409, "name-taken")
	wantProblem(t, p.call("POST", "/api/keys", `{`), 400, "malformed")
	wantProblem(t, p.call("DELETE", "/api/keys/x", ""), 404, "not-found")
	if list := p.call("GET", "/api/keys", ""); !slices.Equal(list.names(), []string{"Grafana"}) {
		t.Errorf("there are %s", list.raw)
	}
	key := apikey.Key{Draft: apikey.Draft{Name: "file", Role: access.Viewer}, Hash: apikey.NewSecret().Hash()}
	if err := p.store.SyncKeys(t.Context(), access.KeyFile, []apikey.Key{key}); err != nil {
		t.Fatal(err)
	}
	item := p.call("GET", "/api/keys?limit=1", "").body["items"].([]any)[0].(map[string]any)
	if item["from_file"] != true {
		t.Fatalf("got %v", item)
	}
	wantProblem(t, p.call("DELETE", "/api/keys/"+item["id"].(string), ""), 409, "from-file")
}

// What a request says in the header Authorization.
func TestCredentials(t *testing.T) {
	p := start(t, func(a *httpapi.API) { a.Anonymous = access.Viewer })
	good := strings.TrimPrefix(p.key(access.Editor), "Authorization: Bearer ")
	for name, tc := range map[string]struct {
		header string
		role   string // "": refused
	}{
		"none":                       {"", "viewer"},
		"a key":                      {"Bearer " + good, "editor"},
		"a scheme in other case":     {"bearer " + good, "editor"},
		"spaces around":              {"BEARER   " + good + " ", "editor"},
		"a scheme for a proxy":       {"Basic YTpi", "viewer"},
		"a key as another scheme":    {"Token " + good, "viewer"},
		"a key without a scheme":     {good, "viewer"},
		"no token":                   {"Bearer", ""},
		"an empty token":             {"Bearer ", ""},
		"another key":                {"Bearer " + apikey.NewSecret().Reveal(), ""},
		"part of the key":            {"Bearer " + good[:30], ""},
		"a token of another kind":    {"Bearer eyJhbGciOiJub25lIn0.e30.", ""},
		"two keys":                   {"Bearer " + good + "," + good, ""},
		"a key and a word":           {"Bearer " + good + " admin", ""},
		"what would match in SQL":    {"Bearer dvp_' OR true --", ""},
		"many characters of nothing": {"Bearer dvp_" + strings.Repeat("x", 10_000), ""},
	} {
		a := p.call("GET", "/api/me", "", "Authorization: "+tc.header)
		if tc.role != "" {
			if a.status != 200 || a.body["role"] != tc.role {
				t.Errorf("%s: %d %s", name, a.status, a.raw)
			}
			continue
		}
		wantProblem(t, a, 401, "unauthenticated")
		if got := a.header.Get("WWW-Authenticate"); got != `Bearer realm="dev-portal", error="invalid_token"` {
			t.Errorf("%s: WWW-Authenticate %q", name, got)
		}
		wantProblem(t, p.call("GET", "/api/services", "", "Authorization: "+tc.header), 401, "unauthenticated")
		if a := p.call("GET", "/api/health", "", "Authorization: "+tc.header); a.status != 200 {
			t.Errorf("%s: the health, which is for everybody, is %d", name, a.status)
		}
	}
}

// A viewer's key reads, whatever the request looks like.
func TestViewersKeyWritesNothing(t *testing.T) {
	p := start(t, func(a *httpapi.API) { a.Anonymous = access.Editor })
	path, made := p.create(`{"name":"billing","status_url":"https://billing.example/"}`)
	viewer, id := p.key(access.Viewer, "Core"), made.body["id"].(string)
	patch := `{"team":"Mine"}`
	for _, try := range [][]string{
		{"POST", "/api/services", `{"name":"mine"}`}, {"PUT", path, patch}, {"PATCH", path, patch}, {"DELETE", path, ""}, {"POST", path + "/check", ""},
		{"POST", "/api/keys", `{"name":"mine","role":"admin"}`}, {"GET", "/api/keys", ""}, {"DELETE", "/api/keys/" + id, ""}, {"GET", "/api/audit", ""},
		{"GET", path, patch}, {"HEAD", path, ""}, {"POST", path, patch}, {"POST", path, patch, "X-HTTP-Method-Override: PUT"},
		{"POST", path, patch, "X-HTTP-Method: DELETE"}, {"POST", path, patch, "X-Method-Override: PATCH"}, {"GET", path, "", "X-HTTP-Method-Override: DELETE"},
		{"POST", path + "?_method=DELETE", ""}, {"GET", path + "?_method=PUT", patch}, {"PUT", "/api//services/" + id, patch}, {"PUT", path + "/", patch},
		{"PUT", "/api/./services/" + id, patch}, {"PUT", "/api/x/../services/" + id, patch}, {"PUT", "/API/services/" + id, patch},
		{"PUT", "/api/services/" + strings.ToUpper(id), patch}, {"PUT", "/api/services/%" + fmt.Sprintf("%x", id[0]) + id[1:], patch},
		{"put", path, patch}, {"PURGE", path, ""}, {"PUT", path, patch, "X-Forwarded-For: 127.0.0.1"}, {"PUT", path, patch, "X-Forwarded-User: admin"},
		{"PUT", path, patch, "X-Original-Method: GET"}, {"PUT", path, patch, "X-Rewrite-URL: /api/health"}, {"PUT", path, patch, "Content-Type: application/merge-patch+json"},
		{"DELETE", path, "", "If-Match: *"}, {"PUT", path, patch, `If-Match: "1"`}, {"PUT", path, patch, "Cookie: role=admin; session=1"}, {"PUT", path + "?api_key=x&role=admin", patch},
		{"PUT", path, `{"role":"admin","team":"Mine"}`}, {"PUT", path, `{not JSON`}, {"POST", "/api/services", ""},
	} {
		a := p.call(try[0], try[1], try[2], append(try[3:], viewer)...)
		if a.status >= 500 || (a.status < 300 && try[0] != "GET" && try[0] != "HEAD") {
			t.Errorf("%v: %d %s", try, a.status, a.raw)
		}
		if now := p.call("GET", path, ""); now.status != 200 || now.body["version"] != 1.0 || now.body["team"] != nil {
			t.Fatalf("%v changed %s", try, now.raw)
		}
	}
	if list := p.call("GET", "/api/services", ""); !slices.Equal(list.names(), []string{"billing"}) {
		t.Errorf("there are %s", list.raw)
	}
}

// A stream that a key opened ends within two seconds after another replica revoked it.
func TestStreamEndsWithItsKey(t *testing.T) {
	p := start(t, nil)
	path, made := p.add("/api/keys", `{"name":"follower"}`)
	other := p.replica(func(a *httpapi.API) { a.Live = http.HandlerFunc(endless) })
	ctx, stop := context.WithCancel(t.Context())
	var ring sync.WaitGroup
	ring.Go(func() { _ = other.api.Ring.Run(ctx) }) // returns no error
	defer ring.Wait()
	defer stop()
	bearer := "Authorization: Bearer " + made.body["key"].(string)
	anonymous, follower := other.openStream(t, ""), other.openStream(t, bearer)
	if a := p.call("DELETE", path, ""); a.status != 204 {
		t.Fatalf("%d %s", a.status, a.raw)
	}
	select {
	case <-follower:
	case <-time.After(2 * time.Second):
		t.Error("the stream of the revoked key is open after two seconds")
	}
	select {
	case <-anonymous:
		t.Error("somebody else's stream ended too")
	default:
	}
	wantProblem(t, other.call("GET", "/api/events", "", bearer), 401, "unauthenticated")
}

// safeBuffer is a buffer that several goroutines write.
type safeBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

// The key is in the answer to its making and nowhere else.
func TestKeysAppearNowhere(t *testing.T) {
	var log safeBuffer
	p := start(t, func(a *httpapi.API) {
		a.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	_, made := p.add("/api/keys", `{"name":"ci","role":"editor"}`)
	secret := made.body["key"].(string)
	bearer := "Authorization: Bearer " + secret
	var answers []byte
	for _, try := range [][]string{
		{"GET", "/api/me"}, {"GET", "/api/services"}, {"POST", "/api/services", `{"name":"a"}`}, {"GET", "/api/keys"}, {"GET", "/api/audit"},
		{"DELETE", "/api/keys/" + secret}, {"GET", "/api/" + secret}, {"GET", "/api/keys?after=" + secret}, {"GET", "/api/services?key=" + secret},
		{"POST", "/api/services", `{"name":"b","status_url":"` + secret[:20]}, {"GET", "/" + secret},
	} {
		body := ""
		if len(try) > 2 {
			body = try[2]
		}
		if a := p.call(try[0], try[1], body, bearer); !strings.Contains(try[1], secret) {
			answers = append(answers, a.raw...)
		}
	}
	answers = append(answers, p.call("GET", "/api/audit", "").raw...)
	var stored []string
	if err := p.store.DB().SelectContext(t.Context(), &stored, `SELECT row_to_json(o)::text || convert_from(data, 'UTF8') FROM outbox o`); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"an answer": string(answers), "the log": log.String(), "an event": strings.Join(stored, "\n")} {
		if text == "" || strings.Contains(text, secret[4:20]) {
			t.Errorf("%s has the key, or is empty:\n%s", name, text)
		}
	}
	if !strings.Contains(log.String(), `by="key ci"`) {
		t.Errorf("the log does not say who asked:\n%s", log.String())
	}
}
