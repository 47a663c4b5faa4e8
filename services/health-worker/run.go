// Package healthworker probes what is due and says what it saw: the catalogue's
// events become plans in the broker, the broker says when a probe is due, the
// probe's result goes to catalog-api. A worker keeps no state; any number of
// them share the work, and each may come and go.
package healthworker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/dev-portal/dev-portal/services/health-worker/internal/metrics"
	"github.com/dev-portal/dev-portal/services/health-worker/internal/plan"
	"github.com/dev-portal/dev-portal/services/health-worker/internal/probe"
	"github.com/dev-portal/dev-portal/services/health-worker/internal/work"
)

const (
	reconnectWait = 500 * time.Millisecond
	pingInterval  = 3 * time.Second
	lostPings     = 2 // with one more, a server that hangs counts as gone
	flushTimeout  = time.Second
)

// Run works until ctx ends; then it hands back what it has not begun, finishes
// what is in flight or hands it back too, and returns nil within 10 s. NATS need not be there yet, may
// go away, and may come back without its data. Run fails only at a wrong Config,
// an address for metrics that it can't have, or a connection to NATS that is closed
// for good.
func Run(ctx context.Context, cfg Config) (err error) {
	if err := cfg.validate(); err != nil {
		return fmt.Errorf("health-worker: %w", err)
	}
	cfg = cfg.withDefaults()
	ln, err := cfg.listen(ctx)
	if err != nil {
		return fmt.Errorf("health-worker: metrics: %w", err)
	}
	nc, err := connect(cfg)
	if err != nil {
		return errors.Join(fmt.Errorf("health-worker: nats: %w", err), closed(ln))
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return errors.Join(fmt.Errorf("health-worker: nats: %w", err), closed(ln))
	}

	w := newWorker(cfg, nc, js)
	g, ctx := errgroup.WithContext(ctx)
	if ln != nil {
		g.Go(func() error { return metrics.Serve(ctx, ln, w.metrics.Handler(w.alive, w.ready)) })
	}
	g.Go(func() error { return w.planner.Run(ctx) })
	g.Go(func() error { return w.prober.Run(ctx) })
	g.Go(func() error {
		w.prober.Watch(ctx)
		return nil
	})
	g.Go(func() error { return w.prober.Answer(ctx, cfg.Version) })
	cfg.Log.InfoContext(ctx, "health-worker runs", "location", cfg.Location)
	if err := g.Wait(); err != nil {
		return fmt.Errorf("health-worker: %w", err)
	}
	if nc.IsConnected() { // acknowledgements may still be on their way
		if err := nc.FlushTimeout(flushTimeout); err != nil {
			cfg.Log.WarnContext(ctx, "nats not flushed; some probes may be made again", "error", err)
		}
	}
	return nil
}

// worker is the parts of a running worker.
type worker struct {
	nc      *nats.Conn
	metrics *metrics.Worker
	planner *plan.Planner
	prober  *work.Worker

	planning, probing atomic.Bool
}

func newWorker(cfg Config, nc *nats.Conn, js jetstream.JetStream) *worker {
	w := &worker{nc: nc, metrics: metrics.New(cfg.Registry, cfg.Version, cfg.Location).WithProcess()}
	w.planner = plan.New(plan.Config{
		JS: js, Log: cfg.Log, Metrics: w.metrics, Attached: w.planning.Store,
	})
	prober := probe.New(probe.Config{
		Timeout: cfg.Timeout, UserAgent: "dev-portal-health-worker/" + cfg.Version, Deny: cfg.Deny,
	})
	w.prober = &work.Worker{
		JS:          js,
		Probe:       prober.HTTP,
		Plan:        w.planner.Plan,
		Timeout:     cfg.Timeout,
		Location:    cfg.Location,
		Concurrency: cfg.Concurrency,
		PerHost:     cfg.PerHost,
		Log:         cfg.Log,
		Metrics:     w.metrics,
		Attached:    w.probing.Store,
		Lost:        w.planner.Reconcile, // the plans may be gone with it
	}
	return w
}

// alive returns nil, or else what only a restart mends.
func (w *worker) alive() error {
	if w.nc.IsClosed() {
		return errors.New("the connection to nats is closed for good")
	}
	return w.prober.Stuck()
}

// ready returns nil when the worker plans and probes, or else what is missing.
func (w *worker) ready() error {
	switch {
	case !w.nc.IsConnected():
		return errors.New("nats is not connected")
	case !w.planning.Load():
		return errors.New("the catalogue is not followed")
	case !w.probing.Load():
		return errors.New("due probes are not taken")
	}
	return nil
}

// listen returns nil, nil where no metrics are wanted.
func (c Config) listen(ctx context.Context) (net.Listener, error) {
	if c.MetricsListener != nil || c.MetricsAddr == "" {
		return c.MetricsListener, nil
	}
	return new(net.ListenConfig).Listen(ctx, "tcp", c.MetricsAddr)
}

func closed(ln net.Listener) error {
	if ln == nil {
		return nil
	}
	return ln.Close()
}

// connect returns at once; the connection is made, and made again, in the
// background.
func connect(cfg Config) (*nats.Conn, error) {
	var once sync.Once
	return nats.Connect(cfg.NATSURL,
		nats.Name("health-worker"),
		nats.MaxReconnects(-1),
		nats.IgnoreAuthErrorAbort(), // a wrong password may be mended on the server's side
		nats.RetryOnFailedConnect(true),
		nats.ReconnectWait(reconnectWait),
		nats.PingInterval(pingInterval),
		nats.MaxPingsOutstanding(lostPings),
		nats.ConnectHandler(func(nc *nats.Conn) {
			cfg.Log.Info("nats connected", "server", nc.ConnectedServerName())
		}),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				cfg.Log.Warn("nats disconnected; connecting again", "error", err)
			}
		}),
		nats.ReconnectHandler(func(nc *nats.Conn) {
			cfg.Log.Info("nats connected again", "server", nc.ConnectedServerName())
		}),
		nats.ReconnectErrHandler(func(_ *nats.Conn, err error) {
			once.Do(func() { cfg.Log.Warn("nats can't be reached; trying on", "error", err) })
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			cfg.Log.Warn("nats reports an error", "error", err)
		}),
	)
}
