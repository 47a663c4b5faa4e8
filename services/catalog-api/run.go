package catalogapi

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	"github.com/dev-portal/dev-portal/pkg/service"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/apikey"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/feed"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/incident"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/ingest"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/link"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/outbox"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rating"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/scorecard"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
)

// Run serves the catalogue until ctx ends, finishes what is in flight, and
// returns nil. It uses no globals (flags, signals, environment, default mux,
// default registry), so that several services can run in one process. It tolerates
// the loss of NATS at any time, but does not start without the database.
func Run(ctx context.Context, cfg Config) (err error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return fmt.Errorf("catalog-api: %w", err)
	}
	if err := cfg.listen(ctx); err != nil {
		return fmt.Errorf("catalog-api: %w", err)
	}
	defer cfg.closeListeners()

	db, err := store.Open(ctx, store.Config{
		URL: cfg.DatabaseURL, Wait: cfg.DatabaseWait, Interval: cfg.DefaultInterval, Log: cfg.Log,
	})
	if err != nil {
		return fmt.Errorf("catalog-api: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()

	// Nothing is buffered for a reconnect: the outbox keeps the events.
	nc, err := cfg.Connect("catalog-api", nats.ReconnectBufSize(-1))
	if err != nil {
		return fmt.Errorf("catalog-api: %w", err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return fmt.Errorf("catalog-api: %w", err)
	}
	if err := cfg.serve(ctx, db, nc, js); err != nil {
		return fmt.Errorf("catalog-api: %w", err)
	}
	cfg.Flush(ctx, nc)
	return nil
}

// serve starts every part, and waits for all of them.
func (c Config) serve(ctx context.Context, db *store.Store, nc *nats.Conn, js jetstream.JetStream) error {
	results := ingest.NewMetrics(c.Registry)
	fell, rated := make(chan struct{}, 1), make(chan struct{}, 1)
	relay := &outbox.Relay{
		DB: db.DB(), DatabaseURL: c.DatabaseURL, NATS: nc, JetStream: js, Repairs: db.Repairs(access.Relay), Replicas: c.Replicas,
		Noticed: []chan<- struct{}{fell, rated}, Log: c.Log, Metrics: outbox.NewMetrics(c.Registry, db.DB()),
	}
	in := &ingest.Ingest{JetStream: js, Statuses: db, Replicas: c.Replicas, Log: c.Log, Metrics: results}
	releases := &ingest.Fetched[events.ReleasesFound]{
		JetStream: js, Replicas: c.Replicas, Log: c.Log, Kind: ingest.Releases, Apply: db.ApplyReleases, Metrics: ingest.Releases.NewMetrics(c.Registry),
	}
	shifts := &ingest.Fetched[events.ShiftsFound]{
		JetStream: js, Replicas: c.Replicas, Log: c.Log, Kind: ingest.Shifts, Apply: db.ApplyShifts, Metrics: ingest.Shifts.NewMetrics(c.Registry),
	}
	calls := &ingest.Fetched[events.CallsFound]{
		JetStream: js, Replicas: c.Replicas, Log: c.Log, Kind: ingest.Calls, Metrics: ingest.Calls.NewMetrics(c.Registry),
		Apply: ingest.Observer{Observe: db.ObserveCalls, Log: c.Log, Unknown: ingest.NewUnknown(c.Registry)}.Apply,
	}
	feeds := &feed.Responder{NATS: nc, Store: db, Log: c.Log}
	links := &link.Responder{NATS: nc, Store: db, Log: c.Log}
	teller := &incident.Teller{Catalogue: db, Noticed: fell, Log: c.Log}
	rules, _ := scorecard.ParseOff(c.ScorecardOff) // validate has found no error
	levels := &rating.Teller{Catalogue: db, Rules: rules, Noticed: rated, Log: c.Log}
	sweeper := &ingest.Sweeper{Statuses: db, Log: c.Log, Metrics: results}
	if open := c.Openness(); open != "" {
		c.Log.WarnContext(ctx, "the portal is open to others", "what", open)
	}
	if c.SignOn.On() && c.SignOn.Groups == "" {
		c.Log.WarnContext(ctx, "people who sign in may do no more than others: PORTAL_GROUPS is not set")
	}
	keys := &apikey.File{Path: c.KeysFile, Store: db, Log: c.Log}
	if _, err := keys.Read(); err != nil {
		return fmt.Errorf("PORTAL_KEYS_FILE: %w", err)
	}
	if err := db.NoteSettings(ctx, access.Operator, c.settings()); err != nil {
		c.Log.WarnContext(ctx, "whether settings changed is not in the trail", "error", err) // as with a full disk
	}
	handler, parts := c.api(db, nc, js)

	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return relay.Run(ctx) })
	g.Go(func() error { return in.Run(ctx) })
	g.Go(func() error { return releases.Run(ctx) })
	g.Go(func() error { return shifts.Run(ctx) })
	g.Go(func() error { return calls.Run(ctx) })
	g.Go(func() error { return feeds.Run(ctx) })
	g.Go(func() error { return links.Run(ctx) })
	g.Go(func() error { return sweeper.Run(ctx) })
	g.Go(func() error { return teller.Run(ctx) })
	g.Go(func() error { return levels.Run(ctx) })
	g.Go(func() error { return keys.Run(ctx) })
	g.Go(func() error { return purge(ctx, c.Log, "trail", c.TrailDays, db.PurgeTrail) })
	g.Go(func() error { return purge(ctx, c.Log, "trash", trashDays, db.PurgeTrash) })
	g.Go(func() error { return purge(ctx, c.Log, "deployments", c.History.kept().Days, db.PurgeDeployments) })
	g.Go(func() error { return purge(ctx, c.Log, "observed calls", catalog.CallDaysKept, db.PurgeCalls) })
	g.Go(func() error { return purge(ctx, c.Log, "links", linkDays, db.PurgeLinks) })
	g.Go(func() error { return purge(ctx, c.Log, "sessions", 0, db.PurgeSessions) })
	g.Go(func() error { return keepHistory(ctx, c.Log, db, c.History.kept()) })
	g.Go(func() error { return adoptTeams(ctx, c.Log, db) })
	for _, run := range parts {
		g.Go(func() error { return run(ctx) })
	}
	g.Go(func() error { return stream.AdmitReaders(ctx, js) })
	g.Go(func() error { return service.Serve(ctx, c.Listener, handler, c.Log) })
	if c.MetricsListener != nil {
		g.Go(func() error { return service.Serve(ctx, c.MetricsListener, c.operations(db, nc).Handler(), c.Log) })
	}
	return g.Wait()
}

// listen opens the listeners that weren't given. It comes first, so that a port in use is
// found before anything else starts.
func (c *Config) listen(ctx context.Context) (err error) {
	var lc net.ListenConfig
	if c.Listener == nil {
		if c.Listener, err = lc.Listen(ctx, "tcp", c.HTTPAddr); err != nil {
			return fmt.Errorf("listen for the API (PORTAL_HTTP): %w", err)
		}
	}
	if c.MetricsListener, err = c.Listen(ctx); err != nil {
		return errors.Join(err, c.Listener.Close())
	}
	return nil
}

// closeListeners closes the listeners after a failed start. Servers close their own.
func (c *Config) closeListeners() {
	_ = c.Listener.Close()
	if c.MetricsListener != nil {
		_ = c.MetricsListener.Close()
	}
}
