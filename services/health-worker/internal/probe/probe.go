// Package probe asks a service whether it is well: one GET in, one outcome out.
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
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
)

const (
	maxBody      = 64 << 10  // of an answer's body, in bytes
	maxHeader    = 256 << 10 // of an answer's header, in bytes
	maxRedirects = 5
	maxTries     = 3 // of a request that an HTTP/2 server hands back unprocessed
	mostConnect  = 5 * time.Second
	mostDrain    = time.Second // for the bodies of all answers of a probe
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
	// start of the request to the answer's header, without the bodies of
	// redirects before it. Both are 0 without an answer.
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

	// Resolver finds the addresses of names; nil: the system's.
	Resolver *net.Resolver
}

// Prober makes probes, any number at once. Its zero value is of no use: see New.
type Prober struct {
	timeout   time.Duration
	userAgent string
	dialer    *dialer
}

// New returns a Prober.
func New(cfg Config) *Prober {
	return &Prober{timeout: cfg.Timeout, userAgent: cfg.UserAgent, dialer: newDialer(cfg)}
}

// HTTP asks rawURL with a GET, and returns by the timeout. The header of the
// answer decides; redirects are followed on the same host only, whatever the
// port. The error is nil, or wraps ErrNotMade.
func (p *Prober) HTTP(ctx context.Context, rawURL string) (Outcome, error) {
	bounded, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()

	v := visit{Prober: p, drain: min(mostDrain, p.timeout/4)}
	code, reason, err := v.follow(bounded, rawURL)
	switch {
	case ctx.Err() != nil:
		return Outcome{}, fmt.Errorf("%w: %w", ErrNotMade, context.Cause(ctx))
	case err != nil && local(err):
		return Outcome{}, fmt.Errorf("%w: %w", ErrNotMade, err)
	case err != nil:
		return Outcome{Status: events.StatusDown, Reason: reasonOf(err)}, nil
	}
	out := Outcome{Status: events.StatusDegraded, Reason: reason, HTTPStatus: code, Latency: v.latency}
	if reason == events.ReasonOK {
		out.Status = events.StatusHealthy
	}
	return out, nil
}

// visit is one probe: its hops and what they share.
type visit struct {
	*Prober
	cookies cookies
	latency time.Duration // until the headers of all answers so far
	drain   time.Duration // what is left for bodies
	http1   bool          // the server wants no HTTP/2
}

// follow returns the code of the answer that decides, and what it says.
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

// ask is one hop. A request that an HTTP/2 server says it has not processed is
// made again, over a new connection.
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

// exchange is one request and its answer, over a connection of its own.
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
		// A decent server isn't cut off in the middle of a small answer.
		start = time.Now()
		c.endBy(start.Add(v.drain))
		got.rest()
		v.drain -= time.Since(start)
	}
	return got, nil
}
