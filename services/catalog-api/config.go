// Package catalogapi is the service that owns the catalogue: people and programs
// write it over HTTP, Postgres keeps it, an outbox carries each change to NATS,
// and what probes saw comes back from there into it.
package catalogapi

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// Config is what Run needs. A zero field has the default that its comment names.
type Config struct {
	// DatabaseURL is the Postgres that keeps the catalogue:
	// postgres://user:password@host:5432/name. PORTAL_DATABASE_URL; required.
	DatabaseURL string

	// NATSURL is where NATS answers, with JetStream: nats://host:4222, or several
	// with commas between. PORTAL_NATS_URL; default nats://127.0.0.1:4222.
	NATSURL string

	// HTTPAddr is where the API listens. PORTAL_HTTP; default ":8000". Listener,
	// if set, is used in its place, and closed by Run.
	HTTPAddr string
	Listener net.Listener

	// MetricsAddr is where /metrics, /livez and /readyz listen. PORTAL_METRICS;
	// empty: nowhere. MetricsListener, if set, is used in its place, and closed
	// by Run.
	MetricsAddr     string
	MetricsListener net.Listener

	// DefaultInterval is the probe interval of services that name none: one of
	// events.Intervals. PORTAL_INTERVAL; default 1m.
	DefaultInterval events.Interval

	// Replicas is how many servers of a NATS cluster keep a stream that has to
	// be created. PORTAL_NATS_REPLICAS; default 1.
	Replicas int

	// DatabaseWait is how long Run waits at its start for a database that does
	// not answer. Default 1 minute.
	DatabaseWait time.Duration

	// Static, if set, answers everything outside /api: the page.
	Static http.Handler

	// Registry has the metrics; nil: one of its own.
	Registry *prometheus.Registry

	// Version is what the API calls itself; default "dev".
	Version string

	// Log is where Run writes; nil: nowhere.
	Log *slog.Logger
}

// ConfigFromEnv reads the variables that Config's fields name. It reports all
// that is wrong at once, and never repeats the value of a secret.
func ConfigFromEnv(getenv func(string) string) (Config, error) {
	cfg := Config{
		DatabaseURL:     getenv("PORTAL_DATABASE_URL"),
		NATSURL:         getenv("PORTAL_NATS_URL"),
		HTTPAddr:        getenv("PORTAL_HTTP"),
		MetricsAddr:     getenv("PORTAL_METRICS"),
		DefaultInterval: events.Interval(getenv("PORTAL_INTERVAL")),
	}
	var wrong error
	if text := getenv("PORTAL_NATS_REPLICAS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			wrong = fmt.Errorf("PORTAL_NATS_REPLICAS is %q; it must be a number from 1 to 5", text)
		}
		cfg.Replicas = n
	}
	cfg = cfg.withDefaults()
	return cfg, errors.Join(wrong, cfg.validate())
}

func (c Config) withDefaults() Config {
	c.NATSURL = first(c.NATSURL, "nats://127.0.0.1:4222")
	c.HTTPAddr = first(c.HTTPAddr, ":8000")
	c.DefaultInterval = first(c.DefaultInterval, events.DefaultInterval)
	c.Replicas = first(c.Replicas, 1)
	c.DatabaseWait = first(c.DatabaseWait, time.Minute)
	c.Version = first(c.Version, "dev")
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Registry == nil {
		c.Registry = prometheus.NewRegistry()
	}
	return c
}

func (c Config) validate() error {
	var wrong []error
	if c.DatabaseURL == "" {
		wrong = append(wrong, errors.New("PORTAL_DATABASE_URL is not set; it must look like postgres://user:password@host:5432/name"))
	}
	if !c.DefaultInterval.Known() {
		wrong = append(wrong, fmt.Errorf("PORTAL_INTERVAL is %q; it must be one of %s", c.DefaultInterval, intervals()))
	}
	if c.Replicas < 1 || c.Replicas > 5 {
		wrong = append(wrong, fmt.Errorf("PORTAL_NATS_REPLICAS is %d; it must be a number from 1 to 5", c.Replicas))
	}
	return errors.Join(wrong...)
}

func intervals() string {
	var names []string
	for _, i := range events.Intervals {
		names = append(names, string(i))
	}
	return strings.Join(names, ", ")
}

func first[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}
