package doctor

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// tunnelConfig is what is read of cloudflared's configuration.
type tunnelConfig struct {
	Ingress []tunnelRule `yaml:"ingress"`
}

// tunnelRule sends what it matches to a service. An empty host name matches
// every host, an empty path every path.
type tunnelRule struct {
	Hostname string `yaml:"hostname"`
	Path     string `yaml:"path"`
	Service  string `yaml:"service"`
}

// parseTunnel reads the configuration, and refuses what cloudflared would.
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
	return c, nil
}

// catchesAll says whether nothing is left for the rules after this one.
func (r tunnelRule) catchesAll() bool {
	return (r.Hostname == "" || r.Hostname == "*") && r.Path == ""
}

// names says whether the rule is for the host by name, or by a wildcard.
func (r tunnelRule) names(host string) bool {
	name := strings.ToLower(r.Hostname)
	suffix, wildcard := strings.CutPrefix(name, "*.")
	return name != "" && name != "*" && (name == strings.ToLower(host) || wildcard && strings.HasSuffix(strings.ToLower(host), "."+suffix))
}

func (r tunnelRule) matches(host, path string) bool {
	if !r.catchesAll() && r.Hostname != "" && r.Hostname != "*" && !r.names(host) {
		return false
	}
	// parseTunnel has seen that it compiles.
	return r.Path == "" || regexp.MustCompile(r.Path).MatchString(path)
}

// find is the first rule that matches, which is the one that counts, from 1 on.
func (c tunnelConfig) find(host, path string) (number int, rule tunnelRule) {
	for i, rule := range c.Ingress {
		if rule.matches(host, path) {
			return i + 1, rule
		}
	}
	return 0, tunnelRule{}
}

// meant is the first rule that names the host, whether it is reached or not.
func (c tunnelConfig) meant(host string) (number int, there bool) {
	for i, rule := range c.Ingress {
		if rule.names(host) {
			return i + 1, true
		}
	}
	return 0, false
}

// judge says whether the host's page and API are sent on to a server.
func (c tunnelConfig) judge(file, host string) Finding {
	var service string
	for _, path := range []string{"/", "/api/health"} {
		number, rule := c.find(host, path)
		if number == 0 || !isServer(rule.Service) {
			return c.unreached(file, host, path)
		}
		if service != "" && service != rule.Service {
			return broken("%s sends / of %s to %s, but /api to %s", file, host, service, rule.Service).because(
				"Traefik tells the page from the API. Behind a rule of its own the API has no page's origin, or the page no API.",
				"Leave one rule for the host, without a path, that points to Traefik.")
		}
		service = rule.Service
	}
	return ok("%s sends %s to %s", file, host, service)
}

// unreached tells apart why a host has no service: each is mended elsewhere.
func (c tunnelConfig) unreached(file, host, path string) Finding {
	number, rule := c.find(host, path)
	meant, named := c.meant(host)
	switch {
	case named && number == 0:
		return broken("%s has rule %d for %s, but only for other paths than %s", file, meant, host, path).because(
			"No rule takes the rest, and cloudflared refuses a configuration without a last rule for everything.",
			"Take the path out of that rule, and end the ingress with `- service: http_status:404`.")
	case number == 0:
		return broken("%s has no rule for %s", file, host).because(
			"Nor has it a last rule for everything, without which cloudflared does not start.",
			addRule(host)+" End the ingress with `- service: http_status:404`.")
	case named && meant > number:
		return broken("%s has rule %d for %s, but rule %d before it takes everything (%s)", file, meant, host, number, rule.Service).because(
			"Rules are read from the top, so the host's is never reached; newer cloudflareds refuse to start with it.",
			"Move the rule for "+host+" above rule "+fmt.Sprint(number)+", and start cloudflared again.")
	case !named:
		return broken("%s does not name %s: rule %d for the rest answers %s", file, host, number, rule.Service).because(
			"The tunnel itself answers; the request never comes to Traefik.", addRule(host))
	}
	return broken("%s has %s answered by the tunnel itself: rule %d says %s", file, host, number, rule.Service).because(
		"The request never comes to Traefik.", "Let rule "+fmt.Sprint(number)+" point to Traefik, such as http://traefik.traefik.svc.cluster.local:80.")
}

func addRule(host string) string {
	return "Add `- hostname: " + host + "` with Traefik as its service above the last rule, and start cloudflared again."
}

// isServer says whether a service is a server, and no answer that cloudflared
// makes up.
func isServer(service string) bool {
	return !strings.HasPrefix(service, "http_status:") && service != "hello_world" && service != "hello-world"
}
