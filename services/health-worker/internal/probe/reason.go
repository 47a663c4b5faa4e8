package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"syscall"

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

var (
	errNoRoute = errors.New("no route to the address")
	errNoHost  = errors.New("no host has such a name")
)

// reasonOf returns why there was no answer. It depends on the types of errors, never
// on their text.
func reasonOf(err error) events.Reason {
	if errors.Is(err, errDenied) {
		return events.ReasonBlocked
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok && !e.IsNotFound {
		return events.ReasonDNSFailure
	} else if ok || errors.Is(err, errNoHost) {
		return events.ReasonDNS
	}
	if _, ok := errors.AsType[connectError](err); ok {
		switch {
		case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ECONNRESET):
			return events.ReasonConnectRefused
		case timedOut(err):
			return events.ReasonConnectTimeout
		}
		return events.ReasonUnreachable
	}
	if timedOut(err) {
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

// byImportance orders the errors of several addresses of a host: first a lack of
// local resources, then those that say most about the service.
func byImportance(a, b error) int {
	rank := func(err error) int {
		if lacksResources(err) {
			return -1
		}
		return slices.Index([]events.Reason{
			events.ReasonBlocked, events.ReasonConnectRefused, events.ReasonConnectTimeout, events.ReasonUnreachable,
		}, reasonOf(connectError{err}))
	}
	return rank(a) - rank(b)
}

func timedOut(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
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

// lacksResources reports whether err is a lack of local resources (ports, file
// descriptors, memory), so that it says nothing about the service.
func lacksResources(err error) bool {
	for _, errno := range []syscall.Errno{
		syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.EADDRNOTAVAIL,
	} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return false
}
