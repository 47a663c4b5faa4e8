package probe

import (
	"context"
	"crypto/tls"
	"net"

	"github.com/dev-portal/dev-portal/pkg/egress"
)

// dialer connects to targets, but not to denied addresses.
type dialer struct {
	tcp *egress.Dialer
	tls *tls.Config
}

func newDialer(cfg Config) *dialer {
	d := &dialer{
		tcp: egress.New(egress.Config{Timeout: min(cfg.Timeout/2, maxConnect), Deny: cfg.Deny, Resolver: cfg.Resolver}),
		tls: cfg.TLS,
	}
	if d.tls == nil {
		d.tls = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return d
}

// connect returns a connection that is ready for a request. It ends with ctx.
func (d *dialer) connect(ctx context.Context, to target, http1 bool) (*conn, error) {
	raw, err := d.tcp.DialContext(ctx, "tcp", net.JoinHostPort(to.host, to.port))
	if err != nil {
		return nil, connectError{err}
	}
	c := newConn(ctx, raw)
	if !to.secure {
		return c, nil
	}
	cfg := d.tls.Clone()
	cfg.ServerName = to.name()
	cfg.NextProtos = []string{"h2", "http/1.1"}
	if http1 {
		cfg.NextProtos = []string{"http/1.1"}
	}
	if err := c.secure(ctx, cfg); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}
