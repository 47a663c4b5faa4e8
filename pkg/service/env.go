package service

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Env reads a configuration from the environment, and gathers all that is wrong with
// it. A variable that is empty is one that is not set.
type Env struct {
	get   func(string) string
	wrong []error
}

// NewEnv reads by getenv, as os.Getenv does.
func NewEnv(getenv func(string) string) *Env { return &Env{get: getenv} }

// Err is all that is wrong, joined, or nil.
func (e *Env) Err() error { return errors.Join(e.wrong...) }

// Common has the variables that every service has.
func (e *Env) Common() Common {
	return Common{NATSURL: e.Text("PORTAL_NATS_URL"), MetricsAddr: e.Text("PORTAL_METRICS")}
}

// Text is a variable as it is.
func (e *Env) Text(name string) string { return e.get(name) }

// Number is a whole number; 0: not set.
func (e *Env) Number(name string) int {
	text := e.get(name)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	e.check(err == nil, "%s is %q; it must be a whole number", name, text)
	return n
}

// Duration is a span of time, such as "10s"; 0: not set.
func (e *Env) Duration(name string) time.Duration {
	text := e.get(name)
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	e.check(err == nil, `%s is %q; it must be a duration such as "10s"`, name, text)
	return d
}

// Prefixes are addresses and prefixes, with commas between.
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
		e.check(err == nil, "%s has %q; it must be an address or a prefix such as 10.0.0.0/8", name, text)
		if err == nil {
			list = append(list, prefix.Masked())
		}
	}
	return list
}

func (e *Env) check(ok bool, format string, args ...any) {
	if !ok {
		e.wrong = append(e.wrong, fmt.Errorf(format, args...))
	}
}

// Rules gathers the rules that a configuration breaks.
type Rules []error

// Check notes what is wrong, in the words of fmt.Errorf, unless it is ok.
func (r *Rules) Check(ok bool, format string, args ...any) {
	if !ok {
		*r = append(*r, fmt.Errorf(format, args...))
	}
}

// Err is all that is wrong, joined, or nil.
func (r Rules) Err() error { return errors.Join(r...) }
