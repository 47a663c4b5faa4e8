package outbox

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/prometheus/client_golang/prometheus"
)

// Metrics are the relay's metrics.
type Metrics struct {
	active      prometheus.Gauge
	published   prometheus.Counter
	republished *prometheus.CounterVec
}

// NewMetrics registers the relay's metrics, and the backlog of the outbox, which is
// read from db at each scrape.
func NewMetrics(reg prometheus.Registerer, db *sqlx.DB) *Metrics {
	m := &Metrics{
		active: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "portal_outbox_relay_active", Help: "1 on the replica that publishes the outbox.",
		}),
		published: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "portal_outbox_published_total", Help: "Events that NATS has confirmed.",
		}),
		republished: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "portal_outbox_republished_total", Help: "Things that the stream lacked or had wrong.",
		}, []string{"kind"}),
	}
	reg.MustRegister(m.active, m.published, m.republished, &backlog{db: db})
	return m
}

// backlog collects the number and the age of the events in the outbox.
type backlog struct{ db *sqlx.DB }

var (
	pendingDesc = prometheus.NewDesc("portal_outbox_pending", "Events that wait to be published.", nil, nil)
	ageDesc     = prometheus.NewDesc("portal_outbox_age_seconds", "Age of the oldest event that waits; 0: none waits.", nil, nil)
)

// Describe implements prometheus.Collector.
func (*backlog) Describe(ch chan<- *prometheus.Desc) { ch <- pendingDesc; ch <- ageDesc }

// Collect implements prometheus.Collector.
func (b *backlog) Collect(ch chan<- prometheus.Metric) {
	const query = `SELECT count(*), coalesce(extract(epoch FROM now() - min(created_at)), 0) FROM outbox`

	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	var pending, age float64
	if err := b.db.QueryRowContext(ctx, query).Scan(&pending, &age); err != nil {
		ch <- prometheus.NewInvalidMetric(pendingDesc, err)
		return
	}
	ch <- prometheus.MustNewConstMetric(pendingDesc, prometheus.GaugeValue, pending)
	ch <- prometheus.MustNewConstMetric(ageDesc, prometheus.GaugeValue, age)
}
