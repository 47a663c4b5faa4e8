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

// The limits of every server. A handler that streams sets its own deadlines.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 15 * time.Second
	writeTimeout      = 30 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeader         = 32 << 10        // bytes
	drainTimeout      = 4 * time.Second // for requests in flight at the end
	checkTimeout      = 2 * time.Second // for Alive and Ready
)

// Operations are the endpoints for operators and orchestrators.
type Operations struct {
	Registry *prometheus.Registry

	// Alive returns an error if only a restart helps.
	Alive func(context.Context) error
	// Ready returns an error if the service can't work at present.
	Ready func(context.Context) error
}

// Handler serves /metrics, /livez and /readyz; the latter two reply with 200, or with
// 503 and the error.
func (o Operations) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(o.Registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /livez", answer(o.Alive))
	mux.HandleFunc("GET /readyz", answer(o.Ready))
	return mux
}

// answer returns a handler that replies with 200, or with 503 and the error of check.
func answer(check func(context.Context) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), checkTimeout)
		defer cancel()
		if err := check(ctx); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		_, _ = fmt.Fprintln(w, "ok") // fails only if the client is gone
	}
}

// Serve serves on ln until ctx ends. It then waits for the requests in flight, for at
// most drainTimeout.
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
