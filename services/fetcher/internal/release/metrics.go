package release

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/fetcher/internal/forge"
)

// Metrics are those of a Watcher. Their labels name forges, which are in the settings, and no
// service or repository.
type Metrics struct {
	registry  prometheus.Registerer
	requests  *prometheus.CounterVec // by forge and outcome
	remaining *prometheus.GaugeVec   // by forge
	published prometheus.Counter
}

const namespace = "portal_fetcher"

// The outcomes of requests, besides the problems.
const (
	outcomeRead      = "read"
	outcomeUnchanged = "unchanged"
)

// NewMetrics registers the metrics.
func NewMetrics(reg prometheus.Registerer, version string) *Metrics {
	m := &Metrics{
		registry: reg,
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "requests_total", Help: "Repositories that were asked for, by what came of it.",
		}, []string{"forge", "outcome"}),
		remaining: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: namespace, Name: "requests_remaining", Help: "Requests that the forge still takes until its limit begins anew, as it said last.",
		}, []string{"forge"}),
		published: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: namespace, Name: "releases_published_total", Help: "Services of which it was said what releases there are.",
		}),
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: namespace, Name: "info", Help: "Always 1; the label says which fetcher this is.", ConstLabels: prometheus.Labels{"version": version},
	})
	info.Set(1)
	reg.MustRegister(m.requests, m.remaining, m.published, info)
	return m
}

// observe adds what is known of each lane when somebody asks.
func (m *Metrics) observe(lanes map[string]*lane) {
	for host, l := range lanes {
		label := prometheus.Labels{"forge": host}
		m.registry.MustRegister(
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{
				Namespace: namespace, Name: "repositories", Help: "Repositories that services link to.", ConstLabels: label,
			}, func() float64 { _, n := l.late(); return float64(n) }),
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{
				Namespace: namespace, Name: "late_seconds", Help: "For how long the repository has been due that is due the longest.", ConstLabels: label,
			}, func() float64 { late, _ := l.late(); return late.Seconds() }),
		)
		for _, outcome := range append([]string{outcomeRead, outcomeUnchanged}, words(events.ReleaseProblems)...) {
			m.requests.WithLabelValues(host, outcome) // present from the start, so that rates can be computed
		}
	}
}

func words(problems []events.ReleaseProblem) (list []string) {
	for _, p := range problems {
		list = append(list, string(p))
	}
	return list
}

func (m *Metrics) asked(host string, answer forge.Answer, budget forge.Budget, err error) {
	outcome := outcomeRead
	if failed, is := errors.AsType[*forge.Error](err); is {
		outcome = string(failed.Problem)
	} else if answer.Unchanged {
		outcome = outcomeUnchanged
	}
	m.requests.WithLabelValues(host, outcome).Inc()
	if budget.Remaining >= 0 {
		m.remaining.WithLabelValues(host).Set(float64(budget.Remaining))
	}
}
