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
	"sync/atomic"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/dev-portal/dev-portal/pkg/service"
	"github.com/dev-portal/dev-portal/services/health-worker/internal/metrics"
	"github.com/dev-portal/dev-portal/services/health-worker/internal/plan"
	"github.com/dev-portal/dev-portal/services/health-worker/internal/probe"
	"github.com/dev-portal/dev-portal/services/health-worker/internal/work"
)

// Run works until ctx ends; then it hands back what it has not begun, finishes
// what is in flight or hands it back too, and returns nil within 10 s. NATS need not be there yet, may
// go away, and may come back without its data. Run fails only at a wrong Config,
// an address for metrics that it can't have, or a connection to NATS that is closed
// for good.
func Run(ctx context.Context, cfg Config) (err error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return fmt.Errorf("health-worker: %w", err)
	}
	ln, err := cfg.Listen(ctx)
	if err != nil {
		return fmt.Errorf("health-worker: %w", err)
	}
	nc, err := cfg.Connect("health-worker")
	if err != nil {
		return errors.Join(fmt.Errorf("health-worker: %w", err), closed(ln))
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return errors.Join(fmt.Errorf("health-worker: %w", err), closed(ln))
	}

	w := newWorker(cfg, nc, js)
	g, ctx := errgroup.WithContext(ctx)
	if ln != nil {
		operations := service.Operations{Registry: cfg.Registry, Alive: w.alive, Ready: w.ready}
		g.Go(func() error { return service.Serve(ctx, ln, operations, cfg.Log) })
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
	cfg.Flush(ctx, nc)
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
	w := &worker{nc: nc, metrics: metrics.New(cfg.Registry, cfg.Version, cfg.Location)}
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
func (w *worker) alive(context.Context) error {
	if w.nc.IsClosed() {
		return errors.New("the connection to nats is closed for good")
	}
	return w.prober.Stuck()
}

// ready returns nil when the worker plans and probes, or else what is missing.
func (w *worker) ready(context.Context) error {
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

func closed(ln net.Listener) error {
	if ln == nil {
		return nil
	}
	return ln.Close()
}
