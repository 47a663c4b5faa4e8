package standalone

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"syscall"

	"github.com/dev-portal/dev-portal/pkg/service"
	"github.com/prometheus/client_golang/prometheus"
)

// operations is what an operator asks: at one address the metrics of all
// services, and whether all live and are ready, which each service says at an
// address of its own that nobody else needs to know.
type operations struct {
	all      net.Listener
	services []listener
	registry *prometheus.Registry
}

// listener is where a service is asked.
type listener struct {
	name string
	at   net.Listener
}

// operations opens the addresses.
func (c Config) operations(ctx context.Context) (*operations, error) {
	all, err := c.listenMetrics(ctx)
	if err != nil {
		return nil, err
	}
	o := &operations{all: all, registry: service.NewRegistry()}
	for _, one := range c.services() {
		ln, err := listen(ctx, "--metrics", "127.0.0.1:0")
		if err != nil {
			o.close()
			return nil, err
		}
		o.services = append(o.services, listener{one.name, ln})
	}
	return o, nil
}

// close is for a start that failed.
func (o *operations) close() {
	_ = o.all.Close()
	for _, one := range o.services {
		_ = one.at.Close()
	}
}

// listenMetrics gives way where nobody has asked for the address: a second portal
// on the machine starts without a flag for what few people look at.
func (c Config) listenMetrics(ctx context.Context) (net.Listener, error) {
	if c.MetricsAddr != "" {
		return listen(ctx, "--metrics", c.MetricsAddr)
	}
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", DefaultMetrics)
	if !errors.Is(err, syscall.EADDRINUSE) {
		return ln, err
	}
	ln, err = listen(ctx, "--metrics", "127.0.0.1:0")
	if err == nil {
		c.Log.Warn("the metrics are elsewhere, as another program has their usual address: --metrics chooses one",
			"usual", DefaultMetrics, "now", ln.Addr().String())
	}
	return ln, err
}

// serve answers until ctx ends.
func (o *operations) serve(ctx context.Context, log *slog.Logger) error {
	return service.Serve(ctx, o.all, service.Operations{Registry: o.registry, Alive: o.ask("/livez"), Ready: o.ask("/readyz")}, log)
}

// ask passes a question on to each service, and the first no back.
func (o *operations) ask(path string) func(context.Context) error {
	client := &http.Client{}
	return func(ctx context.Context) error {
		for _, one := range o.services {
			if err := askOne(ctx, client, baseURL(one.at.Addr())+path); err != nil {
				return fmt.Errorf("%s: %w", one.name, err)
			}
		}
		return nil
	}
}

// askOne returns what a service says that is not well.
func askOne(ctx context.Context, client *http.Client, url string) (err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	res, err := client.Do(req)
	if err != nil {
		return errors.New("it does not answer")
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	if res.StatusCode == http.StatusOK {
		return nil
	}
	words, err := io.ReadAll(io.LimitReader(res.Body, 1<<10))
	if err != nil {
		return err
	}
	return errors.New(strings.TrimSpace(string(words)))
}
