package probe

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/dev-portal/dev-portal/pkg/events"
)

func dialError(errno syscall.Errno) error {
	return connectError{&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", errno)}}
}

func TestReasonsThatTheNetworkGives(t *testing.T) {
	for name, tc := range map[string]struct {
		err  error
		want events.Reason
	}{
		"no route to the host":          {dialError(syscall.EHOSTUNREACH), events.ReasonConnectTimeout},
		"no route to the network":       {dialError(syscall.ENETUNREACH), events.ReasonConnectTimeout},
		"the kernel's own timeout":      {dialError(syscall.ETIMEDOUT), events.ReasonConnectTimeout},
		"refused":                       {dialError(syscall.ECONNREFUSED), events.ReasonConnectRefused},
		"a firewall's reset":            {dialError(syscall.ECONNRESET), events.ReasonConnectRefused},
		"a slow DNS":                    {connectError{&net.DNSError{IsTimeout: true}}, events.ReasonDNS},
		"denied, among other addresses": {connectError{errors.Join(errDenied, syscall.ECONNREFUSED)}, events.ReasonBlocked},
		"something new":                 {errors.New("something new"), events.ReasonReset},
	} {
		if got := reasonOf(tc.err); got != tc.want {
			t.Errorf("%s: got %s, want %s", name, got, tc.want)
		}
	}
}

func TestWorkersOwnWantIsNotTheServices(t *testing.T) {
	for errno, want := range map[syscall.Errno]bool{
		syscall.EMFILE: true, syscall.EADDRNOTAVAIL: true, syscall.ECONNREFUSED: false, syscall.ETIMEDOUT: false,
	} {
		if got := local(dialError(errno)); got != want {
			t.Errorf("%v: got %t, want %t", errno, got, want)
		}
	}
}

func TestDeniedAddresses(t *testing.T) {
	for address, want := range map[string]bool{
		"169.254.0.1":            true,
		"fe80::1":                true,
		"fe80::1%eth0":           true,
		"::ffff:169.254.169.254": true,
		"64:ff9b::169.254.1.1":   true,
		"64:ff9b:1::a9fe:101":    true,
		"2002:a9fe:a9fe::1":      true,
		"::169.254.169.254":      true,
		"fd00:ec2::254":          true,
		"100.100.100.200":        true,
		"0.0.0.0":                true,
		"0.1.2.3":                true,
		"::":                     true,
		"255.255.255.255":        true,
		"239.1.2.3":              true,
		"ff02::1":                true,
		"127.0.0.1":              false,
		"::1":                    false,
		"10.0.0.1":               false,
		"192.168.1.1":            false,
		"2001:db8::1":            false,
		"64:ff9b::8.8.8.8":       false,
		"2002:808:808::1":        false,
		"fd00::1":                false,
	} {
		if got := denied(DefaultDeny, netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: got %t, want %t", address, got, want)
		}
	}
}

func TestHostsAreComparedAsTheyAreMeant(t *testing.T) {
	for name, tc := range map[string]struct {
		a, b string
		want bool
	}{
		"case":                     {"http://Billing.example", "http://billing.EXAMPLE", true},
		"a port":                   {"http://billing.example", "https://billing.example:8443", true},
		"the root's dot":           {"http://billing.example.", "http://billing.example", true},
		"an address written long":  {"http://[::1]", "http://[0:0:0:0:0:0:0:1]", true},
		"an address in IPv6":       {"http://127.0.0.1", "http://[::ffff:127.0.0.1]", true},
		"a name below":             {"http://example", "http://billing.example", false},
		"a name that begins alike": {"http://billing.example", "http://billing.example.evil", false},
	} {
		a, errA := url.Parse(tc.a)
		b, errB := url.Parse(tc.b)
		if err := errors.Join(errA, errB); err != nil {
			t.Fatal(err)
		}
		if got := sameHost(a, b); got != tc.want {
			t.Errorf("%s: got %t, want %t", name, got, tc.want)
		}
	}
}

// Whatever a Location says, a probe stays with http and https, on the host that
// was asked, and takes no credentials along.
func FuzzRedirect(f *testing.F) {
	for _, location := range []string{
		"/x", "//evil.example/", "http://user:pw@billing.example/", "http:\\\\evil.example", "https://billing.example.:1#x",
		"javascript:alert(1)", "http://[::1%25lo]/", "?", "http://billing.example@evil.example/", "\x00", "%",
	} {
		f.Add("http://billing.example/healthz", location)
	}
	f.Fuzz(func(t *testing.T, asked, location string) {
		from, err := url.Parse(asked)
		if err != nil || from.Host == "" {
			return
		}
		resp := &http.Response{StatusCode: http.StatusFound, Header: http.Header{"Location": {location}}}
		next, reason := judge(resp, from)
		if next == nil {
			if reason != events.ReasonHTTP3xx && reason != events.ReasonRedirect {
				t.Fatalf("reason is %q", reason)
			}
			return
		}
		if next.User != nil || (next.Scheme != "http" && next.Scheme != "https") {
			t.Errorf("leads to %s", next)
		}
		if trim := func(u *url.URL) string { return strings.TrimSuffix(u.Hostname(), ".") }; !strings.EqualFold(trim(next), trim(from)) {
			if a, b := netip.MustParseAddr(next.Hostname()), netip.MustParseAddr(from.Hostname()); a.Unmap() != b.Unmap() {
				t.Errorf("leads from %s to %s", from, next)
			}
		}
	})
}
