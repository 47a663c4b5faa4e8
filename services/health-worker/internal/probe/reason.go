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

// judge says what an answer means: where to ask next, or else the reason.
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

// redirect says where a 3xx leads: to next, or to the reason why not there.
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

// connectError is what went wrong before there was a connection, and
// handshakeError what did between that and the first request, or for want of a
// client certificate.
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

// reasonOf says why there was no answer. It goes by types, never by text.
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

// byImportance sorts the errors of several addresses of a host: first what is
// the worker's own trouble, then what says most of the service.
func byImportance(a, b error) int {
	rank := func(err error) int {
		if local(err) {
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

// broken says whether err is the end of a connection, whoever brought it about.
func broken(err error) bool {
	_, ok := errors.AsType[*net.OpError](err)
	return ok || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || brokenTLS(err)
}

// brokenTLS says whether err is a TLS alert, or no TLS any more: over TLS 1.3
// the refusal of a client without certificate comes after the handshake.
func brokenTLS(err error) bool {
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return true
	}
	e, ok := errors.AsType[*net.OpError](err)
	return ok && (e.Op == "remote error" || e.Op == "local error") // the only mark that crypto/tls gives an alert
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
