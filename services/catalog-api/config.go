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
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/service"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/httpapi"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/scorecard"
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

	// Hosts are the names that the portal answers to, besides those of this machine and
	// addresses, with commas between; "*.example.com" are all below, "*" any.
	// PORTAL_HOSTS; default none.
	Hosts string

	// Proxies are the addresses and prefixes of proxies before the portal whose header
	// X-Forwarded-For is believed. PORTAL_PROXIES; default none.
	Proxies []netip.Prefix

	// RateLimit is how many requests a client, which is a key or an address, may send in
	// ten seconds; negative: any number. PORTAL_RATE_LIMIT; default 20000.
	RateLimit int

	// StreamLimit is how many event streams a client may have open; negative: any number.
	// PORTAL_STREAM_LIMIT; default 1000.
	StreamLimit int

	// SignOn is how people say who they are.
	SignOn SignOn

	// KeysFile is a file of API keys, such as a mounted Secret: see docs/access.md. The
	// portal has its keys, and no longer those that left it. PORTAL_KEYS_FILE; default none.
	KeysFile string

	// TrailDays is for how many days the trail of changes is kept. PORTAL_TRAIL_DAYS;
	// default 400.
	TrailDays int

	// PublicBadges says which services have badges for everybody, also where strangers may not
	// read: none, all, or those with a tag, as tag:NAME. PORTAL_PUBLIC_BADGES; default none.
	PublicBadges string

	// ScorecardOff are rules of the scorecard that are switched off, by their ids, with commas
	// between. PORTAL_SCORECARD_OFF; default none.
	ScorecardOff string

	// History is for how long what was measured is kept.
	History History

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
		Hosts:           env.Text("PORTAL_HOSTS"),
		Proxies:         env.Prefixes("PORTAL_PROXIES"),
		RateLimit:       env.Number("PORTAL_RATE_LIMIT"),
		StreamLimit:     env.Number("PORTAL_STREAM_LIMIT"),
		SignOn:          signOnFromEnv(env),
		KeysFile:        env.Text("PORTAL_KEYS_FILE"),
		TrailDays:       env.Number("PORTAL_TRAIL_DAYS"),
		PublicBadges:    env.Text("PORTAL_PUBLIC_BADGES"),
		ScorecardOff:    env.Text("PORTAL_SCORECARD_OFF"),
		History:         historyFromEnv(env),
		Replicas:        env.Number("PORTAL_NATS_REPLICAS"),

		AnonymousAnywhere: env.Text("PORTAL_ANONYMOUS_WRITES_FROM_ANYWHERE") == "yes",
	}
	return cfg, errors.Join(env.Err(), cfg.withDefaults().validate())
}

func (c Config) withDefaults() Config {
	c.Common = c.WithDefaults()
	c.HTTPAddr = cmp.Or(c.HTTPAddr, ":8000")
	c.DefaultInterval = cmp.Or(c.DefaultInterval, events.DefaultInterval)
	c.SignOn = c.SignOn.withDefaults()
	c.TrailDays = cmp.Or(c.TrailDays, 400)
	c.PublicBadges = cmp.Or(c.PublicBadges, "none")
	c.History = c.History.withDefaults()
	c.RateLimit = cmp.Or(c.RateLimit, 20000)
	c.StreamLimit = cmp.Or(c.StreamLimit, 1000)
	c.Replicas = cmp.Or(c.Replicas, 1)
	c.DatabaseWait = cmp.Or(c.DatabaseWait, time.Minute)
	return c
}

func (c Config) validate() error {
	var rules service.Rules
	rules.Check(c.DatabaseURL != "", "PORTAL_DATABASE_URL is not set; it must look like postgres://user:password@host:5432/name")
	rules.Check(c.DefaultInterval.Known(), "PORTAL_INTERVAL is %q; it must be one of %s", c.DefaultInterval, events.Names(events.Intervals))
	for _, err := range []error{c.CheckAnonymous(false), c.SignOn.validate(), c.History.validate(), c.CheckScorecard()} {
		if err != nil {
			rules = append(rules, err)
		}
	}
	for _, name := range c.hosts() {
		rules.Check(!strings.ContainsAny(name, ":/ "), "PORTAL_HOSTS has %q; it must be a name without scheme, port and path, such as portal.example.com", name)
	}
	rules.Check(c.TrailDays >= 1, "PORTAL_TRAIL_DAYS is %d; it must be at least 1", c.TrailDays)
	_, known := c.badges()
	rules.Check(known, "PORTAL_PUBLIC_BADGES is %q; it must be none, all, or tag: and the tag of services whose badges everybody may see", c.PublicBadges)
	rules.Check(c.Replicas >= 1 && c.Replicas <= 5, "PORTAL_NATS_REPLICAS is %d; it must be a number from 1 to 5", c.Replicas)
	return rules.Err()
}

// badges returns which badges everybody may see, and whether PublicBadges says so.
func (c Config) badges() (badges httpapi.Badges, known bool) {
	tag, tagged := strings.CutPrefix(c.PublicBadges, "tag:")
	tag = strings.TrimSpace(tag)
	switch {
	case c.PublicBadges == "none":
		return httpapi.Badges{}, true
	case c.PublicBadges == "all":
		return httpapi.Badges{All: true}, true
	case tagged && tag != "":
		return httpapi.Badges{Tag: tag}, true
	}
	return httpapi.Badges{}, false
}

// CheckScorecard returns an error of one sentence if ScorecardOff names a rule that there is not.
func (c Config) CheckScorecard() error {
	if _, err := scorecard.ParseOff(c.ScorecardOff); err != nil {
		return fmt.Errorf("PORTAL_SCORECARD_OFF: %w", err)
	}
	return nil
}

// reached returns the address at which people reach the portal.
func (c Config) reached() string {
	if c.Published == "" && c.Listener != nil {
		return c.Listener.Addr().String()
	}
	return cmp.Or(c.Published, c.HTTPAddr)
}

// anonymous returns the role of requests that don't say who is asking.
func (c Config) anonymous() (access.Role, error) {
	return anonymousRole(c.Anonymous, c.reached(), c.AnonymousAnywhere)
}

// Openness says what strangers may do, if others than this machine reach the portal; else
// it is "".
func (c Config) Openness() string {
	role, err := c.anonymous()
	if err != nil || isLoopback(c.reached()) {
		return ""
	}
	how := "nobody signs in"
	if c.SignOn.On() {
		how = "people may sign in, and need not"
	}
	may := map[access.Role]string{
		access.None: "nothing without saying who they are", access.Viewer: "read all of it", access.Editor: "read and change every service",
		access.Admin: "change everything, and make keys",
	}[role]
	return fmt.Sprintf("Whoever reaches %s may %s: %s. PORTAL_ANONYMOUS (--anonymous) is that role, now %s.", c.reached(), may, how, role)
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

// CheckSignOn returns an error of one sentence for each invalid setting of SignOn.
func (c Config) CheckSignOn() error { return c.SignOn.withDefaults().validate() }

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

// hosts returns the names in Hosts, and that of the public URL.
func (c Config) hosts() (names []string) {
	names = c.SignOn.names()
	for name := range strings.SplitSeq(c.Hosts, ",") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// settings returns the settings that decide who may do what, by their variables. None is
// secret.
func (c Config) settings() map[string]string {
	anonymous, _ := c.anonymous() // validate has found no error
	proxies := make([]string, len(c.Proxies))
	for i, proxy := range c.Proxies {
		proxies[i] = proxy.String()
	}
	all := map[string]string{
		"PORTAL_ANONYMOUS": anonymous.String(), "PORTAL_PUBLISHED": c.Published, "PORTAL_HOSTS": c.Hosts, "PORTAL_PROXIES": strings.Join(proxies, ","),
		"PORTAL_RATE_LIMIT": strconv.Itoa(c.RateLimit), "PORTAL_STREAM_LIMIT": strconv.Itoa(c.StreamLimit), "PORTAL_KEYS_FILE": c.KeysFile,
		"PORTAL_TRAIL_DAYS": strconv.Itoa(c.TrailDays), "PORTAL_INTERVAL": string(c.DefaultInterval),
		"PORTAL_PUBLIC_BADGES": c.PublicBadges, "PORTAL_SCORECARD_OFF": c.ScorecardOff,
	}
	if c.AnonymousAnywhere {
		all["PORTAL_ANONYMOUS_WRITES_FROM_ANYWHERE"] = "yes"
	}
	for _, setting := range c.SignOn.Settings() {
		all[setting.Variable] = *setting.Value
	}
	return all
}
