package catalogapi

import (
	"context"
	"fmt"
	"net/http"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/check"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/httpapi"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/live"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
)

// api puts the HTTP side together. The hub must be run for browsers to be told.
func (c Config) api(db *store.Store, nc *nats.Conn, js jetstream.JetStream) (http.Handler, *live.Hub) {
	hub := live.New(js, c.Log, c.Registry)
	checker := &check.Checker{
		NATS: nc,
		Apply: func(ctx context.Context, results []events.ProbeCompleted) error {
			_, err := db.ApplyResults(ctx, results)
			return err
		},
		ByID: db.ByID,
	}
	api := &httpapi.API{
		Catalog: db,
		Check:   checker.Check,
		Health:  func(ctx context.Context) httpapi.Health { return health(ctx, db, nc, js) },
		Live:    hub,
		Static:  c.Static,
		Version: c.Version,
		Log:     c.Log,
		Metrics: c.Registry,
	}
	return api.Handler(), hub
}

// health asks what the portal stands on.
func health(ctx context.Context, db *store.Store, nc *nats.Conn, js jetstream.JetStream) httpapi.Health {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	h := httpapi.Health{Postgres: db.Ping(ctx)}
	if status := nc.Status(); status != nats.CONNECTED {
		h.NATS = fmt.Errorf("the connection to NATS is %s", status)
		return h
	}
	// An error is a broker that is slow, or says nothing to this user: then nothing
	// is known, which is no fault of the portal's.
	streams, consumers, err := events.Missing(ctx, js)
	if err != nil {
		return h
	}
	worker, err := check.Worker(ctx, nc)
	if err != nil {
		return h
	}
	h.Chain = &httpapi.Chain{MissingStreams: streams, MissingConsumers: consumers, Worker: worker}
	return h
}
