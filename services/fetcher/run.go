// Package fetcher reads what others know about the services and their teams: the releases in the
// repositories that services link to, the calendars of teams' duties, and from Prometheus which
// services call which others. It follows the catalogue's events, asks forges and calendars in
// turn and within their limits, and sends what it reads to catalog-api. It has no state of its own: the broker has what it said last, and it
// may be killed at any time.
package fetcher

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/egress"
	"github.com/dev-portal/dev-portal/pkg/service"
	"github.com/dev-portal/dev-portal/services/fetcher/internal/calendar"
	"github.com/dev-portal/dev-portal/services/fetcher/internal/forge"
	"github.com/dev-portal/dev-portal/services/fetcher/internal/hook"
	"github.com/dev-portal/dev-portal/services/fetcher/internal/link"
	"github.com/dev-portal/dev-portal/services/fetcher/internal/release"
	"github.com/dev-portal/dev-portal/services/fetcher/internal/servicegraph"
)

// dialTimeout is for a connection, DNS included.
const dialTimeout = 10 * time.Second

// linkPause is between two links that are checked: they are not urgent, and many may be of one
// server.
const linkPause = time.Second

// Run runs the fetcher until ctx ends, and then returns nil. NATS need not be available at the
// start, may go away, and may come back without its data. Run fails only if cfg is invalid, an
// address can't be listened on, or the connection to NATS is closed for good.
func Run(ctx context.Context, cfg Config) error {
	cfg = cfg.withDefaults()
	if err := cfg.Validate(); err != nil {
		return fmt.Errorf("fetcher: %w", err)
	}
	hooks, err := cfg.listenHooks(ctx)
	if err != nil {
		return fmt.Errorf("fetcher: %w", err)
	}
	err = cfg.Run(ctx, "fetcher", func(nc *nats.Conn) (service.Work, error) {
		js, err := jetstream.New(nc)
		if err != nil {
			return service.Work{}, fmt.Errorf("fetcher: %w", err)
		}
		work := service.Work{}
		if cfg.CalendarsEvery != Never {
			work.Parts = append(work.Parts, cfg.calendars(js).Run)
		}
		if cfg.LinksEvery != Never {
			work.Parts = append(work.Parts, cfg.links(nc).Run)
		}
		if cfg.Prometheus.URL != "" {
			work.Parts = append(work.Parts, cfg.calls(js).Run)
		}
		if cfg.Every == Never {
			return work, nil
		}
		w, err := cfg.watcher(js)
		if err != nil {
			return service.Work{}, fmt.Errorf("fetcher: %w", err)
		}
		work.Ready, work.Parts = w.Ready, append(work.Parts, w.Run)
		if hooks != nil {
			secret := func() (string, error) { return forge.ReadSecret(cfg.HooksSecret) }
			handler := hook.Handler(secret, w.Hint, cfg.Log)
			work.Parts = append(work.Parts, func(ctx context.Context) error { return service.Serve(ctx, hooks, handler, cfg.Log) })
		}
		return work, nil
	})
	if hooks != nil {
		_ = hooks.Close() // after a failed start; otherwise its server has closed it
	}
	return err
}

// dialer returns the dialer for all that others have written down.
func (c Config) dialer() *egress.Dialer {
	return egress.New(egress.Config{Timeout: dialTimeout, Deny: c.Deny})
}

// userAgent returns what the fetcher calls itself.
func (c Config) userAgent() string { return "dev-portal-fetcher/" + c.Version }

// calendars returns what reads the calendars.
func (c Config) calendars(js jetstream.JetStream) *calendar.Watcher {
	return calendar.New(calendar.Config{
		JS: js, Client: calendar.NewClient(c.dialer(), c.userAgent()), Every: c.CalendarsEvery, Log: c.Log, Metrics: calendar.NewMetrics(c.Registry),
	})
}

// links returns what checks the links of services.
func (c Config) links(nc *nats.Conn) *link.Checker {
	return link.New(link.Config{
		NATS: nc, Client: link.NewClient(c.dialer(), c.userAgent()), Every: c.LinksEvery, Pause: linkPause, Log: c.Log, Metrics: link.NewMetrics(c.Registry),
	})
}

// calls returns what reads which services call which others.
func (c Config) calls(js jetstream.JetStream) *servicegraph.Reader {
	return servicegraph.New(servicegraph.Config{
		JS: js, Client: servicegraph.NewClient(c.dialer(), c.userAgent(), c.Prometheus.server()), Every: c.Prometheus.Every,
		Log: c.Log, Metrics: servicegraph.NewMetrics(c.Registry),
	})
}

// watcher returns what reads the releases.
func (c Config) watcher(js jetstream.JetStream) (*release.Watcher, error) {
	client := forge.NewClient(c.dialer(), c.userAgent())
	forges, err := c.forges(client)
	if err != nil {
		return nil, err
	}
	return release.New(release.Config{
		JS: js, Client: client, Forges: forges, Every: c.Every, Log: c.Log, Metrics: release.NewMetrics(c.Registry, c.Version),
	}), nil
}

// listenHooks listens for webhooks, before anything else starts. It returns nil, nil if none
// are taken.
func (c Config) listenHooks(ctx context.Context) (net.Listener, error) {
	if c.HooksListener != nil || c.HooksAddr == "" || c.HooksSecret == "" {
		return c.HooksListener, nil
	}
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", c.HooksAddr)
	if err != nil {
		return nil, fmt.Errorf("listen for webhooks (PORTAL_HOOKS): %w", err)
	}
	return ln, nil
}
