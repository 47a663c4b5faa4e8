// Package broker checks NATS: the connection, the streams and consumers, and the workers.
package broker

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/nats-io/nats.go"

	"github.com/dev-portal/dev-portal/services/doctor/internal/ask"
	"github.com/dev-portal/dev-portal/services/doctor/internal/finding"
)

var (
	// errDenied means that NATS denied this user permission for a request.
	errDenied = errors.New("this user may not ask that")
	// errNotConnected means that --nats was not given, or that NATS does not answer.
	errNotConnected = errors.New("not connected to NATS")
)

// Broker checks NATS, directly if --nats was given.
type Broker struct {
	*ask.Portal

	nc     *nats.Conn    // nil without --nats, or if not connected
	denied chan struct{} // receives when NATS denies permission

	missingStreams, missingConsumers []string // set by look
}

// New returns the Broker of a portal, not yet connected.
func New(p *ask.Portal) *Broker { return &Broker{Portal: p} }

// CheckNATS uses catalog-api's health report, and also connects directly if --nats was
// given.
func (p *Broker) CheckNATS(ctx context.Context) finding.Finding {
	h, there := p.Health(ctx)
	if p.NATS == "" {
		switch {
		case !there:
			return finding.Skip("%s", p.skipReason())
		case h.NATS.OK():
			return finding.Fine("catalog-api is connected to it")
		}
		return natsUnreachable(h, "Start NATS. If it runs: PORTAL_NATS_URL of catalog-api, its password, a NetworkPolicy. --nats tells more.")
	}
	host := Hosts(p.NATS)
	err := p.connect()
	switch {
	case there && !h.NATS.OK() && err == nil:
		f := natsUnreachable(h, "Check PORTAL_NATS_URL of catalog-api, its password, and a NetworkPolicy or Docker network between the two.")
		f.What += ", though it answers at " + host
		return f
	case errors.Is(err, nats.ErrAuthorization), errors.Is(err, nats.ErrAuthExpired):
		return finding.Fault("NATS at %s does not let this user in", host).WithCause(
			"The user or the password in --nats is wrong. A service with the same one is refused in the same way.",
			"Compare the password with the Secret or the .env that the server was started with; the server reads it only at its start.")
	case err != nil && (!there || !h.NATS.OK()):
		return finding.Fault("NATS at %s does not answer: %s", host, ask.Reason(err)).WithCause(
			"Nothing is probed and no event is sent until it is back. Changes are kept until then.",
			"Start NATS, and read its log: a full disk and a broken config stop it.")
	case err != nil:
		return finding.Skip("catalog-api is connected to it, but it cannot be asked at %s from here: %s", host, ask.Reason(err))
	}
	return finding.Fine("NATS %s answers at %s", p.nc.ConnectedServerVersion(), host)
}

// natsUnreachable is the finding that catalog-api is not connected to NATS.
func natsUnreachable(h ask.Health, fix string) finding.Finding {
	return finding.Fault("catalog-api is not connected to NATS").WithCause(h.NATS.Detail, fix)
}

// Hosts returns the servers in a value of --nats, without user and password, or "" if
// the value is invalid.
func Hosts(text string) string {
	var hosts []string
	for one := range strings.SplitSeq(text, ",") {
		u, err := url.Parse(strings.TrimSpace(one))
		if err != nil || u.Hostname() == "" || !slices.Contains([]string{"nats", "tls", "ws", "wss"}, u.Scheme) {
			return ""
		}
		hosts = append(hosts, u.Host)
	}
	return strings.Join(hosts, ", ")
}

func (p *Broker) connect() (err error) {
	p.denied = make(chan struct{}, 1)
	p.nc, err = nats.Connect(p.NATS, nats.Name("dev-portal doctor"), nats.Timeout(p.Timeout), nats.NoReconnect(),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			if errors.Is(err, nats.ErrPermissionViolation) {
				select {
				case p.denied <- struct{}{}:
				default: // there is one already
				}
			}
		}))
	if err != nil {
		p.nc = nil
	}
	return err
}

// Close ends the connection, if there is one.
func (p *Broker) Close() {
	if p.nc != nil {
		p.nc.Close()
	}
}

// permitted calls ask, and returns errDenied if NATS denies permission. NATS reports a
// denial as a separate message, while the request keeps waiting.
func (p *Broker) permitted(ctx context.Context, ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, p.Timeout, context.DeadlineExceeded)
	defer cancel()
	select {
	case <-p.denied: // of an earlier request
	default:
	}
	done := make(chan error, 1)
	go func() { done <- ask(ctx) }()
	select {
	case err := <-done:
		return err
	case <-p.denied:
		cancel()
		<-done //nolint:errcheck // its error is the cancellation
		return errDenied
	}
}
