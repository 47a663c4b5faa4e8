package probe

import (
	"errors"
	"net/netip"
	"slices"
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
