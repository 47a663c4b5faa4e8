package probe_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/health-worker/internal/probe"
)

// zone is the data of a name server: addresses, or an error code in place of them. It
// doesn't reply for a name that has neither.
type zone map[string]struct {
	addresses []string
	code      dnsmessage.RCode
	silent    bool
}

// resolver returns a resolver that asks a name server with zone z.
func (z zone) resolver(t *testing.T) *net.Resolver {
	t.Helper()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan bool)
	go func() {
		defer close(done)
		for buf := make([]byte, 1500); ; {
			n, from, err := pc.ReadFrom(buf)
			if err != nil {
				return
			}
			if reply, ok := z.reply(buf[:n]); ok {
				_, _ = pc.WriteTo(reply, from)
			}
		}
	}()
	t.Cleanup(func() {
		_ = pc.Close()
		<-done
	})
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", pc.LocalAddr().String())
	}}
}

func (z zone) reply(query []byte) ([]byte, bool) {
	var msg dnsmessage.Message
	if msg.Unpack(query) != nil || len(msg.Questions) != 1 {
		return nil, false
	}
	q := msg.Questions[0]
	known, ok := z[strings.TrimSuffix(q.Name.String(), ".")]
	if known.silent {
		return nil, false
	}
	msg.Response, msg.RecursionAvailable, msg.RCode, msg.Additionals = true, true, known.code, nil
	if !ok {
		msg.RCode = dnsmessage.RCodeNameError
	}
	for _, text := range known.addresses {
		addr := netip.MustParseAddr(text)
		head := dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: 1}
		switch {
		case q.Type == dnsmessage.TypeA && addr.Is4():
			msg.Answers = append(msg.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AResource{A: addr.As4()}})
		case q.Type == dnsmessage.TypeAAAA && addr.Is6():
			msg.Answers = append(msg.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AAAAResource{AAAA: addr.As16()}})
		}
	}
	reply, err := msg.Pack()
	return reply, err == nil
}

func TestLookup(t *testing.T) {
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(target.Close)
	_, port, _ := net.SplitHostPort(target.Listener.Addr().String())
	_, closed, _ := net.SplitHostPort(refusing(t))

	names := zone{
		"empty.example":   {},
		"broken.example":  {code: dnsmessage.RCodeServerFailure},
		"private.example": {code: dnsmessage.RCodeRefused},
		"silent.example":  {silent: true},
		"one.example":     {addresses: []string{"127.0.0.1"}},
		// RFC 6724 puts 127.0.0.1 behind addresses that are denied here
		"two.example":              {addresses: []string{"169.254.1.1", "127.0.0.1"}},
		"three.example":            {addresses: []string{"127.0.0.3", "127.0.0.2", "127.0.0.1"}},
		"both.example":             {addresses: []string{"::ffff:0:169.254.1.1", "127.0.0.1"}},
		"metadata.example":         {addresses: []string{"169.254.169.254"}},
		"tunnel.example":           {addresses: []string{"64:ff9b::169.254.169.254"}},
		"xn--zrich-kva.example":    {addresses: []string{"127.0.0.1"}},
		"my_service.local.example": {addresses: []string{"127.0.0.1"}},
	}
	resolver := names.resolver(t)
	for name, tc := range map[string]struct {
		host string
		want events.Reason
	}{
		"no such name":                      {"missing.example:" + port, events.ReasonDNS},
		"a name without addresses":          {"empty.example:" + port, events.ReasonDNS},
		"a name server that fails":          {"broken.example:" + port, events.ReasonDNSFailure},
		"a name server that refuses":        {"private.example:" + port, events.ReasonDNSFailure},
		"a name server that is silent":      {"silent.example:" + port, events.ReasonDNSFailure},
		"an address":                        {"one.example:" + port, events.ReasonOK},
		"an address where nobody listens":   {"one.example:" + closed, events.ReasonConnectRefused},
		"addresses where nobody listens":    {"three.example:" + closed, events.ReasonConnectRefused},
		"addresses of which the last works": {"three.example:" + port, events.ReasonOK},
		"an address besides a denied one":   {"two.example:" + port, events.ReasonOK},
		"another family besides a denied":   {"both.example:" + port, events.ReasonOK},
		"a denied address":                  {"metadata.example:" + port, events.ReasonBlocked},
		"a denied address in a tunnel":      {"tunnel.example:" + port, events.ReasonBlocked},
		"an international name":             {"z\u00fcrich.example:" + port, events.ReasonOK},
		"a name with an underscore":         {"my_service.local.example:" + port, events.ReasonOK},
		"a name in full width":              {"\uff4f\uff4e\uff45\u3002example:" + port, events.ReasonOK},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := probe.New(probe.Config{Timeout: 10 * time.Second, Resolver: resolver})
			if got := made(t, p, "http://"+tc.host); got.Reason != tc.want {
				t.Errorf("got %+v, want %s", got, tc.want)
			}
		})
	}
}
