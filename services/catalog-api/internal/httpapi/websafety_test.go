package httpapi_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/httpapi"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

// to sends a request to the portal's address, under another name.
func (p *portal) to(host, method, path, body string, headers ...string) answer {
	p.tb.Helper()
	req, err := http.NewRequestWithContext(p.tb.Context(), method, p.url+path, strings.NewReader(body))
	if err != nil {
		p.tb.Fatal(err)
	}
	req.Host = host
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	return p.send(req)
}

// A page that rebinds its name to the portal's address neither reads nor writes.
func TestNamesThatThePortalAnswersTo(t *testing.T) {
	p := start(t, func(a *httpapi.API) {
		a.Hosts = rest.Hosts{"portal.example.com", "*.dev.example.com"}
		a.Static = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	})
	made := 0
	for host, want := range map[string]bool{
		"localhost": true, "localhost:8080": true, "LOCALHOST": true, "portal.localhost:8080": true, "127.0.0.1:8080": true, "[::1]:8080": true, "[::1]": true,
		"192.0.2.7": true, "[fd00::7]:8080": true, "portal.example.com": true, "Portal.Example.COM:443": true, "portal.example.com.": true, "a.dev.example.com": true,
		"a.b.dev.example.com": true, "dev.example.com": false, "evil.example": false, "evil.example:8080": false, "portal.example.com.evil.example": false,
		"localhost.evil.example": false, "127.0.0.1.evil.example": false, "xportal.example.com": false, "evil.example#portal.example.com": false, "xdev.example.com": false,
		"127.0.0.1@evil.example": false, "0x7f.1": false, "2130706433": false, "localhost,evil.example": false,
	} {
		made++
		read, wrote := p.to(host, "GET", "/api/services", ""), p.to(host, "POST", "/api/services", fmt.Sprintf(`{"name":"s%d"}`, made))
		page := p.to(host, "GET", "/", "")
		if want {
			if read.status != 200 || wrote.status != 201 || page.status != 200 {
				t.Errorf("%s: %d, %d, %d", host, read.status, wrote.status, page.status)
			}
			continue
		}
		for _, a := range []answer{read, wrote, page} {
			if a.status == 400 && a.body == nil { // net/http itself refuses it
				continue
			}
			wantProblem(t, a, 421, "misdirected")
		}
	}
	any := p.replica(func(a *httpapi.API) { a.Hosts = rest.Hosts{"*"} })
	if a := any.to("whatever.example", "GET", "/api/services", ""); a.status != 200 {
		t.Errorf("any name: %d", a.status)
	}
}

// Only the portal's own pages write by a browser.
func TestWritesOfOtherSites(t *testing.T) {
	p := start(t, func(a *httpapi.API) { a.Hosts = rest.Hosts{"portal.example"} })
	path, _ := p.create(`{"name":"billing","status_url":"https://billing.example/"}`)
	bearer := p.key(access.Editor)
	for name, tc := range map[string]struct {
		method, path, body string
		headers            []string
		refused            bool
	}{
		"a program":                            {"PATCH", path, `{"team":"a"}`, nil, false},
		"the page":                             {"PATCH", path, `{"team":"b"}`, []string{"Sec-Fetch-Site: same-origin", "Origin: http://portal.example"}, false},
		"the page, behind TLS":                 {"PATCH", path, `{"team":"c"}`, []string{"Origin: https://portal.example"}, false},
		"a person in the address bar":          {"GET", path, "", []string{"Sec-Fetch-Site: none"}, false},
		"a link from another site":             {"GET", path, "", []string{"Sec-Fetch-Site: cross-site"}, false},
		"a check from another site":            {"POST", path + "/check", "", []string{"Sec-Fetch-Site: cross-site"}, true},
		"a check from an old browser":          {"POST", path + "/check", "", []string{"Origin: https://evil.example"}, true},
		"a deletion from another site":         {"DELETE", path, "", []string{"Origin: https://evil.example"}, true},
		"a form of another site":               {"POST", "/api/services", `{"name":"x"}`, []string{"Sec-Fetch-Site: cross-site", "Content-Type: text/plain"}, true},
		"a site of the same domain":            {"PATCH", path, `{"team":"x"}`, []string{"Sec-Fetch-Site: same-site", "Origin: https://wiki.example"}, true},
		"a sandboxed frame":                    {"PATCH", path, `{"team":"x"}`, []string{"Origin: null"}, true},
		"another port":                         {"PATCH", path, `{"team":"x"}`, []string{"Origin: http://portal.example:8080"}, true},
		"another site, with a key":             {"PATCH", path, `{"team":"x"}`, []string{"Origin: https://evil.example", bearer}, true},
		"a key made from another site":         {"POST", "/api/keys", `{"name":"x","role":"admin"}`, []string{"Sec-Fetch-Site: cross-site"}, true},
		"one that says it is of here, falsely": {"PATCH", path, `{"team":"x"}`, []string{"Sec-Fetch-Site: cross-site", "Origin: http://portal.example"}, true},
	} {
		a := p.to("portal.example", tc.method, tc.path, tc.body, tc.headers...)
		if tc.refused {
			wantProblem(t, a, 403, "cross-origin")
		} else if a.status >= 300 {
			t.Errorf("%s: %d %s", name, a.status, a.raw)
		}
		if team := p.call("GET", path, "").body["team"]; team == "x" {
			t.Errorf("%s changed the service", name)
		}
	}
	if list := p.call("GET", "/api/services", ""); len(list.names()) != 1 {
		t.Errorf("there are %s", list.raw)
	}
}

// Requests are counted by key, or else by address.
func TestRequestsAreLimited(t *testing.T) {
	p := start(t, nil)
	first, second := p.key(access.Viewer), p.key(access.Viewer)
	limited := p.replica(func(a *httpapi.API) {
		a.RateLimit = 3
		a.Proxies = rest.Proxies{netip.MustParsePrefix("127.0.0.0/8")}
	})
	for name, headers := range map[string][]string{
		"a key": {first}, "another key": {second}, "an address": {"X-Forwarded-For: 192.0.2.7"}, "another address": {"X-Forwarded-For: 192.0.2.7, 192.0.2.8"},
		"a network": {"X-Forwarded-For: 2001:db8::1"}, "a wrong key": {"Authorization: Bearer dvp_x", "X-Forwarded-For: 192.0.2.9"},
	} {
		for i := range 3 {
			a := limited.call("GET", "/api/services", "", headers...)
			if a.status == 429 || a.header.Get("RateLimit-Limit") != "3" || a.header.Get("RateLimit-Remaining") != strconv.Itoa(2-i) {
				t.Errorf("%s: request %d: %d %v", name, i+1, a.status, a.header)
			}
		}
		if name == "a network" {
			headers = []string{"X-Forwarded-For: 2001:db8::ffff"}
		}
		a := limited.call("GET", "/api/services", "", headers...)
		wantProblem(t, a, 429, "too-many-requests")
		reset, err := strconv.Atoi(a.header.Get("RateLimit-Reset"))
		if err != nil || reset < 1 || reset > 10 || a.header.Get("Retry-After") != strconv.Itoa(reset) || a.header.Get("RateLimit-Remaining") != "0" {
			t.Errorf("%s: %v", name, a.header)
		}
	}
	for range 5 {
		if a := p.call("GET", "/api/services", ""); a.status != 200 || a.header.Get("RateLimit-Limit") != "" {
			t.Fatalf("without a limit: %d %v", a.status, a.header)
		}
	}
}

// The address in the trail is the client's, which only a known proxy may tell.
func TestAddressOfTheClient(t *testing.T) {
	proxies := rest.Proxies{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")}
	p := start(t, nil)
	behind := p.replica(func(a *httpapi.API) { a.Proxies = proxies })
	for name, tc := range map[string]struct {
		on        *portal
		forwarded string
		want      string
	}{
		"no proxy is known":         {p, "192.0.2.7", "127.0.0.1"},
		"none said anything":        {behind, "", "127.0.0.1"},
		"one proxy":                 {behind, "192.0.2.7", "192.0.2.7"},
		"two proxies":               {behind, "192.0.2.7, 10.1.2.3", "192.0.2.7"},
		"a client that makes it up": {behind, "198.51.100.1, 192.0.2.7", "192.0.2.7"},
		"a client among proxies":    {behind, "10.9.9.9", "10.9.9.9"},
		"no address":                {behind, "unknown", "127.0.0.1"},
		"no address before one":     {behind, "x, 192.0.2.7", "192.0.2.7"},
		"IPv6":                      {behind, "2001:db8::7", "2001:db8::7"},
		"IPv4 in IPv6":              {behind, "::ffff:192.0.2.7", "192.0.2.7"},
	} {
		made := tc.on.call("POST", "/api/services", fmt.Sprintf(`{"name":%q}`, name), "X-Forwarded-For: "+tc.forwarded)
		if made.status != 201 {
			t.Fatalf("%s: %d %s", name, made.status, made.raw)
		}
		entry := p.call("GET", "/api/audit?limit=1", "").body["items"].([]any)[0].(map[string]any)
		if entry["name"] != name || entry["address"] != tc.want {
			t.Errorf("%s: the trail has %v, want %s", name, entry["address"], tc.want)
		}
	}
}
