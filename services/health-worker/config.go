package healthworker

import (
	"cmp"
	"errors"
	"net/netip"
	"strings"
	"time"

	"github.com/dev-portal/dev-portal/pkg/service"
)

// Config configures a worker. Its zero value uses the NATS server on this machine.
type Config struct {
	service.Common

	// Timeout bounds a probe, redirects included; connecting gets half of it,
	// 5 s at most. PORTAL_TIMEOUT, a duration up to 20 s; 0: 10 s.
	Timeout time.Duration

	// Location names the place that this worker probes from, in letters,
	// digits, "-" and "_". The workers of a location share its probes.
	// PORTAL_LOCATION; empty: "default".
	Location string

	// Deny has addresses that are never probed. Link-local, cloud metadata,
	// multicast and broadcast addresses are always denied. PORTAL_DENY, prefixes
	// such as 127.0.0.0/8, separated by commas; empty: none.
	Deny []netip.Prefix

	// Concurrency is how many scheduled probes run at once.
	// PORTAL_CONCURRENCY; 0: 256.
	Concurrency int

	// PerHost is the maximum of scheduled probes of one host and port at once. The
	// limit begins with 16, or PerHost if that is less, and adapts to the host's
	// throughput. PORTAL_PER_HOST; 0: 64.
	PerHost int
}

// maxTimeout is less than the consumer's AckWait, so that a worker has time to wait
// for a host and to store a result before the broker redelivers the message.
const maxTimeout = 20 * time.Second

// ConfigFromEnv reads the variables that Config names. Its error joins all that is
// wrong with them.
func ConfigFromEnv(getenv func(string) string) (Config, error) {
	env := service.NewEnv(getenv)
	cfg := Config{
		Common:      env.Common(),
		Timeout:     env.Duration("PORTAL_TIMEOUT"),
		Location:    env.Text("PORTAL_LOCATION"),
		Deny:        env.Prefixes("PORTAL_DENY"),
		Concurrency: env.Number("PORTAL_CONCURRENCY"),
		PerHost:     env.Number("PORTAL_PER_HOST"),
	}
	return cfg, errors.Join(env.Err(), cfg.withDefaults().validate())
}

// withDefaults returns c with defaults for zero fields.
func (c Config) withDefaults() Config {
	c.Common = c.WithDefaults()
	c.Timeout = cmp.Or(c.Timeout, 10*time.Second)
	c.Location = cmp.Or(c.Location, "default")
	c.Concurrency = cmp.Or(c.Concurrency, 256)
	c.PerHost = cmp.Or(c.PerHost, 64)
	return c
}

// validate returns all that is wrong, joined.
func (c Config) validate() error {
	var rules service.Rules
	rules.Check(c.Timeout > 0 && c.Timeout <= maxTimeout, "PORTAL_TIMEOUT is %s; it must be more than 0 and at most %s", c.Timeout, maxTimeout)
	rules.Check(strings.Trim(c.Location, nameChars) == "" && len(c.Location) <= 32,
		"PORTAL_LOCATION is %.40q; it must be at most 32 letters, digits, - and _", c.Location)
	rules.Check(c.Concurrency > 0, "PORTAL_CONCURRENCY is %d; it must be at least 1", c.Concurrency)
	rules.Check(c.PerHost > 0, "PORTAL_PER_HOST is %d; it must be at least 1", c.PerHost)
	return rules.Err()
}

const nameChars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
