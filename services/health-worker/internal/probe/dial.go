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
	headStart     = 250 * time.Millisecond // of an address before the next is tried besides
	mostAddresses = 16                     // of a name that are tried
)

// dialer connects, but not to denied addresses.
type dialer struct {
	net      net.Dialer
	timeout  time.Duration
	deny     []netip.Prefix
	tls      *tls.Config
	resolver *net.Resolver
}

func newDialer(cfg Config) *dialer {
	d := &dialer{
		timeout:  min(cfg.Timeout/2, mostConnect),
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

// control runs after DNS, for each address that is about to be dialled: what a
// name resolved to a moment ago doesn't matter.
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

// connect returns a connection that is ready for a request, and ends with ctx.
func (d *dialer) connect(ctx context.Context, to target, http1 bool) (*conn, error) {
	raw, err := d.dial(ctx, to)
	if err != nil {
		return nil, connectError{err}
	}
	c := own(ctx, raw)
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

// dial connects to one of the target's addresses. The error is that of the
// address which says most.
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

// lookup returns the addresses of host in the order of trying.
func (d *dialer) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{addr}, nil
	}
	addrs, err := d.resolver.LookupNetIP(ctx, "ip", host)
	if e, ok := errors.AsType[*net.DNSError](err); ok && e.IsNotFound && strings.HasSuffix(host, ".") {
		addrs, err = d.resolver.LookupNetIP(ctx, "ip", strings.TrimSuffix(host, ".")) // a file of hosts knows no root
	}
	if err != nil {
		return nil, err
	}
	for i := range addrs {
		addrs[i] = addrs[i].Unmap()
	}
	// One family may not work from here: let the other have its turn soon.
	second := slices.IndexFunc(addrs, func(a netip.Addr) bool { return a.Is4() != addrs[0].Is4() })
	if second > 1 {
		addrs = slices.Insert(addrs, 1, addrs[second])
		addrs = slices.Delete(addrs, second+1, second+2)
	}
	return addrs[:min(len(addrs), mostAddresses)], nil
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

// hasSource says whether the worker has an address from which it could reach to.
// It tells a missing family of addresses from a want of ports.
func hasSource(to netip.AddrPort) bool {
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to)) // sends nothing
	if err == nil {
		_ = conn.Close()
	}
	return err == nil
}

// race tries one address after the other, each as soon as the one before has
// failed or has had its head start, and returns the first connection. All tries
// have ended when it returns.
func (d *dialer) race(ctx context.Context, addrs []netip.Addr, port uint16) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	type try struct {
		conn net.Conn
		err  error
	}
	tries, done := sync.WaitGroup{}, make(chan try, len(addrs))
	defer func() {
		cancel()
		tries.Wait()
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
			tries.Go(func() {
				conn, err := d.dialOne(ctx, to)
				done <- try{conn, err}
			})
			wait = time.After(headStart)
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
