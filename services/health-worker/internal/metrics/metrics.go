// Package metrics has the worker's metrics. No label names a service or a host, so
// that the number of series doesn't grow with the catalogue.
package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// Why a due message was dropped.
const (
	Late   = "late"   // its slot is over: the next one is due
	Poison = "poison" // it can't be read
)

// Why a due message was handed back, to be delivered again.
const (
	HostBusy  = "host_busy" // too many probes wait already; it keeps its turn
	Stopping  = "stopping"  // the worker stops
	NotMade   = "not_made"  // the worker lacked ports or file descriptors, or stopped
	Unplanned = "unplanned" // its turn came, but there is no such plan (any more)
	Unstored  = "unstored"  // the result could not be stored before the worker stopped
)

// Worker has the metrics of one worker.
type Worker struct {
	Registry *prometheus.Registry

	Probes          *prometheus.CounterVec // by status and reason
	Checks          *prometheus.CounterVec // by status and reason
	Duration        prometheus.Histogram
	Lag             prometheus.Histogram
	InFlight        prometheus.Gauge
	Overdue         prometheus.Gauge
	Waiting         prometheus.Gauge
	BusyHosts       prometheus.Gauge
	Round           prometheus.Gauge
	Backlog         prometheus.Gauge
	Dropped         *prometheus.CounterVec // by why
	HandedBack      *prometheus.CounterVec // by why
	PublishFailures prometheus.Counter
	Interruptions   *prometheus.CounterVec // by loop

	PlansWritten prometheus.Counter
	PlansRemoved prometheus.Counter
	PlanFailures prometheus.Counter
	FirstProbes  prometheus.Counter
	Drift        prometheus.Counter
	Reconciled   prometheus.Gauge
}

// New returns the metrics of a worker of this version and location, registered
// with r. No other worker may use r.
func New(r *prometheus.Registry, version, location string) *Worker {
	f := factory{r}
	f.gauge("info", "Always 1; the labels say which worker this is.",
		prometheus.Labels{"version": version, "location": location}).Set(1)
	m := &Worker{
		Registry: r,

		Probes: f.counters("probes_total", "Scheduled probes made, by what they saw.", "status", "reason"),
		Checks: f.counters("checks_total", "Probes made at a person's request, by what they saw.", "status", "reason"),
		Duration: f.histogram("probe_duration_seconds", "How long probes took, from start to outcome.",
			.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20),
		Lag: f.histogram("probe_lag_seconds", "How much later than planned probes started.",
			.01, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300),
		InFlight: f.gauge("probes_in_flight", "Probes that run now.", nil),
		Overdue:  f.gauge("probes_overdue", "Probes and checks that run for longer than any can: they will not end, and keep their places.", nil),
		Waiting:  f.gauge("probes_waiting", "Due probes that were taken, and wait because their host has enough of them.", nil),
		BusyHosts: f.gauge("busy_hosts",
			"Hosts (and ports) with more services than they let be probed in time: those are probed less often, evenly.", nil),
		Round: f.gauge("longest_round_seconds",
			"In how long each service of the busiest host is probed once; 0: no host is busy.", nil),
		Backlog:    f.gauge("due_backlog", "Due probes that no worker of the location had taken, when this one last took one.", nil),
		Dropped:    f.counters("due_dropped_total", "Due probes that were not made, by why.", "why"),
		HandedBack: f.counters("due_handed_back_total", "Due probes that were given back to be delivered again, by why.", "why"),
		PublishFailures: f.counter("result_publish_failures_total",
			"Failed tries to store a result; each is tried again until the worker stops."),
		Interruptions: f.counters("interruptions_total", "How often reading from NATS broke off, by loop.", "loop"),

		PlansWritten: f.counter("plans_written_total", "Plans that were stored or replaced."),
		PlansRemoved: f.counter("plans_removed_total", "Plans that were removed."),
		PlanFailures: f.counter("plan_failures_total", "Batches of plans that could not be brought up to date; they are tried again."),
		FirstProbes:  f.counter("first_probes_total", "Probes asked for at once, for a new service or a new URL."),
		Drift:        f.counter("reconcile_drift_total", "Plans that reconciliation found wrong, and mended."),
		Reconciled:   f.gauge("reconciled_timestamp_seconds", "When reconciliation last ended well, in Unix time.", nil),
	}
	for _, why := range []string{Late, Poison} {
		m.Dropped.WithLabelValues(why)
	}
	for _, why := range []string{HostBusy, Stopping, NotMade, Unplanned, Unstored} {
		m.HandedBack.WithLabelValues(why)
	}
	return m
}

// Probed records a scheduled probe.
func (m *Worker) Probed(status events.Status, reason events.Reason, lag, took time.Duration) {
	m.Probes.WithLabelValues(string(status), string(reason)).Inc()
	m.Duration.Observe(took.Seconds())
	m.Lag.Observe(max(0, lag.Seconds()))
}

// factory creates metrics and registers them.
type factory struct{ r *prometheus.Registry }

const namespace = "portal_worker"

func (f factory) counter(name, help string) prometheus.Counter {
	c := prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help})
	f.r.MustRegister(c)
	return c
}

func (f factory) counters(name, help string, labels ...string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
	f.r.MustRegister(c)
	return c
}

func (f factory) gauge(name, help string, labels prometheus.Labels) prometheus.Gauge {
	g := prometheus.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help, ConstLabels: labels})
	f.r.MustRegister(g)
	return g
}

func (f factory) histogram(name, help string, buckets ...float64) prometheus.Histogram {
	h := prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets})
	f.r.MustRegister(h)
	return h
}
