// Package live pushes what happens in the catalogue to browsers, by Server-Sent
// Events: one reader of stream PORTAL feeds a short history in memory, and every
// browser reads that at its own pace.
package live

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
)

const (
	depth      = 4096            // events that are kept for browsers that come back
	lookEvery  = time.Second     // how often the connection to NATS is looked at
	lostAfter  = 5 * time.Second // how long it may be gone before browsers are told
	maxClients = 5000
)

// Hub serves the event stream. Run feeds it.
type Hub struct {
	js      jetstream.JetStream
	log     *slog.Logger
	metrics metrics
	history history
	reading reading
	clients atomic.Int64
	most    int64
	closing chan struct{} // closed when Run ends, and with it every stream
}

type metrics struct {
	clients prometheus.Gauge
	sent    prometheus.Counter
	cut     *prometheus.CounterVec
}

// New makes a hub, and its metrics in the registry.
func New(js jetstream.JetStream, log *slog.Logger, registry prometheus.Registerer) *Hub {
	h := &Hub{js: js, log: log, most: maxClients, closing: make(chan struct{})}
	h.history.init(depth)
	h.metrics = metrics{
		clients: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "portal_live_clients",
			Help: "Event streams that are open.",
		}),
		sent: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "portal_live_events_sent_total",
			Help: "Events written to event streams.",
		}),
		cut: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "portal_live_clients_cut_total",
			Help: "Event streams ended by us: slow (the client did not read), lost (NATS is away), full (too many clients).",
		}, []string{"reason"}),
	}
	registry.MustRegister(h.metrics.clients, h.metrics.sent, h.metrics.cut)
	return h
}

// Run feeds the streams until ctx ends, and then ends them. Call it once. It keeps what
// was said and not, as a stream.Mirror, how things stand: a browser that comes back wants
// what it missed.
func (h *Hub) Run(ctx context.Context) error {
	defer close(h.closing)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		h.watch(ctx)
	}()
	logError := stream.LogErrors(h.log, h.js.Conn(), "live")
	err := stream.Subscribe(ctx, h.js, stream.Subscription{
		Tail: depth,
		OnRestart: func(epoch string) {
			h.reading.restarted()
			h.history.restart(epoch)
		},
		OnCaughtUp: h.history.caughtUp,
		OnError: func(err error) {
			h.reading.interrupted(err)
			logError(err)
		},
	}, h.deliver)
	<-watched
	return err
}

// watch tells the history while NATS is away, or can't be read. Browsers then know that they are
// not live, and refresh by themselves.
func (h *Hub) watch(ctx context.Context) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	var away time.Duration
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if h.js.Conn().IsConnected() && h.reading.failed() == nil {
			away = 0
		} else {
			away += lookEvery
		}
		h.history.setLost(away >= lostAfter)
	}
}

// deliver takes an event from the stream.
func (h *Hub) deliver(_ context.Context, d stream.Delivery) error {
	h.reading.delivered(d.Sequence)
	if name := eventName(d.Event); name != "" {
		h.history.add(d.Sequence, name, d.Data)
	}
	return nil
}

// eventName is what browsers call the event; empty for one they don't see.
func eventName(e events.Event) string {
	switch e.(type) {
	case events.ServiceCreated:
		return "service.created"
	case events.ServiceUpdated:
		return "service.updated"
	case events.ServiceDeleted:
		return "service.deleted"
	case events.StatusChanged:
		return "status.changed"
	}
	return ""
}
