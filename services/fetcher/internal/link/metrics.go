package link

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// Metrics are those of a Checker. Their labels name no service and no server.
type Metrics struct{ checks *prometheus.CounterVec } // by outcome

const outcomeAnswers = "answers" // besides the problems

// NewMetrics registers the metrics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "portal_fetcher", Name: "links_checked_total", Help: "Checks of links of services, by what came of it.",
	}, []string{"outcome"})}
	m.checks.WithLabelValues(outcomeAnswers) // present from the start, so that rates can be computed
	for _, problem := range events.LinkProblems {
		m.checks.WithLabelValues(string(problem))
	}
	reg.MustRegister(m.checks)
	return m
}

func (m *Metrics) checked(problem events.LinkProblem) {
	if problem == "" {
		problem = outcomeAnswers
	}
	m.checks.WithLabelValues(string(problem)).Inc()
}
