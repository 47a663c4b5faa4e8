package httpapi_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/dev-portal/dev-portal/pkg/devstack/provider"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/httpapi"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/signin"
)

// signOn is a portal with a provider.
type signOn struct {
	*portal

	provider *provider.Provider
	server   *httptest.Server // of the provider
}

// startSignOn serves a portal with a provider, where strangers read, and whose sessions run.
func startSignOn(t *testing.T, change func(*httpapi.API)) *signOn {
	t.Helper()
	p := start(t, nil)
	s := &signOn{server: httptest.NewUnstartedServer(nil)}
	issuer := "http://" + s.server.Listener.Addr().String()
	client := provider.Client{ID: "dev-portal", Secret: "the client's secret", RedirectURI: "http://portal.localhost/api/signin/callback"}
	served, err := provider.New(issuer, client)
	if err != nil {
		t.Fatal(err)
	}
	s.provider, s.server.Config.Handler = served, served
	s.server.Start()
	t.Cleanup(s.server.Close)
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(client.Secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.portal = s.with(p, &signin.Provider{
		Issuer: issuer, ClientID: client.ID, SecretFile: secret, RedirectURL: client.RedirectURI, GroupsClaim: "groups", Name: "Example",
	}, change)
	s.provider.Put(provider.Person{ID: "ada", Password: "engine", Name: "Ada Lovelace", Email: "ada@example.com", Groups: []string{"editor"}})
	return s
}

// with serves another replica of a portal, with the provider.
func (s *signOn) with(p *portal, known *signin.Provider, change func(*httpapi.API)) *portal {
	var api *httpapi.API
	r := p.replica(func(a *httpapi.API) {
		a.Anonymous, a.Provider, a.URL = access.Viewer, known, "http://portal.localhost"
		a.Sessions.Check = known.Check
		if change != nil {
			change(a)
		}
		api = a
	})
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = api.Sessions.Run(ctx) }) // returns no error
	p.tb.Cleanup(func() { stop(); running.Wait() })
	return r
}

// another serves another replica.
func (s *signOn) another(change func(*httpapi.API)) *portal {
	return s.with(s.portal, s.api.Provider, change)
}

// setCookie returns the value of a cookie that an answer sets, and what else it says of it.
func setCookie(a answer, name string) (value, attributes string) {
	for _, text := range a.header.Values("Set-Cookie") {
		if rest, is := strings.CutPrefix(text, name+"="); is {
			value, attributes, _ = strings.Cut(rest, "; ")
		}
	}
	return value, attributes
}

// begin asks to sign in, and returns the address at the provider and the cookie of the attempt.
func (p *portal) begin(query string) (at, cookie string) {
	p.tb.Helper()
	a := p.call("GET", "/api/signin"+query, "")
	attempt, attributes := setCookie(a, "__Host-portal-signin")
	if a.status != 302 || attempt == "" || !strings.Contains(attributes, "Secure") || !strings.Contains(attributes, "HttpOnly") || !strings.Contains(attributes, "SameSite=Lax") {
		p.tb.Fatalf("GET /api/signin: %d %v %s", a.status, a.header, a.raw)
	}
	return a.header.Get("Location"), "Cookie: __Host-portal-signin=" + attempt
}

// visit signs somebody in at the provider, and returns the path by which it sends back.
func visit(tb testing.TB, at, name, password string) (path string) {
	tb.Helper()
	jar, _ := cookiejar.New(nil) // fails only with options
	var back *url.URL
	client := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if r.URL.Host == "portal.localhost" {
			back = r.URL
			return http.ErrUseLastResponse
		}
		return nil
	}}
	get := func(req *http.Request, err error) *http.Response {
		if err != nil {
			tb.Fatal(err)
		}
		res, err := client.Do(req)
		if err != nil {
			tb.Fatal(err)
		}
		_ = res.Body.Close()
		return res
	}
	page := get(http.NewRequestWithContext(tb.Context(), "GET", at, http.NoBody))
	form := url.Values{"id": {page.Request.URL.Query().Get("authRequestID")}, "username": {name}, "password": {password}}
	req, err := http.NewRequestWithContext(tb.Context(), "POST", page.Request.URL.Scheme+"://"+page.Request.URL.Host+"/login/username", strings.NewReader(form.Encode()))
	if err == nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	get(req, err)
	if back == nil {
		tb.Fatalf("the provider does not send %s back", name)
	}
	return back.RequestURI()
}

// as signs somebody in, and returns the header of the session.
func (s *signOn) as(name, password string) (header string) {
	s.tb.Helper()
	at, attempt := s.begin("")
	a := s.call("GET", visit(s.tb, at, name, password), "", attempt)
	session, attributes := setCookie(a, "__Host-portal")
	if a.status != 302 || session == "" || a.header.Get("Location") != "/" {
		s.tb.Fatalf("callback: %d %v %s", a.status, a.header, a.raw)
	}
	for _, want := range []string{"Path=/", "Secure", "HttpOnly", "SameSite=Lax"} {
		if !strings.Contains(attributes, want) {
			s.tb.Errorf("the cookie of the session lacks %s: %s", want, attributes)
		}
	}
	return "Cookie: __Host-portal=" + session
}

func TestSignInAndOut(t *testing.T) {
	s := startSignOn(t, nil)
	for _, inToken := range []bool{false, true} { // or only at userinfo
		s.provider.GroupsInToken = inToken
		ada := s.as("ada", "engine")
		me := s.call("GET", "/api/me", "", ada)
		if got := fmt.Sprint(me.body); got != "map[ended:false id:ada kind:person name:Ada Lovelace provider:Example role:editor signed_in:true teams:[]]" {
			t.Errorf("groups in the token: %v: %s", inToken, got)
		}
		if a := s.call("POST", "/api/services", fmt.Sprintf(`{"name":"by ada %v"}`, inToken), ada); a.status != 201 {
			t.Errorf("%d %s", a.status, a.raw)
		}
		wantProblem(t, s.call("GET", "/api/keys", "", ada), 403, "forbidden")
		other := s.another(nil)
		if a := other.call("GET", "/api/me", "", ada); a.body["name"] != "Ada Lovelace" {
			t.Errorf("another replica: %s", a.raw)
		}
		out := s.call("DELETE", "/api/session", "", ada)
		if cookie, how := setCookie(out, "__Host-portal"); out.status != 200 || cookie != "" || !strings.Contains(how, "Max-Age=0") {
			t.Errorf("signed out: %d %v %s", out.status, out.header, out.raw)
		}
		at, err := url.Parse(out.body["provider_url"].(string))
		if err != nil || at.Query().Get("id_token_hint") == "" || at.Query().Get("post_logout_redirect_uri") != "http://portal.localhost" {
			t.Errorf("at the provider: %s, %v", at, err)
		}
		me = s.call("GET", "/api/me", "", ada)
		if cookie, _ := setCookie(me, "__Host-portal"); me.body["kind"] != "anonymous" || me.body["ended"] != true || cookie != "" {
			t.Errorf("after the end: %v %s", me.header, me.raw)
		}
		eventually(t, "it ends on another replica", func() bool { return other.call("GET", "/api/me", "", ada).body["kind"] == "anonymous" })
		if a := s.call("GET", "/api/services", "", ada); a.status != 200 { // strangers read
			t.Errorf("reading after the end: %d", a.status)
		}
		ended := s.call("POST", "/api/services", `{"name":"late"}`, ada)
		wantProblem(t, ended, 401, "unauthenticated")
		if detail := ended.body["detail"].(string); !strings.Contains(detail, "session has ended") {
			t.Errorf("writing after the end: %s", detail)
		}
		if a := s.call("DELETE", "/api/session", "", ada); a.status != 200 {
			t.Errorf("signed out again: %d %s", a.status, a.raw)
		}
	}
	p := s.replica(nil) // where strangers read the trail
	trail := p.call("GET", "/api/audit?kind=person", "").body["items"].([]any)
	var deeds []string
	for _, item := range trail {
		entry := item.(map[string]any)
		deeds = append(deeds, fmt.Sprint(entry["deed"], " ", entry["thing_id"], " ", entry["name"], " ", entry["actor"].(map[string]any)["kind"], " ", entry["address"]))
	}
	if got := strings.Join(deeds[:2], ", "); len(trail) != 4 || got != "signed-out ada Ada Lovelace person 127.0.0.1, signed-in ada Ada Lovelace person 127.0.0.1" {
		t.Errorf("the trail has %s", strings.Join(deeds, ", "))
	}
}

// eventually waits until something is so.
func eventually(tb testing.TB, what string, is func() bool) {
	tb.Helper()
	for end := time.Now().Add(10 * time.Second); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			tb.Fatalf("not so after ten seconds: %s", what)
		}
	}
}

func TestRolesComeFromGroups(t *testing.T) {
	s := startSignOn(t, nil)
	for groups, want := range map[string]string{
		"admin": "admin []", "viewer": "viewer []", "viewer admin": "admin []", "team-Core team-Web": "editor [Core Web]",
		"nothing of it": "viewer []", "": "viewer []", // what strangers may do
	} {
		id := "who-is-" + strings.ReplaceAll(groups, " ", "-")
		s.provider.Put(provider.Person{ID: id, Password: "x", Name: "Somebody Else", Groups: strings.Fields(groups)})
		me := s.call("GET", "/api/me", "", s.as(id, "x"))
		if got := fmt.Sprint(me.body["role"], " ", me.body["teams"]); got != want {
			t.Errorf("of %q: %s, want %s", groups, got, want)
		}
	}
	open := s.another(func(a *httpapi.API) { a.Anonymous = access.Editor })
	s.provider.Put(provider.Person{ID: "core", Password: "x", Name: "Of Core", Groups: []string{"team-Core"}})
	if me := open.call("GET", "/api/me", "", s.as("core", "x")); fmt.Sprint(me.body["role"], me.body["teams"]) != "editor[]" {
		t.Errorf("somebody may less than strangers: %s", me.raw)
	}
}

// Nobody is signed in by an answer that is not to a question of the same browser.
func TestSignInsThatFail(t *testing.T) {
	s := startSignOn(t, nil)
	at, attempt := s.begin("?return=/access")
	back := visit(t, at, "ada", "engine")
	_, other := s.begin("")
	query, _, _ := strings.Cut(back, "&state=")
	for name, tc := range map[string]struct{ path, cookie, want string }{
		"another browser":       {back, "X: y", "/?signin=expired"},
		"another attempt":       {back, other, "/?signin=expired"},
		"no state":              {query, attempt, "/?signin=expired"},
		"a cookie that is none": {back, "Cookie: __Host-portal-signin=e30", "/?signin=expired"},
		"nonsense":              {back, "Cookie: __Host-portal-signin=???", "/?signin=expired"},
		"refused":               {"/api/signin/callback?error=access_denied&state=" + stateOf(t, attempt), attempt, "/access?signin=denied"},
		"another provider":      {back + "&iss=https://evil.example", attempt, "/access?signin=denied"},
		"another code":          {"/api/signin/callback?code=guessed&state=" + stateOf(t, attempt), attempt, "/access?signin=failed"},
		"no code":               {"/api/signin/callback?state=" + stateOf(t, attempt), attempt, "/access?signin=failed"},
	} {
		a := s.call("GET", tc.path, "", tc.cookie)
		session, _ := setCookie(a, "__Host-portal")
		if a.status != 302 || a.header.Get("Location") != tc.want || session != "" {
			t.Errorf("%s: %d to %s, session %q", name, a.status, a.header.Get("Location"), session)
		}
	}
	a := s.call("GET", back+"&session_state=x&hd=example.com", "", attempt)
	if session, _ := setCookie(a, "__Host-portal"); a.header.Get("Location") != "/access" || session == "" {
		t.Errorf("the right one: %d to %s", a.status, a.header.Get("Location"))
	}
	again := s.call("GET", back, "", attempt)
	if session, _ := setCookie(again, "__Host-portal"); session != "" {
		t.Error("a code is good for two sessions")
	}
	s.server.Close()
	unreachable := s.another(func(a *httpapi.API) {
		a.Provider = &signin.Provider{Issuer: s.api.Provider.Issuer, ClientID: "x", GroupsClaim: "groups"}
	})
	if a := unreachable.call("GET", "/api/signin?return=/access", ""); a.header.Get("Location") != "/access?signin=failed" {
		t.Errorf("without the provider: %d to %s", a.status, a.header.Get("Location"))
	}
	without := s.replica(nil)
	wantProblem(t, without.call("GET", "/api/signin", ""), 404, "not-found")
	wantProblem(t, without.call("GET", "/api/signin/callback", ""), 404, "not-found")
}

func stateOf(t *testing.T, cookie string) string {
	t.Helper()
	_, value, _ := strings.Cut(cookie, "=")
	text, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil {
		t.Fatal(err)
	}
	var attempt signin.Attempt
	if err := json.Unmarshal(text, &attempt); err != nil {
		t.Fatal(err)
	}
	return attempt.State
}

// After signing in, people come back to the portal, never to another site.
func TestWhereSignInReturnsTo(t *testing.T) {
	s := startSignOn(t, nil)
	for to, want := range map[string]string{
		"": "/", "/": "/", "/access": "/access", "/services/x?tab=1#changes": "/services/x?tab=1#changes", "/?q=a%20b": "/?q=a%20b",
		"https://evil.example/": "/", "//evil.example": "/", "/\\evil.example": "/", "\\\\evil.example": "/", "javascript:alert(1)": "/", "access": "/",
		"/%09/evil.example": "/%09/evil.example", "/\t/evil.example": "/", "\t//evil.example": "/", "/a\r\nSet-Cookie: x=y": "/", "/" + strings.Repeat("x", 3000): "/",
		"http:/evil.example": "/", "///evil.example": "/",
	} {
		_, attempt := s.begin("?return=" + url.QueryEscape(to))
		denied := s.call("GET", "/api/signin/callback?error=x&state="+stateOf(t, attempt), "", attempt)
		at, err := url.Parse(denied.header.Get("Location"))
		if err != nil || at.Host != "" {
			t.Errorf("%q leads to %q", to, denied.header.Get("Location"))
			continue
		}
		query := at.Query()
		query.Del("signin")
		at.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")
		if at.String() != want {
			t.Errorf("%q leads to %s, want %s", to, at, want)
		}
	}
}

// Somebody who is removed at the provider is put out, with their streams, on every replica.
func TestRemovedAtTheProvider(t *testing.T) {
	often := func(a *httpapi.API) { a.Sessions.CheckEvery = time.Second }
	s := startSignOn(t, often)
	streams := s.another(func(a *httpapi.API) {
		often(a)
		a.Live = http.HandlerFunc(endless)
	})
	s.provider.Put(provider.Person{ID: "bob", Password: "x", Name: "Bob", Groups: []string{"editor"}})
	ada, bob := s.as("ada", "engine"), s.as("bob", "x")
	ended := streams.openStream(t, bob)
	if a := s.call("GET", "/api/me", "", bob); a.body["role"] != "editor" {
		t.Fatalf("before: %s", a.raw)
	}
	s.provider.Put(provider.Person{ID: "bob", Password: "x", Name: "Bob", Groups: []string{"team-Core"}})
	eventually(t, "another group", func() bool { return fmt.Sprint(s.call("GET", "/api/me", "", bob).body["teams"]) == "[Core]" })
	select {
	case <-ended:
		t.Error("the stream ended when the groups changed")
	default:
	}
	s.provider.Remove("bob")
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("the stream of somebody who was removed is open")
	}
	eventually(t, "out", func() bool { return s.call("GET", "/api/me", "", bob).body["ended"] == true })
	wantProblem(t, s.call("POST", "/api/services", `{"name":"late"}`, bob), 401, "unauthenticated")
	if a := s.call("GET", "/api/me", "", ada); a.body["name"] != "Ada Lovelace" {
		t.Errorf("somebody else: %s", a.raw)
	}
	entry := s.replica(nil).call("GET", "/api/audit?kind=person&deed=signed-out", "").body["items"].([]any)[0].(map[string]any)
	if entry["thing_id"] != "bob" || entry["actor"].(map[string]any)["id"] != "doorkeeper" {
		t.Errorf("the trail has %v", entry)
	}
}

// Somebody who comes back after a pause is asked after first.
func TestSessionIsCheckedWhenItIsUsedAgain(t *testing.T) {
	s := startSignOn(t, nil)
	ada := s.as("ada", "engine")
	back := func(ago string) *portal {
		const age = `UPDATE sessions SET data = jsonb_set(data, '{session,checked}', to_jsonb(now() - $1::interval))`
		if _, err := s.store.DB().ExecContext(t.Context(), age, ago); err != nil {
			t.Fatal(err)
		}
		return s.another(nil) // does not have it in memory
	}
	if a := back("20 minutes").call("GET", "/api/me", "", ada); a.body["kind"] != "person" {
		t.Errorf("still there: %s", a.raw)
	}
	s.provider.Remove("ada")
	if a := back("5 minutes").call("GET", "/api/me", "", ada); a.body["kind"] != "person" {
		t.Errorf("before it is due: %s", a.raw)
	}
	gone := back("20 minutes")
	var first sync.WaitGroup
	for range 5 { // a page asks for several things at once
		first.Go(func() {
			if a := gone.call("GET", "/api/me", "", ada); a.body["kind"] != "anonymous" || a.body["ended"] != true {
				t.Errorf("removed: %s", a.raw)
			}
		})
	}
	first.Wait()

	s.provider.Put(provider.Person{ID: "ada", Password: "engine", Name: "Ada Lovelace", Groups: []string{"editor"}})
	ada = s.as("ada", "engine")
	s.server.Close() // the provider is away
	if a := back("20 minutes").call("POST", "/api/services", `{"name":"meanwhile"}`, ada); a.status != 201 {
		t.Errorf("without the provider: %d %s", a.status, a.raw)
	}
	long := back("2 hours")
	wantProblem(t, long.call("POST", "/api/services", `{"name":"later"}`, ada), 503, "unavailable")
	if a := long.call("GET", "/api/services", "", ada); a.status != 200 {
		t.Errorf("reading: %d", a.status)
	}
}

func TestSessionsExpire(t *testing.T) {
	s := startSignOn(t, nil)
	ada := s.as("ada", "engine")
	for _, change := range []string{`expires_at = now()`, `expires_at = now() + interval '1 hour', data = jsonb_set(data, '{deadline}', to_jsonb(now()))`} {
		if _, err := s.store.DB().ExecContext(t.Context(), `UPDATE sessions SET `+change); err != nil {
			t.Fatal(err)
		}
		if a := s.another(nil).call("GET", "/api/me", "", ada); a.body["ended"] != true {
			t.Errorf("%s: %s", change, a.raw)
		}
	}
	if n, err := s.store.PurgeSessions(t.Context(), access.Sweeper, time.Now().Add(2*time.Hour)); n != 1 || err != nil {
		t.Errorf("purged %d, %v", n, err)
	}
}

func TestSignOutEverywhere(t *testing.T) {
	s := startSignOn(t, nil)
	s.provider.Put(provider.Person{ID: "bob", Password: "x", Name: "Bob"})
	desk, phone, bob := s.as("ada", "engine"), s.as("ada", "engine"), s.as("bob", "x")
	if a := s.call("DELETE", "/api/session?everywhere=true", "", desk); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.raw)
	}
	for _, ended := range []string{desk, phone} {
		eventually(t, "out", func() bool { return s.call("GET", "/api/me", "", ended).body["ended"] == true })
	}
	if a := s.call("GET", "/api/me", "", bob); a.body["name"] != "Bob" && a.body["name"] != "Bob " {
		t.Errorf("somebody else: %s", a.raw)
	}
	wantProblem(t, s.call("DELETE", "/api/session?everywhere=yes", "", bob), 422, "invalid")
}

func TestSignInWithAKey(t *testing.T) {
	p := start(t, func(a *httpapi.API) { a.Anonymous = access.None })
	admin := p.key(access.Admin)
	path, made := p.add("/api/keys", `{"name":"mine","role":"editor","teams":["Core"]}`, admin)
	for body, status := range map[string]int{
		`{}`: 422, `{"key":""}`: 422, `{"key":7}`: 422, `{"key":"dvp_no"}`: 401, `{"key":"password"}`: 401, `{"key":"x","name":"y"}`: 422, `{`: 400,
	} {
		a := p.call("POST", "/api/session", body)
		if session, _ := setCookie(a, "__Host-portal"); a.status != status || session != "" || strings.Contains(string(a.raw), "password") {
			t.Errorf("%s: %d %s", body, a.status, a.raw)
		}
	}
	a := p.call("POST", "/api/session", fmt.Sprintf(`{"key":%q}`, made.body["key"]))
	session, attributes := setCookie(a, "__Host-portal")
	if a.status != 200 || session == "" || !strings.Contains(attributes, "Secure; SameSite=Lax") || a.body["name"] != "mine" || a.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v %s", a.status, a.header, a.raw)
	}
	cookie := "Cookie: __Host-portal=" + session
	me := p.call("GET", "/api/me", "", cookie)
	if me.body["kind"] != "key" || me.body["role"] != "editor" || fmt.Sprint(me.body["teams"]) != "[Core]" || me.body["signed_in"] != true {
		t.Errorf("%s", me.raw)
	}
	if a := p.call("POST", "/api/services", `{"name":"a","team":"Core"}`, cookie); a.status != 201 {
		t.Errorf("%d %s", a.status, a.raw)
	}
	wantProblem(t, p.call("POST", "/api/services", `{"name":"b","team":"Web"}`, cookie), 403, "forbidden")
	crossSite := p.call("POST", "/api/services", `{"name":"c","team":"Core"}`, cookie, "Sec-Fetch-Site: cross-site")
	wantProblem(t, crossSite, 403, "cross-origin")
	if a := p.call("DELETE", path, "", admin); a.status != 204 {
		t.Fatalf("%d %s", a.status, a.raw)
	}
	wantProblem(t, p.call("GET", "/api/services", "", cookie), 401, "unauthenticated")
	if me := p.call("GET", "/api/me", "", cookie); me.body["ended"] != true {
		t.Errorf("after it was revoked: %s", me.raw)
	}
	entries := p.call("GET", "/api/audit?deed=signed-in", "", admin).body["items"].([]any)
	if len(entries) != 1 || entries[0].(map[string]any)["thing_id"] != made.body["id"] {
		t.Errorf("the trail has %v", entries)
	}
}

// Who reads the database cannot be anybody; nor who reads the log.
func TestSessionsAreSecret(t *testing.T) {
	var log safeBuffer
	s := startSignOn(t, func(a *httpapi.API) {
		a.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		a.Sessions.CheckEvery = time.Second
	})
	at, attempt := s.begin("")
	back := visit(t, at, "ada", "engine")
	a := s.call("GET", back, "", attempt)
	session, _ := setCookie(a, "__Host-portal")
	cookie := "Cookie: __Host-portal=" + session
	var version int
	eventually(t, "a check", func() bool {
		s.call("GET", "/api/me", "", cookie)
		return s.store.DB().GetContext(t.Context(), &version, `SELECT version FROM sessions`) == nil && version > 1
	})
	var stored string
	if err := s.store.DB().GetContext(t.Context(), &stored, `SELECT row_to_json(s)::text FROM sessions s`); err != nil {
		t.Fatal(err)
	}
	code := back[strings.Index(back, "code=")+5:]
	code, _, _ = strings.Cut(code, "&")
	for name, secret := range map[string]string{"the token": session, "the client's secret": "the client's secret", "the code": code, "the state": stateOf(t, attempt)} {
		for where, text := range map[string]string{"the database": stored, "the log": log.String()} {
			if strings.Contains(text, secret) {
				t.Errorf("%s has %s:\n%s", where, name, text)
			}
		}
	}
	if strings.Contains(stored, "access") || !strings.Contains(stored, "Ada Lovelace") {
		t.Errorf("stored is %s", stored)
	}
	if !strings.Contains(log.String(), `by="person Ada Lovelace"`) {
		t.Errorf("the log does not say who asked:\n%s", log.String())
	}
}

// What a proxy says is believed from its own addresses alone.
func TestForwardAuth(t *testing.T) {
	p := start(t, nil)
	by := func(name string, from string) *portal {
		forward, err := signin.NewForward(name, []netip.Prefix{netip.MustParsePrefix(from)})
		if err != nil {
			t.Fatal(err)
		}
		return p.replica(func(a *httpapi.API) { a.Anonymous, a.Forward = access.Viewer, forward })
	}
	for name, headers := range map[string][]string{
		"authelia":     {"Remote-User: ada", "Remote-Name: Ada Lovelace", "Remote-Email: ada@example.com", "Remote-Groups: team-Core, team-Web"},
		"authentik":    {"X-authentik-username: ada", "X-authentik-name: Ada Lovelace", "X-authentik-email: ada@example.com", "X-authentik-groups: team-Core|team-Web"},
		"oauth2-proxy": {"X-Auth-Request-User: ada", "X-Auth-Request-Preferred-Username: Ada Lovelace", "X-Auth-Request-Email: ada@example.com", "X-Auth-Request-Groups: team-Core,team-Web"},
	} {
		trusted, stranger := by(name, "127.0.0.0/8"), by(name, "192.0.2.0/24")
		me := trusted.call("GET", "/api/me", "", headers...)
		if got := fmt.Sprint(me.body); got != "map[ended:false id:ada kind:person name:Ada Lovelace role:editor signed_in:false teams:[Core Web]]" {
			t.Errorf("%s: %s", name, got)
		}
		if a := trusted.call("POST", "/api/services", fmt.Sprintf(`{"name":%q,"team":"Core"}`, name), headers...); a.status != 201 {
			t.Errorf("%s: %d %s", name, a.status, a.raw)
		}
		if me := trusted.call("GET", "/api/me", ""); me.body["kind"] != "anonymous" {
			t.Errorf("%s without headers: %s", name, me.raw)
		}
		for _, more := range []string{"X: y", "X-Forwarded-For: 192.0.2.7", "X-Real-Ip: 192.0.2.7"} {
			if me := stranger.call("GET", "/api/me", "", append(headers, more)...); me.body["kind"] != "anonymous" {
				t.Errorf("%s from another address, with %s: %s", name, more, me.raw)
			}
		}
		bearer := p.key(access.Viewer)
		if me := trusted.call("GET", "/api/me", "", append(headers, bearer)...); me.body["kind"] != "key" {
			t.Errorf("%s and a key: %s", name, me.raw)
		}
	}
	if _, err := signin.NewForward("nginx", nil); err == nil || !strings.Contains(err.Error(), "authelia, authentik, oauth2-proxy, cloudflare") {
		t.Errorf("an unknown proxy: %v", err)
	}
}

// Cloudflare's word counts if it signed it for this portal.
func TestCloudflareAccess(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /cdn-cgi/access/certs", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "1", Algorithm: "RS256", Use: "sig"}}})
	})
	team := httptest.NewServer(mux)
	t.Cleanup(team.Close)
	p := start(t, func(a *httpapi.API) {
		a.Anonymous, a.Forward = access.Viewer, signin.NewCloudflare(team.URL, "the portal", "custom.groups")
	})
	sign := func(by *rsa.PrivateKey, change func(map[string]any)) string {
		said := map[string]any{
			"iss": team.URL, "aud": []string{"the portal"}, "sub": "u1", "email": "Ada@example.com", "exp": time.Now().Add(time.Hour).Unix(),
			"iat": time.Now().Unix(), "custom": map[string]any{"groups": []string{"team-Core"}},
		}
		change(said)
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: by, KeyID: "1"}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		text, err := jwt.Signed(signer).Claims(said).Serialize()
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	me := p.call("GET", "/api/me", "", "Cf-Access-Jwt-Assertion: "+sign(key, func(map[string]any) {}))
	if got := fmt.Sprint(me.body); got != "map[ended:false id:u1 kind:person name:Ada@example.com role:editor signed_in:false teams:[Core]]" {
		t.Errorf("%s", got)
	}
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	unsigned := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"u1"}`)) + "."
	for name, token := range map[string]string{
		"another signature":   sign(other, func(map[string]any) {}),
		"another application": sign(key, func(said map[string]any) { said["aud"] = []string{"mail"} }),
		"another team":        sign(key, func(said map[string]any) { said["iss"] = "https://evil.example" }),
		"expired":             sign(key, func(said map[string]any) { said["exp"] = time.Now().Add(-time.Hour).Unix() }),
		"nobody":              sign(key, func(said map[string]any) { said["sub"] = "" }),
		"no signature":        unsigned,
		"nonsense":            "x",
	} {
		t.Run(name, func(t *testing.T) {
			wantProblem(t, p.call("GET", "/api/services", "", "Cf-Access-Jwt-Assertion: "+token), 401, "unauthenticated")
		})
	}
	if me := p.call("GET", "/api/me", ""); me.body["kind"] != "anonymous" {
		t.Errorf("without a token: %s", me.raw)
	}
}
