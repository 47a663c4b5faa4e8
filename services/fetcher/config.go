package fetcher

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/dev-portal/dev-portal/pkg/service"
	"github.com/dev-portal/dev-portal/services/fetcher/internal/forge"
	"github.com/dev-portal/dev-portal/services/fetcher/internal/servicegraph"
)

// Config configures the fetcher. Its zero value uses the NATS server on this machine, and
// reads github.com, gitlab.com and codeberg.org without tokens, and the calendars of teams, but
// no Prometheus.
type Config struct {
	service.Common

	// Forges has the forges besides github.com, gitlab.com and codeberg.org, such as
	// "gitea=git.example.com": of the kind github, gitlab or gitea, which Forgejo is too.
	// PORTAL_FORGES, separated by commas; empty: none.
	Forges []string

	// Tokens has the file of the token for a forge, such as
	// "github.com=/run/secrets/github". Each is read for each request.
	// PORTAL_FORGE_TOKENS, separated by commas; empty: requests are anonymous.
	Tokens []string

	// App is the installation of a GitHub App, in place of a token.
	App App

	// Every is the time between two looks at a repository. Where the forge takes fewer
	// requests, as github.com does without a token, it is longer. PORTAL_RELEASES_EVERY, a
	// duration of at least a minute; 0: 15 minutes; Never.
	Every time.Duration

	// CalendarsEvery is the time between two readings of the calendar of a team's duty.
	// PORTAL_CALENDARS_EVERY, a duration of at least a minute; 0: 5 minutes; Never.
	CalendarsEvery time.Duration

	// LinksEvery is the time between two checks of a link of a service. PORTAL_LINKS_EVERY, a
	// duration of at least an hour; 0: a week; Never.
	LinksEvery time.Duration

	// Prometheus has which services call which others, if it is set.
	Prometheus Prometheus

	// Deny has addresses that are never dialled, in addition to egress.DefaultDeny.
	// PORTAL_DENY, prefixes such as 127.0.0.0/8, separated by commas; empty: none.
	Deny []netip.Prefix

	// HooksAddr is where webhooks are taken, host:port. PORTAL_HOOKS; empty: nowhere.
	// HooksListener, if set, is used instead, and closed by the fetcher.
	HooksAddr     string
	HooksListener net.Listener

	// HooksSecret is the file of the secret that forges sign webhooks with.
	// PORTAL_HOOKS_SECRET; empty: none are taken.
	HooksSecret string
}

// Prometheus is a Prometheus that has counts of calls from traces, or what answers as it does. The
// zero value is none.
type Prometheus struct {
	URL       string // where its API begins, before /api/v1. PORTAL_PROMETHEUS; empty: calls are not read
	TokenFile string // a bearer token, which is read for each request. PORTAL_PROMETHEUS_TOKEN; empty: none is sent
	Tenant    string // X-Scope-OrgID, for a Mimir of several tenants. PORTAL_PROMETHEUS_TENANT; empty: none is sent

	// Every is the time between two readings. PORTAL_PROMETHEUS_EVERY, a duration of at least a
	// minute; 0: 5 minutes.
	Every time.Duration
}

// App is an installation of a GitHub App. The zero value is none.
type App struct {
	ID           int    // PORTAL_GITHUB_APP_ID
	Installation int    // PORTAL_GITHUB_APP_INSTALLATION
	KeyFile      string // its private key, PEM. PORTAL_GITHUB_APP_KEY
	Host         string // of the GitHub where it is. PORTAL_GITHUB_APP_HOST; empty: github.com
}

// Never is the time between two readings of what is not read.
const Never time.Duration = -1

const (
	minEvery     = time.Minute
	maxEvery     = 24 * time.Hour
	defaultEvery = 15 * time.Minute

	defaultCalendarsEvery  = 5 * time.Minute
	defaultPrometheusEvery = 5 * time.Minute

	minLinksEvery     = time.Hour
	maxLinksEvery     = 30 * 24 * time.Hour
	defaultLinksEvery = 7 * 24 * time.Hour
)

// ConfigFromEnv reads the variables that Config names. Its error joins all that is
// wrong with them.
func ConfigFromEnv(getenv func(string) string) (Config, error) {
	env := service.NewEnv(getenv)
	cfg := Config{
		Common: env.Common(),
		Forges: List(env.Text("PORTAL_FORGES")),
		Tokens: List(env.Text("PORTAL_FORGE_TOKENS")),
		App: App{
			ID: env.Number("PORTAL_GITHUB_APP_ID"), Installation: env.Number("PORTAL_GITHUB_APP_INSTALLATION"),
			KeyFile: env.Text("PORTAL_GITHUB_APP_KEY"), Host: env.Text("PORTAL_GITHUB_APP_HOST"),
		},
		Every:          env.Duration("PORTAL_RELEASES_EVERY"),
		CalendarsEvery: env.Duration("PORTAL_CALENDARS_EVERY"),
		LinksEvery:     env.Duration("PORTAL_LINKS_EVERY"),
		Prometheus: Prometheus{
			URL: env.Text("PORTAL_PROMETHEUS"), TokenFile: env.Text("PORTAL_PROMETHEUS_TOKEN"), Tenant: env.Text("PORTAL_PROMETHEUS_TENANT"),
			Every: env.Duration("PORTAL_PROMETHEUS_EVERY"),
		},
		Deny:        env.Prefixes("PORTAL_DENY"),
		HooksAddr:   env.Text("PORTAL_HOOKS"),
		HooksSecret: env.Text("PORTAL_HOOKS_SECRET"),
	}
	return cfg, errors.Join(env.Err(), cfg.Validate())
}

// List returns the parts of a text that commas separate.
func List(text string) (parts []string) {
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

// withDefaults returns c with defaults for zero fields.
func (c Config) withDefaults() Config {
	c.Common = c.WithDefaults()
	c.Every = cmp.Or(c.Every, defaultEvery)
	c.CalendarsEvery = cmp.Or(c.CalendarsEvery, defaultCalendarsEvery)
	c.LinksEvery = cmp.Or(c.LinksEvery, defaultLinksEvery)
	c.Prometheus.Every = cmp.Or(c.Prometheus.Every, defaultPrometheusEvery)
	return c
}

// Validate returns all that is wrong, joined.
func (c Config) Validate() error {
	c = c.withDefaults()
	var rules service.Rules
	for name, every := range map[string]time.Duration{"PORTAL_RELEASES_EVERY": c.Every, "PORTAL_CALENDARS_EVERY": c.CalendarsEvery} {
		rules.Check(every == Never || every >= minEvery && every <= maxEvery, "%s is %s; it must be from %s to %s", name, every, minEvery, maxEvery)
	}
	rules.Check(c.LinksEvery == Never || c.LinksEvery >= minLinksEvery && c.LinksEvery <= maxLinksEvery,
		"PORTAL_LINKS_EVERY is %s; it must be from %s to %s", c.LinksEvery, minLinksEvery, maxLinksEvery)
	rules.Check(c.Every != Never || c.CalendarsEvery != Never || c.LinksEvery != Never || c.Prometheus.URL != "", "neither releases nor calendars nor links nor calls are to be read")
	c.Prometheus.check(&rules)
	hooks := c.HooksAddr != "" || c.HooksListener != nil
	rules.Check(hooks || c.HooksSecret == "", "PORTAL_HOOKS_SECRET is set without PORTAL_HOOKS, the address where webhooks are taken")
	if c.HooksSecret != "" {
		_, err := forge.ReadSecret(c.HooksSecret)
		rules.Check(err == nil, "PORTAL_HOOKS_SECRET: %v", err)
	}
	_, err := c.forges(nil)
	return errors.Join(rules.Err(), err)
}

// check adds what is wrong to the rules.
func (p Prometheus) check(rules *service.Rules) {
	rules.Check(p.Every >= minEvery && p.Every <= maxEvery, "PORTAL_PROMETHEUS_EVERY is %s; it must be from %s to %s", p.Every, minEvery, maxEvery)
	if p.URL == "" {
		rules.Check(p.TokenFile == "" && p.Tenant == "", "PORTAL_PROMETHEUS_TOKEN or PORTAL_PROMETHEUS_TENANT is set without PORTAL_PROMETHEUS, the server that they are for")
		return
	}
	server := p.server()
	err := server.Check()
	rules.Check(err == nil, "PORTAL_PROMETHEUS: %v", err)
	if server.Token != nil {
		_, err := server.Token()
		rules.Check(err == nil, "PORTAL_PROMETHEUS_TOKEN: %v", err)
	}
}

// server returns the server with what shows it who asks.
func (p Prometheus) server() servicegraph.Server {
	server := servicegraph.Server{URL: p.URL, Tenant: p.Tenant}
	if p.TokenFile != "" {
		server.Token = func() (string, error) { return forge.ReadSecret(p.TokenFile) }
	}
	return server
}

// forges returns the forges, with what shows them who asks. Its error joins all that is wrong
// with the settings; without a client nothing else is asked for.
func (c Config) forges(client *forge.Client) ([]forge.Forge, error) {
	all := slices.Clone(forge.Known)
	var rules service.Rules
	for _, setting := range c.Forges {
		f, err := forge.Parse(setting)
		rules.Check(err == nil, "PORTAL_FORGES: %v", err)
		if err == nil {
			all = append(slices.DeleteFunc(all, func(known forge.Forge) bool { return known.Host() == f.Host() }), f)
		}
	}
	at := func(host string) *forge.Forge {
		for i := range all {
			if all[i].Host() == strings.ToLower(host) {
				return &all[i]
			}
		}
		return nil
	}
	for _, setting := range c.Tokens {
		host, path, ok := strings.Cut(setting, "=")
		f := at(host)
		rules.Check(ok && f != nil, "PORTAL_FORGE_TOKENS has %.80q; it must be like github.com=/run/secrets/github, with a host that is known or in PORTAL_FORGES", setting)
		if ok && f != nil {
			_, err := forge.ReadSecret(path)
			rules.Check(err == nil, "PORTAL_FORGE_TOKENS: %v", err)
			f.Token = forge.FileToken(path)
		}
	}
	if err := c.app(at, client); err != nil {
		rules.Check(false, "%w", err)
	}
	return all, rules.Err()
}

// app gives the tokens of the app to its forge, if there is one.
func (c Config) app(at func(host string) *forge.Forge, client *forge.Client) error {
	if c.App == (App{}) {
		return nil
	}
	app := forge.App{ID: int64(c.App.ID), Installation: int64(c.App.Installation), KeyFile: c.App.KeyFile}
	f := at(cmp.Or(c.App.Host, "github.com"))
	switch {
	case app.ID <= 0 || app.Installation <= 0 || app.KeyFile == "":
		return errors.New("PORTAL_GITHUB_APP_ID, PORTAL_GITHUB_APP_INSTALLATION and PORTAL_GITHUB_APP_KEY belong together: set all of them, or none")
	case f == nil || f.Kind != forge.GitHub:
		return fmt.Errorf("PORTAL_GITHUB_APP_HOST is %.80q; it must be github.com, or one of kind github in PORTAL_FORGES", c.App.Host)
	case f.Token != nil:
		return fmt.Errorf("%s has a token in PORTAL_FORGE_TOKENS and a GitHub App: set one of them", f.Host())
	}
	if err := app.Check(); err != nil {
		return fmt.Errorf("PORTAL_GITHUB_APP_KEY: %w", err)
	}
	f.Token = client.AppToken(*f, app)
	return nil
}
