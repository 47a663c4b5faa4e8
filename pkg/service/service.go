// Package service has the parts that the processes of all services share: the main
// function, the environment, the connection to NATS, the listener for operators, the
// log, the graceful shutdown, and the health check of itself.
package service

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// Common is the configuration that all services have. Its zero value connects to the
// NATS server on this machine, and serves no metrics.
type Common struct {
	// NATSURL is the URL of a NATS server with JetStream, or several separated by
	// commas. PORTAL_NATS_URL; empty: nats://127.0.0.1:4222.
	NATSURL string

	// NATS is how the service shows who it is to the server, besides the URL.
	NATS NATS

	// MetricsAddr is where /metrics, /livez and /readyz are served, host:port.
	// PORTAL_METRICS; empty: nowhere. MetricsListener, if set, is used instead, and
	// closed by the service.
	MetricsAddr     string
	MetricsListener net.Listener

	// Registry has the metrics; nil: that of NewRegistry.
	Registry *prometheus.Registry

	// Log is the service's log; nil discards it.
	Log *slog.Logger

	// Version is the program's version; empty: "dev".
	Version string
}

// WithDefaults returns c with defaults for zero fields.
func (c Common) WithDefaults() Common {
	c.NATSURL = cmp.Or(c.NATSURL, "nats://127.0.0.1:4222")
	c.Version = cmp.Or(c.Version, "dev")
	if c.Registry == nil {
		c.Registry = NewRegistry()
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// NewRegistry returns a registry with the metrics of the Go runtime and the process.
func NewRegistry() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

// Listen listens on the address for operators, before anything else starts, so that an
// address in use is an early error. It returns nil, nil if no address is configured.
func (c Common) Listen(ctx context.Context) (net.Listener, error) {
	if c.MetricsListener != nil || c.MetricsAddr == "" {
		return c.MetricsListener, nil
	}
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", c.MetricsAddr)
	if err != nil {
		return nil, fmt.Errorf("listen for metrics (PORTAL_METRICS): %w", err)
	}
	return ln, nil
}

// A server that hangs counts as disconnected after three unanswered pings.
const (
	reconnectWait = 500 * time.Millisecond
	pingInterval  = 3 * time.Second
	lostPings     = 2
)

// Connect connects to NATS under the service's name. It returns at once: it connects in
// the background, and reconnects by itself, so that services can start in any order.
func (c Common) Connect(name string, options ...nats.Option) (*nats.Conn, error) {
	identity, err := c.NATS.options()
	if err != nil {
		return nil, fmt.Errorf("connect to NATS: %w", err)
	}
	var once sync.Once
	nc, err := nats.Connect(c.NATSURL, append([]nats.Option{
		nats.Name(name),
		nats.RetryOnFailedConnect(true),
		nats.MaxReconnects(-1),
		nats.IgnoreAuthErrorAbort(), // a wrong password may be fixed at the server
		nats.ReconnectWait(reconnectWait),
		nats.PingInterval(pingInterval),
		nats.MaxPingsOutstanding(lostPings),
		nats.ConnectHandler(func(nc *nats.Conn) { c.Log.Info("NATS connected", "server", nc.ConnectedServerName()) }),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				c.Log.Warn("NATS disconnected; reconnecting", "error", err)
			}
		}),
		nats.ReconnectHandler(func(nc *nats.Conn) { c.Log.Info("NATS reconnected", "server", nc.ConnectedServerName()) }),
		nats.ReconnectErrHandler(func(_ *nats.Conn, err error) {
			once.Do(func() { c.Log.Warn("NATS not reachable; retrying", "error", err) })
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			c.Log.Warn("NATS reported an error", "error", err)
		}),
	}, append(identity, options...)...)...)
	if err != nil {
		return nil, fmt.Errorf("connect to NATS (PORTAL_NATS_URL): %w", err)
	}
	return nc, nil
}

// flushTimeout limits the sending of the last acknowledgements.
const flushTimeout = time.Second

// Flush sends the buffered messages, mostly acknowledgements, before the connection is
// closed. A failure is logged only: messages without acknowledgement are redelivered.
func (c Common) Flush(ctx context.Context, nc *nats.Conn) {
	if !nc.IsConnected() {
		return
	}
	if err := nc.FlushTimeout(flushTimeout); err != nil {
		c.Log.WarnContext(ctx, "not all messages reached NATS before shutdown; they are redelivered", "error", err)
	}
}
