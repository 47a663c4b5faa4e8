// Package httpapi is how people and programs come to the catalogue: the REST
// API under /api, its description and documentation, and the static page beside
// it. A file has a resource: its shapes, its routes and its handlers. What all of
// them share is package rest's; the catalogue's own rules are the catalogue's.
package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/health"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

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

// Run keeps the list current in what probes measure, until ctx ends: without it, who
// asks waits for that. Call it after Handler.
func (a *API) Run(ctx context.Context) error {
	a.list.run(ctx, a.Log)
	return nil
}

// Handler serves the API. Call it once.
func (a *API) Handler() http.Handler {
	r := rest.New(rest.Config{
		Title: "Dev Portal", Version: a.Version,
		Description: "A catalogue of services that knows which of them are up. " +
			"Errors are problem documents (RFC 9457); reads have an ETag, and writes honour If-Match.",
		Problem: a.problem, Static: a.Static, BodyTimeout: a.BodyTimeout, Log: a.Log, Metrics: a.Metrics,
	})
	a.services(r)
	a.events(r)
	a.portal(r)
	a.docs(r) // describes what was added before
	return r
}
