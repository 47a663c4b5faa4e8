package calendar

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// Metrics are those of a Watcher. Their labels name no team and no server.
type Metrics struct {
	registry  prometheus.Registerer
	readings  *prometheus.CounterVec // by outcome
	published prometheus.Counter
}

const namespace = "portal_fetcher"

// The outcomes of readings, besides the problems.
const (
	outcomeRead      = "read"
	outcomeUnchanged = "unchanged"
)

// NewMetrics registers the metrics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		registry: reg,
		readings: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "calendar_readings_total", Help: "Calendars that were asked for, by what came of it.",
		}, []string{"outcome"}),
		published: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: namespace, Name: "shifts_published_total", Help: "Readings of calendars of which it was said what is in them.",
		}),
	}
	for _, outcome := range []string{outcomeRead, outcomeUnchanged} {
		m.readings.WithLabelValues(outcome) // present from the start, so that rates can be computed
	}
	for _, problem := range events.FeedProblems {
		m.readings.WithLabelValues(string(problem))
	}
	reg.MustRegister(m.readings, m.published)
	return m
}

// observe adds what is known of the feeds when somebody asks.
func (m *Metrics) observe(w *Watcher) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: namespace, Name: "calendars", Help: "Calendars of teams that are read.",
	}, func() float64 {
		w.mu.Lock()
		defer w.mu.Unlock()
		return float64(len(w.feeds))
	}))
}

func (m *Metrics) read(outcome string) { m.readings.WithLabelValues(outcome).Inc() }
