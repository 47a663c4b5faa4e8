package standalone

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// askTimeout is how long a service of this process may take to say how it is.
const askTimeout = 3 * time.Second

// operations is what an operator asks: at one address the metrics of all
// services, and whether all live and are ready, which each service says at an
// address of its own that nobody else needs to know.
type operations struct {
	all, api, worker net.Listener
	registry         *prometheus.Registry
}

// operations opens the addresses.
func (c Config) operations(ctx context.Context) (*operations, error) {
	all, err := c.listenMetrics(ctx)
	if err != nil {
		return nil, err
	}
	api, err := listen(ctx, "--metrics", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, all.Close())
	}
	worker, err := listen(ctx, "--metrics", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, all.Close(), api.Close())
	}
	return &operations{all: all, api: api, worker: worker, registry: prometheus.NewRegistry()}, nil
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

// serve answers until ctx ends. What is being answered then is cut off.
func (o *operations) serve(ctx context.Context) error {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(o.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /livez", o.ask)
	mux.HandleFunc("GET /readyz", o.ask)
	srv := &http.Server{
		Handler: mux, ReadHeaderTimeout: askTimeout, ReadTimeout: askTimeout, WriteTimeout: 30 * time.Second, MaxHeaderBytes: 16 << 10,
	}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() { stopped <- srv.Close() })
	err := srv.Serve(o.all)
	if !errors.Is(err, http.ErrServerClosed) {
		stop()
		return fmt.Errorf("serve metrics: %w", err)
	}
	return <-stopped
}

// ask passes the question on to each service, and the first no back.
func (o *operations) ask(w http.ResponseWriter, r *http.Request) {
	client := &http.Client{Timeout: askTimeout}
	for _, service := range []struct {
		name string
		at   net.Listener
	}{{"catalog-api", o.api}, {"health-worker", o.worker}} {
		if err := askOne(r.Context(), client, baseURL(service.at.Addr())+r.URL.Path); err != nil {
			http.Error(w, service.name+": "+err.Error(), http.StatusServiceUnavailable)
			return
		}
	}
	_, _ = fmt.Fprintln(w, "ok")
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
