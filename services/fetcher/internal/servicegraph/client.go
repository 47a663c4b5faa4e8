package servicegraph

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/dev-portal/dev-portal/pkg/egress"
	"github.com/dev-portal/dev-portal/services/fetcher/internal/retry"
)

const (
	maxBody      = 4 << 20 // bytes: MaxPairs of names of some 160 characters each
	maxRedirects = 5
	maxHeader    = 64 << 10
	maxTenant    = 500              // bytes
	defaultWait  = 5 * time.Minute  // if a server that wants rest does not say for how long
	readTimeout  = 30 * time.Second // for an answer, redirects included

	queryPath = "/api/v1/query"

	// pairsQuery has the calls a minute of each pair, over a time. Its name of the metric is that
	// of Tempo and of the OpenTelemetry Collector's servicegraph connector.
	pairsQuery = `sum by (client, server) (rate(traces_service_graph_request_total{client!="",server!=""}[%ds])) * 60 > 0`
)

// Server is a Prometheus, or what answers as it does: Mimir, Thanos, VictoriaMetrics.
type Server struct {
	// URL is where its API begins, without /api/v1: http or https.
	URL string

	// Token returns the bearer token for a request; nil: there is none.
	Token func() (string, error)

	// Tenant is sent as X-Scope-OrgID, of which a Mimir with several tenants needs one; empty: none is sent.
	Tenant string
}

// Check returns what is wrong with the server's URL or tenant. It does not repeat the URL, which may
// have a password.
func (s Server) Check() error {
	u, err := url.Parse(s.URL)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return errors.New("it must be a URL such as http://prometheus:9090")
	case u.User != nil:
		return errors.New("it has a user or a password, which are not secret there: use a token")
	case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return errors.New("it has a query or a fragment")
	case strings.HasSuffix(strings.TrimRight(u.Path, "/"), "/api/v1"):
		return errors.New("it must end before /api/v1")
	case len(s.Tenant) > maxTenant || strings.ContainsFunc(s.Tenant, func(r rune) bool { return r <= ' ' || r > '~' }):
		return fmt.Errorf("the tenant must have at most %d letters, digits and signs, and no spaces", maxTenant)
	}
	return nil
}

// Client asks a server for calls. Make it by NewClient.
//
// It speaks the one route of the HTTP API that it needs by itself: Prometheus' own client for Go
// makes the program larger by a third.
type Client struct {
	http      *http.Client
	userAgent string
	server    Server
}

// NewClient returns a client whose connections are the dialer's. The server must pass Check.
func NewClient(dialer *egress.Dialer, userAgent string, server Server) *Client {
	return &Client{userAgent: userAgent, server: server, http: &http.Client{
		CheckRedirect: checkRedirect,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 1, IdleConnTimeout: time.Minute,
			TLSHandshakeTimeout: readTimeout, MaxResponseHeaderBytes: maxHeader,
		},
	}}
}

// checkRedirect follows a server to another path of its own. Another server would get the token.
func checkRedirect(req *http.Request, via []*http.Request) error {
	switch first := via[0].URL; {
	case len(via) > maxRedirects:
		return fault(BadAnswer, "redirected too often")
	case req.URL.Scheme != first.Scheme || req.URL.Host != first.Host:
		return fault(BadAnswer, "redirected to another server, which is not asked")
	}
	return nil
}

// Close closes connections that are kept open for the next reading.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Read asks which services called which others in the last window. The error is an *Error, or
// that of ctx.
func (c *Client) Read(ctx context.Context, window time.Duration) (Found, error) {
	pairs := fmt.Sprintf(pairsQuery, int64(window/time.Second))
	calls, err := c.query(ctx, fmt.Sprintf("topk(%d, %s)", MaxPairs, pairs))
	if err != nil {
		return Found{}, err
	}
	found := newFound(calls)
	if len(calls) < MaxPairs {
		return found, nil
	}
	count, err := c.query(ctx, "count("+pairs+")")
	if err != nil {
		return Found{}, err
	}
	if len(count) == 1 && count[0].value > MaxPairs {
		found.Left = max(found.Left, int(min(count[0].value, maxCounted))-MaxPairs)
	}
	return found, nil
}

// query returns what a query has now.
func (c *Client) query(ctx context.Context, query string) ([]sample, error) {
	try, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	samples, err := c.ask(try, query)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return samples, err
}

func (c *Client) ask(ctx context.Context, query string) ([]sample, error) {
	arguments := url.Values{"query": {query}, "timeout": {readTimeout.String()}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(c.server.URL, "/")+queryPath+"?"+arguments.Encode(), nil)
	if err != nil {
		return nil, fault(NotFound, "the URL is none")
	}
	req.Header.Set("User-Agent", c.userAgent)
	req.Header.Set("Accept", "application/json")
	if c.server.Tenant != "" {
		req.Header.Set("X-Scope-OrgID", c.server.Tenant)
	}
	if c.server.Token != nil {
		token, err := c.server.Token()
		if err != nil {
			return nil, &Error{Problem: NoToken, Err: err}
		}
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, failure(err)
	}
	defer res.Body.Close()
	if err := refusal(res); err != nil {
		return nil, err
	}
	return answer(http.MaxBytesReader(nil, res.Body, maxBody))
}

// refusal returns the error of an answer without a result.
func refusal(res *http.Response) error {
	wait, told := retry.After(res.Header)
	if !told {
		wait = defaultWait
	}
	err := fmt.Errorf("answered %d", res.StatusCode) // and not with its words, which may be anything
	switch code := res.StatusCode; {
	case code == http.StatusOK:
		return nil
	case code == http.StatusTooManyRequests, told && code == http.StatusServiceUnavailable:
		return &Error{Problem: RateLimited, Wait: wait, Err: err}
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return &Error{Problem: Denied, Err: err}
	case code == http.StatusNotFound, code == http.StatusGone:
		return &Error{Problem: NotFound, Err: err}
	case code == http.StatusBadRequest, code == http.StatusUnprocessableEntity:
		return &Error{Problem: Rejected, Err: err}
	case code >= 500:
		return &Error{Problem: Unreachable, Err: err}
	}
	return &Error{Problem: BadAnswer, Err: err}
}

// failure returns the *Error of a request that was not answered.
func failure(err error) error {
	if e, is := errors.AsType[*Error](err); is {
		return e
	}
	if e, is := errors.AsType[*http.MaxBytesError](err); is {
		return fault(TooLarge, "the answer has more than %d bytes", e.Limit)
	}
	switch {
	case errors.Is(err, egress.ErrDenied):
		return &Error{Problem: Blocked, Err: egress.ErrDenied}
	case egress.TimedOut(err):
		return fault(Unreachable, "no answer within %s", readTimeout)
	}
	if e, is := errors.AsType[*net.DNSError](err); is {
		return fault(Unreachable, "its host is not found: %s", e.Err)
	}
	if e, is := errors.AsType[*url.Error](err); is {
		err = e.Err // without the URL, which is long by the query
	}
	return fault(Unreachable, "%w", err)
}
