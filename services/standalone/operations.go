package standalone

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"

	"github.com/dev-portal/dev-portal/pkg/service"
	"github.com/prometheus/client_golang/prometheus"
)

// operations serves /metrics, /livez and /readyz of all services at one address. Each
// service answers at a private address of its own, which operations asks.
type operations struct {
	all       net.Listener
	listeners []listener
	registry  *prometheus.Registry
}

// listener is the private address of a service.
type listener struct {
	name string
	at   net.Listener
}

// openOperations opens the addresses: addr for all, and one for each of the names.
func openOperations(ctx context.Context, addr string, names []string, log *slog.Logger) (*operations, error) {
	all, err := listenMetrics(ctx, addr, log)
	if err != nil {
		return nil, err
	}
	o := &operations{all: all, registry: service.NewRegistry()}
	for _, name := range names {
		ln, err := listen(ctx, "--metrics", "127.0.0.1:0")
		if err != nil {
			o.close()
			return nil, err
		}
		o.listeners = append(o.listeners, listener{name, ln})
	}
	return o, nil
}

// close closes the addresses after a failed start.
func (o *operations) close() {
	_ = o.all.Close()
	for _, one := range o.listeners {
		_ = one.at.Close()
	}
}

// listenMetrics opens the address of the metrics. The default address falls back to a
// free port if it is taken, so that a second portal on the machine starts without a flag.
func listenMetrics(ctx context.Context, addr string, log *slog.Logger) (net.Listener, error) {
	if addr != "" {
		return listen(ctx, "--metrics", addr)
	}
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", DefaultMetrics)
	if !errors.Is(err, syscall.EADDRINUSE) {
		return ln, err
	}
	ln, err = listen(ctx, "--metrics", "127.0.0.1:0")
	if err == nil {
		log.Warn("usual address of the metrics is taken; using another (--metrics chooses one)",
			"usual", DefaultMetrics, "now", ln.Addr().String())
	}
	return ln, err
}

// serve answers requests until ctx ends.
func (o *operations) serve(ctx context.Context, log *slog.Logger) error {
	all := service.Operations{Registry: o.registry, Alive: o.ask("/livez"), Ready: o.ask("/readyz")}
	return service.Serve(ctx, o.all, all.Handler(), log)
}

// ask returns a check that asks each service for path, and returns the first error.
func (o *operations) ask(path string) func(context.Context) error {
	client := &http.Client{}
	return func(ctx context.Context) error {
		for _, one := range o.listeners {
			if err := askOne(ctx, client, baseURL(one.at.Addr())+path); err != nil {
				return fmt.Errorf("%s: %w", one.name, err)
			}
		}
		return nil
	}
}
