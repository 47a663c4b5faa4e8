// Package httpapi is how people and programs come to the catalogue: the REST
// API under /api, its description and documentation, and the static page beside
// it. It checks what HTTP says; the catalogue's own rules are the catalogue's.
package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/klauspost/compress/gzhttp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/health"
)

// Catalog is what the API needs of the catalogue. Its errors wrap those of
// package catalog; any other one is answered as an internal error.
type Catalog interface {
	// List returns the services that pass the filter, by name.
	List(ctx context.Context, f catalog.Filter) ([]catalog.Service, error)
	// ByID returns the service, or catalog.ErrNotFound.
	ByID(ctx context.Context, id string) (catalog.Service, error)

	Lists
	Writer
}

// Lists is what the cached list is made from.
type Lists interface {
	// Changed is cheap. It says whether the list shows anything else than at the
	// revision, but for what only probes measure.
	Changed(ctx context.Context, at catalog.Revision) (bool, error)
	// Changes returns what that is; if measured, with what probes measured.
	Changes(ctx context.Context, at catalog.Revision, measured bool) (catalog.Changes, error)
}

// Writer changes the catalogue. An ifVersion other than 0 must be the service's
// version, or the write fails with catalog.ErrVersionMismatch.
type Writer interface {
	Create(ctx context.Context, c catalog.Change) (catalog.Service, error)
	Update(ctx context.Context, id string, ifVersion int64, c catalog.Change) (catalog.Service, error)
	Delete(ctx context.Context, id string, ifVersion int64) error
}

// API is the front door. Catalog, Check, Health, Log and Metrics must be set.
type API struct {
	Catalog Catalog

	// Check probes a service now and returns it as it is then. Its errors are
	// those of package check.
	Check func(context.Context, catalog.Service) (catalog.Service, error)

	// Health says how each check of the portal is. It must not wait for them.
	Health func(context.Context) []health.Result

	// Live serves GET /api/events. Nil: there is no such route.
	Live http.Handler

	// Static serves all outside of /api. Nil: nothing is there.
	Static http.Handler

	BodyTimeout time.Duration // for a body to come whole; 0: ten seconds

	Version string // of the program, as the API tells it
	Log     *slog.Logger
	Metrics prometheus.Registerer

	list *listCache
}

const (
	prefix   = "/api"
	docsPath = prefix + "/docs"
)

// Run keeps the list current in what probes measure, until ctx ends: without it, who
// asks waits for that. Call it after Handler.
func (a *API) Run(ctx context.Context) error {
	a.list.run(ctx, a.Log)
	return nil
}

// Handler serves the API. Call it once.
func (a *API) Handler() http.Handler {
	a.Catalog = prompt{a.Catalog}
	a.list = newListCache(a.Catalog)
	watch := a.observer()

	r := chi.NewRouter()
	r.Use(watch.api, a.recoverer, apiHeaders, middleware.GetHead)
	r.NotFound(func(w http.ResponseWriter, _ *http.Request) { writeProblem(w, noRoute()) })
	r.MethodNotAllowed(wrongMethod(r))
	if a.Live != nil {
		r.Method(http.MethodGet, prefix+"/events", withParameters(a.Live, "last_event_id"))
	}
	r.Group(func(r chi.Router) {
		r.Use(compress, timeLimit)
		described := humachi.New(r, a.openAPI())
		described.UseMiddleware(onlyDescribed)
		a.routes(described)
		a.docsRoutes(r, described.OpenAPI())
	})

	static := a.Static
	if static == nil {
		static = apiHeaders(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { writeProblem(w, noRoute()) }))
	}
	static = watch.static(a.recoverer(static))
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == prefix || strings.HasPrefix(req.URL.Path, prefix+"/") {
			r.ServeHTTP(w, req)
			return
		}
		static.ServeHTTP(w, req)
	})
}

func noRoute() *problem {
	return notFound.problem("There is nothing at this address. GET /api/docs lists what there is.")
}

// wrongMethod answers 405 with the methods that the address does have.
func wrongMethod(routes chi.Routes) http.HandlerFunc {
	known := []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}
	return func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.EscapedPath()
		var allowed []string
		for _, m := range known {
			if routes.Match(chi.NewRouteContext(), m, path) {
				allowed = append(allowed, m)
			}
		}
		if len(allowed) == 0 { // a method that nobody knows, at an address that nobody has
			writeProblem(w, noRoute())
			return
		}
		if allowed[0] == http.MethodGet {
			allowed = append(allowed, http.MethodHead)
		}
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		writeProblem(w, method.problem("This address takes only "+strings.Join(allowed, ", ")+"."))
	}
}

// compress gives gzip to those who take it. An ETag is marked: the compressed
// body is another one than the plain.
func compress(next http.Handler) http.Handler {
	wrap, err := gzhttp.NewWrapper(gzhttp.SuffixETag(gzipMark), gzhttp.EnableZstd(false))
	if err != nil {
		panic(err) // the options above are wrong
	}
	return wrap(next)
}
