package catalogapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/service"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/apikey"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/check"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/health"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/httpapi"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/live"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/scorecard"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
)

// api assembles the HTTP API. Its parts must be run: they refresh the list, feed the
// browsers' event streams, and check health.
func (c Config) api(db *store.Store, nc *nats.Conn, js jetstream.JetStream) (handler http.Handler, parts []func(context.Context) error) {
	c.Log = slog.New(rest.LogHandler(c.Log.Handler()))
	hub := live.New(js, c.Log, c.Registry)
	hub.PerClient = max(0, c.StreamLimit)
	monitor := health.New(c.Log, c.Registry,
		health.Postgres(db), health.NATS(nc), health.Streams(nc, js), health.Consumers(nc, js, db), health.Workers(nc, db),
		health.Outbox(db), health.Results(db, time.Now()), health.Live(nc, hub))
	checker := &check.Checker{
		NATS: nc,
		Apply: func(ctx context.Context, results []events.ProbeCompleted) error {
			_, err := db.ApplyResults(ctx, access.Prober, results)
			return err
		},
		ByID: db.ServiceByID,
	}
	anonymous, err := c.anonymous()
	if err != nil {
		anonymous = access.None // impossible: see validate
	}
	ring, provider := apikey.NewRing(db, c.Log), c.SignOn.provider()
	sessions := c.SignOn.sessions(db, provider, c.Log)
	forward, _ := c.SignOn.forward() // validate has found no error
	badges, _ := c.badges()          // the same
	rules, _ := scorecard.ParseOff(c.ScorecardOff)
	api := &httpapi.API{
		Catalog:  db,
		Ring:     ring,
		Sessions: sessions,
		Provider: provider,
		Forward:  forward,
		URL:      c.SignOn.PublicURL,
		Check:    checker.Check,
		Health: func(ctx context.Context) []health.Result {
			ctx, cancel := context.WithTimeout(ctx, readyTimeout)
			defer cancel()
			return monitor.State(ctx)
		},
		Live:   hub,
		Static: c.Static,

		Kept:      c.History.kept(),
		Badges:    badges,
		Rules:     rules,
		Anonymous: anonymous,
		Hosts:     c.hosts(),
		Proxies:   c.Proxies,
		RateLimit: max(0, c.RateLimit),

		Version: c.Version,
		Log:     c.Log,
		Metrics: c.Registry,
	}
	handler = api.Handler()
	return handler, []func(context.Context) error{api.Run, ring.Run, sessions.Run, hub.Run, monitor.Run}
}

// readyTimeout is how long a dependency may take to answer.
const readyTimeout = 2 * time.Second

// operations returns the endpoints for operators and orchestrators.
func (c Config) operations(db *store.Store, nc *nats.Conn) service.Operations {
	return service.Operations{
		Registry: c.Registry,
		Alive: func(context.Context) error {
			if nc.IsClosed() { // otherwise it reconnects by itself
				return errors.New("the connection to NATS is closed for good")
			}
			return nil
		},
		// Only the database decides: without NATS, the catalogue can still be read and
		// written, and the outbox keeps the events.
		Ready: func(ctx context.Context) error {
			if db.Ping(ctx) != nil { // its error would name hosts
				return errors.New("the database does not answer")
			}
			return nil
		},
	}
}
