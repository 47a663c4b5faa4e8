// Package broker looks at NATS: whether it lets us in, its streams and consumers, and the workers on it.
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

// errDenied is NATS' word that this user may not ask that.
var errDenied = errors.New("this user may not ask that")

// Broker is NATS, as far as we may ask it.
type Broker struct {
	*ask.Portal

	nc     *nats.Conn    // nil: not asked for, or not connected
	denied chan struct{} // NATS has refused a question

	missingStreams, missingConsumers []string // once NATS was asked
}

// New is the broker of a portal, before anything was asked.
func New(p *ask.Portal) *Broker { return &Broker{Portal: p} }

// CheckNATS believes catalog-api, and connects itself if it may.
func (p *Broker) CheckNATS(ctx context.Context) finding.Finding {
	h, there := p.Health(ctx)
	if p.NATS == "" {
		switch {
		case !there:
			return finding.Skip("%s", p.notAskedEither())
		case h.NATS.OK():
			return finding.Fine("catalog-api is connected to it")
		}
		return apart(h, "Start NATS. If it runs: PORTAL_NATS_URL of catalog-api, its password, a NetworkPolicy. --nats tells more.")
	}
	host := Hosts(p.NATS)
	err := p.connect()
	switch {
	case there && !h.NATS.OK() && err == nil:
		f := apart(h, "Look at PORTAL_NATS_URL of catalog-api, its password, and a NetworkPolicy or Docker network between the two.")
		f.What += ", though it answers at " + host
		return f
	case errors.Is(err, nats.ErrAuthorization), errors.Is(err, nats.ErrAuthExpired):
		return finding.Fault("NATS at %s does not let this user in", host).Because(
			"The user or the password in --nats is wrong. A service with the same one is refused in the same way.",
			"Compare the password with the Secret or the .env that the server was started with; the server reads it only at its start.")
	case err != nil && (!there || !h.NATS.OK()):
		return finding.Fault("NATS at %s does not answer: %s", host, ask.Reason(err)).Because(
			"Nothing is probed and no event is sent until it is back. Changes are kept until then.",
			"Start NATS, and read its log: a full disk and a broken config stop it.")
	case err != nil:
		return finding.Skip("catalog-api is connected to it, but it cannot be asked at %s from here: %s", host, ask.Reason(err))
	}
	return finding.Fine("NATS %s answers at %s", p.nc.ConnectedServerVersion(), host)
}

// apart is NATS being away from catalog-api.
func apart(h ask.Health, fix string) finding.Finding {
	return finding.Fault("catalog-api is not connected to NATS").Because(h.NATS.Detail, fix)
}

// Hosts are the servers in a --nats, without user and password; "": it can't
// be used.
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
				default: // nobody asked
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

// permitted does what asks NATS. A refusal comes as a message of its own, while
// the question goes on waiting: it is then errDenied.
func (p *Broker) permitted(ctx context.Context, ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, p.Timeout, context.DeadlineExceeded)
	defer cancel()
	select {
	case <-p.denied: // of an earlier question
	default:
	}
	done := make(chan error, 1)
	go func() { done <- ask(ctx) }()
	select {
	case err := <-done:
		return err
	case <-p.denied:
		cancel()
		<-done //nolint:errcheck // it only says that it was cancelled
		return errDenied
	}
}
