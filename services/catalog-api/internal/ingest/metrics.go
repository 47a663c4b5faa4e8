package ingest

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
)

// Metrics are the metrics of Ingest and Sweeper.
type Metrics struct {
	results *prometheus.CounterVec // by outcome: stored, late, dropped, invalid, unknown
	changed prometheus.Counter
	missed  prometheus.Counter
	busy    prometheus.Counter
	stale   prometheus.Counter
	batches prometheus.Histogram
}

// NewMetrics registers the metrics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		results: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "portal_results_total",
			Help: "Results of probes by what became of them; late: newer ones overtook it, so only the history has it; dropped: the service is gone, has another URL, or the result is known.",
		}, []string{"outcome"}),
		changed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "portal_status_changes_total", Help: "Statuses that a probe changed.",
		}),
		missed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "portal_probe_slots_missed_total",
			Help: "Slots between two results of a service in which nobody probed it.",
		}),
		busy: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "portal_probe_slots_busy_total",
			Help: "Slots in which a service was not probed because it waited for its turn at a busy host.",
		}),
		stale: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "portal_status_stale_total", Help: "Statuses that became unknown for lack of results.",
		}),
		batches: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "portal_results_batch_size", Help: "Results stored by one transaction.",
			Buckets: prometheus.ExponentialBuckets(1, 2, 10),
		}),
	}
	for _, outcome := range []string{"stored", "late", "dropped", "invalid", "unknown"} {
		m.results.WithLabelValues(outcome) // present from the start, so that rates can be computed
	}
	reg.MustRegister(m.results, m.changed, m.missed, m.busy, m.stale, m.batches)
	return m
}

func (m *Metrics) count(batch int, a store.Applied) {
	m.batches.Observe(float64(batch))
	m.results.WithLabelValues("stored").Add(float64(a.Stored))
	m.results.WithLabelValues("late").Add(float64(a.Late))
	m.results.WithLabelValues("dropped").Add(float64(a.Dropped))
	m.changed.Add(float64(a.Changed))
	m.missed.Add(float64(a.Missed))
	m.busy.Add(float64(a.Busy))
}
