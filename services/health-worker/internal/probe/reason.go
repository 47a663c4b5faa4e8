package probe

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"

	"github.com/dev-portal/dev-portal/pkg/egress"
	"github.com/dev-portal/dev-portal/pkg/events"
)

// judge returns the target of a redirect to follow, or else the reason that the
// answer leads to.
func judge(got answer, asked target) (next *target, reason events.Reason) {
	switch {
	case got.code == 101:
		return nil, events.ReasonHTTP1xx
	case got.code >= 200 && got.code <= 299:
		return nil, events.ReasonOK
	case got.code >= 300 && got.code <= 399:
		return redirect(got, asked)
	case got.code >= 400 && got.code <= 499:
		return nil, events.ReasonHTTP4xx
	default:
		return nil, events.ReasonHTTP5xx
	}
}

// redirect returns the target of a 3xx, or the reason why it is not followed.
func redirect(got answer, asked target) (next *target, reason events.Reason) {
	if !slices.Contains([]int{301, 302, 303, 307, 308}, got.code) || got.location == "" {
		return nil, events.ReasonHTTP3xx
	}
	to, err := asked.resolve(got.location)
	if err != nil {
		return nil, events.ReasonHTTP3xx
	}
	if to.name() != asked.name() {
		return nil, events.ReasonRedirect
	}
	return &to, ""
}

// A connectError occurred before there was a connection. A handshakeError occurred
// between that and the first request, or for lack of a client certificate.
type (
	connectError   struct{ error }
	handshakeError struct{ error }
)

func (e connectError) Unwrap() error   { return e.error }
func (e handshakeError) Unwrap() error { return e.error }

var errNoHost = errors.New("no host has such a name")

// reasonOf returns why there was no answer. It depends on the types of errors, never
// on their text.
func reasonOf(err error) events.Reason {
	if errors.Is(err, egress.ErrDenied) {
		return events.ReasonBlocked
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok && !e.IsNotFound {
		return events.ReasonDNSFailure
	} else if ok || errors.Is(err, errNoHost) {
		return events.ReasonDNS
	}
	if _, ok := errors.AsType[connectError](err); ok {
		switch {
		case egress.Refused(err):
			return events.ReasonConnectRefused
		case egress.TimedOut(err):
			return events.ReasonConnectTimeout
		}
		return events.ReasonUnreachable
	}
	if egress.TimedOut(err) {
		return events.ReasonTimeout
	}
	if e, ok := errors.AsType[certificateError](err); ok {
		return e.reason
	}
	if _, ok := errors.AsType[handshakeError](err); ok || brokenTLS(err) {
		return events.ReasonTLS
	}
	if errors.Is(err, errNotHTTP) {
		return events.ReasonBadResponse
	}
	return events.ReasonReset
}

// broken reports whether err means that the connection has ended, on either side.
func broken(err error) bool {
	_, ok := errors.AsType[*net.OpError](err)
	return ok || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || brokenTLS(err)
}

// brokenTLS reports whether err is a TLS alert or an invalid TLS record. With TLS 1.3
// a client without a certificate is refused only after the handshake.
func brokenTLS(err error) bool {
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return true
	}
	e, ok := errors.AsType[*net.OpError](err)
	return ok && (e.Op == "remote error" || e.Op == "local error") // the only way to recognize an alert of crypto/tls
}
