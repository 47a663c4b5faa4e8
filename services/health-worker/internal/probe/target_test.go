package probe

import (
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/dev-portal/dev-portal/pkg/events"
)

func TestHostsAreComparedNormalized(t *testing.T) {
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
		a, errA := parse(tc.a)
		b, errB := parse(tc.b)
		if err := errors.Join(errA, errB); err != nil {
			t.Fatal(err)
		}
		if got := a.name() == b.name(); got != tc.want {
			t.Errorf("%s: got %t, want %t", name, got, tc.want)
		}
	}
}

func TestURLIsNormalizedAsByBrowsers(t *testing.T) {
	for raw, want := range map[string]struct{ dialled, authority, path string }{
		"http://billing":                             {"billing:80", "billing", "/"},
		"http://billing.example:80/a":                {"billing.example:80", "billing.example", "/a"},
		"https://billing.example:443/":               {"billing.example:443", "billing.example", "/"},
		"https://billing.example:8443/?x=1":          {"billing.example:8443", "billing.example:8443", "/?x=1"},
		"http://billing.example/?q=z\u00fcrich":      {"billing.example:80", "billing.example", "/?q=z%C3%BCrich"},
		"http://billing.example/?q=z%C3%BCrich":      {"billing.example:80", "billing.example", "/?q=z%C3%BCrich"},
		"http://billing.example/z\u00fcrich/a b?c d": {"billing.example:80", "billing.example", "/z%C3%BCrich/a%20b?c%20d"},
		"http://billing.example/a+b%20c?d+e":         {"billing.example:80", "billing.example", "/a+b%20c?d+e"},
		"http://billing.example/%":                   {"billing.example:80", "billing.example", "/%"},
		"http://billing.example/a/./b/../c":          {"billing.example:80", "billing.example", "/a/c"},
		"http://billing.example/a//b":                {"billing.example:80", "billing.example", "/a//b"},
		"http://billing.example?a=1":                 {"billing.example:80", "billing.example", "/?a=1"},
		"http://billing.example/a#b":                 {"billing.example:80", "billing.example", "/a"},
		"http://billing.example/{a}|\"<b>'?{a}'":     {"billing.example:80", "billing.example", "/%7Ba%7D|%22%3Cb%3E'?{a}%27"},
		"http://user:pw@billing.example/":            {"billing.example:80", "billing.example", "/"},
		"HTTP://BILLING.example/A":                   {"billing.example:80", "billing.example", "/A"},
		"http://billing.example./":                   {"billing.example.:80", "billing.example", "/"},
		"http://z\u00fcrich.example/":                {"xn--zrich-kva.example:80", "xn--zrich-kva.example", "/"},
		"http://Z\u00dcRICH.example/":                {"xn--zrich-kva.example:80", "xn--zrich-kva.example", "/"},
		"http://xn--zrich-kva.example/":              {"xn--zrich-kva.example:80", "xn--zrich-kva.example", "/"},
		"http://stra\u00dfe.example/":                {"xn--strae-oqa.example:80", "xn--strae-oqa.example", "/"},
		"http://billing\u3002example/":               {"billing.example:80", "billing.example", "/"},
		"http://\uff42illing.example/":               {"billing.example:80", "billing.example", "/"},
		"http://my_service.example/":                 {"my_service.example:80", "my_service.example", "/"},
		"http://my_z\u00fcrich.example/":             {"xn--my_zrich-95a.example:80", "xn--my_zrich-95a.example", "/"},
		"http://a--b.example/":                       {"a--b.example:80", "a--b.example", "/"},
		"http://0x7f.1/":                             {"127.0.0.1:80", "127.0.0.1", "/"},
		"http://0177.0.0.1/":                         {"127.0.0.1:80", "127.0.0.1", "/"},
		"http://2130706433:81/":                      {"127.0.0.1:81", "127.0.0.1:81", "/"},
		"http://[0:0::1]:81/":                        {"[::1]:81", "[::1]:81", "/"},
		"http://[::ffff:127.0.0.1]/":                 {"[::ffff:7f00:1]:80", "[::ffff:7f00:1]", "/"},
		"http://[fe80::1%25eth0]:81/":                {"[fe80::1%eth0]:81", "[fe80::1]:81", "/"},
	} {
		got, err := parse(raw)
		if err != nil {
			t.Errorf("%s: %v", raw, err)
			continue
		}
		if dialled := net.JoinHostPort(got.host, got.port); dialled != want.dialled || got.authority != want.authority || got.path != want.path {
			t.Errorf("%s: dials %s, asks %s for %s; want %+v", raw, dialled, got.authority, got.path, want)
		}
	}
}

func TestLocationIsResolvedAsByBrowsers(t *testing.T) {
	from, err := parse("http://billing.example:81/dir/file?q")
	if err != nil {
		t.Fatal(err)
	}
	for location, want := range map[string]string{
		"299":                           "/dir/299",
		"?a=1":                          "/dir/file?a=1",
		"../x":                          "/x",
		"/a b?x=y z":                    "/a%20b?x=y%20z",
		"/z\u00fcrich?q=z\u00fcrich":    "/z%C3%BCrich?q=z%C3%BCrich",
		"/caf\xe9?caf\xe9":              "/caf%E9?caf%E9",
		"/100%":                         "/100%",
		" /x\t":                         "/x",
		"\\x":                           "/x",
		"http:x":                        "/dir/x",
		"//BILLING.example/x":           "/x",
		"http://billing.example.:82/x#": "/x",
	} {
		next, reason := judge(answer{code: 302, location: location}, from)
		if next == nil || next.path != want || next.host != from.host {
			t.Errorf("%q leads to %+v (%s), want %s", location, next, reason, want)
		}
	}
}

func TestHostPort(t *testing.T) {
	for raw, want := range map[string]string{
		"http://Billing.example./x":     "billing.example:80",
		"https://billing.example":       "billing.example:443",
		"https://billing.example:80":    "billing.example:80",
		"http://z\u00fcrich.example":    "xn--zrich-kva.example:80",
		"http://[::ffff:127.0.0.1]:81/": "127.0.0.1:81",
		"http://127.1:81/":              "127.0.0.1:81",
		"http://[fe80::1%25eth0]/":      "[fe80::1]:80",
		"grpc://[::1]:50051":            "[::1]:50051",
		"no URL":                        "no URL",
	} {
		if got := HostPort(raw); got != want {
			t.Errorf("%s: got %s, want %s", raw, got, want)
		}
	}
}

// parsePlain must return the same as the parser.
func FuzzPlainURL(f *testing.F) {
	for _, raw := range []string{
		"http://a", "https://a:443/b?c=d", "http://1.2.3", "http://a.0x1", "http://a.1:0", "http://a/b/../c", "http://a/?/..", "http://a:080",
		"http://1.2.3.4:5/6?7", "http://A", "http://a?b", "http://a/b?c'd", "http://a:/", "http://[::1]", "http://xn--a", "http://a.", "http://-/",
	} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		short, ok := parsePlain(raw)
		if !ok {
			return
		}
		u, err := parser.Parse(raw)
		if err != nil {
			t.Fatalf("%q: %v", raw, err)
		}
		if full, err := fromURL(u); err != nil || full != short {
			t.Errorf("%q: got %+v, want %+v, %v", raw, short, full, err)
		}
	})
}

// A probe follows any Location only to http and https, on the same host, and without
// credentials.
func FuzzRedirect(f *testing.F) {
	for _, location := range []string{
		"/x", "//evil.example/", "http://user:pw@billing.example/", "http:\\\\evil.example", "https://billing.example.:1#x",
		"javascript:alert(1)", "http://[::1%25lo]/", "?", "http://billing.example@evil.example/", "\x00", "%",
	} {
		f.Add("http://billing.example/healthz", location)
	}
	f.Fuzz(func(t *testing.T, asked, location string) {
		from, err := parse(asked)
		if err != nil {
			return
		}
		next, reason := judge(answer{code: 302, location: location}, from)
		if next == nil {
			if reason != events.ReasonHTTP3xx && reason != events.ReasonRedirect {
				t.Fatalf("reason is %q", reason)
			}
			return
		}
		if next.host != from.host {
			t.Errorf("leads from %+v to %+v", from, next)
		}
		if line := next.authority + next.path; strings.ContainsFunc(line, func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Errorf("%q would be sent", line)
		}
	})
}
