package httpapi_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/apikey"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/health"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/history"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/httpapi"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/signin"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/storetest"
)

func TestMain(m *testing.M) { os.Exit(devtest.Main(m)) }

// portal is the API over a catalogue of its own, in a real server.
type portal struct {
	tb      testing.TB
	url     string
	api     *httpapi.API
	store   *store.Store
	metrics *prometheus.Registry
}

// start serves the API until the test ends; change may set more of it.
func start(tb testing.TB, change func(*httpapi.API)) *portal {
	tb.Helper()
	db, err := store.Open(tb.Context(), store.Config{URL: storetest.Database(tb), Wait: 10 * time.Second, Interval: "1m", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = db.Close() })
	return (&portal{tb: tb, store: db}).replica(change)
}

// groups are the rules of people; each has the name of its role.
var groups = func() access.Groups {
	rules, err := access.ParseGroups("admin=admin;editor=editor;viewer=viewer;team-*=editor:*")
	if err != nil {
		panic(err)
	}
	return rules
}()

// replica serves the same catalogue once more.
func (p *portal) replica(change func(*httpapi.API)) *portal {
	r := &portal{tb: p.tb, store: p.store, metrics: prometheus.NewRegistry()}
	api := &httpapi.API{
		Catalog:   p.store,
		Ring:      apikey.NewRing(p.store, slog.New(slog.DiscardHandler)),
		Sessions:  signin.NewSessions(p.store, slog.New(slog.DiscardHandler)),
		Check:     func(_ context.Context, s catalog.Service) (catalog.Service, error) { return s, nil },
		Health:    func(context.Context) []health.Result { return nil },
		Kept:      history.Kept{Probes: 2, Hours: 40, Days: 1826},
		Anonymous: access.Admin, Version: "test", Metrics: r.metrics,
		Log: slog.New(slog.NewTextHandler(p.tb.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
	api.Sessions.Actor = func(person signin.Person) access.Actor { return person.Actor(groups) }
	if change != nil {
		change(api)
	}
	r.api = api
	srv := httptest.NewServer(api.Handler())
	p.tb.Cleanup(srv.Close)
	r.url = srv.URL
	return r
}

// answer is what came back; body is nil if it isn't a JSON object.
type answer struct {
	status int
	header http.Header
	raw    []byte
	body   map[string]any
}

// call sends a request; headers are "Name: value".
func (p *portal) call(method, path, body string, headers ...string) answer {
	p.tb.Helper()
	req, err := http.NewRequestWithContext(p.tb.Context(), method, p.url+path, strings.NewReader(body))
	if err != nil {
		p.tb.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
		if value == "" {
			req.Header.Del(name)
		}
	}
	return p.send(req)
}

// send sends a request as it is.
func (p *portal) send(req *http.Request) answer {
	p.tb.Helper()
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		p.tb.Error(err)
		return answer{}
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		p.tb.Fatal(err)
	}
	a := answer{status: res.StatusCode, header: res.Header, raw: raw}
	_ = json.Unmarshal(raw, &a.body)
	return a
}

// create adds a service and returns its path and what was answered.
func (p *portal) create(body string) (path string, a answer) {
	p.tb.Helper()
	return p.add("/api/services", body)
}

// add adds a thing to those at a path, and returns its own path and the answer.
func (p *portal) add(to, body string, headers ...string) (path string, a answer) {
	p.tb.Helper()
	a = p.call("POST", to, body, headers...)
	if a.status != http.StatusCreated {
		p.tb.Fatalf("POST %s %s: %d %s", to, body, a.status, a.raw)
	}
	return to + "/" + a.id(), a
}

// id returns the id of the thing, or the slug.
func (a answer) id() string {
	if slug, is := a.body["slug"].(string); is {
		return slug
	}
	return a.body["id"].(string)
}

// openStream opens an event stream with a header, and returns a channel that is closed when it ends.
func (p *portal) openStream(t *testing.T, header string) (ended chan struct{}) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", p.url+"/api/events", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if name, value, some := strings.Cut(header, ": "); some {
		req.Header.Set(name, value)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil || res.StatusCode != 200 {
		t.Fatalf("%v, %v", res, err)
	}
	if _, err := io.ReadFull(res.Body, make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	ended = make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(io.Discard, res.Body) // until it ends, in whichever way
		_ = res.Body.Close()
	}()
	return ended
}

// endless is a stream without events.
func endless(w http.ResponseWriter, r *http.Request) {
	_, _ = io.WriteString(w, "event: hello\n\n")
	_ = http.NewResponseController(w).Flush()
	<-r.Context().Done()
}

// fields are the names in a problem's errors.
func (a answer) fields() []string {
	var names []string
	list, _ := a.body["errors"].([]any)
	for _, e := range list {
		names = append(names, e.(map[string]any)["field"].(string))
	}
	return names
}

// wantProblem checks that a is a whole problem document of that status and kind.
func wantProblem(t *testing.T, a answer, status int, kind string) {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d, want %d: %s", a.status, status, a.raw)
	}
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("Content-Type %q", got)
	}
	if got, want := a.body["type"], "/api/docs#"+kind; got != want {
		t.Errorf("type %v, want %s", got, want)
	}
	detail, _ := a.body["detail"].(string)
	if !strings.HasSuffix(detail, ".") || a.body["title"] == "" || a.body["status"] != float64(status) {
		t.Errorf("not a whole problem: %s", a.raw)
	}
}
