// Package rest has what the resources of the API share: it describes and guards routes,
// reads bodies, preconditions and pages, and writes problems. It knows no resource.
// HTTP is RFC 9110, and problems are RFC 9457.
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

// The paths of the API and of its documentation.
const (
	Prefix   = "/api"
	DocsPath = Prefix + "/docs"
)

// JSON is the media type of bodies and answers.
const JSON = "application/json"

// MergePatch is the media type of a JSON merge patch (RFC 7396).
const MergePatch = "application/merge-patch+json"

// Config configures an API. Log and Metrics must be set.
type Config struct {
	Title, Description, Version string // for the description of the API

	// Problem returns the problem for an error of a handler that is not a *Problem, and
	// logs what an operator must know. If it is nil or returns nil, the error is an
	// internal error.
	Problem func(ctx context.Context, err error) *Problem

	// Guard returns what guards a route, by its operation, and what to say of that in the
	// description. The guard returns the context to serve a request with, or why it may
	// not be, as the error of a handler. It is for the routes of Register and Stream. Nil:
	// no guards.
	Guard func(*Operation) (guard func(context.Context) (context.Context, error), details []Detail)

	// Conceal returns a text of a client without the secrets that it may have, for the log.
	// Nil: it has none.
	Conceal func(string) string

	// Static serves all paths outside of Prefix. Nil: they are not found.
	Static http.Handler

	Hosts   Hosts   // that the portal answers to, besides those of this machine
	Proxies Proxies // whose X-Forwarded-For is believed

	// RateLimit is how many requests of a client are taken in ten seconds; 0: any number.
	RateLimit int

	BodyTimeout time.Duration // for a whole body to arrive; 0: ten seconds

	Log     *slog.Logger
	Metrics prometheus.Registerer
}

// API serves the routes that Register, Stream and Serve add.
type API struct {
	Config

	router  *chi.Mux
	huma    huma.API
	metrics metrics
	rate    rate
}

// New returns an API without routes.
func New(cfg Config) *API {
	a := &API{Config: cfg, router: chi.NewRouter(), metrics: newMetrics(cfg.Metrics), rate: newRate(cfg.RateLimit)}
	a.Log = slog.New(LogHandler(cfg.Log.Handler()))
	a.router.Use(a.observe, apiHeaders, a.onlyOurHosts, sameOrigin, middleware.GetHead)
	a.router.NotFound(notFound)
	a.router.MethodNotAllowed(a.methodNotAllowed)
	a.huma = huma.NewAPI(a.humaConfig(), adapter{a})
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
		static = apiHeaders(http.HandlerFunc(notFound))
	}
	a.observe(a.onlyOurHosts(static)).ServeHTTP(w, r)
}

func notFound(w http.ResponseWriter, r *http.Request) {
	WriteProblem(w, r, NotFound.Problem("Nothing is at this address. GET "+DocsPath+" lists what there is."))
}

// methodNotAllowed answers 405 with the methods that the address has, or 404.
func (a *API) methodNotAllowed(w http.ResponseWriter, r *http.Request) {
	known := []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}
	allowed := slices.DeleteFunc(known, func(method string) bool {
		return !a.router.Match(chi.NewRouteContext(), method, r.URL.EscapedPath())
	})
	if len(allowed) == 0 { // the address does not exist
		notFound(w, r)
		return
	}
	if allowed[0] == http.MethodGet {
		allowed = append(allowed, http.MethodHead)
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	WriteProblem(w, r, method.Problem("This address takes only "+strings.Join(allowed, ", ")+"."))
}

// adapter adds the routes of huma's operations.
type adapter struct{ *API }

// Handle implements huma.Adapter.
func (a adapter) Handle(op *huma.Operation, handler func(huma.Context)) {
	a.route(op, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler(humachi.NewContext(op, r, w))
	}))
}
