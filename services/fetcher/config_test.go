package fetcher_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/services/fetcher"
)

func write(t *testing.T, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestConfigFromEnv(t *testing.T) {
	token := write(t, "t0ken")
	vars := map[string]string{
		"PORTAL_FORGES": "gitea=git.example.com, gitlab=lab.example.com", "PORTAL_FORGE_TOKENS": "github.com=" + token + ",git.example.com=" + token,
		"PORTAL_RELEASES_EVERY": "5m", "PORTAL_CALENDARS_EVERY": "10m", "PORTAL_LINKS_EVERY": "24h", "PORTAL_DENY": "127.0.0.0/8", "PORTAL_HOOKS": ":8081", "PORTAL_HOOKS_SECRET": token,
		"PORTAL_PROMETHEUS": "http://prometheus:9090/prom", "PORTAL_PROMETHEUS_TOKEN": token, "PORTAL_PROMETHEUS_TENANT": "shop|bank", "PORTAL_PROMETHEUS_EVERY": "2m",
	}
	cfg, err := fetcher.ConfigFromEnv(func(name string) string { return vars[name] })
	if err != nil || len(cfg.Forges) != 2 || len(cfg.Tokens) != 2 || cfg.Every != 5*time.Minute || cfg.CalendarsEvery != 10*time.Minute || cfg.LinksEvery != 24*time.Hour || len(cfg.Deny) != 1 || cfg.HooksAddr != ":8081" || cfg.HooksSecret != token {
		t.Errorf("got %+v, %v", cfg, err)
	}
	if want := (fetcher.Prometheus{"http://prometheus:9090/prom", token, "shop|bank", 2 * time.Minute}); cfg.Prometheus != want {
		t.Errorf("got %+v, want %+v", cfg.Prometheus, want)
	}
	if _, err := fetcher.ConfigFromEnv(func(string) string { return "" }); err != nil {
		t.Errorf("without variables: %v", err)
	}
}

func TestConfigIsValidated(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	pemKey := write(t, string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})))
	secret := write(t, "hunter2 is no word")
	app := fetcher.App{ID: 1, Installation: 2, KeyFile: pemKey}
	for name, tc := range map[string]struct {
		cfg  fetcher.Config
		want string // "": it is valid
	}{
		"nothing":                     {fetcher.Config{}, ""},
		"an app":                      {fetcher.Config{App: app}, ""},
		"an app at another GitHub":    {fetcher.Config{App: fetcher.App{1, 2, pemKey, "ghe.example"}, Forges: []string{"github=ghe.example"}}, ""},
		"a shorter interval":          {fetcher.Config{Every: time.Second}, "PORTAL_RELEASES_EVERY is 1s"},
		"none of both":                {fetcher.Config{Every: fetcher.Never, CalendarsEvery: fetcher.Never, LinksEvery: fetcher.Never}, "neither releases nor calendars nor links"},
		"one of them":                 {fetcher.Config{Every: fetcher.Never}, ""},
		"links too often":             {fetcher.Config{LinksEvery: time.Minute}, "PORTAL_LINKS_EVERY is 1m0s; it must be from 1h0m0s to 720h0m0s"},
		"a negative interval":         {fetcher.Config{CalendarsEvery: -time.Hour}, "PORTAL_CALENDARS_EVERY is -1h0m0s"},
		"a longer one of calendars":   {fetcher.Config{CalendarsEvery: 25 * time.Hour}, "PORTAL_CALENDARS_EVERY is 25h0m0s; it must be from 1m0s to 24h0m0s"},
		"a Prometheus alone":          {fetcher.Config{Every: fetcher.Never, CalendarsEvery: fetcher.Never, LinksEvery: fetcher.Never, Prometheus: fetcher.Prometheus{URL: "https://mimir.example/prometheus/"}}, ""},
		"a Prometheus that is no URL": {fetcher.Config{Prometheus: fetcher.Prometheus{URL: "prometheus:9090"}}, "PORTAL_PROMETHEUS: it must be a URL"},
		"one with a password":         {fetcher.Config{Prometheus: fetcher.Prometheus{URL: "http://ada:hunter2@prometheus"}}, "PORTAL_PROMETHEUS: it has a user or a password"},
		"one with all of the path":    {fetcher.Config{Prometheus: fetcher.Prometheus{URL: "http://prometheus/api/v1/"}}, "it must end before /api/v1"},
		"one with a query":            {fetcher.Config{Prometheus: fetcher.Prometheus{URL: "http://prometheus/?token=hunter2"}}, "it has a query"},
		"one of two lines":            {fetcher.Config{Prometheus: fetcher.Prometheus{URL: "http://prometheus/\nhunter2"}}, "it must be a URL"},
		"a shorter interval of calls": {fetcher.Config{Prometheus: fetcher.Prometheus{Every: time.Second}}, "PORTAL_PROMETHEUS_EVERY is 1s; it must be from 1m0s to 24h0m0s"},
		"calls that are never read":   {fetcher.Config{Prometheus: fetcher.Prometheus{Every: fetcher.Never}}, "PORTAL_PROMETHEUS_EVERY is -1ns"},
		"a token for no Prometheus":   {fetcher.Config{Prometheus: fetcher.Prometheus{TokenFile: secret}}, "without PORTAL_PROMETHEUS"},
		"a tenant of no Prometheus":   {fetcher.Config{Prometheus: fetcher.Prometheus{Tenant: "shop"}}, "without PORTAL_PROMETHEUS"},
		"a tenant of two lines":       {fetcher.Config{Prometheus: fetcher.Prometheus{URL: "http://prometheus", Tenant: "shop\nbank"}}, "the tenant must have"},
		"a token of Prometheus":       {fetcher.Config{Prometheus: fetcher.Prometheus{URL: "http://prometheus", TokenFile: secret}}, "PORTAL_PROMETHEUS_TOKEN: read a secret"},
		"a forge that is none":        {fetcher.Config{Forges: []string{"cvs=x"}}, "PORTAL_FORGES"},
		"a token for nobody":          {fetcher.Config{Tokens: []string{"git.example=/x"}}, "PORTAL_FORGE_TOKENS"},
		"a token that is not there":   {fetcher.Config{Tokens: []string{"github.com=/nowhere"}}, "no such file"},
		"a token of several words":    {fetcher.Config{Tokens: []string{"github.com=" + secret}}, "does not have one word"},
		"webhooks without a secret":   {fetcher.Config{HooksAddr: ":1"}, ""},
		"a secret without webhooks":   {fetcher.Config{HooksSecret: write(t, "x")}, "without PORTAL_HOOKS"},
		"a part of an app":            {fetcher.Config{App: fetcher.App{ID: 1}}, "belong together"},
		"an app's key that is none":   {fetcher.Config{App: fetcher.App{ID: 1, Installation: 2, KeyFile: secret}}, "is not PEM"},
		"an app at a forge of no app": {fetcher.Config{App: fetcher.App{1, 2, pemKey, "gitlab.com"}}, "PORTAL_GITHUB_APP_HOST"},
		"an app and a token":          {fetcher.Config{App: app, Tokens: []string{"github.com=" + write(t, "x")}}, "set one of them"},
	} {
		err := tc.cfg.Validate()
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want %q", name, err, tc.want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error tells a secret: %v", name, err)
		}
	}
}
