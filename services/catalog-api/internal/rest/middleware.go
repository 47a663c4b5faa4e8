package rest

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/klauspost/compress/gzhttp"
	"github.com/prometheus/client_golang/prometheus"
)

// handlerTimeout is the time limit for the work on a request, unless its route has another
// one (see Within). A person who waits should learn soon that the database does not
// answer. It is shorter than the server's own limits, so that the client gets an answer.
const handlerTimeout = 4 * time.Second

// Promptly bounds a part of the work on a request by the time limit of other routes.
func Promptly(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, handlerTimeout)
}

// apiHeaders sets the headers of every answer under Prefix. Answers must not be run or
// framed by browsers, nor reused from a cache without revalidation.
func apiHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-cache")
		// All answers are JSON, so Accept is ignored.
		r.Header.Del("Accept")
		next.ServeHTTP(w, r)
	})
}

func timeLimit(next http.Handler, limit time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), limit)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// compress compresses answers for clients that accept gzip. It marks their ETag, because
// the compressed body is another representation.
func compress(next http.Handler) http.Handler {
	wrap, err := gzhttp.NewWrapper(gzhttp.SuffixETag(gzipMark), gzhttp.EnableZstd(false))
	if err != nil {
		panic(err) // the options above are wrong
	}
	return wrap(next)
}

// AcceptsGzip reports whether the header Accept-Encoding accepts gzip, by name or by *.
func AcceptsGzip(header string) bool {
	all := false
	for coding := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(coding, ";")
		q := 1.0
		if _, value, ok := strings.Cut(params, "="); ok {
			q, _ = strconv.ParseFloat(strings.TrimSpace(value), 64)
		}
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "gzip":
			return q > 0
		case "*":
			all = q > 0
		}
	}
	return all
}

// metrics are the metrics of requests.
type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func newMetrics(to prometheus.Registerer) metrics {
	m := metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "portal_http_requests_total",
			Help: "Requests answered, by route pattern, method and status code.",
		}, []string{"route", "method", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "portal_http_request_duration_seconds",
			Help:    "Time from a request's header to the end of its answer. Event streams are not in it.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"route", "method"}),
	}
	to.MustRegister(m.requests, m.seconds)
	return m
}

// observe gives each request an id, counts and logs it, and recovers from panics.
func (a *API) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		wrapped := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		x, r := a.begin(wrapped, r)
		defer func() {
			code := wrapped.Status()
			if code == 0 {
				code = http.StatusOK // net/http's status if nothing is written
			}
			took, route, method := time.Since(start), routeOf(r), knownMethod(r.Method)
			a.metrics.requests.WithLabelValues(route, method, strconv.Itoa(code)).Inc()
			if x.traits.streams {
				return
			}
			a.metrics.seconds.WithLabelValues(route, method).Observe(took.Seconds())
			if x.traits.quiet {
				return
			}
			level := slog.LevelInfo
			if route == staticRoute {
				level = slog.LevelDebug // a visit of the page makes dozens
			}
			path := r.URL.Path
			if a.Conceal != nil {
				path = a.Conceal(path)
			}
			a.Log.Log(r.Context(), level, "request", "method", r.Method, "path", path, "by", x.by, "status", code,
				"bytes", wrapped.BytesWritten(), "duration_ms", float64(took.Microseconds())/1000)
		}()
		defer a.recoverPanic(wrapped, r) // before the answer is counted
		next.ServeHTTP(wrapped, r)
	})
}

// staticRoute is the route of the page's files.
const staticRoute = "static"

// routeOf returns the pattern of the route that served a request, for metrics.
func routeOf(r *http.Request) string {
	routed := chi.RouteContext(r.Context())
	if routed == nil {
		return staticRoute
	}
	if pattern := routed.RoutePattern(); pattern != "" {
		return pattern
	}
	return "none"
}

// recoverPanic logs a panic and answers with an internal error. It must be deferred.
func (a *API) recoverPanic(w middleware.WrapResponseWriter, r *http.Request) {
	cause := recover()
	err, _ := cause.(error)
	switch {
	case cause == nil:
	case errors.Is(err, http.ErrAbortHandler), r.Context().Err() != nil: // the client is gone
		panic(http.ErrAbortHandler)
	default:
		a.Log.ErrorContext(r.Context(), "request panicked", "panic", cause, "stack", string(debug.Stack()))
		if w.Status() != 0 {
			panic(http.ErrAbortHandler) // too late for another answer: abort
		}
		WriteProblem(w, r, internalError())
	}
}

// knownMethod returns m or "other". It bounds the metrics, as clients can invent methods.
func knownMethod(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}
