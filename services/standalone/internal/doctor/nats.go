package doctor

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/nats-io/nats.go"
)

// errDenied is NATS' word that this user may not ask that.
var errDenied = errors.New("this user may not ask that")

// checkNATS believes catalog-api, and connects itself if it may.
func checkNATS(ctx context.Context, p *patient) Finding {
	h, there := p.health(ctx)
	if p.NATS == "" {
		switch {
		case !there:
			return skipped("%s", p.notAskedEither())
		case h.NATS.ok():
			return ok("catalog-api is connected to it")
		}
		return apart(h, "Start NATS. If it runs: PORTAL_NATS_URL of catalog-api, its password, a NetworkPolicy. --nats tells more.")
	}
	host := natsHosts(p.NATS)
	err := p.connect()
	switch {
	case there && !h.NATS.ok() && err == nil:
		f := apart(h, "Look at PORTAL_NATS_URL of catalog-api, its password, and a NetworkPolicy or Docker network between the two.")
		f.What += ", though it answers at " + host
		return f
	case errors.Is(err, nats.ErrAuthorization), errors.Is(err, nats.ErrAuthExpired):
		return broken("NATS at %s does not let this user in", host).because(
			"The user or the password in --nats is wrong. A service with the same one is refused in the same way.",
			"Compare the password with the Secret or the .env that the server was started with; the server reads it only at its start.")
	case err != nil && (!there || !h.NATS.ok()):
		return broken("NATS at %s does not answer: %s", host, reason(err)).because(
			"Nothing is probed and no event is sent until it is back. Changes are kept until then.",
			"Start NATS, and read its log: a full disk and a broken config stop it.")
	case err != nil:
		return skipped("catalog-api is connected to it, but it cannot be asked at %s from here: %s", host, reason(err))
	}
	return ok("NATS %s answers at %s", p.nc.ConnectedServerVersion(), host)
}

// apart is NATS being away from catalog-api.
func apart(h health, fix string) Finding {
	return broken("catalog-api is not connected to NATS").because(h.NATS.Detail, fix)
}

// natsHosts are the servers in a --nats, without user and password; "": it can't
// be used.
func natsHosts(text string) string {
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

func (p *patient) connect() (err error) {
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

func (p *patient) disconnect() {
	if p.nc != nil {
		p.nc.Close()
	}
}

// permitted does what asks NATS. A refusal comes as a message of its own, while
// the question goes on waiting: it is then errDenied.
func (p *patient) permitted(ctx context.Context, ask func(context.Context) error) error {
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
