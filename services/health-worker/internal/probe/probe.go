// Package probe asks a service whether it is well: one GET in, one outcome out.
// It knows nothing of NATS, of plans, or of other probes.
package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
)

const (
	maxBody      = 64 << 10 // of an answer's body, in bytes
	maxHeader    = 64 << 10 // of an answer's header, in bytes
	maxRedirects = 5
	mostConnect  = 5 * time.Second
)

// ErrNotMade says that a probe was not made, or not to its end, for a reason
// that lies with the worker: it stops, or it lacks ports or file descriptors.
// Nothing was learned of the service.
var ErrNotMade = errors.New("probe not made")

// Outcome is what a probe saw.
type Outcome struct {
	Status events.Status // healthy, degraded or down
	Reason events.Reason

	// HTTPStatus is the answer's status code, and Latency the time from the
	// start of the request to the answer's header. Both are 0 without an answer.
	HTTPStatus int
	Latency    time.Duration
}

// Config is what a Prober needs to know.
type Config struct {
	// Timeout bounds a whole probe, redirects included. Connecting, DNS
	// included, may take half of it, and never more than 5 s.
	Timeout time.Duration

	// UserAgent is sent with each request.
	UserAgent string

	// Deny has the addresses that are never dialled, besides DefaultDeny.
	Deny []netip.Prefix

	// TLS is cloned for each connection; nil: the system's roots.
	TLS *tls.Config
}

// Prober makes probes, any number at once. Its zero value is of no use: see New.
type Prober struct {
	timeout   time.Duration
	userAgent string
	transport *http.Transport
}

// New returns a Prober.
func New(cfg Config) *Prober {
	d := newDialer(min(cfg.Timeout/2, mostConnect), cfg.Deny, cfg.TLS)
	return &Prober{
		timeout:   cfg.Timeout,
		userAgent: cfg.UserAgent,
		transport: &http.Transport{
			Proxy:                  nil, // what the environment names is not for probes
			DialContext:            d.dial,
			DialTLSContext:         d.dialTLS,
			ForceAttemptHTTP2:      true,
			DisableKeepAlives:      true, // a probe tells also whether one can connect
			DisableCompression:     true,
			MaxResponseHeaderBytes: maxHeader,
		},
	}
}

// HTTP asks rawURL with a GET. The header of the answer decides; redirects are
// followed on the same host name only, whatever the port. The error is nil, or
// wraps ErrNotMade.
func (p *Prober) HTTP(ctx context.Context, rawURL string) (Outcome, error) {
	bounded, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()

	start := time.Now()
	resp, reason, err := p.follow(bind(bounded), rawURL)
	switch {
	case ctx.Err() != nil:
		return Outcome{}, fmt.Errorf("%w: %w", ErrNotMade, context.Cause(ctx))
	case err != nil && local(err):
		return Outcome{}, fmt.Errorf("%w: %w", ErrNotMade, err)
	case err != nil:
		return Outcome{Status: events.StatusDown, Reason: reasonOf(err)}, nil
	}
	out := Outcome{
		Status:     events.StatusDegraded,
		Reason:     reason,
		HTTPStatus: resp.StatusCode,
		Latency:    time.Since(start),
	}
	if reason == events.ReasonOK {
		out.Status = events.StatusHealthy
	}
	discard(resp)
	return out, nil
}

// follow returns the answer that decides, its body still open, and what it says.
func (p *Prober) follow(ctx context.Context, rawURL string) (*http.Response, events.Reason, error) {
	target, err := url.Parse(rawURL)
	if err != nil {
		return nil, "", err
	}
	for hop := 0; ; hop++ {
		resp, err := p.get(ctx, target)
		if err != nil {
			return nil, "", err
		}
		next, reason := judge(resp, target)
		if next == nil {
			return resp, reason, nil
		}
		if hop == maxRedirects {
			return resp, events.ReasonRedirect, nil
		}
		discard(resp)
		target = next
	}
}

// get is one hop. It doesn't use http.Client, which would add a Referer, and
// credentials that a URL may hold.
func (p *Prober) get(ctx context.Context, target *url.URL) (*http.Response, error) {
	req := (&http.Request{
		Method: http.MethodGet,
		URL:    target,
		Host:   target.Host,
		Header: http.Header{"User-Agent": {p.userAgent}, "Accept": {"*/*"}},
	}).WithContext(ctx)
	return p.transport.RoundTrip(req)
}

// discard reads a bounded part of the body, so that a decent server isn't cut
// off in the middle of a small answer.
func discard(resp *http.Response) {
	_, _ = io.CopyN(io.Discard, resp.Body, maxBody) // the header has decided already
	_ = resp.Body.Close()
}
