package probe

import (
	"errors"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/dev-portal/dev-portal/pkg/egress"
	"github.com/dev-portal/dev-portal/pkg/events"
)

func dialError(errno syscall.Errno) error {
	return connectError{&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", errno)}}
}

func TestReasonOfNetworkErrors(t *testing.T) {
	for name, tc := range map[string]struct {
		err  error
		want events.Reason
	}{
		"no route to the host":          {dialError(syscall.EHOSTUNREACH), events.ReasonUnreachable},
		"no route to the network":       {dialError(syscall.ENETUNREACH), events.ReasonUnreachable},
		"a host that a router misses":   {dialError(syscall.EHOSTDOWN), events.ReasonUnreachable},
		"a rule of the worker's host":   {dialError(syscall.EPERM), events.ReasonUnreachable},
		"no IPv6 at all":                {connectError{egress.ErrNoRoute}, events.ReasonUnreachable},
		"the kernel's own timeout":      {dialError(syscall.ETIMEDOUT), events.ReasonConnectTimeout},
		"refused":                       {dialError(syscall.ECONNREFUSED), events.ReasonConnectRefused},
		"a firewall's reset":            {dialError(syscall.ECONNRESET), events.ReasonConnectRefused},
		"a slow DNS":                    {connectError{&net.DNSError{IsTimeout: true}}, events.ReasonDNSFailure},
		"a DNS that fails":              {connectError{&net.DNSError{IsTemporary: true}}, events.ReasonDNSFailure},
		"no such name":                  {connectError{&net.DNSError{IsNotFound: true}}, events.ReasonDNS},
		"denied, among other addresses": {connectError{errors.Join(egress.ErrDenied, syscall.ECONNREFUSED)}, events.ReasonBlocked},
		"something new":                 {errors.New("something new"), events.ReasonReset},
	} {
		if got := reasonOf(tc.err); got != tc.want {
			t.Errorf("%s: got %s, want %s", name, got, tc.want)
		}
	}
}
