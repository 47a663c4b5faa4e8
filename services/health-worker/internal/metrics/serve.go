package metrics

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const (
	serveTimeout = 10 * time.Second
	closeTimeout = time.Second
)

// Handler serves /metrics, /livez (200 if stuck returns nil, or else 503
// and what only a restart mends), and /readyz (200 if ready returns nil, or else
// 503 and what is missing).
func (m *Worker) Handler(stuck, ready func() error) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.Registry, promhttp.HandlerOpts{Timeout: serveTimeout}))
	mux.HandleFunc("GET /livez", answer(stuck))
	mux.HandleFunc("GET /readyz", answer(ready))
	return mux
}

// answer says ok, or what is wrong.
func answer(wrong func() error) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if err := wrong(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	}
}

// Serve serves h on ln until ctx ends.
func Serve(ctx context.Context, ln net.Listener, h http.Handler) error {
	srv := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: serveTimeout,
		ReadTimeout:       serveTimeout,
		WriteTimeout:      2 * serveTimeout,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
	stopped := make(chan error, 1)
	defer context.AfterFunc(ctx, func() {
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
		defer cancel()
		stopped <- errors.Join(srv.Shutdown(grace), srv.Close())
	})()
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve metrics: %w", err)
	}
	if err := <-stopped; err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("stop serving metrics: %w", err)
	}
	return nil
}

// WithProcess adds the metrics of the Go runtime and of the process. Others that
// share the registry leave them to the worker.
func (m *Worker) WithProcess() *Worker {
	m.Registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}
