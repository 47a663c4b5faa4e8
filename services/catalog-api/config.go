// Package catalogapi is the service that owns the catalogue. People and programs write it
// over HTTP, and Postgres stores it. An outbox publishes each change to NATS, and the
// results of probes come back from there.
package catalogapi

import (
	"cmp"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/service"
)

// Config configures Run. A zero field has the default in its comment.
type Config struct {
	service.Common

	// DatabaseURL is the Postgres that keeps the catalogue:
	// postgres://user:password@host:5432/name. PORTAL_DATABASE_URL; required.
	DatabaseURL string

	// HTTPAddr is where the API listens. PORTAL_HTTP; default ":8000". Listener,
	// if set, is used in its place, and closed by Run.
	HTTPAddr string
	Listener net.Listener

	// DefaultInterval is the probe interval of services that name none: one of
	// events.Intervals. PORTAL_INTERVAL; default 1m.
	DefaultInterval events.Interval

	// Replicas is how many servers of a NATS cluster keep a stream that has to
	// be created, 1 to 5. PORTAL_NATS_REPLICAS; default 1.
	Replicas int

	// DatabaseWait is how long Run waits at its start for a database that does
	// not answer. Default 1 minute.
	DatabaseWait time.Duration

	// Static, if set, serves everything outside /api: the page.
	Static http.Handler
}

// ConfigFromEnv reads the variables in the comments of Config's fields. Its error reports
// all invalid ones, and never contains a secret.
func ConfigFromEnv(getenv func(string) string) (Config, error) {
	env := service.NewEnv(getenv)
	cfg := Config{
		Common:          env.Common(),
		DatabaseURL:     env.Text("PORTAL_DATABASE_URL"),
		HTTPAddr:        env.Text("PORTAL_HTTP"),
		DefaultInterval: events.Interval(env.Text("PORTAL_INTERVAL")),
		Replicas:        env.Number("PORTAL_NATS_REPLICAS"),
	}
	return cfg, errors.Join(env.Err(), cfg.withDefaults().validate())
}

func (c Config) withDefaults() Config {
	c.Common = c.WithDefaults()
	c.HTTPAddr = cmp.Or(c.HTTPAddr, ":8000")
	c.DefaultInterval = cmp.Or(c.DefaultInterval, events.DefaultInterval)
	c.Replicas = cmp.Or(c.Replicas, 1)
	c.DatabaseWait = cmp.Or(c.DatabaseWait, time.Minute)
	return c
}

func (c Config) validate() error {
	var rules service.Rules
	rules.Check(c.DatabaseURL != "", "PORTAL_DATABASE_URL is not set; it must look like postgres://user:password@host:5432/name")
	rules.Check(c.DefaultInterval.Known(), "PORTAL_INTERVAL is %q; it must be one of %s", c.DefaultInterval, events.Names(events.Intervals))
	rules.Check(c.Replicas >= 1 && c.Replicas <= 5, "PORTAL_NATS_REPLICAS is %d; it must be a number from 1 to 5", c.Replicas)
	return rules.Err()
}
