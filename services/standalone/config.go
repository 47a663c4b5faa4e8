package standalone

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/service"
	catalogapi "github.com/dev-portal/dev-portal/services/catalog-api"
	"github.com/dev-portal/dev-portal/services/fetcher"
)

// The range of the probe timeout: the shortest that makes sense, and the longest that a
// worker accepts.
const (
	minTimeout = 100 * time.Millisecond
	maxTimeout = 20 * time.Second
)

// defaultDir is the default folder of all data; postgresDir is the private database's in it.
const (
	defaultDir  = ".data"
	postgresDir = "postgres"
)

// DefaultMetrics is the default address of the metrics.
const DefaultMetrics = "127.0.0.1:9464"

// Config configures the one-process edition. Every field but Log, Listener,
// Opened, Ready and Version has a flag and a variable: see ConfigFrom.
type Config struct {
	// HTTPAddr is where the page and the API listen: --http, PORTAL_HTTP,
	// "127.0.0.1:8080". Listener, if set, is used instead.
	HTTPAddr string
	Listener net.Listener

	// NATSAddr is where NATS listens: --nats, PORTAL_NATS, "127.0.0.1:4222".
	NATSAddr string

	// MetricsAddr is where /metrics, /livez and /readyz listen: --metrics,
	// PORTAL_METRICS. If empty, it is DefaultMetrics, or a free port if that one is taken.
	MetricsAddr string

	// Dir is the folder of all data: --data, PORTAL_DATA, ".data".
	Dir string

	// DatabaseURL is a Postgres to use instead of a private one: --database-url,
	// PORTAL_DATABASE_URL. It may hold a password: it is never logged.
	DatabaseURL string

	// Interval is the time between two probes of a service that sets none: --interval,
	// PORTAL_INTERVAL, "1m".
	Interval events.Interval

	// Timeout limits a whole probe: --timeout, PORTAL_TIMEOUT, "10s".
	Timeout time.Duration

	// Anonymous is the role of requests that don't say who is asking: --anonymous,
	// PORTAL_ANONYMOUS; admin if only this machine reaches HTTPAddr, else viewer.
	Anonymous string

	// Published is the address at which people reach the portal, if that is another one
	// than HTTPAddr, as of a container's published port: --published, PORTAL_PUBLISHED.
	Published string

	// AnonymousAnywhere lets Anonymous write from any address:
	// --anonymous-writes-from-anywhere, PORTAL_ANONYMOUS_WRITES_FROM_ANYWHERE=yes.
	AnonymousAnywhere bool

	// Hosts are names that the portal answers to, besides those of this machine and
	// addresses, with commas between: --hosts, PORTAL_HOSTS.
	Hosts string

	// Proxies are proxies before the portal whose X-Forwarded-For is believed: --proxies,
	// PORTAL_PROXIES.
	Proxies []netip.Prefix

	// RateLimit is how many requests a client may send in ten seconds: --rate-limit,
	// PORTAL_RATE_LIMIT, 20000. StreamLimit is how many event streams it may have open:
	// --stream-limit, PORTAL_STREAM_LIMIT, 1000. Negative: any number.
	RateLimit, StreamLimit int

	// SignOn is how people say who they are; its Settings have the flags and variables.
	SignOn catalogapi.SignOn

	// KeysFile is a file of API keys: --keys-file, PORTAL_KEYS_FILE; see docs/access.md.
	KeysFile string

	// PublicBadges says which services have badges for everybody: --public-badges,
	// PORTAL_PUBLIC_BADGES; none, all, or tag:NAME. Default none.
	PublicBadges string

	// ScorecardOff are rules of the scorecard that are switched off, by their ids, with commas
	// between: --scorecard-off, PORTAL_SCORECARD_OFF. Default none.
	ScorecardOff string

	// Forges are forges besides github.com, gitlab.com and codeberg.org, as
	// "gitea=git.example.com", with commas between: --forges, PORTAL_FORGES. ForgeTokens are
	// files of tokens for forges, as "github.com=/path": --forge-tokens, PORTAL_FORGE_TOKENS.
	Forges, ForgeTokens string

	// ReleasesEvery is the time between two looks at the releases in a repository:
	// --releases-every, PORTAL_RELEASES_EVERY, "15m". 0: none are read, as with Demo, whose
	// services have repositories that do not exist.
	ReleasesEvery time.Duration

	// CalendarsEvery is the time between two readings of the calendar of a team's duty:
	// --calendars-every, PORTAL_CALENDARS_EVERY, "5m". 0: none are read.
	CalendarsEvery time.Duration

	// LinksEvery is the time between two checks of a link of a service: --links-every,
	// PORTAL_LINKS_EVERY, "168h". 0: none are checked, as with Demo, whose services have links
	// that do not exist.
	LinksEvery time.Duration

	// Prometheus is a Prometheus that has counts of calls from traces: --prometheus,
	// PORTAL_PROMETHEUS; --prometheus-token, PORTAL_PROMETHEUS_TOKEN; --prometheus-tenant,
	// PORTAL_PROMETHEUS_TENANT; --prometheus-every, PORTAL_PROMETHEUS_EVERY, "5m".
	Prometheus fetcher.Prometheus

	// Demo fills the catalogue with examples: --demo, PORTAL_DEMO.
	Demo bool

	// Version is the version that the portal reports.
	Version string

	// Log receives all log records; nil discards them.
	Log *slog.Logger

	// Opened, if set, is called once, when the addresses are open, before anything is
	// started: requests wait from then on. Ready, if set, is called once, when everything
	// answers.
	Opened func(Addresses)
	Ready  func(Addresses)
}

// Openness says what strangers may do, if others than this machine reach the portal; else
// it is "".
func (c Config) Openness() string { return c.catalogAPI().Openness() }

// Task is what the command does.
type Task int

// The tasks of the command.
const (
	Serve       Task = iota // run the portal
	ShowVersion             // --version: print the version
	CheckHealth             // --healthcheck: check the health of the portal that runs at HTTPAddr
)

// Addresses are the addresses of a running portal. API is only the prefix of its routes;
// the others answer themselves.
type Addresses struct {
	Page, API, NATS, Metrics string
}

// String lists the addresses for a person, one a line. All HTTP addresses in it answer.
func (a Addresses) String() string {
	return fmt.Sprintf("  page     %s\n  API      %s/docs\n  NATS     %s\n  metrics  %s\n", a.Page, a.API, a.NATS, a.Metrics)
}

// ConfigFrom reads the command's arguments and the environment; a flag overrides its
// variable. It returns flag.ErrHelp after it wrote the help to out.
func ConfigFrom(args []string, getenv func(string) string, out io.Writer) (cfg Config, task Task, err error) {
	flags := flag.NewFlagSet("dev-portal", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // main prints errors, once
	var fromEnv []error
	text := func(p *string, name, variable, value, usage string) {
		if v := getenv(variable); v != "" {
			value = v
		}
		flags.StringVar(p, name, value, usage+" ["+variable+"]")
	}
	var interval, timeout, releases, calendars, links, calls, proxies, rate, streams string
	text(&cfg.HTTPAddr, "http", "PORTAL_HTTP", "127.0.0.1:8080", "`address` of the page and the API")
	text(&cfg.NATSAddr, "nats", "PORTAL_NATS", "127.0.0.1:4222", "`address` of NATS")
	text(&cfg.MetricsAddr, "metrics", "PORTAL_METRICS", "", "`address` of the metrics (default "+DefaultMetrics+", or a free port if that is taken)")
	text(&cfg.Dir, "data", "PORTAL_DATA", defaultDir, "`folder` that keeps everything")
	flags.StringVar(&cfg.DatabaseURL, "database-url", "", "`URL` of a Postgres to use instead of a private one [PORTAL_DATABASE_URL]")
	text(&interval, "interval", "PORTAL_INTERVAL", string(events.DefaultInterval), "`time` between two probes of a service that names none")
	text(&timeout, "timeout", "PORTAL_TIMEOUT", "10s", "`time` that a probe may take")
	text(&cfg.Anonymous, "anonymous", "PORTAL_ANONYMOUS", "", "`role` of who does not say who it is: admin, editor, viewer or none (default admin if only this machine reaches the portal, else viewer)")
	text(&cfg.Published, "published", "PORTAL_PUBLISHED", "", "`address` at which people reach the portal, if that is another one than --http")
	flags.BoolVar(&cfg.AnonymousAnywhere, "anonymous-writes-from-anywhere", getenv("PORTAL_ANONYMOUS_WRITES_FROM_ANYWHERE") == "yes",
		"let who does not say who it is write from any address [PORTAL_ANONYMOUS_WRITES_FROM_ANYWHERE=yes]")
	text(&cfg.Hosts, "hosts", "PORTAL_HOSTS", "", "`names` that the portal answers to, besides localhost and addresses, with commas between")
	text(&proxies, "proxies", "PORTAL_PROXIES", "", "`addresses` and prefixes of proxies whose X-Forwarded-For is believed, with commas between")
	text(&rate, "rate-limit", "PORTAL_RATE_LIMIT", "20000", "`requests` that a client may send in ten seconds; -1: any number")
	text(&streams, "stream-limit", "PORTAL_STREAM_LIMIT", "1000", "event `streams` that a client may have open; -1: any number")
	for _, setting := range cfg.SignOn.Settings() {
		text(setting.Value, setting.Flag, setting.Variable, "", setting.Usage)
	}
	text(&cfg.KeysFile, "keys-file", "PORTAL_KEYS_FILE", "", "`file` of API keys that the portal has")
	text(&cfg.PublicBadges, "public-badges", "PORTAL_PUBLIC_BADGES", "none", "`which` services have badges for everybody: none, all, or tag: and the tag that they have")
	text(&cfg.ScorecardOff, "scorecard-off", "PORTAL_SCORECARD_OFF", "", "`rules` of the scorecard that are switched off, such as dashboard,releases")
	text(&cfg.Forges, "forges", "PORTAL_FORGES", "", "`forges` besides github.com, gitlab.com and codeberg.org, such as gitea=git.example.com, with commas between")
	text(&cfg.ForgeTokens, "forge-tokens", "PORTAL_FORGE_TOKENS", "", "`files` of tokens for forges, such as github.com=/path/to/token, with commas between")
	text(&releases, "releases-every", "PORTAL_RELEASES_EVERY", "15m", "`time` between two looks at the releases in a repository; 0: none are read")
	text(&calendars, "calendars-every", "PORTAL_CALENDARS_EVERY", "5m", "`time` between two readings of the calendar of a team's duty; 0: none are read")
	text(&links, "links-every", "PORTAL_LINKS_EVERY", "168h", "`time` between two checks of a link of a service; 0: none are checked")
	text(&cfg.Prometheus.URL, "prometheus", "PORTAL_PROMETHEUS", "", "`URL` of a Prometheus that has counts of calls from traces, such as http://127.0.0.1:9090")
	text(&cfg.Prometheus.TokenFile, "prometheus-token", "PORTAL_PROMETHEUS_TOKEN", "", "`file` of a bearer token for it")
	text(&cfg.Prometheus.Tenant, "prometheus-tenant", "PORTAL_PROMETHEUS_TENANT", "", "`tenant` that a Mimir of several tenants has it for")
	text(&calls, "prometheus-every", "PORTAL_PROMETHEUS_EVERY", "5m", "`time` between two readings of it")
	flags.BoolVar(&cfg.Demo, "demo", false, "fill the catalogue with examples that change [PORTAL_DEMO]")
	show := flags.Bool("version", false, "say which version this is")
	ask := flags.Bool("healthcheck", false, "ask the portal that runs at --http whether all of it works")

	switch v := getenv("PORTAL_DEMO"); strings.ToLower(v) {
	case "", "0", "false", "no":
	case "1", "true", "yes":
		cfg.Demo = true
	default:
		fromEnv = append(fromEnv, fmt.Errorf("PORTAL_DEMO is %q: use true or false", v))
	}
	if err := flags.Parse(args); err != nil {
		return cfg, task, usageError(flags, out, err)
	}
	switch {
	case *show:
		task = ShowVersion
	case *ask:
		task = CheckHealth
	}
	if flags.NArg() > 0 {
		return cfg, task, fmt.Errorf("there is no command %q: --help lists the flags", flags.Arg(0))
	}
	if cfg.DatabaseURL == "" { // not set as the flag's default, because --help would print it
		cfg.DatabaseURL = getenv("PORTAL_DATABASE_URL")
	}
	cfg.Interval = events.Interval(interval)
	if cfg.Timeout, err = time.ParseDuration(timeout); err != nil {
		fromEnv = append(fromEnv, fmt.Errorf("--timeout is %q: use a time such as 10s", timeout))
	}
	if cfg.ReleasesEvery, err = time.ParseDuration(releases); err != nil {
		fromEnv = append(fromEnv, fmt.Errorf("--releases-every is %q: use a time such as 15m, or 0", releases))
	}
	if cfg.CalendarsEvery, err = time.ParseDuration(calendars); err != nil {
		fromEnv = append(fromEnv, fmt.Errorf("--calendars-every is %q: use a time such as 5m, or 0", calendars))
	}
	if cfg.LinksEvery, err = time.ParseDuration(links); err != nil {
		fromEnv = append(fromEnv, fmt.Errorf("--links-every is %q: use a time such as 168h, or 0", links))
	}
	if cfg.Prometheus.Every, err = time.ParseDuration(calls); err != nil {
		fromEnv = append(fromEnv, fmt.Errorf("--prometheus-every is %q: use a time such as 5m", calls))
	}
	parsed := service.NewEnv(func(name string) string {
		return map[string]string{"--proxies": proxies, "--rate-limit": rate, "--stream-limit": streams}[name]
	})
	cfg.Proxies, cfg.RateLimit, cfg.StreamLimit = parsed.Prefixes("--proxies"), parsed.Number("--rate-limit"), parsed.Number("--stream-limit")
	fromEnv = append(fromEnv, parsed.Err())
	if err := errors.Join(fromEnv...); err != nil {
		return cfg, task, err
	}
	return cfg, task, cfg.validate()
}

// usageError returns the error for arguments that can't be parsed, or prints the help.
func usageError(flags *flag.FlagSet, out io.Writer, err error) error {
	if errors.Is(err, flag.ErrHelp) {
		_, _ = fmt.Fprintln(out, "Usage: dev-portal [flags]\n\nServes the whole portal from one process. A variable in brackets means the same as its flag.")
		flags.SetOutput(out)
		flags.PrintDefaults()
		return err
	}
	return fmt.Errorf("%w: --help lists the flags", err)
}

// validate returns an error of one sentence for each invalid value.
func (c Config) validate() error {
	var errs []error
	if !c.Interval.Known() {
		errs = append(errs, fmt.Errorf("--interval is %q: choose one of %s", c.Interval, events.Names(events.Intervals)))
	}
	if c.Timeout < minTimeout || c.Timeout > maxTimeout {
		errs = append(errs, fmt.Errorf("--timeout is %s: choose one between %s and %s", c.Timeout, minTimeout, maxTimeout))
	}
	if c.fetches() {
		errs = append(errs, c.fetcher().Validate())
	}
	errs = append(errs, c.catalogAPI().CheckAnonymous(c.Demo), c.catalogAPI().CheckSignOn(), c.catalogAPI().CheckScorecard())
	if c.Dir == "" {
		errs = append(errs, errors.New("--data is empty: name a folder"))
	}
	if c.Listener == nil {
		errs = append(errs, checkAddr("--http", c.HTTPAddr))
	}
	errs = append(errs, checkAddr("--nats", c.NATSAddr))
	if c.MetricsAddr != "" {
		errs = append(errs, checkAddr("--metrics", c.MetricsAddr))
	}
	if c.DatabaseURL != "" {
		// The error of url.Parse is not used: it contains the URL, and its password.
		u, err := url.Parse(c.DatabaseURL)
		if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
			errs = append(errs, errors.New("--database-url is no URL of a Postgres: it looks like postgres://user:password@host:5432/name"))
		}
	}
	return errors.Join(errs...)
}

// checkAddr returns an error unless addr is an IP address, localhost or nothing, with a
// port.
func checkAddr(name, addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err == nil && host != "" && host != "localhost" && net.ParseIP(host) == nil {
		err = errors.New("the host is no IP address")
	}
	if err != nil {
		return fmt.Errorf("%s is %q: it needs an address and a port, such as 127.0.0.1:8080", name, addr)
	}
	return nil
}
