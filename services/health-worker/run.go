// Package healthworker probes what is due and says what it saw: the catalogue's
// events become plans in the broker, the broker says when a probe is due, the
// probe's result goes to catalog-api. A worker keeps no state; any number of
// them share the work, and each may come and go.
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

// Run works until ctx ends; then it hands back what it has not begun, finishes
// what is in flight or hands it back too, and returns nil within 10 s. NATS need not be there yet, may
// go away, and may come back without its data. Run fails only at a wrong Config,
// an address for metrics that it can't have, or a connection to NATS that is closed
// for good.
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

// ready returns nil when the worker plans and probes, or else what is missing.
func (w *worker) ready() error {
	switch {
	case !w.planning.Load():
		return errors.New("the catalogue is not followed")
	case !w.probing.Load():
		return errors.New("due probes are not taken")
	}
	return nil
}
