package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	attemptDelay = 250 * time.Millisecond // before the next address is tried in parallel
	maxAddresses = 16                     // of a name that are tried
)

// dialer connects to targets, but not to denied addresses.
type dialer struct {
	net      net.Dialer
	timeout  time.Duration
	deny     []netip.Prefix
	tls      *tls.Config
	resolver *net.Resolver
}

func newDialer(cfg Config) *dialer {
	d := &dialer{
		timeout:  min(cfg.Timeout/2, maxConnect),
		deny:     slices.Concat(DefaultDeny, cfg.Deny),
		tls:      cfg.TLS,
		resolver: cfg.Resolver,
	}
	if d.tls == nil {
		d.tls = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if d.resolver == nil {
		d.resolver = net.DefaultResolver
	}
	d.net = net.Dialer{KeepAlive: -1, ControlContext: d.control}
	return d
}

// control refuses denied addresses. It runs after DNS, for each address that is
// about to be dialled, so that a name can't resolve to another address after the
// check.
func (d *dialer) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %w", errDenied, err)
	}
	if denied(d.deny, ap.Addr()) {
		return fmt.Errorf("%w: %s", errDenied, ap.Addr())
	}
	return nil
}

// connect returns a connection that is ready for a request. It ends with ctx.
func (d *dialer) connect(ctx context.Context, to target, http1 bool) (*conn, error) {
	raw, err := d.dial(ctx, to)
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

// dial connects to one of the target's addresses. If all fail, it returns the most
// important error, by byImportance.
func (d *dialer) dial(ctx context.Context, to target) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	port, err := strconv.ParseUint(to.port, 10, 16)
	if err != nil {
		return nil, err
	}
	addrs, err := d.lookup(ctx, to.host)
	if err != nil {
		return nil, err
	}
	if len(addrs) == 1 {
		return d.dialOne(ctx, netip.AddrPortFrom(addrs[0], uint16(port)))
	}
	return d.race(ctx, addrs, uint16(port))
}

// lookup returns the addresses of host in the order in which to try them.
func (d *dialer) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{addr}, nil
	}
	addrs, err := d.resolver.LookupNetIP(ctx, "ip", host)
	if e, ok := errors.AsType[*net.DNSError](err); ok && e.IsNotFound && strings.HasSuffix(host, ".") {
		addrs, err = d.resolver.LookupNetIP(ctx, "ip", strings.TrimSuffix(host, ".")) // a hosts file has names without the root's dot
	}
	if err != nil {
		return nil, err
	}
	for i := range addrs {
		addrs[i] = addrs[i].Unmap()
	}
	// One address family may not work from here: try the other one second.
	second := slices.IndexFunc(addrs, func(a netip.Addr) bool { return a.Is4() != addrs[0].Is4() })
	if second > 1 {
		addrs = slices.Insert(addrs, 1, addrs[second])
		addrs = slices.Delete(addrs, second+1, second+2)
	}
	return addrs[:min(len(addrs), maxAddresses)], nil
}

func (d *dialer) dialOne(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	conn, err := d.net.DialTCP(ctx, "tcp", netip.AddrPort{}, to)
	if err == nil {
		return conn, nil
	}
	if errors.Is(err, syscall.EADDRNOTAVAIL) && !hasSource(to) {
		return nil, fmt.Errorf("%w: %s", errNoRoute, to.Addr())
	}
	return nil, err
}

// hasSource reports whether the worker has a source address for to. It distinguishes
// a missing address family from a lack of ports.
func hasSource(to netip.AddrPort) bool {
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to)) // sends nothing
	if err == nil {
		_ = conn.Close()
	}
	return err == nil
}

// race tries one address after the other, each when the one before has failed or
// attemptDelay has passed, and returns the first connection. All attempts have ended
// when it returns.
func (d *dialer) race(ctx context.Context, addrs []netip.Addr, port uint16) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	type attempt struct {
		conn net.Conn
		err  error
	}
	attempts, done := sync.WaitGroup{}, make(chan attempt, len(addrs))
	defer func() {
		cancel()
		attempts.Wait()
		close(done)
		for late := range done {
			if late.conn != nil {
				_ = late.conn.Close()
			}
		}
	}()
	var errs []error
	for next := 0; ; {
		var wait <-chan time.Time
		if next < len(addrs) {
			to := netip.AddrPortFrom(addrs[next], port)
			next++
			attempts.Go(func() {
				conn, err := d.dialOne(ctx, to)
				done <- attempt{conn, err}
			})
			wait = time.After(attemptDelay)
		}
		select {
		case <-wait:
		case got := <-done:
			if got.err == nil {
				return got.conn, nil
			}
			if errs = append(errs, got.err); len(errs) == len(addrs) {
				return nil, slices.MinFunc(errs, byImportance)
			}
		}
	}
}
