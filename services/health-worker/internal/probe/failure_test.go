package probe_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/health-worker/internal/probe"
)

// trusting returns a client's TLS configuration that trusts the server's certificate.
func trusting(s *httptest.Server) *tls.Config {
	roots := x509.NewCertPool()
	if s.Certificate() != nil {
		roots.AddCert(s.Certificate())
	}
	return &tls.Config{RootCAs: roots}
}

// quiet returns a logger for servers whose clients are expected to close connections.
func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

// raw serves each connection with fn, and returns the address.
func raw(t *testing.T, fn func(net.Conn)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan bool)
	go func() {
		defer close(done)
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			fn(conn)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = ln.Close()
		<-done
	})
	return ln.Addr().String()
}

// answer returns a handler for raw that reads the request and writes text.
func answer(text string) func(net.Conn) {
	return func(conn net.Conn) {
		_, _ = conn.Read(make([]byte, 4096))
		_, _ = io.WriteString(conn, text)
	}
}

// hang reads until the other side closes the connection.
func hang(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

func reset(conn net.Conn) {
	_, _ = conn.Read(make([]byte, 4096))
	_ = conn.(*net.TCPConn).SetLinger(0)
}

// refusing returns an address at which nobody listens.
func refusing(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// full returns an address whose accept queue is full, so that connecting to it hangs.
func full(t *testing.T) string {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	port := uint16(name.(*unix.SockaddrInet4).Port)
	address := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port).String()
	for {
		conn, err := net.DialTimeout("tcp", address, 100*time.Millisecond)
		if err != nil {
			return address
		}
		t.Cleanup(func() { _ = conn.Close() })
	}
}

func TestReasonWithoutAnswer(t *testing.T) {
	secure := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(secure.Close) // runs after the parallel cases
	port := strings.TrimPrefix(secure.URL, "https://127.0.0.1:")

	for name, tc := range map[string]struct {
		url    string
		reason events.Reason
	}{
		"a name without an address":            {"http://portal.invalid/", events.ReasonDNS},
		"a name that can't be one":             {"http://" + strings.Repeat("a", 70) + ".invalid/", events.ReasonDNS},
		"nobody listens":                       {"http://" + refusing(t), events.ReasonConnectRefused},
		"nobody accepts":                       {"http://" + full(t), events.ReasonConnectTimeout},
		"nobody accepts, TLS":                  {"https://" + full(t), events.ReasonConnectTimeout},
		"no answer":                            {"http://" + raw(t, hang), events.ReasonTimeout},
		"no end of the handshake":              {"https://" + raw(t, hang), events.ReasonTimeout},
		"half an answer":                       {"http://" + raw(t, func(c net.Conn) { answer("HTTP/1.1 200 OK\r\n")(c); hang(c) }), events.ReasonTimeout},
		"a certificate that nobody signed":     {secure.URL, events.ReasonTLSUnknownAuthority},
		"the same, of another name":            {"https://localhost:" + port, events.ReasonTLSUnknownAuthority},
		"no TLS where it should be":            {"https://" + raw(t, answer("HTTP/1.1 400 Bad Request\r\n\r\n")), events.ReasonTLS},
		"the end in the middle of a handshake": {"https://" + raw(t, answer("")), events.ReasonTLS},
		"a reset in the middle of a handshake": {"https://" + raw(t, reset), events.ReasonTLS},
		"an alert in place of a handshake":     {"https://" + raw(t, answer("\x15\x03\x03\x00\x02\x02\x28")), events.ReasonTLS},
		"the end in place of an answer":        {"http://" + raw(t, answer("")), events.ReasonReset},
		"a reset in place of an answer":        {"http://" + raw(t, reset), events.ReasonReset},
		"something else than HTTP":             {"http://" + raw(t, answer("SSH-2.0-OpenSSH_9.2\r\n")), events.ReasonBadResponse},
		"the address of the clouds' metadata":  {"http://169.254.169.254/latest/meta-data/", events.ReasonBlocked},
		"the same over TLS":                    {"https://169.254.169.254/", events.ReasonBlocked},
		"the same, mapped into IPv6":           {"http://[::ffff:169.254.169.254]/", events.ReasonBlocked},
		"the same, for a NAT64 gateway":        {"http://[64:ff9b::a9fe:a9fe]/", events.ReasonBlocked},
		"the same, as a decimal number":        {"http://2852039166/", events.ReasonBlocked},
		"an address of the link":               {"http://[fe80::1%25lo]/", events.ReasonBlocked},
		"the unspecified address":              {"http://0.0.0.0:1/", events.ReasonBlocked},
		"the unspecified address of IPv6":      {"http://[::]:1/", events.ReasonBlocked},
		"a multicast address":                  {"http://224.0.0.1/", events.ReasonBlocked},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := made(t, newProber(2*time.Second), tc.url)
			if got != (probe.Outcome{Status: events.StatusDown, Reason: tc.reason}) {
				t.Errorf("got %+v, want down (%s)", got, tc.reason)
			}
		})
	}
}

func TestConfiguredDenyList(t *testing.T) {
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer target.Close()
	port := strings.TrimPrefix(target.URL, "http://127.0.0.1:")

	for name, tc := range map[string]struct {
		deny, url string
		reason    events.Reason
	}{
		"an address":                 {"127.0.0.1/32", target.URL, events.ReasonBlocked},
		"a name, after DNS":          {"127.0.0.0/8", "http://localhost:" + port, events.ReasonBlocked},
		"an address in IPv6 clothes": {"127.0.0.0/8", "http://[::ffff:127.0.0.1]:" + port, events.ReasonBlocked},
		"another address":            {"10.0.0.0/8", target.URL, events.ReasonOK},
		"one of a name's addresses":  {"::1/128", "http://localhost:" + port, events.ReasonOK},
	} {
		t.Run(name, func(t *testing.T) {
			deny := []netip.Prefix{netip.MustParsePrefix(tc.deny), netip.MustParsePrefix("::1/128")}
			p := probe.New(probe.Config{Timeout: 2 * time.Second, Deny: deny})
			if got := made(t, p, tc.url); got.Reason != tc.reason {
				t.Errorf("got %+v, want %s", got, tc.reason)
			}
		})
	}
}

func TestExpiredCertificateIsDown(t *testing.T) {
	secure := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer secure.Close()
	cfg := trusting(secure)
	cfg.Time = func() time.Time { return secure.Certificate().NotAfter.Add(time.Second) }

	p := probe.New(probe.Config{Timeout: 2 * time.Second, TLS: cfg})
	if got := made(t, p, secure.URL); got.Status != events.StatusDown || got.Reason != events.ReasonTLSExpired {
		t.Errorf("got %+v, want down (tls_expired)", got)
	}
}
