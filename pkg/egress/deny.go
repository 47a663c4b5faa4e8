package egress

import (
	"errors"
	"net/netip"
	"slices"
)

// DefaultDeny has the addresses that are never dialled, wherever the program runs:
// link-local, cloud metadata, unspecified, multicast and broadcast addresses.
var DefaultDeny = []netip.Prefix{
	netip.MustParsePrefix("169.254.0.0/16"),     // link-local; metadata of most clouds
	netip.MustParsePrefix("fe80::/10"),          // link-local
	netip.MustParsePrefix("fd00:ec2::254/128"),  // AWS metadata
	netip.MustParsePrefix("fd20:ce::254/128"),   // Google Cloud metadata
	netip.MustParsePrefix("100.100.100.200/32"), // Alibaba Cloud metadata
	netip.MustParsePrefix("168.63.129.16/32"),   // Azure platform
	netip.MustParsePrefix("192.0.0.192/32"),     // Oracle Cloud metadata
	netip.MustParsePrefix("0.0.0.0/8"),          // Linux connects 0.0.0.0 to the local host
	netip.MustParsePrefix("::/128"),             // likewise
	netip.MustParsePrefix("224.0.0.0/4"),        // multicast
	netip.MustParsePrefix("ff00::/8"),           // multicast
	netip.MustParsePrefix("255.255.255.255/32"), // broadcast
}

// The prefixes of IPv6 addresses that embed IPv4 addresses for a translator or a
// tunnel.
var (
	sixToFour = netip.MustParsePrefix("2002::/16")      // RFC 3056
	teredo    = netip.MustParsePrefix("2001::/32")      // RFC 4380
	localNAT  = netip.MustParsePrefix("64:ff9b:1::/48") // RFC 8215: NAT64 by a prefix that the site chooses
	embedLast = []netip.Prefix{                         // in the last four bytes
		netip.MustParsePrefix("64:ff9b::/96"),    // NAT64 (RFC 6052)
		netip.MustParsePrefix("::ffff:0:0:0/96"), // SIIT (RFC 2765)
		netip.MustParsePrefix("::/96"),           // IPv4-compatible (RFC 4291)
	}
)

// ErrDenied is wrapped by the error of an address that is on the deny list.
var ErrDenied = errors.New("the address is on the deny list")

// denied reports whether addr, or an IPv4 address embedded in it, is in deny.
func denied(deny []netip.Prefix, addr netip.Addr) bool {
	addr = addr.WithZone("").Unmap()
	in := func(a netip.Addr) bool {
		return slices.ContainsFunc(deny, func(p netip.Prefix) bool { return p.Contains(a) })
	}
	if in(addr) {
		return true
	}
	return slices.ContainsFunc(embedded(addr), in)
}

// embedded returns the IPv4 addresses that may be embedded in addr.
func embedded(addr netip.Addr) []netip.Addr {
	if !addr.Is6() || addr == netip.IPv6Loopback() {
		return nil
	}
	b := addr.As16()
	last := netip.AddrFrom4([4]byte(b[12:]))
	switch {
	case sixToFour.Contains(addr):
		return []netip.Addr{netip.AddrFrom4([4]byte(b[2:6]))}
	case teredo.Contains(addr): // the server, and the client with its bits inverted
		return []netip.Addr{
			netip.AddrFrom4([4]byte(b[4:8])), netip.AddrFrom4([4]byte{^b[12], ^b[13], ^b[14], ^b[15]}),
		}
	case localNAT.Contains(addr):
		return translated(b)
	case slices.ContainsFunc(embedLast, func(p netip.Prefix) bool { return p.Contains(addr) }):
		return []netip.Addr{last}
	case b[8]&^2 == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe: // ISATAP (RFC 5214), under any prefix
		return []netip.Addr{last}
	}
	return nil
}

// translated returns the IPv4 addresses that b may embed after prefixes of 48, 56,
// 64 and 96 bits (RFC 6052). The prefix length is not in the address, but the bytes
// after the embedded one must be zero.
func translated(b [16]byte) []netip.Addr {
	var found []netip.Addr
	for _, at := range [][4]int{{6, 7, 9, 10}, {7, 9, 10, 11}, {9, 10, 11, 12}, {12, 13, 14, 15}} {
		addr := netip.AddrFrom4([4]byte{b[at[0]], b[at[1]], b[at[2]], b[at[3]]})
		rest := b[at[3]+1:]
		if addr != netip.IPv4Unspecified() && !slices.ContainsFunc(rest, func(c byte) bool { return c != 0 }) {
			found = append(found, addr)
		}
	}
	return found
}
