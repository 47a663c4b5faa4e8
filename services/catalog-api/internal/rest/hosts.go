package rest

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Hosts are the names that the portal answers to, besides those of this machine and
// addresses: "portal.example.com", "*.example.com" for all below, or "*" for any.
//
// A page of another site can rebind its own name to the portal's address, and would then be
// of the same origin. It cannot choose the header Host, which still has its name.
type Hosts []string

// allow reports whether the portal answers to the host of a request, with or without a port.
func (h Hosts) allow(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if _, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil { // nobody can rebind an address
		return true
	}
	if name == "localhost" || strings.HasSuffix(name, ".localhost") { // RFC 6761, section 6.3
		return true
	}
	for _, own := range h {
		own = strings.ToLower(own)
		below, all := strings.CutPrefix(own, "*.")
		if own == "*" || own == name || all && strings.HasSuffix(name, "."+below) {
			return name != ""
		}
	}
	return false
}

// onlyOurHosts refuses requests to names that are not the portal's.
func (a *API) onlyOurHosts(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !a.Hosts.allow(r.Host) {
			refuse(w, r, misdirected.Problem("This portal does not answer to the name "+Clip(r.Host)+
				". If it should, its operator adds the name to PORTAL_HOSTS (--hosts)."))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// sameOrigin refuses writes that a page of another site makes a browser send. Programs send
// neither Sec-Fetch-Site nor Origin, and pass.
func sameOrigin(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refuse(w, r, crossOrigin.Problem("A page of another site sent this request. Only the portal's own pages may write by a browser; programs send no Origin."))
	}))
	return protection.Handler(next)
}
