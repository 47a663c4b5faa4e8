package link_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/egress"
	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/fetcher/internal/link"
)

func newClient(deny ...netip.Prefix) *link.Client {
	return link.NewClient(egress.New(egress.Config{Deny: deny}), "dev-portal-fetcher/test")
}

// serve starts a server, and returns its address.
func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// closed returns an address where nothing listens.
func closed(t *testing.T) string {
	t.Helper()
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	return "http://" + ln.Addr().String()
}

func TestWhatBecomesOfLinks(t *testing.T) {
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	onlyGET := func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			w.WriteHeader(http.StatusMethodNotAllowed)
		}
	}
	asked := func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodHead || r.Header.Get("User-Agent") != "dev-portal-fetcher/test" || r.Header.Get("Cookie") != "" {
			t.Errorf("%s with %v", r.Method, r.Header)
		}
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
	}
	redirect := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			http.Redirect(w, r, "/docs", http.StatusMovedPermanently)
		}
	}
	loop := func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path+"x", http.StatusFound) }
	elsewhere := func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "ftp://a.example/", http.StatusFound)
	}
	rest := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "120")
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	tlsServer := httptest.NewTLSServer(status(http.StatusOK))
	t.Cleanup(tlsServer.Close)
	for name, tc := range map[string]struct {
		at   string
		want link.Answer
	}{
		"a page":                  {serve(t, asked), link.Answer{Status: 200}},
		"a redirect":              {serve(t, redirect), link.Answer{Status: 200}},
		"who wants to know":       {serve(t, status(401)), link.Answer{Status: 401}},
		"who may not":             {serve(t, status(403)), link.Answer{Status: 403}},
		"no HEAD":                 {serve(t, onlyGET), link.Answer{Status: 200}},
		"no page":                 {serve(t, status(404)), link.Answer{Problem: events.LinkNotFound, Status: 404}},
		"no page any more":        {serve(t, status(410)), link.Answer{Problem: events.LinkNotFound, Status: 410}},
		"an error":                {serve(t, status(502)), link.Answer{Problem: events.LinkFailing, Status: 502}},
		"too many requests":       {serve(t, status(429)), link.Answer{Status: 429, Wait: time.Minute}},
		"who wants rest":          {serve(t, rest), link.Answer{Status: 503, Wait: 2 * time.Minute}},
		"a loop":                  {serve(t, loop), link.Answer{Problem: events.LinkRedirects}},
		"what is no page":         {serve(t, elsewhere), link.Answer{Problem: events.LinkRedirects}},
		"nobody":                  {closed(t), link.Answer{Problem: events.LinkUnreachable}},
		"a certificate of nobody": {tlsServer.URL, link.Answer{Problem: events.LinkBadTLS}},
		"a URL that is none":      {"http://[", link.Answer{Problem: events.LinkUnreachable}},
		"an address of the cloud": {"http://169.254.169.254/latest", link.Answer{Problem: events.LinkBlocked}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := newClient().Check(t.Context(), tc.at)
			if err != nil || got != tc.want {
				t.Errorf("got %+v, %v, want %+v", got, err, tc.want)
			}
		})
	}
	blocked, err := newClient(netip.MustParsePrefix("127.0.0.0/8")).Check(t.Context(), serve(t, status(200)))
	if err != nil || blocked.Problem != events.LinkBlocked {
		t.Errorf("a denied address: %+v, %v", blocked, err)
	}
}
