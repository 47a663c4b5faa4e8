package healthworker_test

import (
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/service"
	healthworker "github.com/dev-portal/dev-portal/services/health-worker"
)

func getenv(vars map[string]string) func(string) string {
	return func(name string) string { return vars[name] }
}

func TestConfigFromEnv(t *testing.T) {
	got, err := healthworker.ConfigFromEnv(getenv(map[string]string{
		"PORTAL_NATS_URL":    "nats://a:4222,nats://b:4222",
		"PORTAL_METRICS":     ":9090",
		"PORTAL_TIMEOUT":     "2500ms",
		"PORTAL_LOCATION":    "eu-west_1",
		"PORTAL_DENY":        "127.0.0.0/8, ::1,10.1.2.3/8",
		"PORTAL_CONCURRENCY": "64",
		"PORTAL_PER_HOST":    "2",
	}))
	want := healthworker.Config{
		Common:  service.Common{NATSURL: "nats://a:4222,nats://b:4222", MetricsAddr: ":9090"},
		Timeout: 2500 * time.Millisecond, Location: "eu-west_1", Concurrency: 64, PerHost: 2,
		Deny: []netip.Prefix{
			netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128"), netip.MustParsePrefix("10.0.0.0/8"),
		},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v (%v)\nwant %+v", got, err, want)
	}
}

func TestConfigFromEmptyEnv(t *testing.T) {
	got, err := healthworker.ConfigFromEnv(getenv(nil))
	if err != nil || !reflect.DeepEqual(got, healthworker.Config{}) {
		t.Errorf("got %+v (%v), want the zero Config", got, err)
	}
}

func TestConfigErrorsAreJoined(t *testing.T) {
	vars := map[string]string{
		"PORTAL_TIMEOUT":     "10",
		"PORTAL_LOCATION":    "eu.west",
		"PORTAL_DENY":        "10.0.0.0/33",
		"PORTAL_CONCURRENCY": "many",
		"PORTAL_PER_HOST":    "-1",
	}
	_, err := healthworker.ConfigFromEnv(getenv(vars))
	if err == nil {
		t.Fatal("no error")
	}
	lines := strings.Split(err.Error(), "\n")
	for name := range vars {
		if !slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(line, name+" ") }) {
			t.Errorf("nothing is said of %s in:\n%s", name, err)
		}
	}
	if len(lines) != len(vars) {
		t.Errorf("%d mistakes are reported, want %d:\n%s", len(lines), len(vars), err)
	}
}
