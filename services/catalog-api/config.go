// Package catalogapi is the service that owns the catalogue. People and programs write it
// over HTTP, and Postgres stores it. An outbox publishes each change to NATS, and the
// results of probes come back from there.
package catalogapi

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/service"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
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

	// Anonymous is the role of requests that don't say who is asking: admin, editor, viewer
	// or none. PORTAL_ANONYMOUS; default admin if only this machine reaches the portal, else
	// viewer. A role that may write needs such a portal, or AnonymousAnywhere.
	Anonymous string

	// Published is the address at which people reach the portal, if that is another one
	// than HTTPAddr, as of a container's published port. PORTAL_PUBLISHED.
	Published string

	// AnonymousAnywhere lets Anonymous write from any address.
	// PORTAL_ANONYMOUS_WRITES_FROM_ANYWHERE=yes.
	AnonymousAnywhere bool

	// KeysFile is a file of API keys, such as a mounted Secret: see docs/access.md. The
	// portal has its keys, and no longer those that left it. PORTAL_KEYS_FILE; default none.
	KeysFile string

	// TrailDays is for how many days the trail of changes is kept. PORTAL_TRAIL_DAYS;
	// default 400.
	TrailDays int

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
		Anonymous:       env.Text("PORTAL_ANONYMOUS"),
		Published:       env.Text("PORTAL_PUBLISHED"),
		KeysFile:        env.Text("PORTAL_KEYS_FILE"),
		TrailDays:       env.Number("PORTAL_TRAIL_DAYS"),
		Replicas:        env.Number("PORTAL_NATS_REPLICAS"),

		AnonymousAnywhere: env.Text("PORTAL_ANONYMOUS_WRITES_FROM_ANYWHERE") == "yes",
	}
	return cfg, errors.Join(env.Err(), cfg.withDefaults().validate())
}

func (c Config) withDefaults() Config {
	c.Common = c.WithDefaults()
	c.HTTPAddr = cmp.Or(c.HTTPAddr, ":8000")
	c.DefaultInterval = cmp.Or(c.DefaultInterval, events.DefaultInterval)
	c.TrailDays = cmp.Or(c.TrailDays, 400)
	c.Replicas = cmp.Or(c.Replicas, 1)
	c.DatabaseWait = cmp.Or(c.DatabaseWait, time.Minute)
	return c
}

func (c Config) validate() error {
	var rules service.Rules
	rules.Check(c.DatabaseURL != "", "PORTAL_DATABASE_URL is not set; it must look like postgres://user:password@host:5432/name")
	rules.Check(c.DefaultInterval.Known(), "PORTAL_INTERVAL is %q; it must be one of %s", c.DefaultInterval, events.Names(events.Intervals))
	if err := c.CheckAnonymous(false); err != nil {
		rules = append(rules, err)
	}
	rules.Check(c.TrailDays >= 1, "PORTAL_TRAIL_DAYS is %d; it must be at least 1", c.TrailDays)
	rules.Check(c.Replicas >= 1 && c.Replicas <= 5, "PORTAL_NATS_REPLICAS is %d; it must be a number from 1 to 5", c.Replicas)
	return rules.Err()
}

// anonymous returns the role of requests that don't say who is asking.
func (c Config) anonymous() (access.Role, error) {
	reached := cmp.Or(c.Published, c.HTTPAddr)
	if c.Published == "" && c.Listener != nil {
		reached = c.Listener.Addr().String()
	}
	return anonymousRole(c.Anonymous, reached, c.AnonymousAnywhere)
}

// CheckAnonymous returns an error if c would let strangers write without saying so, or, if
// mustWrite, doesn't let somebody who is unknown write.
func (c Config) CheckAnonymous(mustWrite bool) error {
	role, err := c.anonymous()
	if err == nil && mustWrite && role < access.Editor {
		err = fmt.Errorf("it needs the role editor for anonymous requests, which have the role %s", role)
	}
	return err
}

func anonymousRole(word, reached string, anywhere bool) (access.Role, error) {
	local := isLoopback(reached)
	if word == "" && local {
		return access.Admin, nil
	}
	role, err := access.ParseRole(cmp.Or(word, access.Viewer.String()))
	switch {
	case err != nil:
		return role, fmt.Errorf("PORTAL_ANONYMOUS: %w", err)
	case role >= access.Editor && !local && !anywhere:
		return role, fmt.Errorf("PORTAL_ANONYMOUS is %s, and the portal is reached at %q, so strangers could change everything: "+
			"publish it on 127.0.0.1 alone, set PORTAL_ANONYMOUS to viewer, or PORTAL_ANONYMOUS_WRITES_FROM_ANYWHERE to yes", role, reached)
	}
	return role, nil
}

// isLoopback reports whether only this machine reaches an address, with or without a port.
func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		host = addr
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
