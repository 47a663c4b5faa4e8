package healthworker

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Config says how a worker runs. Its zero value probes what the NATS server on
// this machine tells it to.
type Config struct {
	// NATSURL is where NATS is: one URL, or several with commas between.
	// PORTAL_NATS_URL; empty: nats://127.0.0.1:4222.
	NATSURL string

	// MetricsAddr is where /metrics, /livez and /readyz are served, host:port.
	// PORTAL_METRICS; empty: nowhere.
	MetricsAddr string

	// MetricsListener, if set, is used in place of MetricsAddr. Run closes it.
	MetricsListener net.Listener

	// Registry has the metrics, also those of the process; nil: one of its own.
	Registry *prometheus.Registry

	// Timeout bounds a probe, redirects included; connecting gets half of it,
	// 5 s at most. PORTAL_TIMEOUT, a duration up to 20 s; 0: 10 s.
	Timeout time.Duration

	// Location names the place from where this worker probes, in letters,
	// digits, "-" and "_". The workers of a location share its probes.
	// PORTAL_LOCATION; empty: "default".
	Location string

	// Deny has the addresses that are never probed, besides those of the link,
	// of cloud metadata, multicast and broadcast, which always are denied.
	// PORTAL_DENY, prefixes such as 127.0.0.0/8 with commas between; empty: none.
	Deny []netip.Prefix

	// Concurrency is how many scheduled probes run at once.
	// PORTAL_CONCURRENCY; 0: 256.
	Concurrency int

	// PerHost is how many scheduled probes of one host and port run at once, at
	// most: it begins with 16, or PerHost if that is less, and more or fewer run as
	// the host gets more or less done. PORTAL_PER_HOST; 0: 64.
	PerHost int

	// Log hears what a person should know; nil: nobody does. It has no variable.
	Log *slog.Logger

	// Version is shown in the User-Agent, the metrics and NATS. It has no
	// variable; empty: "dev".
	Version string
}

// maxTimeout leaves a worker the time to wait for a host and to store a result,
// before the broker takes it for dead.
const maxTimeout = 20 * time.Second

// ConfigFromEnv reads the variables that Config names, and reports all that is
// wrong with them at once.
func ConfigFromEnv(getenv func(string) string) (Config, error) {
	e := env{get: getenv}
	cfg := Config{
		NATSURL:     getenv("PORTAL_NATS_URL"),
		MetricsAddr: getenv("PORTAL_METRICS"),
		Timeout:     e.duration("PORTAL_TIMEOUT"),
		Location:    getenv("PORTAL_LOCATION"),
		Deny:        e.prefixes("PORTAL_DENY"),
		Concurrency: e.number("PORTAL_CONCURRENCY"),
		PerHost:     e.number("PORTAL_PER_HOST"),
	}
	return cfg, errors.Join(append(e.wrong, cfg.validate())...)
}

// withDefaults fills what is zero.
func (c Config) withDefaults() Config {
	c.NATSURL = or(c.NATSURL, "nats://127.0.0.1:4222")
	c.Timeout = or(c.Timeout, 10*time.Second)
	c.Location = or(c.Location, "default")
	c.Concurrency = or(c.Concurrency, 256)
	c.PerHost = or(c.PerHost, 64)
	c.Log = or(c.Log, slog.New(slog.DiscardHandler))
	c.Version = or(c.Version, "dev")
	c.Registry = or(c.Registry, prometheus.NewRegistry())
	return c
}

// validate returns all that is wrong, joined.
func (c Config) validate() error {
	var wrong []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			wrong = append(wrong, fmt.Errorf(format, args...))
		}
	}
	check(c.Timeout >= 0 && c.Timeout <= maxTimeout, "PORTAL_TIMEOUT is %s, want more than 0 and at most %s", c.Timeout, maxTimeout)
	check(strings.Trim(c.Location, nameChars) == "" && len(c.Location) <= 32,
		"PORTAL_LOCATION is %.40q, want at most 32 letters, digits, - and _", c.Location)
	check(c.Concurrency >= 0, "PORTAL_CONCURRENCY is %d, want at least 1", c.Concurrency)
	check(c.PerHost >= 0, "PORTAL_PER_HOST is %d, want at least 1", c.PerHost)
	return errors.Join(wrong...)
}

const nameChars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

func or[T comparable](v, zero T) T {
	var none T
	if v == none {
		return zero
	}
	return v
}

// env reads variables, and gathers what is wrong with them. An empty one is 0.
type env struct {
	get   func(string) string
	wrong []error
}

func (e *env) number(name string) int {
	text := e.get(name)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		e.wrong = append(e.wrong, fmt.Errorf("%s is %q, want a whole number", name, text))
	}
	return n
}

func (e *env) duration(name string) time.Duration {
	text := e.get(name)
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		e.wrong = append(e.wrong, fmt.Errorf(`%s is %q, want a duration such as "10s"`, name, text))
	}
	return d
}

func (e *env) prefixes(name string) (out []netip.Prefix) {
	for text := range strings.SplitSeq(e.get(name), ",") {
		text = strings.TrimSpace(text)
		if text == "" {
			continue
		}
		p, err := netip.ParsePrefix(text)
		if addr, errAddr := netip.ParseAddr(text); errAddr == nil {
			p, err = addr.Prefix(addr.BitLen())
		}
		if err != nil {
			e.wrong = append(e.wrong, fmt.Errorf("%s has %q, want an address or a prefix such as 10.0.0.0/8", name, text))
			continue
		}
		out = append(out, p.Masked())
	}
	return out
}
