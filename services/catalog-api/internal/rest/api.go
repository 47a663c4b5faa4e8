// Package rest is what all resources of the API share, and knows none of them:
// how a route is described and guarded, how bodies, conditions and pages are read,
// and how a problem is said. What HTTP means is RFC 9110, a problem RFC 9457.
package rest

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/prometheus/client_golang/prometheus"
)

// Where the API is, and its documentation.
const (
	Prefix   = "/api"
	DocsPath = Prefix + "/docs"
)

// JSON is the media type of bodies and answers.
const JSON = "application/json"

// Config is what an API is made with. Log and Metrics must be set.
type Config struct {
	Title, Description, Version string // as the API tells them of the program

	// Problem says which problem an error of a handler is, and logs what an operator
	// must know of it. It is asked for what the package does not know; nil: a fault of
	// the program.
	Problem func(ctx context.Context, err error) *Problem

	// Static serves all outside of Prefix. Nil: nothing is there.
	Static http.Handler

	BodyTimeout time.Duration // for a body to come whole; 0: ten seconds

	Log     *slog.Logger
	Metrics prometheus.Registerer
}

// API has routes, which Register and Handle add, and serves them.
type API struct {
	Config

	router  *chi.Mux
	huma    huma.API
	metrics metrics
}

// New is an API without routes.
func New(cfg Config) *API {
	a := &API{Config: cfg, router: chi.NewRouter(), metrics: newMetrics(cfg.Metrics)}
	a.Log = slog.New(LogHandler(cfg.Log.Handler()))
	a.router.Use(a.observe, apiHeaders, middleware.GetHead)
	a.router.NotFound(nowhere)
	a.router.MethodNotAllowed(a.wrongMethod)
	a.huma = huma.NewAPI(a.described(), adapter{a})
	return a
}

// ServeHTTP implements http.Handler.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == Prefix || strings.HasPrefix(r.URL.Path, Prefix+"/") {
		a.router.ServeHTTP(w, r)
		return
	}
	static := a.Static
	if static == nil {
		static = apiHeaders(http.HandlerFunc(nowhere))
	}
	a.observe(static).ServeHTTP(w, r)
}

func nowhere(w http.ResponseWriter, r *http.Request) {
	WriteProblem(w, r, NotFound.Problem("There is nothing at this address. GET "+DocsPath+" lists what there is."))
}

// wrongMethod answers 405 with the methods that the address does have.
func (a *API) wrongMethod(w http.ResponseWriter, r *http.Request) {
	known := []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}
	allowed := slices.DeleteFunc(known, func(method string) bool {
		return !a.router.Match(chi.NewRouteContext(), method, r.URL.EscapedPath())
	})
	if len(allowed) == 0 { // a method that nobody knows, at an address that nobody has
		nowhere(w, r)
		return
	}
	if allowed[0] == http.MethodGet {
		allowed = append(allowed, http.MethodHead)
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	WriteProblem(w, r, method.Problem("This address takes only "+strings.Join(allowed, ", ")+"."))
}

// adapter is how huma adds the routes of its operations.
type adapter struct{ *API }

// Handle implements huma.Adapter.
func (a adapter) Handle(op *huma.Operation, handler func(huma.Context)) {
	a.route(op, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler(humachi.NewContext(op, r, w))
	}))
}
