package probe

import (
	"errors"
	"strings"
	"testing"

	"github.com/dev-portal/dev-portal/pkg/events"
)

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
