// Package live pushes changes of the catalogue to browsers by Server-Sent Events. One
// reader of stream PORTAL feeds a short history in memory, which every browser reads
// at its own pace.
package live

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/dev-portal/dev-portal/pkg/events/stream"
)

const (
	depth      = 4096            // events that are kept for browsers that reconnect
	checkEvery = time.Second     // how often the connection to NATS is checked
	lostAfter  = 5 * time.Second // how long it may be lost before streams are closed
	maxClients = 5000
)

// Hub serves the event stream. Run feeds it.
type Hub struct {
	js      jetstream.JetStream
	log     *slog.Logger
	metrics metrics
	history history
	reader  readerHealth
	closing chan struct{} // closed when Run ends, and with it every stream

	// PerClient is how many streams a client, which is a key or an address, may have open;
	// 0: any number.
	PerClient int

	max  int // streams in all
	mu   sync.Mutex
	open map[string]int // streams by client
	all  int
}

type metrics struct {
	clients prometheus.Gauge
	sent    prometheus.Counter
	cut     *prometheus.CounterVec
}

// New returns a hub, and registers its metrics.
func New(js jetstream.JetStream, log *slog.Logger, registry prometheus.Registerer) *Hub {
	h := &Hub{js: js, log: log, max: maxClients, open: map[string]int{}, closing: make(chan struct{})}
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
			Help: "Event streams ended by us: slow (the client did not read), lost (NATS is away), full (too many streams), greedy (too many of one client).",
		}, []string{"reason"}),
	}
	registry.MustRegister(h.metrics.clients, h.metrics.sent, h.metrics.cut)
	return h
}

// Run feeds the streams until ctx ends, and then ends them. Call it once. It keeps events
// rather than the latest state, as stream.Mirror does, because a browser that reconnects
// needs the events that it missed.
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
			h.reader.restarted()
			h.history.restart(epoch)
		},
		OnCaughtUp: h.history.caughtUp,
		OnError: func(err error) {
			h.reader.interrupted(err)
			logError(err)
		},
	}, h.deliver)
	<-watched
	return err
}

// watch marks the history as lost while NATS is disconnected or can't be read. Browsers
// then know that they are not live, and refresh by themselves.
func (h *Hub) watch(ctx context.Context) {
	ticker := time.NewTicker(checkEvery)
	defer ticker.Stop()
	var lost time.Duration
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if h.js.Conn().IsConnected() && h.reader.failure() == nil {
			lost = 0
		} else {
			lost += checkEvery
		}
		h.history.setLost(lost >= lostAfter)
	}
}

// deliver adds an event of the stream to the history.
func (h *Hub) deliver(_ context.Context, d stream.Delivery) error {
	h.reader.delivered(d.Sequence)
	h.history.add(d.Sequence, eventName(d.Type), d.Data)
	return nil
}

// eventName returns the name for browsers of a type of event: "service.created" for
// dev.portal.service.created.v1.
func eventName(typ string) string {
	name := strings.TrimPrefix(typ, "dev.portal.")
	if dot := strings.LastIndex(name, ".v"); dot > 0 {
		name = name[:dot]
	}
	return name
}
