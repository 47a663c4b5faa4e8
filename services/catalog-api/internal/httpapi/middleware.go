package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/prometheus/client_golang/prometheus"
)

// answerTimeout bounds the work for one request; it is shorter than the server's
// own limits, so that the client is told. A check by hand, the longest,
// takes twelve seconds.
const answerTimeout = 14 * time.Second

// apiHeaders are those of every answer under /api: nothing of it may be run,
// framed or reused without asking.
func apiHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-cache")
		// JSON is all there is, so what is asked for here decides nothing.
		r.Header.Del("Accept")
		next.ServeHTTP(w, r)
	})
}

func timeLimit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), answerTimeout)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// recoverer makes a panic an answer and a line in the log.
func (a *API) recoverer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		wrapped := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		defer func() {
			cause := recover()
			err, _ := cause.(error)
			switch {
			case cause == nil:
			case errors.Is(err, http.ErrAbortHandler), r.Context().Err() != nil: // the client has gone
				panic(http.ErrAbortHandler)
			default:
				a.Log.ErrorContext(r.Context(), "request panicked", "panic", cause, "stack", string(debug.Stack()))
				if wrapped.Status() != 0 {
					panic(http.ErrAbortHandler) // too late for another answer: break off
				}
				writeProblem(wrapped, internalError())
			}
		}()
		next.ServeHTTP(wrapped, r)
	})
}

// observer counts and logs requests.
type observer struct {
	log      *slog.Logger
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func (a *API) observer() *observer {
	o := &observer{
		log: a.Log,
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "http_requests_total",
			Help: "Requests answered, by route pattern, method and status code.",
		}, []string{"route", "method", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "http_request_duration_seconds",
			Help:    "Time from a request's header to the end of its answer. Event streams are not in it.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"route", "method"}),
	}
	a.Metrics.MustRegister(o.requests, o.seconds)
	return o
}

// api observes what a router serves; the route is known when it has.
func (o *observer) api(next http.Handler) http.Handler {
	return o.wrap(next, slog.LevelInfo, func(r *http.Request) string {
		if pattern := chi.RouteContext(r.Context()).RoutePattern(); pattern != "" {
			return pattern
		}
		return "none"
	})
}

// static observes the page's files, of which a visit needs dozens.
func (o *observer) static(next http.Handler) http.Handler {
	return o.wrap(next, slog.LevelDebug, func(*http.Request) string { return "static" })
}

func (o *observer) wrap(next http.Handler, level slog.Level, route func(*http.Request) string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		wrapped := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		defer func() {
			code := wrapped.Status()
			if code == 0 {
				code = http.StatusOK // nothing was written, which net/http makes this
			}
			took, at, method := time.Since(start), route(r), knownMethod(r.Method)
			o.requests.WithLabelValues(at, method, strconv.Itoa(code)).Inc()
			if at == prefix+"/events" {
				return
			}
			o.seconds.WithLabelValues(at, method).Observe(took.Seconds())
			if at != prefix+"/health" {
				o.log.Log(r.Context(), level, "request", "method", r.Method, "path", r.URL.Path, "status", code,
					"bytes", wrapped.BytesWritten(), "duration_ms", float64(took.Microseconds())/1000)
			}
		}()
		next.ServeHTTP(wrapped, r)
	})
}

// knownMethod bounds the metrics: a client can invent methods.
func knownMethod(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}
