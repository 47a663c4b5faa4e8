package edge

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/dev-portal/dev-portal/services/doctor/internal/finding"
)

// tunnelConfig is the part of cloudflared's configuration that the doctor reads.
type tunnelConfig struct {
	Ingress []tunnelRule `yaml:"ingress"`
}

// tunnelRule sends the requests that it matches to a service. An empty host name matches
// every host, an empty path every path.
type tunnelRule struct {
	Hostname string `yaml:"hostname"`
	Path     string `yaml:"path"`
	Service  string `yaml:"service"`
}

// parseTunnel parses the configuration. It refuses those that cloudflared refuses.
func parseTunnel(text []byte) (c tunnelConfig, err error) {
	if err := yaml.Unmarshal(text, &c); err != nil {
		return c, err
	}
	if len(c.Ingress) == 0 {
		return c, errors.New("it has no ingress rules")
	}
	for i, rule := range c.Ingress {
		if rule.Service == "" {
			return c, fmt.Errorf("rule %d has no service", i+1)
		}
		if _, err := regexp.Compile(rule.Path); err != nil {
			return c, fmt.Errorf("rule %d: its path is no regular expression: %w", i+1, err)
		}
	}
	if !slices.ContainsFunc(c.Ingress, tunnelRule.catchesAll) {
		return c, errors.New("its last rule must match everything, as `- service: http_status:404` does")
	}
	return c, nil
}

// catchesAll reports whether the rule matches every request.
func (r tunnelRule) catchesAll() bool {
	return (r.Hostname == "" || r.Hostname == "*") && r.Path == ""
}

// names reports whether the rule names the host, exactly or by a wildcard.
func (r tunnelRule) names(host string) bool {
	name := strings.ToLower(r.Hostname)
	suffix, wildcard := strings.CutPrefix(name, "*.")
	return name != "" && name != "*" && (name == strings.ToLower(host) || wildcard && strings.HasSuffix(strings.ToLower(host), "."+suffix))
}

func (r tunnelRule) matches(host, path string) bool {
	if r.Hostname != "" && r.Hostname != "*" && !r.names(host) {
		return false
	}
	// parseTunnel has checked that the path compiles.
	return r.Path == "" || regexp.MustCompile(r.Path).MatchString(path)
}

// find returns the first rule that matches, which is the one that cloudflared uses, and
// its number, counted from 1.
func (c tunnelConfig) find(host, path string) (number int, rule tunnelRule) {
	for i, rule := range c.Ingress {
		if rule.matches(host, path) {
			return i + 1, rule
		}
	}
	return 0, tunnelRule{} // unreachable: parseTunnel requires a rule that catches all
}

// firstRuleFor returns the number of the first rule that names the host, whether or not
// requests reach it.
func (c tunnelConfig) firstRuleFor(host string) (number int, there bool) {
	for i, rule := range c.Ingress {
		if rule.names(host) {
			return i + 1, true
		}
	}
	return 0, false
}

// judge checks that the host's page and API are sent to a server, usually Traefik for
// both.
func (c tunnelConfig) judge(file, host string) finding.Finding {
	n, page := c.find(host, "/")
	m, api := c.find(host, "/api/health")
	all := slices.IndexFunc(c.Ingress, tunnelRule.catchesAll) + 1
	switch {
	case !isServer(page.Service):
		return c.explainUnreached(file, host, n)
	case !isServer(api.Service):
		return c.explainUnreached(file, host, m)
	case all < len(c.Ingress):
		return finding.Fault("%s has rules after rule %d, which matches everything", file, all).WithCause(
			"cloudflared does not start with that; an older configuration may still run.", "Move that rule to the end.")
	case page.Service != api.Service:
		return finding.Fine("%s sends %s to %s, and /api to %s", file, host, page.Service, api.Service)
	}
	return finding.Fine("%s sends %s to %s", file, host, page.Service)
}

// explainUnreached says why a rule whose service is not a server takes the host's
// requests. Each case has another fix.
func (c tunnelConfig) explainUnreached(file, host string, number int) finding.Finding {
	service := c.Ingress[number-1].Service
	switch own, named := c.firstRuleFor(host); {
	case !named:
		return finding.Fault("%s does not name %s: rule %d for the rest answers %s", file, host, number, service).WithCause(
			"The tunnel itself answers; the request never reaches Traefik.", addRule(host))
	case own > number:
		return finding.Fault("%s has rule %d for %s, but rule %d before it matches everything (%s)", file, own, host, number, service).WithCause(
			"Rules are read from the top, so the host's is never reached. cloudflared does not start with that; an older configuration may still run.",
			fmt.Sprintf("Move the rule for %s above rule %d, and start cloudflared again.", host, number))
	case own < number:
		return finding.Fault("%s has rule %d for %s, but with a path: rule %d matches some or all other paths (%s)", file, own, host, number, service).WithCause(
			"The tunnel itself answers other paths; they never reach Traefik.", "Remove the path from rule "+fmt.Sprint(own)+".")
	}
	return finding.Fault("%s has %s answered by the tunnel itself: rule %d says %s", file, host, number, service).WithCause(
		"The request never reaches Traefik.", "Let rule "+fmt.Sprint(number)+" point to Traefik, such as http://traefik.traefik.svc.cluster.local:80.")
}

// addRule is the fix for a missing rule.
func addRule(host string) string {
	return "Add `- hostname: " + host + "` with Traefik as its service above the last rule, and start cloudflared again."
}

// isServer reports whether a service is a server, not an answer that cloudflared makes
// itself.
func isServer(service string) bool {
	return !strings.HasPrefix(service, "http_status:") && service != "hello_world" && service != "hello-world"
}
