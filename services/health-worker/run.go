// Package healthworker probes services on schedule: it turns the catalogue's events
// into plans in the broker, the broker sends a message when a probe is due, and the
// probe's result goes to catalog-api. A worker keeps no state; any number of
// workers share the probes, and each may start and stop at any time.
package healthworker

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/service"
	"github.com/dev-portal/dev-portal/services/health-worker/internal/metrics"
	"github.com/dev-portal/dev-portal/services/health-worker/internal/plan"
	"github.com/dev-portal/dev-portal/services/health-worker/internal/probe"
	"github.com/dev-portal/dev-portal/services/health-worker/internal/work"
)

// Run runs a worker until ctx ends. It then hands back the probes that have not
// begun, finishes those in flight or hands them back too, and returns nil within
// 10 s. NATS need not be available at the start, may go away, and may come back
// without its data. Run fails only if cfg is invalid, the address for metrics can't
// be listened on, or the connection to NATS is closed for good.
func Run(ctx context.Context, cfg Config) error {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return fmt.Errorf("health-worker: %w", err)
	}
	return cfg.Run(ctx, "health-worker", func(nc *nats.Conn) (service.Work, error) {
		js, err := jetstream.New(nc)
		if err != nil {
			return service.Work{}, fmt.Errorf("health-worker: %w", err)
		}
		w := newWorker(cfg, js)
		return service.Work{Alive: w.prober.Stuck, Ready: w.ready, Parts: []func(context.Context) error{
			w.planner.Run,
			w.prober.Run,
			func(ctx context.Context) error { w.prober.Watch(ctx); return nil },
			func(ctx context.Context) error { return w.prober.Answer(ctx, cfg.Version) },
		}}, nil
	})
}

// worker is the parts of a running worker.
type worker struct {
	metrics *metrics.Worker
	planner *plan.Planner
	prober  *work.Worker

	planning, probing atomic.Bool
}

func newWorker(cfg Config, js jetstream.JetStream) *worker {
	w := &worker{metrics: metrics.New(cfg.Registry, cfg.Version, cfg.Location)}
	w.planner = plan.New(plan.Config{
		JS: js, Log: cfg.Log, Metrics: w.metrics, OnReady: w.planning.Store,
	})
	prober := probe.New(probe.Config{
		Timeout: cfg.Timeout, UserAgent: "dev-portal-health-worker/" + cfg.Version, Deny: cfg.Deny,
	})
	w.prober = &work.Worker{
		JS:          js,
		Probe:       prober.Probe,
		Plan:        w.planner.Plan,
		Timeout:     cfg.Timeout,
		Location:    cfg.Location,
		Concurrency: cfg.Concurrency,
		PerHost:     cfg.PerHost,
		Log:         cfg.Log,
		Metrics:     w.metrics,
		OnReady:     w.probing.Store,
		OnReconnect: w.planner.Reconcile, // the plans may be lost too
	}
	return w
}

// ready returns an error unless the worker follows the catalogue and fetches due
// probes.
func (w *worker) ready() error {
	switch {
	case !w.planning.Load():
		return errors.New("the catalogue is not followed")
	case !w.probing.Load():
		return errors.New("due probes are not taken")
	}
	return nil
}
