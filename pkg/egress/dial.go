// Package egress connects programs that reach out to addresses which other people have
// written down: services to probe, forges to ask for releases. It refuses addresses that
// nobody may reach by the portal, such as the metadata of a cloud.
package egress

import (
	"context"
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

// ErrNoRoute is wrapped by the error of an address whose family this machine lacks.
var ErrNoRoute = errors.New("no route to the address")

// Dialer connects to hosts, but not to denied addresses. It uses no proxy. Make it by
// [New]. It is safe for concurrent use.
type Dialer struct {
	net      net.Dialer
	timeout  time.Duration
	deny     []netip.Prefix
	resolver *net.Resolver
}

// Config configures a Dialer.
type Config struct {
	// Timeout limits a connection, DNS included. Zero: as long as the context lasts.
	Timeout time.Duration

	// Deny has addresses that are never dialled, in addition to DefaultDeny.
	Deny []netip.Prefix

	// Resolver finds the addresses of names. If nil, the system's is used.
	Resolver *net.Resolver
}

// New returns a Dialer.
func New(cfg Config) *Dialer {
	d := &Dialer{timeout: cfg.Timeout, deny: slices.Concat(DefaultDeny, cfg.Deny), resolver: cfg.Resolver}
	if d.resolver == nil {
		d.resolver = net.DefaultResolver
	}
	d.net = net.Dialer{KeepAlive: -1, ControlContext: d.control}
	return d
}

// control refuses denied addresses. It runs after DNS, for each address that is
// about to be dialled, so that a name can't resolve to another address after the
// check.
func (d *Dialer) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDenied, err)
	}
	if denied(d.deny, ap.Addr()) {
		return fmt.Errorf("%w: %s", ErrDenied, ap.Addr())
	}
	return nil
}

// DialContext connects by TCP to one of the addresses of host:port; network must be
// "tcp". If all fail, it returns the most important error: a lack of local resources,
// then ErrDenied, then what says most about the host.
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if network != "tcp" {
		return nil, net.UnknownNetworkError(network)
	}
	if d.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d.timeout)
		defer cancel()
	}
	host, portText, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return nil, err
	}
	addrs, err := d.lookup(ctx, host)
	if err != nil {
		return nil, err
	}
	if len(addrs) == 1 {
		return d.dialOne(ctx, netip.AddrPortFrom(addrs[0], uint16(port)))
	}
	return d.race(ctx, addrs, uint16(port))
}

// lookup returns the addresses of host in the order in which to try them.
func (d *Dialer) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
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

func (d *Dialer) dialOne(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	conn, err := d.net.DialTCP(ctx, "tcp", netip.AddrPort{}, to)
	if err == nil {
		return conn, nil
	}
	if errors.Is(err, syscall.EADDRNOTAVAIL) && !hasSource(to) {
		return nil, fmt.Errorf("%w: %s", ErrNoRoute, to.Addr())
	}
	return nil, err
}

// hasSource reports whether this machine has a source address for to. It distinguishes
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
func (d *Dialer) race(ctx context.Context, addrs []netip.Addr, port uint16) (net.Conn, error) {
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
