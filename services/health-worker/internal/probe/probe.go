// Package probe asks a service whether it is well: one URL in, one outcome out.
// It knows nothing of NATS, of plans, or of other probes.
//
// A probe runs in its caller's goroutine, over connections that it closes
// itself, each with a deadline: whatever a target does, the probe ends in time
// and leaves nothing behind. It therefore has an HTTP client of its own, which
// need not do more than one GET, and reads answers as leniently as browsers do.
package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/dev-portal/dev-portal/pkg/egress"
	"github.com/dev-portal/dev-portal/pkg/events"
)

const (
	maxBody      = 64 << 10  // of an answer's body, in bytes
	maxHeader    = 256 << 10 // of an answer's header, in bytes
	maxRedirects = 5
	maxTries     = 3 // of a request that an HTTP/2 server refuses unprocessed
	maxConnect   = 5 * time.Second
	maxDrain     = time.Second // for the bodies of all answers of a probe
)

// ErrNotMade means that a probe was not made, or not completed, for a reason of the
// worker: it stops, or it lacks ports or file descriptors. It says nothing about
// the service.
var ErrNotMade = errors.New("probe not made")

// Outcome is the result of a probe.
type Outcome struct {
	Status events.Status // healthy, degraded or down
	Reason events.Reason

	// HTTPStatus is the answer's status code. Latency is the time from the start
	// of the request to the answer's header, without the bodies of preceding
	// redirects. Both are 0 without an answer.
	HTTPStatus int
	Latency    time.Duration
}

// Config configures a Prober.
type Config struct {
	// Timeout bounds a whole probe, redirects included. Connecting, DNS
	// included, may take half of it, and never more than 5 s.
	Timeout time.Duration

	// UserAgent is sent with each request.
	UserAgent string

	// Deny has addresses that are never dialled, in addition to egress.DefaultDeny.
	Deny []netip.Prefix

	// TLS is cloned for each connection. If nil, the system's roots are used.
	TLS *tls.Config

	// Resolver finds the addresses of names. If nil, the system's is used.
	Resolver *net.Resolver
}

// Prober makes probes. It is safe for concurrent use. Its zero value is not usable:
// see New.
type Prober struct {
	timeout   time.Duration
	userAgent string
	dialer    *dialer
}

// New returns a Prober.
func New(cfg Config) *Prober {
	return &Prober{timeout: cfg.Timeout, userAgent: cfg.UserAgent, dialer: newDialer(cfg)}
}

// Probe probes rawURL by the protocol of its scheme, one of events.ProbedSchemes. The error
// is nil, or wraps ErrNotMade: for another scheme too, as a later worker may know it.
func (p *Prober) Probe(ctx context.Context, rawURL string) (Outcome, error) {
	scheme, _, _ := strings.Cut(rawURL, "://")
	switch strings.ToLower(scheme) {
	case "http", "https":
		return p.HTTP(ctx, rawURL)
	}
	return Outcome{}, fmt.Errorf("%w: this worker has no prober for %.20q", ErrNotMade, scheme)
}

// HTTP probes rawURL with a GET, and returns by the timeout. The outcome depends on
// the header of the answer only. Redirects are followed on the same host only, to
// any port. The error is nil, or wraps ErrNotMade.
func (p *Prober) HTTP(ctx context.Context, rawURL string) (Outcome, error) {
	bounded, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()

	v := visit{Prober: p, drain: min(maxDrain, p.timeout/4)}
	code, reason, err := v.follow(bounded, rawURL)
	if err != nil || ctx.Err() != nil {
		return failed(ctx, err)
	}
	out := Outcome{Status: events.StatusDegraded, Reason: reason, HTTPStatus: code, Latency: v.latency}
	if reason == events.ReasonOK {
		out.Status = events.StatusHealthy
	}
	return out, nil
}

// failed returns the outcome of a probe that got no answer because of err, or because its
// caller's ctx ended.
func failed(ctx context.Context, err error) (Outcome, error) {
	switch {
	case ctx.Err() != nil:
		return Outcome{}, fmt.Errorf("%w: %w", ErrNotMade, context.Cause(ctx))
	case egress.LacksResources(err):
		return Outcome{}, fmt.Errorf("%w: %w", ErrNotMade, err)
	}
	return Outcome{Status: events.StatusDown, Reason: reasonOf(err)}, nil
}

// visit is the state of one probe, shared by its hops.
type visit struct {
	*Prober
	cookies cookies
	latency time.Duration // until the headers of all answers so far
	drain   time.Duration // time left for reading bodies
	http1   bool          // the server requires HTTP/1.1
}

// follow requests rawURL, follows redirects, and returns the status code and the
// reason of the last answer.
func (v *visit) follow(ctx context.Context, rawURL string) (code int, reason events.Reason, err error) {
	to, err := parse(rawURL)
	if err != nil {
		return 0, "", err
	}
	for hop := 0; ; hop++ {
		got, err := v.ask(ctx, to)
		if err != nil {
			return 0, "", err
		}
		next, reason := judge(got, to)
		if next == nil {
			return got.code, reason, nil
		}
		if hop == maxRedirects {
			return got.code, events.ReasonRedirect, nil
		}
		v.cookies.set(to, got.cookies)
		to = *next
	}
}

// ask makes the request of one hop. If an HTTP/2 server says that it has not
// processed the request, ask retries it over a new connection.
func (v *visit) ask(ctx context.Context, to target) (answer, error) {
	for try := 1; ; try++ {
		got, err := v.exchange(ctx, to)
		refused, ok := errors.AsType[refusedError](err)
		if !ok || try == maxTries {
			return got, err
		}
		v.http1 = v.http1 || refused.wantsHTTP1
	}
}

// exchange sends one request and reads its answer, over a new connection.
func (v *visit) exchange(ctx context.Context, to target) (answer, error) {
	start := time.Now()
	c, err := v.dialer.connect(ctx, to, v.http1)
	if err != nil {
		return answer{}, err
	}
	defer c.close()

	req := request{target: to, userAgent: v.userAgent, cookie: v.cookies.header(to)}
	got, err := c.ask(req)
	v.latency += time.Since(start)
	if err != nil {
		return answer{}, err
	}
	if got.rest != nil && v.drain > 0 {
		// Read small bodies, so that the server sees no broken connection.
		start = time.Now()
		c.endBy(start.Add(v.drain))
		got.rest()
		v.drain -= time.Since(start)
	}
	return got, nil
}
