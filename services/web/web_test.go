package web_test

import (
	"compress/gzip"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dev-portal/dev-portal/services/web"
)

const html = "text/html; charset=utf-8"

// expectation is a request and its expected answer, from both nginx and Handler.
type expectation struct {
	method, path string
	accept       string // Accept-Encoding
	status       int
	header       map[string]string // "" means absent
	body         string            // contained in it
}

var expectations = map[string]expectation{
	"the page is there and always asked for anew": {
		path: "/", status: 200, body: "<title>Dev Portal</title>",
		header: map[string]string{"Content-Type": html, "Cache-Control": "no-cache", "Content-Encoding": "", "Allow": ""},
	},
	"a search and filters are the same page": {path: "/?q=billing&status=down", status: 200, body: "<title>Dev Portal</title>"},
	"the page has its file's name too":       {path: "/index.html", status: 200, body: "<title>Dev Portal</title>"},
	"an address of the page is the page": {
		path: "/services/019a0000-0000-7000-8000-000000000001", accept: "gzip", status: 200, body: "<title>Dev Portal</title>",
		header: map[string]string{"Content-Type": html, "Cache-Control": "no-cache", "Content-Encoding": "gzip"},
	},
	"an address that the page does not know is its own matter": {path: "/nowhere/at/all/?x=1", status: 200, body: "<title>Dev Portal</title>"},
	"a folder is an address like any other":                    {path: "/lib/", status: 200, body: "<title>Dev Portal</title>"},
	"a name that is only part of one is an address":            {path: "/favicon", status: 200, body: "<title>Dev Portal</title>"},
	"the page is compressed": {
		path: "/", accept: "br, gzip", status: 200, body: "<title>Dev Portal</title>",
		header: map[string]string{"Content-Encoding": "gzip", "Vary": "Accept-Encoding"},
	},
	"who refuses gzip gets none": {
		path: "/", accept: "gzip;q=0", status: 200, body: "<title>Dev Portal</title>",
		header: map[string]string{"Content-Encoding": "", "Vary": "Accept-Encoding"},
	},
	"a module is a script": {
		path: "/lib/api.js", accept: "gzip", status: 200, body: "export",
		header: map[string]string{
			"Content-Type": "text/javascript; charset=utf-8", "Cache-Control": "no-cache", "Content-Encoding": "gzip",
		},
	},
	"a style is a style": {
		path: "/styles/tokens.css", accept: "gzip", status: 200, body: "@layer",
		header: map[string]string{"Content-Type": "text/css; charset=utf-8", "Content-Encoding": "gzip"},
	},
	"an icon is an image": {
		path: "/favicon.svg", accept: "gzip", status: 200, body: "<svg",
		header: map[string]string{"Content-Type": "image/svg+xml; charset=utf-8"},
	},
	"HEAD has no body": {method: "HEAD", path: "/", status: 200, header: map[string]string{"Content-Type": html}},
	"an unknown file is not found": {
		path: "/nowhere.css", status: 404, body: "Page not found",
		header: map[string]string{"Content-Type": html, "Cache-Control": "no-cache"},
	},
	"what is not found is compressed": {
		path: "/nowhere.js", accept: "gzip", status: 404, body: "Page not found",
		header: map[string]string{"Content-Type": html, "Content-Encoding": "gzip"},
	},
	"the page for that is not found itself":     {path: "/404.html", status: 404, body: "Page not found"},
	"an unknown file in a folder is not found":  {path: "/services/x.js", status: 404, body: "Page not found"},
	"a file is no folder":                       {path: "/index.html/", status: 404},
	"HEAD of what is not there":                 {method: "HEAD", path: "/nowhere.css", status: 404},
	"the API is elsewhere":                      {path: "/api/services", status: 404, body: "Page not found"},
	"the API is elsewhere altogether":           {path: "/api", status: 404},
	"what only sounds like the API is not":      {path: "/apiary", status: 200, body: "<title>Dev Portal</title>"},
	"its own configuration is not given away":   {path: "/nginx.conf", status: 404},
	"POST is refused":                           refused("POST", "/"),
	"PUT is refused":                            refused("PUT", "/index.html"),
	"DELETE is refused":                         refused("DELETE", "/lib/api.js"),
	"OPTIONS is refused":                        refused("OPTIONS", "/"),
	"POST to nowhere is refused":                refused("POST", "/nowhere"),
	"POST is refused where health is asked for": {method: "POST", path: "/health", status: 405, header: map[string]string{"Allow": "GET, HEAD"}},
	"health is asked for, never from a cache": {
		path: "/health", status: 200, body: `{"status":"ok"}`,
		header: map[string]string{"Content-Type": "application/json", "Cache-Control": "no-store"},
	},
}

func refused(method, path string) expectation {
	return expectation{
		method: method, path: path, status: 405, body: "Only GET and HEAD",
		header: map[string]string{
			"Allow": "GET, HEAD", "Cache-Control": "no-cache", "Content-Type": "text/plain; charset=utf-8",
		},
	}
}

// servers returns the two servers, which must behave the same.
func servers(t *testing.T) map[string]server {
	t.Helper()
	handler := httptest.NewServer(web.Handler())
	t.Cleanup(handler.Close)
	return map[string]server{"nginx": startNginx(t), "handler": {handler.Client(), handler.URL}}
}

func TestBothServersAnswerAsExpected(t *testing.T) {
	both := servers(t)
	for name, want := range expectations {
		for kind, s := range both {
			t.Run(kind+": "+name, func(t *testing.T) { checkAnswer(t, s, want) })
		}
	}
}

func checkAnswer(t *testing.T, s server, want expectation) {
	t.Helper()
	got := s.ask(t, want)
	if got.status != want.status {
		t.Errorf("status %d, want %d", got.status, want.status)
	}
	for name, value := range want.header {
		if got.header.Get(name) != value {
			t.Errorf("%s is %q, want %q", name, got.header.Get(name), value)
		}
	}
	if !strings.Contains(got.body, want.body) {
		t.Errorf("body is %.200q, want %q in it", got.body, want.body)
	}
	if want.method == http.MethodHead && got.body != "" {
		t.Errorf("HEAD came with a body of %d bytes", len(got.body))
	}
}

// The headers, which only nginx.conf has, must be in the answers of both servers, on every
// path and with every status.
func TestEveryAnswerHasTheSecurityHeaders(t *testing.T) {
	policy := regexp.MustCompile(`^default-src 'self';`)
	for kind, s := range servers(t) {
		for name, request := range expectations {
			h := s.ask(t, request).header
			csp := h.Get("Content-Security-Policy")
			if !policy.MatchString(csp) || strings.Contains(csp, "unsafe") || strings.Contains(csp, "*") {
				t.Errorf("%s: %s: the policy is %q", kind, name, csp)
			}
			for _, part := range []string{"base-uri 'none'", "frame-ancestors 'none'", "object-src 'none'", "form-action 'self'", "require-trusted-types-for 'script'", "trusted-types layout"} {
				if !strings.Contains(csp, part) {
					t.Errorf("%s: %s: the policy lacks %s", kind, name, part)
				}
			}
			for _, required := range []string{
				"X-Content-Type-Options", "Referrer-Policy", "Permissions-Policy",
				"Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy",
			} {
				if h.Get(required) == "" {
					t.Errorf("%s: %s: no %s", kind, name, required)
				}
			}
			if server := h.Get("Server"); strings.ContainsAny(server, "0123456789") {
				t.Errorf("%s: %s: it tells its version: %q", kind, name, server)
			}
		}
	}
}

// The servers differ in their ETags, and in the headers that a transport adds.
func TestBothServersSendTheSameHeaders(t *testing.T) {
	both := servers(t)
	transport := []string{"Server", "Date", "Last-Modified", "Etag", "Accept-Ranges", "Content-Length", "Connection"}
	for name, request := range expectations {
		nginx, handler := both["nginx"].ask(t, request).header, both["handler"].ask(t, request).header
		for _, h := range transport {
			nginx.Del(h)
			handler.Del(h)
		}
		if !maps.EqualFunc(nginx, handler, slices.Equal) {
			t.Errorf("%s:\nnginx   %v\nhandler %v", name, nginx, handler)
		}
	}
}

func TestUnchangedFilesAreNotSentAgain(t *testing.T) {
	for kind, s := range servers(t) {
		for _, path := range []string{"/", "/lib/api.js", "/styles/tokens.css", "/favicon.svg"} {
			for _, accept := range []string{"", "gzip"} {
				request := expectation{path: path, accept: accept}
				tag := s.ask(t, request).header.Get("ETag")
				if tag == "" {
					t.Fatalf("%s: %s has no ETag", kind, path)
				}
				for sent, status := range map[string]int{tag: 304, `"other", ` + tag: 304, `"other"`: 200} {
					got := s.ask(t, request, "If-None-Match", sent)
					if got.status != status || (status == 304) != (got.body == "") {
						t.Errorf("%s: %s for %s: %d with %d bytes, want %d", kind, path, sent, got.status, len(got.body), status)
					}
				}
			}
		}
	}
}

func TestCompressedFilesAreSmallerAndComplete(t *testing.T) {
	for kind, s := range servers(t) {
		for _, path := range []string{"/", "/lib/sync.js", "/styles/layout.css", "/icons.svg"} {
			plain, packed := s.ask(t, expectation{path: path}), s.ask(t, expectation{path: path, accept: "gzip"})
			if plain.body != packed.body {
				t.Errorf("%s: %s is not the same when unpacked", kind, path)
			}
			if packed.size*4 > plain.size*3 {
				t.Errorf("%s: %s has %d bytes packed and %d plain", kind, path, packed.size, plain.size)
			}
		}
	}
}

// A container with a read-only root and any user can run it.
func TestNginxWritesOnlyUnderTmp(t *testing.T) {
	conf, err := os.ReadFile("nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	paths := regexp.MustCompile(`(?m)^\s*(?:pid|\w+_temp_path)\s+(\S+);`).FindAllSubmatch(conf, -1)
	if len(paths) != 6 {
		t.Errorf("%d paths to write to, want the pid file and 5 folders", len(paths))
	}
	for _, match := range paths {
		if !strings.HasPrefix(string(match[1]), "/tmp/") {
			t.Errorf("%s is not under /tmp", match[1])
		}
	}
	for _, line := range []string{"access_log /dev/stdout;", "error_log /dev/stderr warn;", "listen 8080;"} {
		if !strings.Contains(string(conf), line) {
			t.Errorf("no %q", line)
		}
	}
}

type server struct {
	client *http.Client
	url    string
}

type answer struct {
	status int
	header http.Header
	body   string // unpacked
	size   int    // of the body as it was sent
}

// ask sends a request, with more headers as names and values.
func (s server) ask(t *testing.T, e expectation, headers ...string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), e.method, s.url+e.path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", e.accept) // set, so that the transport neither asks for gzip nor unpacks it
	for pair := range slices.Chunk(headers, 2) {
		r.Header.Set(pair[0], pair[1])
	}
	response, err := s.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	sent, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	got := answer{response.StatusCode, response.Header, string(sent), len(sent)}
	if response.Header.Get("Content-Encoding") == "gzip" && len(sent) > 0 {
		got.body = unpack(t, sent)
	}
	return got
}

func unpack(t *testing.T, sent []byte) string {
	t.Helper()
	zip, err := gzip.NewReader(strings.NewReader(string(sent)))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(zip)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
