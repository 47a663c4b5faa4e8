package rest

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
)

// RequestIDHeader has the id of a request, in the answer and optionally in the request.
const RequestIDHeader = "X-Request-Id"

// maxRequestID is the longest id of a client that is used.
const maxRequestID = 64

// exchange is a request and its answer.
type exchange struct {
	id      string
	address string // of the client, without the port
	by      string // who is asking, for the log; "": not asked
	who     string // the id of a key or person who is asking; "": it is not known
	traits  traits // of the route, once it is known

	header http.Header // of the request
	media  string      // type of its body, as it was declared; "": it was not
	direct netip.Addr  // the other end of the connection; not valid on a socket without addresses
}

type exchangeKey struct{}

// exchangeOf returns the exchange of a request's context, or an empty one.
func exchangeOf(ctx context.Context) *exchange {
	if x, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		return x
	}
	return &exchange{}
}

// Origin returns the address that a request came from, and the request's id.
func Origin(ctx context.Context) (address, requestID string) {
	x := exchangeOf(ctx)
	return x.address, x.id
}

// Bearer returns the token that a request has in the header Authorization, by RFC 6750. Of
// other schemes it takes no notice: they are for a proxy before the portal.
func Bearer(ctx context.Context) (token string, there bool) {
	scheme, token, _ := strings.Cut(Header(ctx, "Authorization"), " ")
	return strings.TrimSpace(token), strings.EqualFold(scheme, "Bearer")
}

// Header returns a header of the request.
func Header(ctx context.Context, name string) string { return exchangeOf(ctx).header.Get(name) }

// MediaType returns the type of the request's body, without parameters; "": it was not declared.
func MediaType(ctx context.Context) string { return exchangeOf(ctx).media }

// Cookie returns the value of a cookie of the request; "": it has none.
func Cookie(ctx context.Context, name string) string {
	cookie, err := (&http.Request{Header: exchangeOf(ctx).header}).Cookie(name)
	if err != nil {
		return ""
	}
	return cookie.Value
}

// Direct returns the address of the other end of the connection: of a proxy, if there is one.
func Direct(ctx context.Context) netip.Addr { return exchangeOf(ctx).direct }

// Identified notes who is asking: by for the log of the request, and who, unless it is empty,
// as the one whose requests are counted.
func Identified(ctx context.Context, by, who string) {
	x := exchangeOf(ctx)
	x.by, x.who = by, who
}

// Client returns for whom requests are counted: see RateLimit.
func Client(ctx context.Context) string { return exchangeOf(ctx).client() }

// begin starts the exchange of a request, and sends its id to the client.
func (a *API) begin(w http.ResponseWriter, r *http.Request) (*exchange, *http.Request) {
	x := &exchange{id: requestID(r.Header.Get(RequestIDHeader)), address: a.Proxies.client(r), header: r.Header, direct: directOf(r)}
	w.Header().Set(RequestIDHeader, x.id)
	return x, r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x))
}

// requestID returns the id that a proxy gave the request if it is safe in a log, or a
// new one.
func requestID(proposed string) string {
	odd := strings.ContainsFunc(proposed, func(c rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/+=", c)
	})
	if proposed == "" || len(proposed) > maxRequestID || odd {
		return rand.Text()
	}
	return proposed
}

// logHandler adds the request's id to records.
type logHandler struct{ slog.Handler }

// LogHandler adds request_id to the records that are logged with a request's context.
func LogHandler(to slog.Handler) slog.Handler {
	if _, ok := to.(logHandler); ok {
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
