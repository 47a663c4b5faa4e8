package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// DefaultDeny has the addresses that no probe may reach wherever the worker
// runs: those of the link, of cloud metadata, of nobody, and of everybody.
var DefaultDeny = []netip.Prefix{
	netip.MustParsePrefix("169.254.0.0/16"),     // link-local; metadata of most clouds
	netip.MustParsePrefix("fe80::/10"),          // link-local
	netip.MustParsePrefix("fd00:ec2::254/128"),  // AWS metadata
	netip.MustParsePrefix("fd20:ce::254/128"),   // Google Cloud metadata
	netip.MustParsePrefix("100.100.100.200/32"), // Alibaba Cloud metadata
	netip.MustParsePrefix("168.63.129.16/32"),   // Azure platform
	netip.MustParsePrefix("192.0.0.192/32"),     // Oracle Cloud metadata
	netip.MustParsePrefix("0.0.0.0/8"),          // Linux takes 0.0.0.0 for itself
	netip.MustParsePrefix("::/128"),             // so it does this
	netip.MustParsePrefix("224.0.0.0/4"),        // multicast
	netip.MustParsePrefix("ff00::/8"),           // multicast
	netip.MustParsePrefix("255.255.255.255/32"), // broadcast
}

// The prefixes under which an IPv6 address carries an IPv4 one in its last four
// bytes: NAT64 (RFC 6052, RFC 8215), and the old IPv4-compatible form.
var carriesIPv4 = []netip.Prefix{
	netip.MustParsePrefix("64:ff9b::/96"),
	netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("::/96"),
}

// sixToFour carries an IPv4 address in bytes 2 to 5 (RFC 3056).
var sixToFour = netip.MustParsePrefix("2002::/16")

var errDenied = errors.New("the address is on the deny list")

// dialer connects, but not to denied addresses.
type dialer struct {
	net  net.Dialer
	deny []netip.Prefix
	tls  *tls.Config
}

func newDialer(timeout time.Duration, deny []netip.Prefix, cfg *tls.Config) *dialer {
	if cfg == nil {
		cfg = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	cfg = cfg.Clone()
	cfg.NextProtos = []string{"h2", "http/1.1"}
	d := &dialer{deny: slices.Concat(DefaultDeny, deny), tls: cfg}
	d.net = net.Dialer{Timeout: timeout, KeepAlive: -1, ControlContext: d.control}
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

// bind lets connecting end with ctx. http.Transport would let it go on after the
// request has ended, in the hope of another use for the connection.
func bind(ctx context.Context) context.Context {
	return context.WithValue(ctx, boundTo{}, ctx)
}

type boundTo struct{}

func bound(ctx context.Context) context.Context {
	if to, ok := ctx.Value(boundTo{}).(context.Context); ok {
		return to
	}
	return ctx
}

func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := d.net.DialContext(bound(ctx), network, address)
	if err != nil {
		return nil, connectError{err}
	}
	return conn, nil
}

func (d *dialer) dialTLS(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, connectError{err}
	}
	raw, err := d.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	cfg := d.tls.Clone()
	cfg.ServerName = host
	conn := tls.Client(raw, cfg)
	if err := conn.HandshakeContext(bound(ctx)); err != nil {
		return nil, handshakeError{errors.Join(err, raw.Close())}
	}
	return conn, nil
}

// denied says whether addr, or an IPv4 address inside it, is in the list.
func denied(deny []netip.Prefix, addr netip.Addr) bool {
	addr = addr.WithZone("").Unmap()
	in := func(a netip.Addr) bool {
		return slices.ContainsFunc(deny, func(p netip.Prefix) bool { return p.Contains(a) })
	}
	if in(addr) {
		return true
	}
	inner, ok := embedded(addr)
	return ok && in(inner)
}

// embedded returns the IPv4 address that addr carries for a translator.
func embedded(addr netip.Addr) (netip.Addr, bool) {
	if !addr.Is6() || addr == netip.IPv6Loopback() {
		return netip.Addr{}, false
	}
	b := addr.As16()
	if sixToFour.Contains(addr) {
		return netip.AddrFrom4([4]byte(b[2:6])), true
	}
	if slices.ContainsFunc(carriesIPv4, func(p netip.Prefix) bool { return p.Contains(addr) }) {
		return netip.AddrFrom4([4]byte(b[12:16])), true
	}
	return netip.Addr{}, false
}
