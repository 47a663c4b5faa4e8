package edge

import (
	"strings"
	"testing"

	"github.com/dev-portal/dev-portal/services/doctor/internal/finding"
)

const toTraefik = "service: http://traefik:80"

func TestTunnelRules(t *testing.T) {
	for name, tc := range map[string]struct {
		rules string // one a line
		state finding.State
		says  string
	}{
		"the host above the rest": {
			"hostname: portal.example.com, " + toTraefik + "\nservice: http_status:404", finding.OK, "sends portal.example.com to http://traefik:80",
		},
		"the host in capitals": {
			"hostname: Portal.Example.COM, " + toTraefik + "\nservice: http_status:404", finding.OK, "http://traefik:80",
		},
		"a wildcard": {
			"hostname: '*.example.com', " + toTraefik + "\nservice: http_status:404", finding.OK, "http://traefik:80",
		},
		"a wildcard of another domain": {
			"hostname: '*.example.net', " + toTraefik + "\nservice: http_status:404", finding.Broken, "does not name portal.example.com: rule 2",
		},
		"a wildcard of what only ends like it": {
			"hostname: '*.tal.example.com', " + toTraefik + "\nservice: http_status:404", finding.Broken, "does not name",
		},
		"a star for every host": {
			"hostname: '*', " + toTraefik, finding.OK, "http://traefik:80",
		},
		"everything goes to Traefik": {toTraefik, finding.OK, "http://traefik:80"},
		"the page and the API go to two servers": {
			"hostname: portal.example.com, path: ^/api, service: http://api:8000\nhostname: portal.example.com, service: http://web:8080\nservice: http_status:404",
			finding.OK, "to http://web:8080, and /api to http://api:8000",
		},
		"only the API has a rule": {
			"hostname: portal.example.com, path: ^/api, " + toTraefik + "\nservice: http_status:404", finding.Broken, "rule 1 for portal.example.com, but with a path: rule 2",
		},
		"the API is kept back": {
			"path: ^/api, service: http_status:403\nhostname: portal.example.com, " + toTraefik + "\nservice: http_status:404", finding.Broken, "rule 1 before it matches",
		},
		"a wildcard before it answers 404": {
			"hostname: '*.example.com', service: http_status:404\nhostname: portal.example.com, " + toTraefik + "\nservice: http_status:404", finding.Broken, "rule 1 says http_status:404",
		},
		"the host is answered by the tunnel": {
			"hostname: portal.example.com, service: hello_world\nservice: http_status:404", finding.Broken, "answered by the tunnel itself: rule 1 says hello_world",
		},
		"another host": {
			"hostname: portal.example.org, " + toTraefik + "\nservice: http_status:404", finding.Broken, "does not name portal.example.com: rule 2 for the rest answers http_status:404",
		},
		"the host below the rest": {
			"service: http_status:404\nhostname: portal.example.com, " + toTraefik + "\nservice: http_status:503", finding.Broken, "rule 2 for portal.example.com, but rule 1 before it matches everything",
		},
		"the host at the very end": {
			"service: http_status:404\nhostname: portal.example.com, " + toTraefik, finding.Broken, "rule 2 for portal.example.com, but rule 1 before it matches everything",
		},
		"another host at the very end": {
			"hostname: portal.example.com, " + toTraefik + "\nservice: http_status:404\nhostname: other.example.com, " + toTraefik, finding.Broken, "rules after rule 2, which matches everything",
		},
	} {
		t.Run(name, func(t *testing.T) {
			config, err := parseTunnel([]byte(ingress(tc.rules)))
			if err != nil {
				t.Fatal(err)
			}
			f := config.judge("config.yaml", "portal.example.com")
			if f.State != tc.state || !strings.Contains(f.What, tc.says) {
				t.Errorf("got %s: %s, want %s: … %s …", f.State, f.What, tc.state, tc.says)
			}
			if f.State == finding.Broken && (f.Why == "" || f.Fix == "") {
				t.Errorf("no why or no fix: %+v", f)
			}
		})
	}
}

func TestInvalidTunnelConfigurations(t *testing.T) {
	for name, tc := range map[string]struct{ text, says string }{
		"no YAML":                        {"ingress: [", "yaml"},
		"no rules":                       {"tunnel: portal\n", "no ingress rules"},
		"a rule without a service":       {ingress("hostname: portal.example.com\nservice: http_status:404"), "rule 1 has no service"},
		"a path that is no expression":   {ingress("path: '[', " + toTraefik + "\nservice: http_status:404"), "rule 1"},
		"a last rule for one host":       {ingress("hostname: portal.example.com, " + toTraefik), "last rule"},
		"a last rule for one path":       {ingress("path: /api, " + toTraefik), "last rule"},
		"a last rule that is a wildcard": {ingress("hostname: '*.example.com', " + toTraefik), "last rule"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseTunnel([]byte(tc.text))
			if err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("got %v, want … %s …", err, tc.says)
			}
		})
	}
}

// ingress is a configuration of rules, one a line.
func ingress(rules string) string {
	var b strings.Builder
	b.WriteString("ingress:\n")
	for line := range strings.Lines(rules) {
		b.WriteString("  - {" + strings.TrimSpace(line) + "}\n")
	}
	return b.String()
}
