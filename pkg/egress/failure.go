package egress

import (
	"context"
	"errors"
	"net"
	"syscall"
)

// LacksResources reports whether err is a lack of local resources (ports, file
// descriptors, memory), so that it says nothing about the host.
func LacksResources(err error) bool {
	for _, errno := range []syscall.Errno{
		syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.EADDRNOTAVAIL,
	} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return false
}

// TimedOut reports whether err is a timeout, of a context or of the network.
func TimedOut(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}

// Refused reports whether err is a connection that the host's machine did not accept.
func Refused(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ECONNRESET)
}

// byImportance orders the errors of several addresses of a host: first a lack of
// local resources, then those that say most about the host.
func byImportance(a, b error) int {
	rank := func(err error) int {
		switch {
		case LacksResources(err):
			return 0
		case errors.Is(err, ErrDenied):
			return 1
		case Refused(err):
			return 2
		case TimedOut(err):
			return 3
		}
		return 4
	}
	return rank(a) - rank(b)
}
