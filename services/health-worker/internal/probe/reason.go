package probe

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// judge says what an answer means: where to ask next, or else the reason.
func judge(resp *http.Response, asked *url.URL) (next *url.URL, reason events.Reason) {
	switch code := resp.StatusCode; {
	case code >= 200 && code <= 299:
		return nil, events.ReasonOK
	case code >= 300 && code <= 399:
		return redirect(resp, asked)
	case code >= 400 && code <= 499:
		return nil, events.ReasonHTTP4xx
	default:
		return nil, events.ReasonHTTP5xx
	}
}

// redirect says where a 3xx leads: to next, or to the reason why not there.
func redirect(resp *http.Response, asked *url.URL) (next *url.URL, reason events.Reason) {
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return nil, events.ReasonHTTP3xx
	}
	location := resp.Header.Get("Location")
	next, err := asked.Parse(location)
	if location == "" || err != nil || next.Hostname() == "" || (next.Scheme != "http" && next.Scheme != "https") {
		return nil, events.ReasonHTTP3xx
	}
	if !sameHost(next, asked) {
		return nil, events.ReasonRedirect
	}
	next.User, next.Fragment, next.RawFragment = nil, "", ""
	return next, ""
}

// sameHost compares the names, or the addresses, and leaves the ports aside: a
// step from http to https changes them.
func sameHost(a, b *url.URL) bool {
	return canonical(a.Hostname()) == canonical(b.Hostname())
}

func canonical(host string) string {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Unmap().String()
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// connectError is what went wrong before there was a connection, and
// handshakeError what did between that and the first request.
type (
	connectError   struct{ error }
	handshakeError struct{ error }
)

func (e connectError) Unwrap() error   { return e.error }
func (e handshakeError) Unwrap() error { return e.error }

// reasonOf says why there was no answer. It goes by types, never by text.
func reasonOf(err error) events.Reason {
	if errors.Is(err, errDenied) {
		return events.ReasonBlocked
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return events.ReasonDNS
	}
	if _, ok := errors.AsType[*net.AddrError](err); ok {
		return events.ReasonDNS
	}
	if _, ok := errors.AsType[connectError](err); ok {
		if errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ECONNRESET) {
			return events.ReasonConnectRefused
		}
		return events.ReasonConnectTimeout
	}
	if timedOut(err) {
		return events.ReasonTimeout
	}
	if _, ok := errors.AsType[handshakeError](err); ok {
		return events.ReasonTLS
	}
	return events.ReasonReset
}

func timedOut(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}

// local says whether err is the worker's own want, of which the service is
// innocent.
func local(err error) bool {
	for _, own := range []syscall.Errno{
		syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.EADDRNOTAVAIL,
	} {
		if errors.Is(err, own) {
			return true
		}
	}
	return false
}
