package standalone_test

import (
	"errors"
	"flag"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/services/standalone"
)

func TestFlagsOverrideEnvironmentOverridesDefaults(t *testing.T) {
	env := map[string]string{"PORTAL_HTTP": "127.0.0.1:1001", "PORTAL_NATS": "127.0.0.1:1002", "PORTAL_METRICS": "127.0.0.1:1003", "PORTAL_INTERVAL": "30s", "PORTAL_DEMO": "true"}
	cfg, _, err := standalone.ConfigFrom([]string{"--http", "127.0.0.1:2001", "--timeout=3s"}, func(k string) string { return env[k] }, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.HTTPAddr != "127.0.0.1:2001" || cfg.Timeout != 3*time.Second {
		t.Errorf("the flags did not win: %s, %s", cfg.HTTPAddr, cfg.Timeout)
	}
	if cfg.NATSAddr != "127.0.0.1:1002" || cfg.MetricsAddr != "127.0.0.1:1003" || cfg.Interval != "30s" || !cfg.Demo {
		t.Errorf("the environment was not read: %s, %s, %s, %v", cfg.NATSAddr, cfg.MetricsAddr, cfg.Interval, cfg.Demo)
	}
	if cfg.Dir != ".data" || cfg.DatabaseURL != "" {
		t.Errorf("defaults are %q and %q", cfg.Dir, cfg.DatabaseURL)
	}
}

func TestTaskOfArguments(t *testing.T) {
	for args, want := range map[string]standalone.Task{
		"":                           standalone.Serve,
		"--version":                  standalone.ShowVersion,
		"--http :9000 --healthcheck": standalone.CheckHealth,
		"--healthcheck=false":        standalone.Serve,
	} {
		_, got, err := standalone.ConfigFrom(strings.Fields(args), func(string) string { return "" }, io.Discard)
		if got != want || err != nil {
			t.Errorf("%q: got %v, %v, want %v", args, got, err, want)
		}
	}
}

func TestInvalidConfigurationIsNamed(t *testing.T) {
	for name, tc := range map[string]struct {
		args, env string // env is NAME=value
		want      string
	}{
		"an interval outside the set":    {"--interval 7s", "", `--interval is "7s": choose one of 10s, 15s`},
		"an interval by variable":        {"", "PORTAL_INTERVAL=often", `"often"`},
		"a timeout that is no time":      {"--timeout soon", "", `--timeout is "soon"`},
		"a timeout that is too long":     {"--timeout 1h", "", "between 100ms and 20s"},
		"an address without a port":      {"--http 127.0.0.1", "", `--http is "127.0.0.1"`},
		"a port beyond the last":         {"--nats 127.0.0.1:70000", "", "--nats is"},
		"metrics without a port":         {"--metrics localhost", "", `--metrics is "localhost"`},
		"a host that is a name":          {"--http portal:80", "", "--http is"},
		"a database that is no Postgres": {"--database-url mysql://u:hunter2@h/db", "", "--database-url is no URL of a Postgres"},
		"a database URL that is broken":  {"", "PORTAL_DATABASE_URL=postgres://u:hunter2@h:port/db", "--database-url is no URL"},
		"no data folder":                 {"--data=", "", "--data is empty"},
		"an interval of calendars":       {"--calendars-every 1s", "", "PORTAL_CALENDARS_EVERY is 1s"},
		"an interval of calls":           {"--prometheus-every often", "", `--prometheus-every is "often"`},
		"a shorter interval of calls":    {"--prometheus http://127.0.0.1:9090", "PORTAL_PROMETHEUS_EVERY=30s", "PORTAL_PROMETHEUS_EVERY is 30s"},
		"a Prometheus with a password":   {"--prometheus http://u:hunter2@127.0.0.1:9090", "", "PORTAL_PROMETHEUS: it has a user or a password"},
		"a token for no Prometheus":      {"--prometheus-token /x", "", "without PORTAL_PROMETHEUS"},
		"an interval of releases":        {"--releases-every often", "", `--releases-every is "often"`},
		"a forge that is none":           {"", "PORTAL_FORGES=cvs=cvs.example", `"cvs=cvs.example" is not a forge`},
		"a demo that is maybe":           {"", "PORTAL_DEMO=maybe", `PORTAL_DEMO is "maybe"`},
		"a role that isn't":              {"--anonymous root", "", `"root" is not a role`},
		"a writer whom nobody knows":     {"--http :8080 --anonymous editor", "", "strangers could change everything"},
		"one at an address of the LAN":   {"--http 192.0.2.1:80", "PORTAL_ANONYMOUS=admin", "strangers could change everything"},
		"a demo for readers":             {"--http :8080 --demo", "", "it needs the role editor"},
		"a flag that isn't":              {"--port 80", "", "--help lists the flags"},
		"a command":                      {"serve", "", `no command "serve"`},
	} {
		t.Run(name, func(t *testing.T) {
			getenv := func(k string) string {
				v, _ := strings.CutPrefix(tc.env, k+"=")
				if v == tc.env {
					return ""
				}
				return v
			}
			_, _, err := standalone.ConfigFrom(strings.Fields(tc.args), getenv, io.Discard)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("error is %v, want one with %q", err, tc.want)
			}
			if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "\n") {
				t.Errorf("error says too much: %q", err)
			}
		})
	}
}

func TestHelpListsEveryFlagAndVariable(t *testing.T) {
	var out strings.Builder
	env := func(string) string { return "postgres://u:hunter2@h/db" }
	_, _, err := standalone.ConfigFrom([]string{"--help"}, func(k string) string {
		if k == "PORTAL_DATABASE_URL" {
			return env(k)
		}
		return ""
	}, &out)
	if !errors.Is(err, flag.ErrHelp) {
		t.Fatalf("error is %v", err)
	}
	for _, word := range []string{"http", "nats", "metrics", "data", "database-url", "interval", "timeout", "forges", "forge-tokens", "releases-every", "calendars-every", "links-every", "prometheus", "prometheus-token", "prometheus-tenant", "prometheus-every", "demo", "version"} {
		if !strings.Contains(out.String(), "-"+word) {
			t.Errorf("no flag %s", word)
		}
		if v := "PORTAL_" + strings.ToUpper(strings.ReplaceAll(word, "-", "_")); word != "version" && !strings.Contains(out.String(), v) {
			t.Errorf("no variable %s", v)
		}
	}
	if strings.Contains(out.String(), "hunter2") {
		t.Error("the help shows the database's password")
	}
}
