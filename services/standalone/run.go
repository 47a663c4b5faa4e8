// Package standalone runs the portal in one process: a NATS server, a private Postgres,
// and every service, with all data in one folder.
package standalone

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"time"

	"github.com/dev-portal/dev-portal/pkg/devstack"
	"github.com/dev-portal/dev-portal/pkg/service"
	"github.com/dev-portal/dev-portal/services/catalog-api"
	"github.com/dev-portal/dev-portal/services/fetcher"
	"github.com/dev-portal/dev-portal/services/health-worker"
	"github.com/dev-portal/dev-portal/services/standalone/internal/demo"
	"github.com/dev-portal/dev-portal/services/web"
	"golang.org/x/sync/errgroup"
)

// stopTimeout is the time that the services have to finish their work. NATS and Postgres
// stop after it, within the 5 s that the whole stop may take.
const stopTimeout = 2500 * time.Millisecond

// Run serves the portal until ctx ends, stops it, and returns nil. The error of a failed
// start is one sentence that names the flag to change.
func Run(ctx context.Context, cfg Config) (err error) {
	if err := cfg.validate(); err != nil {
		return err
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Dir, err = filepath.Abs(cfg.Dir); err != nil {
		return err
	}
	if cfg.Listener == nil {
		if cfg.Listener, err = listen(ctx, "--http", cfg.HTTPAddr); err != nil {
			return err
		}
	}
	defer func() { _ = cfg.Listener.Close() }() // for a failed start; otherwise its server has closed it
	ops, err := openOperations(ctx, cfg.MetricsAddr, namesOf(cfg.services()), cfg.Log)
	if err != nil {
		return err
	}
	defer ops.close() // likewise
	if cfg.Opened != nil {
		cfg.Opened(cfg.addresses("nats://"+cfg.NATSAddr, ops))
	}
	lock, err := lockFolder(cfg.Dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()

	nats, err := startNATS(ctx, cfg.NATSAddr, cfg.Dir, cfg.Log)
	if err != nil {
		return err
	}
	defer nats.Close()

	if cfg.DatabaseURL != "" {
		if err := pingDatabase(ctx, cfg.DatabaseURL); err != nil {
			return err
		}
		return cfg.serve(ctx, nats, ops, nil)
	}
	pg, err := devstack.StartPostgres(ctx, devstack.PostgresConfig{
		Dir: filepath.Join(cfg.Dir, postgresDir), Restart: true, Log: cfg.Log.With("service", "postgres"),
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pg.Close()) }()
	cfg.DatabaseURL = pg.URL()
	return cfg.serve(ctx, nats, ops, pg)
}

// serve runs the services. It returns an error if the private Postgres ends for good
// before ctx does; private is nil if the database is an external one.
func (c Config) serve(ctx context.Context, nats *broker, ops *operations, private *devstack.Postgres) error {
	g, gctx := errgroup.WithContext(ctx)
	for i, one := range c.services() {
		g.Go(func() error {
			return one.run(gctx, service.Common{
				NATSURL: nats.urlFor(one.name), MetricsListener: ops.listeners[i].at, Registry: ops.registry,
				Log: c.Log.With("service", one.name), Version: c.Version,
			})
		})
	}
	g.Go(func() error { return ops.serve(gctx, c.Log) })
	if private != nil {
		g.Go(func() error {
			select {
			case <-private.Done():
				return fmt.Errorf("postgres ended and cannot be started again: %w", private.Err())
			case <-gctx.Done():
				return nil
			}
		})
	}
	g.Go(func() error {
		err := c.announce(gctx, nats.URL(), ops)
		if gctx.Err() != nil {
			return nil // stopped while starting
		}
		return err
	})
	return c.wait(gctx, g)
}

// part is a service that runs in this process; name is also its user on NATS.
type part struct {
	name string
	run  func(context.Context, service.Common) error
}

// services returns the services.
func (c Config) services() []part {
	parts := []part{
		{"catalog-api", func(ctx context.Context, common service.Common) error {
			cfg := c.catalogAPI()
			cfg.Common, cfg.Static = common, c.page()
			return catalogapi.Run(ctx, cfg)
		}},
		{"health-worker", func(ctx context.Context, common service.Common) error {
			return healthworker.Run(ctx, healthworker.Config{Common: common, Timeout: c.Timeout})
		}},
	}
	if c.fetches() {
		parts = append(parts, part{"fetcher", func(ctx context.Context, common service.Common) error {
			cfg := c.fetcher()
			cfg.Common = common
			return fetcher.Run(ctx, cfg)
		}})
	}
	return parts
}

// fetches reports whether a fetcher runs.
func (c Config) fetches() bool {
	return c.readsReleases() || c.CalendarsEvery != 0 || c.checksLinks() || c.Prometheus != fetcher.Prometheus{Every: c.Prometheus.Every}
}

// readsReleases reports whether releases are read.
func (c Config) readsReleases() bool { return c.ReleasesEvery != 0 && !c.Demo }

// checksLinks reports whether links are checked.
func (c Config) checksLinks() bool { return c.LinksEvery != 0 && !c.Demo }

// fetcher returns what the settings of this process mean for the fetcher.
func (c Config) fetcher() fetcher.Config {
	cfg := fetcher.Config{
		Forges: fetcher.List(c.Forges), Tokens: fetcher.List(c.ForgeTokens), Every: c.ReleasesEvery,
		CalendarsEvery: cmp.Or(c.CalendarsEvery, fetcher.Never), LinksEvery: fetcher.Never, Prometheus: c.Prometheus,
	}
	if c.checksLinks() {
		cfg.LinksEvery = c.LinksEvery
	}
	if !c.readsReleases() {
		cfg.Every = fetcher.Never
	}
	return cfg
}

// catalogAPI returns what the settings of this process mean for catalog-api.
func (c Config) catalogAPI() catalogapi.Config {
	return catalogapi.Config{
		DatabaseURL: c.DatabaseURL, HTTPAddr: c.HTTPAddr, Listener: c.Listener, DefaultInterval: c.Interval,
		Anonymous: c.Anonymous, Published: c.Published, AnonymousAnywhere: c.AnonymousAnywhere, KeysFile: c.KeysFile, PublicBadges: c.PublicBadges, SignOn: c.SignOn,
		ScorecardOff: c.ScorecardOff,
		Hosts:        c.Hosts, Proxies: c.Proxies, RateLimit: c.RateLimit, StreamLimit: c.StreamLimit,
	}
}

// namesOf returns the names of the parts.
func namesOf(of []part) (list []string) {
	for _, one := range of {
		list = append(list, one.name)
	}
	return list
}

// page returns the handler of the page, and of the demo's target.
func (c Config) page() http.Handler {
	page := http.NewServeMux()
	page.Handle("/", web.Handler())
	if c.Demo {
		page.Handle(demo.Path, demo.NewTarget())
	}
	return page
}

// announce waits until the portal is ready, seeds the demo if configured, and calls Ready.
func (c Config) announce(ctx context.Context, natsURL string, ops *operations) error {
	if err := awaitOK(ctx, baseURL(ops.all.Addr())+"/readyz"); err != nil {
		return err
	}
	at := c.addresses(natsURL, ops)
	if c.Demo {
		if err := demo.Seed(ctx, at.Page); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
	}
	c.Log.Info("the portal is ready", "page", at.Page, "data", c.Dir)
	if c.Ready != nil {
		c.Ready(at)
	}
	return nil
}

func (c Config) addresses(natsURL string, ops *operations) Addresses {
	page := baseURL(c.Listener.Addr())
	return Addresses{Page: page, API: page + "/api", NATS: natsURL, Metrics: baseURL(ops.all.Addr()) + "/metrics"}
}

// wait returns when the services have stopped, or stopTimeout after ctx ended.
func (c Config) wait(ctx context.Context, g *errgroup.Group) error {
	stopped := make(chan error, 1)
	go func() { stopped <- g.Wait() }()
	select {
	case err := <-stopped:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-stopped:
		return err
	case <-time.After(stopTimeout):
		// Their unfinished work is not acknowledged, so the next start does it again.
		c.Log.Warn("service did not stop in time; going on without it", "waited", stopTimeout)
		return nil
	}
}
