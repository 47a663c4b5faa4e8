package egress

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"syscall"
	"testing"
)

func dialError(errno syscall.Errno) error {
	return &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", errno)}
}

// A host may have several addresses, each of which may fail for another reason.
func TestMostImportantErrorIsReported(t *testing.T) {
	inOrder := []error{
		dialError(syscall.EMFILE), // a lack of local resources, which says nothing about the host
		ErrDenied,
		dialError(syscall.ECONNREFUSED),
		context.DeadlineExceeded,
		dialError(syscall.ENETUNREACH),
	}
	for i, a := range inOrder {
		for j, b := range inOrder {
			if got, want := cmp.Compare(byImportance(a, b), 0), cmp.Compare(i, j); got != want {
				t.Errorf("%v against %v: got %d, want %d", a, b, got, want)
			}
		}
	}
}

func TestLacksResources(t *testing.T) {
	for errno, want := range map[syscall.Errno]bool{
		syscall.EMFILE: true, syscall.EADDRNOTAVAIL: true, syscall.ECONNREFUSED: false, syscall.ETIMEDOUT: false,
	} {
		if got := LacksResources(dialError(errno)); got != want {
			t.Errorf("%v: got %t, want %t", errno, got, want)
		}
	}
}

// A client of HTTP reaches what is allowed, and nothing else, by whatever name.
func TestDialerAsATransport(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	for name, tc := range map[string]struct {
		deny []netip.Prefix
		want error
	}{
		"an allowed address": {nil, nil},
		"a denied address":   {[]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, ErrDenied},
	} {
		t.Run(name, func(t *testing.T) {
			client := &http.Client{Transport: &http.Transport{DialContext: New(Config{Deny: tc.deny}).DialContext, DisableKeepAlives: true}}
			res, err := client.Get(server.URL)
			if err == nil {
				_ = res.Body.Close()
			}
			if !errors.Is(err, tc.want) || (tc.want == nil) != (err == nil) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
		})
	}
}
