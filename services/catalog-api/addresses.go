package catalogapi

import (
	"net"
	"net/url"
)

// isLoopback reports whether only this machine reaches an address, with or without a port.
func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		host = addr
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// safeURL reports whether a text is an absolute URL without user and query that nobody on the
// way can read: of https, or on this machine.
func safeURL(text string, withPath bool) bool {
	at, err := url.Parse(text)
	if err != nil || at.Host == "" || at.User != nil || at.RawQuery != "" || at.Fragment != "" || !withPath && at.Path != "" {
		return false
	}
	return at.Scheme == "https" || at.Scheme == "http" && isLoopback(at.Hostname())
}
