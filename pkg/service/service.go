// Package service is what every service of the portal needs of its process, so that
// it is the same for all: main, the environment, the connection to NATS, the port for
// operators, the log, an end that finishes what is in flight, and asking itself how
// it is. What a service does is its own.
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

// Common is the part of a service's configuration that all of them have. Its zero
// value connects to the NATS server on this machine, and serves no operators.
type Common struct {
	// NATSURL is where NATS is, with JetStream: one URL, or several with commas
	// between. PORTAL_NATS_URL; empty: nats://127.0.0.1:4222.
	NATSURL string

	// MetricsAddr is where /metrics, /livez and /readyz are served, host:port.
	// PORTAL_METRICS; empty: nowhere. MetricsListener, if set, is used in its place,
	// and closed by the service.
	MetricsAddr     string
	MetricsListener net.Listener

	// Registry has the metrics; nil: one of its own, with those of the process.
	Registry *prometheus.Registry

	// Log hears what a person should know; nil: nobody does.
	Log *slog.Logger

	// Version is what the program calls itself; empty: "dev".
	Version string
}

// WithDefaults fills what is zero.
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

// NewRegistry has the metrics of the Go runtime and of the process.
func NewRegistry() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

// Listen opens the address for operators, so that one that is taken is found before
// anything else starts. It returns nil, nil where none is wanted.
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

// A server that hangs counts as gone after three lost pings.
const (
	reconnectWait = 500 * time.Millisecond
	pingInterval  = 3 * time.Second
	lostPings     = 2
)

// Connect makes the service's connection to NATS, under its name. It returns at once:
// the connection comes about in the background, and comes back by itself, so that
// services can start in any order.
func (c Common) Connect(name string, options ...nats.Option) (*nats.Conn, error) {
	var once sync.Once
	nc, err := nats.Connect(c.NATSURL, append([]nats.Option{
		nats.Name(name),
		nats.RetryOnFailedConnect(true),
		nats.MaxReconnects(-1),
		nats.IgnoreAuthErrorAbort(), // a wrong password may be mended on the server's side
		nats.ReconnectWait(reconnectWait),
		nats.PingInterval(pingInterval),
		nats.MaxPingsOutstanding(lostPings),
		nats.ConnectHandler(func(nc *nats.Conn) { c.Log.Info("connected to NATS", "server", nc.ConnectedServerName()) }),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				c.Log.Warn("lost the connection to NATS; reconnecting", "error", err)
			}
		}),
		nats.ReconnectHandler(func(nc *nats.Conn) { c.Log.Info("reconnected to NATS", "server", nc.ConnectedServerName()) }),
		nats.ReconnectErrHandler(func(_ *nats.Conn, err error) {
			once.Do(func() { c.Log.Warn("NATS cannot be reached; trying again", "error", err) })
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			c.Log.Warn("NATS reports an error", "error", err)
		}),
	}, options...)...)
	if err != nil {
		return nil, fmt.Errorf("connect to NATS (PORTAL_NATS_URL): %w", err)
	}
	return nc, nil
}

// flushTimeout is what the last acknowledgements have to go out.
const flushTimeout = time.Second

// Flush sends what is only buffered, acknowledgements mostly, before the connection
// goes. Where it cannot, that is logged, and what was not acknowledged comes again.
func (c Common) Flush(ctx context.Context, nc *nats.Conn) {
	if !nc.IsConnected() {
		return
	}
	if err := nc.FlushTimeout(flushTimeout); err != nil {
		c.Log.WarnContext(ctx, "not all was sent to NATS before the end; it is done again", "error", err)
	}
}
