// Package httpapi serves the catalogue to people and programs: the REST API under
// /api, its description and documentation, and the static page beside it. Each file
// has one resource: its shapes, routes and handlers. Package rest has what they
// share, and package catalog the rules of the catalogue.
package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/apikey"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/health"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/history"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/scorecard"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/signin"
)

// API is the HTTP API of catalog-api. Catalog, Ring, Sessions, Check, Health, Log and Metrics must be
// set.
type API struct {
	Catalog Catalog

	// Check probes a service now and returns the updated service. Its errors are
	// those of package check.
	Check func(context.Context, catalog.Service) (catalog.Service, error)

	// Health returns the latest result of each check. It must not run the checks.
	Health func(context.Context) []health.Result

	// Live serves GET /api/events. Nil: the route does not exist.
	Live http.Handler

	// Static serves all paths outside of /api. Nil: they are not found.
	Static http.Handler

	Kept history.Kept // how much of the history there is

	Badges Badges // that everybody may see

	Rules scorecard.Rules // by which services are judged

	Anonymous access.Role // of requests that don't say who is asking

	Ring     *apikey.Ring     // the keys that are valid
	Sessions *signin.Sessions // of those who signed in

	Provider *signin.Provider // with whom people sign in; nil: there is none
	Forward  *signin.Forward  // how a proxy says who is asking; nil: it does not
	URL      string           // at which people reach the portal; must be set with Provider

	Hosts     rest.Hosts   // that the portal answers to, besides those of this machine
	Proxies   rest.Proxies // whose X-Forwarded-For is believed
	RateLimit int          // requests of a client in ten seconds; 0: any number

	BodyTimeout time.Duration // for a whole body to arrive; 0: ten seconds

	Version string // of the program, as the API tells it
	Log     *slog.Logger
	Metrics prometheus.Registerer

	list    *listCache
	seen    *seenCalls
	scores  *scores
	uptimes *uptimes
	past    *recent[time.Time, listedMoment]
	falls   *recent[fallsQuestion, fallsAnswer]
}

// Run refreshes the measurements in the list until ctx ends. Without it, requests wait
// for that. Call it after Handler.
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
		Problem: a.problem, Guard: a.guard, Conceal: apikey.Conceal,
		Hosts: a.Hosts, Proxies: a.Proxies, RateLimit: a.RateLimit, Static: a.Static, BodyTimeout: a.BodyTimeout, Log: a.Log, Metrics: a.Metrics,
	})
	a.services(r)
	a.dependencies(r)
	a.impacts(r)
	a.scorecards(r)
	a.graph(r)
	a.observed(r)
	a.teams(r)
	a.onCall(r)
	a.history(r)
	a.timeline(r)
	a.deployments(r)
	a.releases(r)
	a.strips(r)
	a.fallen(r)
	a.exports(r)
	a.badges(r)
	a.metrics(r)
	a.trail(r)
	a.undo(r)
	a.keys(r)
	a.me(r)
	a.signIn(r)
	a.events(r)
	a.portal(r)
	a.docs(r) // last: it describes the routes above
	return r
}
