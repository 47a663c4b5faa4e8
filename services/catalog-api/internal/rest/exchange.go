package rest

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"strings"
)

// RequestIDHeader names a request in answers, and in requests of whoever has a name
// for them already.
const RequestIDHeader = "X-Request-Id"

// maxRequestID is the length of an id that is taken over.
const maxRequestID = 64

// exchange is a request and its answer.
type exchange struct {
	id     string
	traits traits // of the route, once that is known
}

type exchangeKey struct{}

// exchangeOf is the exchange of a request, or an empty one outside of any.
func exchangeOf(ctx context.Context) *exchange {
	if x, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		return x
	}
	return &exchange{}
}

// begin makes a request an exchange, and tells the client its id.
func begin(w http.ResponseWriter, r *http.Request) (*exchange, *http.Request) {
	x := &exchange{id: requestID(r.Header.Get(RequestIDHeader))}
	w.Header().Set(RequestIDHeader, x.id)
	return x, r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x))
}

// requestID takes over what a proxy calls the request, where that is safe in a log.
func requestID(given string) string {
	odd := strings.ContainsFunc(given, func(c rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/+=", c)
	})
	if given == "" || len(given) > maxRequestID || odd {
		return rand.Text()
	}
	return given
}

// logHandler adds the request's id to each record that is about one.
type logHandler struct{ slog.Handler }

// LogHandler adds request_id to the records that are logged with a request's context.
func LogHandler(to slog.Handler) slog.Handler {
	if _, does := to.(logHandler); does {
		return to
	}
	return logHandler{to}
}

// Handle implements slog.Handler.
func (h logHandler) Handle(ctx context.Context, record slog.Record) error {
	if id := exchangeOf(ctx).id; id != "" {
		record.AddAttrs(slog.String("request_id", id))
	}
	return h.Handler.Handle(ctx, record)
}

// WithAttrs implements slog.Handler.
func (h logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return logHandler{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h logHandler) WithGroup(name string) slog.Handler { return logHandler{h.Handler.WithGroup(name)} }
