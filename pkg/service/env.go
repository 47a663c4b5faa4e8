package service

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"
)

// Env reads a configuration from environment variables, and collects their errors. An
// empty variable counts as not set.
type Env struct {
	get   func(string) string
	rules Rules
}

// NewEnv returns an Env that reads variables by getenv, for example os.Getenv.
func NewEnv(getenv func(string) string) *Env { return &Env{get: getenv} }

// Err returns all errors so far, joined, or nil.
func (e *Env) Err() error { return e.rules.Err() }

// Common returns the configuration that every service has.
func (e *Env) Common() Common {
	return Common{NATSURL: e.Text("PORTAL_NATS_URL"), NATS: e.nats(), MetricsAddr: e.Text("PORTAL_METRICS")}
}

// nats reads the variables in the comments of NATS's fields.
func (e *Env) nats() NATS {
	n := NATS{
		Credentials: e.Text("PORTAL_NATS_CREDENTIALS"), CA: e.Text("PORTAL_NATS_CA"), Cert: e.Text("PORTAL_NATS_CERT"), Key: e.Text("PORTAL_NATS_KEY"),
	}
	e.rules.Check((n.Cert == "") == (n.Key == ""), "PORTAL_NATS_CERT and PORTAL_NATS_KEY belong together: set both, or neither")
	for _, file := range []struct{ name, path string }{
		{"PORTAL_NATS_CREDENTIALS", n.Credentials}, {"PORTAL_NATS_CA", n.CA}, {"PORTAL_NATS_CERT", n.Cert}, {"PORTAL_NATS_KEY", n.Key},
	} {
		if file.path != "" {
			_, err := os.ReadFile(file.path)
			e.rules.Check(err == nil, "%s: %v", file.name, err)
		}
	}
	return n
}

// Text returns a variable unchanged.
func (e *Env) Text(name string) string { return e.get(name) }

// Number returns a whole number, or 0 if it is not set or invalid.
func (e *Env) Number(name string) int {
	text := e.get(name)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	e.rules.Check(err == nil, "%s is %q; it must be a whole number", name, text)
	return n
}

// Duration returns a duration, such as "10s", or 0 if it is not set or invalid.
func (e *Env) Duration(name string) time.Duration {
	text := e.get(name)
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	e.rules.Check(err == nil, `%s is %q; it must be a duration such as "10s"`, name, text)
	return d
}

// Prefixes returns a list of addresses and prefixes, separated by commas.
func (e *Env) Prefixes(name string) (list []netip.Prefix) {
	for text := range strings.SplitSeq(e.get(name), ",") {
		text = strings.TrimSpace(text)
		if text == "" {
			continue
		}
		prefix, err := netip.ParsePrefix(text)
		if addr, errAddr := netip.ParseAddr(text); errAddr == nil {
			prefix, err = addr.Prefix(addr.BitLen())
		}
		e.rules.Check(err == nil, "%s has %q; it must be an address or a prefix such as 10.0.0.0/8", name, text)
		if err == nil {
			list = append(list, prefix.Masked())
		}
	}
	return list
}

// Rules collects the rules that a configuration violates.
type Rules []error

// Check adds an error formatted like fmt.Errorf, unless ok.
func (r *Rules) Check(ok bool, format string, args ...any) {
	if !ok {
		*r = append(*r, fmt.Errorf(format, args...))
	}
}

// Err returns all errors, joined, or nil.
func (r Rules) Err() error { return errors.Join(r...) }
