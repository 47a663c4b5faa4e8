package standalone

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// The shortest probe timeout that makes sense, and the longest that a worker takes.
const (
	minTimeout = 100 * time.Millisecond
	maxTimeout = 20 * time.Second
)

// DefaultMetrics is where the metrics are, unless something else is asked for.
const DefaultMetrics = "127.0.0.1:9464"

// Config says how the one-process edition runs. Every field but Log, Listener,
// Opened, Ready and Version has a flag and a variable: see ConfigFrom.
type Config struct {
	// HTTPAddr is where the page and the API listen: --http, PORTAL_HTTP,
	// "127.0.0.1:8080". Listener, if set, is used instead.
	HTTPAddr string
	Listener net.Listener

	// NATSAddr is where NATS listens: --nats, PORTAL_NATS, "127.0.0.1:4222".
	NATSAddr string

	// MetricsAddr is where /metrics, /livez and /readyz listen: --metrics,
	// PORTAL_METRICS. Empty: DefaultMetrics, or a free port where another
	// program has that one.
	MetricsAddr string

	// Dir keeps everything: --data, PORTAL_DATA, ".data".
	Dir string

	// DatabaseURL is a Postgres to use instead of a private one: --database-url,
	// PORTAL_DATABASE_URL. It may hold a password: it is never logged.
	DatabaseURL string

	// Interval is between two probes of a service that names none: --interval,
	// PORTAL_INTERVAL, "1m".
	Interval events.Interval

	// Timeout is for one probe in all: --timeout, PORTAL_TIMEOUT, "10s".
	Timeout time.Duration

	// Demo fills the catalogue with examples: --demo, PORTAL_DEMO.
	Demo bool

	// Version is what the portal says that it is.
	Version string

	// Log hears everything; nil: nobody does.
	Log *slog.Logger

	// Opened, if set, is called once, before anything is started: whoever comes now
	// waits. Ready, if set, is called once, when everything answers.
	Opened func(Addresses)
	Ready  func(Addresses)
}

// Task is what the command is to do.
type Task int

// The tasks of the command.
const (
	Serve       Task = iota // run the portal
	ShowVersion             // --version: print it
	CheckHealth             // --healthcheck: ask the portal that runs at HTTPAddr how it is
)

// Addresses are where a running portal can be reached. Each but API, below which
// the routes are, answers as it stands.
type Addresses struct {
	Page, API, NATS, Metrics string
}

// String lists the addresses for a person, one a line; those of HTTP all answer.
func (a Addresses) String() string {
	return fmt.Sprintf("  page     %s\n  API      %s/docs\n  NATS     %s\n  metrics  %s\n", a.Page, a.API, a.NATS, a.Metrics)
}

// ConfigFrom reads the command's arguments and the environment; a flag wins over
// its variable. It returns flag.ErrHelp when help was asked for and written to out.
func ConfigFrom(args []string, getenv func(string) string, out io.Writer) (cfg Config, task Task, err error) {
	flags := flag.NewFlagSet("dev-portal", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // errors are said once, by main
	var fromEnv []error
	text := func(p *string, name, variable, standard, usage string) {
		if v := getenv(variable); v != "" {
			standard = v
		}
		flags.StringVar(p, name, standard, usage+" ["+variable+"]")
	}
	var interval, timeout string
	text(&cfg.HTTPAddr, "http", "PORTAL_HTTP", "127.0.0.1:8080", "`address` of the page and the API")
	text(&cfg.NATSAddr, "nats", "PORTAL_NATS", "127.0.0.1:4222", "`address` of NATS")
	text(&cfg.MetricsAddr, "metrics", "PORTAL_METRICS", "", "`address` of the metrics (default "+DefaultMetrics+", or a free port if that is taken)")
	text(&cfg.Dir, "data", "PORTAL_DATA", ".data", "`folder` that keeps everything")
	flags.StringVar(&cfg.DatabaseURL, "database-url", "", "`URL` of a Postgres to use instead of a private one [PORTAL_DATABASE_URL]")
	text(&interval, "interval", "PORTAL_INTERVAL", string(events.DefaultInterval), "`time` between two probes of a service that names none")
	text(&timeout, "timeout", "PORTAL_TIMEOUT", "10s", "`time` that a probe may take")
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
	if cfg.DatabaseURL == "" { // not given as the flag's default: --help would print it
		cfg.DatabaseURL = getenv("PORTAL_DATABASE_URL")
	}
	cfg.Interval = events.Interval(interval)
	if cfg.Timeout, err = time.ParseDuration(timeout); err != nil {
		fromEnv = append(fromEnv, fmt.Errorf("--timeout is %q: use a time such as 10s", timeout))
	}
	if err := errors.Join(fromEnv...); err != nil {
		return cfg, task, err
	}
	return cfg, task, cfg.validate()
}

// usageError is what to say about arguments that can't be read.
func usageError(flags *flag.FlagSet, out io.Writer, err error) error {
	if errors.Is(err, flag.ErrHelp) {
		_, _ = fmt.Fprintln(out, "Usage: dev-portal [flags]\n\nServes the whole portal from one process. A variable in brackets means the same as its flag.")
		flags.SetOutput(out)
		flags.PrintDefaults()
		return err
	}
	return fmt.Errorf("%w: --help lists the flags", err)
}

// validate says in one sentence each what cannot work.
func (c Config) validate() error {
	var errs []error
	if !c.Interval.Known() {
		errs = append(errs, fmt.Errorf("--interval is %q: choose one of %s", c.Interval, known()))
	}
	if c.Timeout < minTimeout || c.Timeout > maxTimeout {
		errs = append(errs, fmt.Errorf("--timeout is %s: choose one between %s and %s", c.Timeout, minTimeout, maxTimeout))
	}
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
		// What url.Parse says would repeat the URL, and its password.
		u, err := url.Parse(c.DatabaseURL)
		if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
			errs = append(errs, errors.New("--database-url is no URL of a Postgres: it looks like postgres://user:password@host:5432/name"))
		}
	}
	return errors.Join(errs...)
}

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

func known() string {
	names := make([]string, len(events.Intervals))
	for i, interval := range events.Intervals {
		names[i] = string(interval)
	}
	return strings.Join(names, ", ")
}
