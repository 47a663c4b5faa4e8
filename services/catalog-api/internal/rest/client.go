package rest

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Proxies are the addresses of proxies before the portal, whose header X-Forwarded-For is
// believed.
type Proxies []netip.Prefix

// Has reports whether an address is one of a proxy.
func (p Proxies) Has(addr netip.Addr) bool {
	for _, prefix := range p {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// client returns the address of the client of a request, "" on a socket without addresses.
// Behind proxies it is the last address in X-Forwarded-For that is not one of theirs: what
// stands before that, a client can make up.
func (p Proxies) client(r *http.Request) string {
	addr := directOf(r)
	if !addr.IsValid() {
		return ""
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && p.Has(addr); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		addr = hop.Unmap().WithZone("")
	}
	return addr.String()
}

// directOf returns the address of the other end of a request's connection; not valid on a
// socket without addresses.
func directOf(r *http.Request) netip.Addr {
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}
	}
	return addr.Unmap().WithZone("")
}
