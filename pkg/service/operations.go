package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// The limits of every server. An answer that streams sets its own deadlines.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 15 * time.Second
	writeTimeout      = 30 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeader         = 32 << 10        // bytes
	drainTimeout      = 4 * time.Second // what requests in flight have at the end
	askedTimeout      = 2 * time.Second // what a service has to say how it is
)

// Operations is what operators and orchestrators ask of a service.
type Operations struct {
	Registry *prometheus.Registry

	// Alive returns nil, or else what only a restart mends.
	Alive func(context.Context) error
	// Ready returns nil, or else what is missing.
	Ready func(context.Context) error
}

// ServeHTTP serves /metrics, /livez and /readyz: 200, or 503 with what is wrong.
func (o Operations) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(o.Registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /livez", answer(o.Alive))
	mux.HandleFunc("GET /readyz", answer(o.Ready))
	mux.ServeHTTP(w, r)
}

// answer says ok, or what is wrong.
func answer(wrong func(context.Context) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), askedTimeout)
		defer cancel()
		if err := wrong(ctx); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		_, _ = fmt.Fprintln(w, "ok") // who asked has gone
	}
}

// Serve serves on ln until ctx ends and the requests in flight are answered, or have
// had their time.
func Serve(ctx context.Context, ln net.Listener, handler http.Handler, log *slog.Logger) error {
	srv := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug), // clients' faults
	}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
		defer cancel()
		err := srv.Shutdown(drain)
		if errors.Is(err, context.DeadlineExceeded) {
			err = srv.Close()
		}
		stopped <- err
	})
	err := srv.Serve(ln)
	if !errors.Is(err, http.ErrServerClosed) {
		stop()
		return fmt.Errorf("serve %s: %w", ln.Addr(), err)
	}
	return <-stopped // Serve returns when Shutdown begins
}
