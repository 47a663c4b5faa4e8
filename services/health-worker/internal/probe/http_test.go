package probe_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/health-worker/internal/probe"
)

func newProber(timeout time.Duration) *probe.Prober {
	return probe.New(probe.Config{Timeout: timeout, UserAgent: "dev-portal-health-worker/1.2.3"})
}

// made fails the test if the probe was not made.
func made(t *testing.T, p *probe.Prober, url string) probe.Outcome {
	t.Helper()
	got, err := p.Probe(t.Context(), url)
	if err != nil {
		t.Fatalf("probe %s: %v", url, err)
	}
	return got
}

func TestEverySchemeHasAProber(t *testing.T) {
	p := newProber(time.Second)
	for _, scheme := range events.ProbedSchemes {
		if got := made(t, p, scheme+"://127.0.0.1:1"); got.Status != events.StatusDown || got.Reason != events.ReasonConnectRefused {
			t.Errorf("%s: got %+v of a closed port", scheme, got)
		}
	}
	if _, err := p.Probe(t.Context(), "gopher://127.0.0.1:1"); !errors.Is(err, probe.ErrNotMade) {
		t.Errorf("got %v for a scheme of a later version, want %v", err, probe.ErrNotMade)
	}
}

func TestOutcomeFollowsStatusCode(t *testing.T) {
	for name, tc := range map[string]struct {
		code   int
		status events.Status
		reason events.Reason
	}{
		"200 is healthy":              {200, events.StatusHealthy, events.ReasonOK},
		"204 is healthy":              {204, events.StatusHealthy, events.ReasonOK},
		"299 is healthy":              {299, events.StatusHealthy, events.ReasonOK},
		"300 leads nowhere":           {300, events.StatusDegraded, events.ReasonHTTP3xx},
		"302 without a location":      {302, events.StatusDegraded, events.ReasonHTTP3xx},
		"304 is no answer to a GET":   {304, events.StatusDegraded, events.ReasonHTTP3xx},
		"401 is degraded":             {401, events.StatusDegraded, events.ReasonHTTP4xx},
		"499 is degraded":             {499, events.StatusDegraded, events.ReasonHTTP4xx},
		"503 is degraded":             {503, events.StatusDegraded, events.ReasonHTTP5xx},
		"a code that nobody knows is": {999, events.StatusDegraded, events.ReasonHTTP5xx},
	} {
		t.Run(name, func(t *testing.T) {
			target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(tc.code) }))
			defer target.Close()

			got := made(t, newProber(5*time.Second), target.URL)
			if got.Status != tc.status || got.Reason != tc.reason || got.HTTPStatus != tc.code {
				t.Errorf("got %+v, want %s (%s)", got, tc.status, tc.reason)
			}
			if got.Latency <= 0 {
				t.Errorf("latency is %s", got.Latency)
			}
		})
	}
}

func TestRedirects(t *testing.T) {
	secure := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer secure.Close()

	for name, tc := range map[string]struct {
		location string // %s is the target itself
		reason   events.Reason
		asked    int64
	}{
		"to the same host are followed":           {"/ok", events.ReasonOK, 2},
		"relative ones too":                       {"?x=1", events.ReasonOK, 2},
		"with the host's own name too":            {"%s/ok", events.ReasonOK, 2},
		"from http to https are followed":         {secure.URL, events.ReasonOK, 1},
		"five are followed":                       {"/hop/4", events.ReasonOK, 6},
		"six are too many":                        {"/hop/5", events.ReasonRedirect, 6},
		"for ever are too many":                   {"/", events.ReasonRedirect, 6},
		"to a login page on another host are not": {"http://login.invalid/", events.ReasonRedirect, 1},
		"to another name of the same host":        {"http://localhost/", events.ReasonRedirect, 1},
		"to another scheme lead nowhere":          {"ftp://127.0.0.1/", events.ReasonHTTP3xx, 1},
		"to something that is no URL":             {"http://[", events.ReasonHTTP3xx, 1},
		"to a URL without a host":                 {"http:///", events.ReasonHTTP3xx, 1},
		"to a host after too many slashes":        {"http:///x", events.ReasonRedirect, 1},
	} {
		t.Run(name, func(t *testing.T) {
			var asked atomic.Int64
			target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked.Add(1)
				location := tc.location
				if strings.Contains(location, "%s") {
					location = fmt.Sprintf(location, "http://"+r.Host)
				}
				var left int
				switch {
				case r.URL.Path == "/ok" || r.URL.RawQuery != "":
					return
				case r.URL.Path != "/":
					_, _ = fmt.Sscanf(r.URL.Path, "/hop/%d", &left)
					location = fmt.Sprintf("/hop/%d", left-1)
					if left == 1 {
						location = "/ok"
					}
				}
				w.Header().Set("Location", location)
				w.WriteHeader(http.StatusFound)
			}))
			defer target.Close()

			p := probe.New(probe.Config{Timeout: 5 * time.Second, TLS: trusting(secure)})
			got := made(t, p, target.URL+"/")
			if got.Reason != tc.reason || asked.Load() != tc.asked {
				t.Errorf("got %+v after %d requests, want %s after %d", got, asked.Load(), tc.reason, tc.asked)
			}
			if ok := got.Status == events.StatusHealthy; ok != (tc.reason == events.ReasonOK) || (!ok && got.HTTPStatus != 302) {
				t.Errorf("got %+v, want degraded with the status of the redirect", got)
			}
		})
	}
}

func TestRequestLeaksNothing(t *testing.T) {
	var seen []http.Header
	var proto string
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen, proto = append(seen, r.Header), r.Method
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "1"})
		if r.URL.Path == "/" {
			http.Redirect(w, r, "http://user:secret@"+r.Host+"/next", http.StatusFound)
		}
	}))
	defer target.Close()

	made(t, newProber(5*time.Second), target.URL+"/?token=1")
	if len(seen) != 2 || proto != http.MethodGet {
		t.Fatalf("%d requests, the last a %s, want 2 GETs", len(seen), proto)
	}
	if seen[0].Get("Cookie") != "" || seen[1].Get("Cookie") != "session=1" {
		t.Errorf("cookies are %q, then %q, want those of the probe itself", seen[0].Get("Cookie"), seen[1].Get("Cookie"))
	}
	for _, h := range seen {
		if h.Get("User-Agent") != "dev-portal-health-worker/1.2.3" {
			t.Errorf("User-Agent is %q", h.Get("User-Agent"))
		}
		for _, name := range []string{"Referer", "Authorization", "Accept-Encoding"} {
			if h.Get(name) != "" {
				t.Errorf("%s is sent: %q", name, h.Get(name))
			}
		}
	}
}

func TestEnvironmentProxyIsIgnored(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the proxy was asked") }))
	defer proxy.Close()
	t.Setenv("HTTP_PROXY", proxy.URL)

	if got := made(t, newProber(4*time.Second), "http://portal.invalid/"); got.Reason != events.ReasonDNS {
		t.Errorf("got %+v, want %s", got, events.ReasonDNS)
	}
}

func TestLatencyEndsWithHeader(t *testing.T) {
	const think = 50 * time.Millisecond
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-time.After(think)
		w.WriteHeader(200)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done() // the body never ends
	}))
	defer target.Close()

	const timeout = 500 * time.Millisecond
	got := made(t, newProber(timeout), target.URL)
	if got.Status != events.StatusHealthy || got.Latency < think || got.Latency >= timeout {
		t.Errorf("got %+v, want healthy after %s, not after all of the %s", got, think, timeout)
	}
}

func TestBodyReadIsBounded(t *testing.T) {
	wrote := make(chan int, 1)
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n, chunk := 0, make([]byte, 64<<10)
		for {
			m, err := w.Write(chunk)
			n += m
			if err != nil {
				wrote <- n
				return
			}
		}
	}))
	defer target.Close()

	if got := made(t, newProber(5*time.Second), target.URL); got.Status != events.StatusHealthy {
		t.Errorf("got %+v, want healthy", got)
	}
	// The kernel's buffers on both sides take some megabytes more.
	if n := <-wrote; n > 32<<20 {
		t.Errorf("%d bytes of the body were taken", n)
	}
}

func TestConnectionIsNotReused(t *testing.T) {
	for name, secure := range map[string]bool{"http/1.1": false, "http/2": true} {
		t.Run(name, func(t *testing.T) {
			opened, closed := make(chan bool, 10), make(chan bool, 10)
			target := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if (r.ProtoMajor == 2) != secure {
					w.WriteHeader(http.StatusHTTPVersionNotSupported)
				}
			}))
			target.EnableHTTP2 = true
			target.Config.ConnState = func(_ net.Conn, state http.ConnState) {
				switch state {
				case http.StateNew:
					opened <- true
				case http.StateClosed:
					closed <- true
				}
			}
			if secure {
				target.StartTLS()
			} else {
				target.Start()
			}
			defer target.Close()

			p := probe.New(probe.Config{Timeout: 5 * time.Second, TLS: trusting(target)})
			for range 2 {
				if got := made(t, p, target.URL); got.Status != events.StatusHealthy {
					t.Errorf("got %+v, want healthy", got)
				}
			}
			for range 2 {
				<-opened
				<-closed
			}
		})
	}
}

func TestCancelledProbeIsNotMade(t *testing.T) {
	asked, release := make(chan bool), make(chan bool)
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(asked)
		<-release
	}))
	defer target.Close()
	defer close(release)

	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	got, err := newProber(5*time.Second).HTTP(ctx, target.URL)
	if !errors.Is(err, probe.ErrNotMade) || got != (probe.Outcome{}) {
		t.Errorf("got %+v and %v, want nothing and ErrNotMade", got, err)
	}
}
