package calendar_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/egress"
	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/fetcher/internal/calendar"
)

// secret is a part of each URL, which no error may have.
const secret = "hunter2"

func newClient(deny ...netip.Prefix) *calendar.Client {
	return calendar.NewClient(egress.New(egress.Config{Deny: deny}), "dev-portal-fetcher/test")
}

// serve starts a server, and returns the address of a calendar on it.
func serve(t *testing.T, handler http.HandlerFunc) (address string) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL + "/" + secret + "/basic.ics"
}

func TestCalendarIsRead(t *testing.T) {
	at := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("User-Agent") != "dev-portal-fetcher/test" || !strings.HasPrefix(r.Header.Get("Accept"), "text/calendar") {
			t.Errorf("asked with %v", r.Header)
		}
		if r.Header.Get("If-None-Match") == `"1"` && r.Header.Get("If-Modified-Since") != "" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("ETag", `"1"`)
		w.Header().Set("Last-Modified", "Mon, 16 Mar 2026 10:00:00 GMT")
		fmt.Fprint(w, "BEGIN:VCALENDAR")
	})
	client := newClient()
	first, err := client.Read(t.Context(), at, calendar.Validators{})
	if err != nil || string(first.Body) != "BEGIN:VCALENDAR" || first.Unchanged {
		t.Fatalf("got %+v, %v", first, err)
	}
	again, err := client.Read(t.Context(), at, first.Validators)
	if err != nil || !again.Unchanged || again.Body != nil {
		t.Errorf("again: %+v, %v", again, err)
	}
}

func TestProblemsOfServers(t *testing.T) {
	answer := func(code int, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
		}
	}
	var packed bytes.Buffer
	pack := gzip.NewWriter(&packed)
	if _, err := pack.Write(make([]byte, 5<<20)); err != nil || pack.Close() != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		handler http.HandlerFunc
		want    events.FeedProblem // "": it is read
		wait    time.Duration
	}{
		"no such calendar":             {answer(404), events.FeedNotFound, 0},
		"gone":                         {answer(410), events.FeedNotFound, 0},
		"a login is wanted":            {answer(401), events.FeedDenied, 0},
		"another login is wanted":      {answer(403), events.FeedDenied, 0},
		"too many requests":            {answer(429), events.FeedRateLimited, 5 * time.Minute},
		"too many, for a while":        {answer(429, "Retry-After", "90"), events.FeedRateLimited, 90 * time.Second},
		"too many, for a year":         {answer(429, "Retry-After", "31536000"), events.FeedRateLimited, time.Hour},
		"too many, for ever":           {answer(429, "Retry-After", "9223372036854775807"), events.FeedRateLimited, time.Hour},
		"too many, by another code":    {answer(403, "Retry-After", "1"), events.FeedRateLimited, time.Second},
		"out of service for a while":   {answer(503, "Retry-After", "1"), events.FeedRateLimited, time.Second},
		"out of service":               {answer(503), events.FeedUnreachable, 0},
		"broken":                       {answer(500), events.FeedUnreachable, 0},
		"nothing there":                {answer(204), events.FeedBadAnswer, 0},
		"unchanged, without a reason":  {answer(304), events.FeedBadAnswer, 0},
		"a teapot":                     {answer(418), events.FeedBadAnswer, 0},
		"a redirect to nowhere":        {answer(302, "Location", "http://%zz/"+secret), events.FeedUnreachable, 0},
		"a redirect without a place":   {answer(302), events.FeedBadAnswer, 0},
		"a redirect to a file":         {answer(302, "Location", "file:///etc/passwd?"+secret), events.FeedBadAnswer, 0},
		"redirects in a circle":        {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) }, events.FeedBadAnswer, 0},
		"a redirect to what is denied": {answer(302, "Location", "http://169.254.169.254/latest/"+secret), events.FeedBlocked, 0},
		"an end in the middle": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "99")
			fmt.Fprint(w, "BEGIN:")
		}, events.FeedUnreachable, 0},
		"as much as is read": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 4<<20)) }, "", 0},
		"a byte more":        {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 4<<20+1)) }, events.FeedTooLarge, 0},
		"little that unpacks to much": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(packed.Bytes())
		}, events.FeedTooLarge, 0},
		"a connection that ends": {func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }, events.FeedUnreachable, 0},
		"headers without end":    {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X", strings.Repeat("a", 1<<20)) }, events.FeedUnreachable, 0},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := newClient().Read(t.Context(), serve(t, tc.handler), calendar.Validators{})
			wantProblem(t, err, tc.want, tc.wait)
		})
	}
}

// wantProblem checks an error, which may not have the secret.
func wantProblem(t *testing.T, err error, want events.FeedProblem, wait time.Duration) {
	t.Helper()
	if err != nil && strings.Contains(err.Error(), secret) {
		t.Errorf("the error has the URL: %v", err)
	}
	if want == "" && err == nil {
		return
	}
	if failed, is := errors.AsType[*calendar.Error](err); !is || failed.Problem != want || failed.Wait != wait {
		t.Errorf("got %v, want %s and a wait of %s", err, want, wait)
	}
}

func TestAddressesThatAreNotDialled(t *testing.T) {
	at := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("it was asked") })
	_, err := newClient(netip.MustParsePrefix("127.0.0.0/8")).Read(t.Context(), at, calendar.Validators{})
	wantProblem(t, err, events.FeedBlocked, 0)
	for _, address := range []string{"ftp://example.com/" + secret, "/" + secret, "http:///" + secret, "http://%zz/" + secret, "file:///" + secret} {
		_, err := newClient().Read(t.Context(), address, calendar.Validators{})
		wantProblem(t, err, events.FeedBadAnswer, 0)
	}
	_, err = newClient().Read(t.Context(), "http://127.0.0.1:1/"+secret, calendar.Validators{})
	wantProblem(t, err, events.FeedUnreachable, 0)
	_, err = newClient().Read(t.Context(), "webcal://127.0.0.1:1/"+secret, calendar.Validators{})
	wantProblem(t, err, events.FeedUnreachable, 0)
	_, err = newClient().Read(t.Context(), "https://nowhere.invalid/"+secret, calendar.Validators{})
	wantProblem(t, err, events.FeedUnreachable, 0)
}

// A redirect is followed five times, to other hosts too, which do not learn where it was.
func TestRedirects(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Referer() != "" {
			t.Errorf("the other host is told of %s", r.Referer())
		}
		fmt.Fprint(w, "BEGIN:VCALENDAR")
	}))
	t.Cleanup(other.Close)
	at := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if n := len(r.URL.Query().Get("n")); n < 4 {
			http.Redirect(w, r, r.URL.Path+"?n="+strings.Repeat("i", n+1), http.StatusFound)
			return
		}
		http.Redirect(w, r, other.URL, http.StatusMovedPermanently)
	})
	got, err := newClient().Read(t.Context(), at, calendar.Validators{})
	if err != nil || string(got.Body) != "BEGIN:VCALENDAR" {
		t.Errorf("got %+v, %v", got, err)
	}
}

// A server whose certificate nobody knows is not asked, nor is one with webcal without TLS: what a
// redirect may not do is in TestRedirectRules.
func TestUnknownCertificate(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was asked") }))
	t.Cleanup(server.Close)
	server.Config.ErrorLog = nil
	for _, scheme := range []string{"https", "webcal"} {
		_, err := newClient().Read(t.Context(), strings.Replace(server.URL, "https", scheme, 1)+"/"+secret, calendar.Validators{})
		wantProblem(t, err, events.FeedUnreachable, 0)
	}
}

// A server that answers slowly takes a reader for 20 s at most; the end of ctx ends it at once.
func TestSlowServer(t *testing.T) {
	asked := make(chan struct{})
	at := serve(t, func(w http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	if _, err := newClient().Read(ctx, at, calendar.Validators{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}
