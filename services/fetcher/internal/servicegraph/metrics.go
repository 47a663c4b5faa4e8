package servicegraph

import "github.com/prometheus/client_golang/prometheus"

// Metrics are those of a Reader. Their labels name no service and no server.
type Metrics struct {
	readings    *prometheus.CounterVec // by outcome
	published   prometheus.Counter
	pairs, left prometheus.Gauge
}

const (
	namespace   = "portal_fetcher"
	outcomeRead = "read" // besides the problems
)

// NewMetrics registers the metrics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		readings: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "calls_readings_total", Help: "Readings of which services call which others, by what came of it.",
		}, []string{"outcome"}),
		published: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: namespace, Name: "calls_published_total", Help: "Parts of readings that were published, of up to 500 pairs of services each.",
		}),
		pairs: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: namespace, Name: "calls_pairs", Help: "Pairs of client and server in the last reading.",
		}),
		left: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: namespace, Name: "calls_pairs_left", Help: "Pairs of client and server that the last reading left out, as it had too many.",
		}),
	}
	m.readings.WithLabelValues(outcomeRead) // present from the start, so that rates can be computed
	for _, problem := range Problems {
		m.readings.WithLabelValues(string(problem))
	}
	reg.MustRegister(m.readings, m.published, m.pairs, m.left)
	return m
}

func (m *Metrics) read(outcome string) { m.readings.WithLabelValues(outcome).Inc() }
