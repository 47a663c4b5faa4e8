package catalogapi_test

import (
	"strings"
	"testing"

	catalogapi "github.com/dev-portal/dev-portal/services/catalog-api"
)

// configured returns the error of a configuration by variables, with spaces between, besides
// those that must be set.
func configured(variables string) error {
	env := map[string]string{"PORTAL_DATABASE_URL": "postgres://x/y", "PORTAL_NATS_URL": "nats://x"}
	for _, setting := range strings.Fields(variables) {
		key, value, _ := strings.Cut(setting, "=")
		env[key] = value
	}
	_, err := catalogapi.ConfigFromEnv(func(name string) string { return env[name] })
	return err
}

func TestStrangersWriteOnlyIfToldSo(t *testing.T) {
	for name, tc := range map[string]struct {
		env  string
		want string // in the error; "": it starts
	}{
		"on this machine by default":        {"PORTAL_HTTP=127.0.0.1:8000", ""},
		"on this machine as editor":         {"PORTAL_HTTP=[::1]:8000 PORTAL_ANONYMOUS=editor", ""},
		"on all addresses by default":       {"PORTAL_HTTP=:8000", ""},
		"on all addresses to read":          {"PORTAL_HTTP=:8000 PORTAL_ANONYMOUS=viewer", ""},
		"on all addresses as editor":        {"PORTAL_HTTP=:8000 PORTAL_ANONYMOUS=editor", "strangers"},
		"on all addresses as admin":         {"PORTAL_HTTP=0.0.0.0:8000 PORTAL_ANONYMOUS=admin", "strangers"},
		"in a container on this machine":    {"PORTAL_HTTP=:8000 PORTAL_ANONYMOUS=editor PORTAL_PUBLISHED=127.0.0.1", ""},
		"in a container on the network":     {"PORTAL_HTTP=:8000 PORTAL_ANONYMOUS=editor PORTAL_PUBLISHED=0.0.0.0", "strangers"},
		"behind this machine's own address": {"PORTAL_HTTP=127.0.0.1:8000 PORTAL_ANONYMOUS=editor PORTAL_PUBLISHED=192.0.2.1:80", "strangers"},
		"told so":                           {"PORTAL_HTTP=:8000 PORTAL_ANONYMOUS=editor PORTAL_ANONYMOUS_WRITES_FROM_ANYWHERE=yes", ""},
		"told so in other words":            {"PORTAL_HTTP=:8000 PORTAL_ANONYMOUS=editor PORTAL_ANONYMOUS_WRITES_FROM_ANYWHERE=1", "strangers"},
		"a role that isn't":                 {"PORTAL_ANONYMOUS=root", `"root" is not a role`},
		"a host with a scheme":              {"PORTAL_HOSTS=portal.example.com,https://x", `PORTAL_HOSTS has "https://x"`},
		"a host with a port":                {"PORTAL_HOSTS=portal.example.com:443", "without scheme, port and path"},
		"proxies that are none":             {"PORTAL_PROXIES=traefik", `PORTAL_PROXIES has "traefik"`},
		"a limit that is none":              {"PORTAL_RATE_LIMIT=many", `PORTAL_RATE_LIMIT is "many"`},
		"a trail of no days":                {"PORTAL_TRAIL_DAYS=-1", "PORTAL_TRAIL_DAYS is -1"},
		"badges of a word":                  {"PORTAL_PUBLIC_BADGES=yes", `PORTAL_PUBLIC_BADGES is "yes"`},
		"badges of no tag":                  {"PORTAL_PUBLIC_BADGES=tag:", `PORTAL_PUBLIC_BADGES is "tag:"`},
		"badges of a tag":                   {"PORTAL_PUBLIC_BADGES=tag:public", ""},
		"rules that are off":                {"PORTAL_SCORECARD_OFF=dashboard,on_call,", ""},
		"rules that are none":               {"PORTAL_SCORECARD_OFF=dashboard,oncall", `PORTAL_SCORECARD_OFF: "oncall" is not a rule; the rules are owner, `},
		"probes of a day":                   {"PORTAL_HISTORY_PROBE_DAYS=1", "PORTAL_HISTORY_PROBE_DAYS is 1"},
		"hours for less long than probes":   {"PORTAL_HISTORY_PROBE_DAYS=50", "PORTAL_HISTORY_HOUR_DAYS is 40; it must be a number from that of PORTAL_HISTORY_PROBE_DAYS, 50"},
		"days of no year":                   {"PORTAL_HISTORY_YEARS=-1", "PORTAL_HISTORY_YEARS is -1"},
	} {
		err := configured(tc.env)
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want %q", name, err, tc.want)
		}
	}
}

func TestOpennessIsSaid(t *testing.T) {
	for name, tc := range map[string]struct {
		cfg  catalogapi.Config
		want string // in it
	}{
		"this machine":           {catalogapi.Config{HTTPAddr: "127.0.0.1:8080"}, ""},
		"everywhere":             {catalogapi.Config{HTTPAddr: "0.0.0.0:8080"}, "Whoever reaches 0.0.0.0:8080 may read all of it"},
		"nobody without a key":   {catalogapi.Config{HTTPAddr: "0.0.0.0:8080", Anonymous: "none"}, "nothing without saying who they are: nobody signs in"},
		"people sign in":         {catalogapi.Config{HTTPAddr: ":8080", SignOn: catalogapi.SignOn{Issuer: "https://login.example.com"}}, "people may sign in, and need not"},
		"everybody may write":    {catalogapi.Config{HTTPAddr: ":8080", Anonymous: "editor", AnonymousAnywhere: true}, "change every service"},
		"published for this one": {catalogapi.Config{HTTPAddr: ":8080", Published: "127.0.0.1"}, ""},
	} {
		got := tc.cfg.Openness()
		if (tc.want == "") != (got == "") || !strings.Contains(got, tc.want) {
			t.Errorf("%s: got %q, want %q", name, got, tc.want)
		}
	}
}
