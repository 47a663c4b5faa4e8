package chart

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

func TestDefaultRoutes(t *testing.T) {
	docs := render(t, nil)
	want := map[string]string{
		"-web":         "Host(`portal.example.com`) && !PathPrefix(`/api`)",
		"-catalog-api": "Host(`portal.example.com`) && PathPrefix(`/api`)",
	}
	for component, rule := range want {
		d := find(t, docs, "IngressRoute", component)
		routes, _, err := unstructured.NestedSlice(d.Object, "spec", "routes")
		if err != nil || len(routes) != 1 {
			t.Fatalf("%s has the routes %v (%v), want one", component, routes, err)
		}
		if got := routes[0].(map[string]any)["match"]; got != rule {
			t.Errorf("%s has the rule %s, want %s", component, got, rule)
		}
	}
}

// A resolver that does not exist makes Traefik drop the route, and the portal is
// a 404: so there is no tls unless somebody asks for it. And the API has /api in
// its own paths.
func TestNoTLSAndNoStripPrefixByDefault(t *testing.T) {
	for name, vals := range variants(t) {
		for _, d := range render(t, vals) {
			if strings.Contains(strings.ToLower(d.text), "stripprefix") {
				t.Errorf("%s: %s strips a prefix", name, d.source)
			}
			_, tls, _ := unstructured.NestedMap(d.Object, "spec", "tls")
			if asked := vals["ingress"] != nil && vals["ingress"].(map[string]any)["tls"] != nil; d.GetKind() == "IngressRoute" && tls != asked {
				t.Errorf("%s: %s has a tls block: %v, want %v", name, d.source, tls, asked)
			}
		}
	}
}

func TestEveryKindOfRouteReachesBothServices(t *testing.T) {
	kinds := map[string]string{"traefik": "IngressRoute", "ingress": "Ingress", "gateway": "HTTPRoute"}
	for kind, object := range kinds {
		t.Run(kind, func(t *testing.T) {
			vals := map[string]any{"ingress": map[string]any{"kind": kind}}
			if kind == "gateway" {
				vals["ingress"].(map[string]any)["gateways"] = []any{map[string]any{"name": "g"}}
			}
			docs := render(t, vals)
			for _, component := range []string{"-web", "-catalog-api"} {
				if d := find(t, docs, object, component); !strings.Contains(d.text, "name: "+releaseName+component+"\n") {
					t.Errorf("the %s leads elsewhere:\n%s", object, d.text)
				}
			}
		})
	}
	for _, d := range render(t, set("ingress.kind", "none")) {
		if strings.HasSuffix(d.source, "route.yaml") {
			t.Errorf("there is a %s", d.GetKind())
		}
	}
}

// tunnelConfig is the part of cloudflared's configuration that says where requests go.
type tunnelConfig struct {
	Ingress []struct{ Hostname, Path, Service string }
}

// missing returns those of the hosts that the tunnel does not lead to Traefik:
// absent, or below a rule that takes everything.
func (c tunnelConfig) missing(hosts []string) (out []string) {
	for _, host := range hosts {
		found := false
		for _, rule := range c.Ingress {
			if rule.Hostname == "" && rule.Path == "" {
				break // the catch-all
			}
			found = found || rule.Hostname == host && strings.Contains(rule.Service, "://")
		}
		if !found {
			out = append(out, host)
		}
	}
	return out
}

func TestEveryHostIsInTheTunnelBeforeTheCatchAll(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(deployDir, "cloudflared/config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var config tunnelConfig
	if err := yaml.Unmarshal(text, &config); err != nil {
		t.Fatal(err)
	}
	files := []string{filepath.Join(chartDir, "values.yaml"), filepath.Join(deployDir, "argocd/values.yaml")}
	for _, file := range files {
		hosts, found, err := unstructured.NestedStringSlice(values(t, file), "ingress", "hosts")
		if err != nil || !found || len(hosts) == 0 {
			t.Fatalf("%s names no host (%v)", file, err)
		}
		if missing := config.missing(hosts); missing != nil {
			t.Errorf("%s: %v not in the tunnel's ingress before its catch-all", file, missing)
		}
	}
	if last := config.Ingress[len(config.Ingress)-1]; last.Hostname != "" || last.Service != "http_status:404" {
		t.Errorf("the last rule is %+v, want the catch-all http_status:404", last)
	}
}

func TestHostsThatTheTunnelMisses(t *testing.T) {
	const rule, catchAll = "- {hostname: a.example.com, service: http://traefik}\n", "- {service: http_status:404}\n"
	cases := map[string]struct {
		ingress string
		want    []string
	}{
		"before the catch-all": {rule + catchAll, nil},
		"after the catch-all":  {catchAll + rule, []string{"a.example.com"}},
		"absent":               {catchAll, []string{"a.example.com"}},
		"refused by its rule":  {"- {hostname: a.example.com, service: http_status:404}\n" + catchAll, []string{"a.example.com"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var config tunnelConfig
			if err := yaml.Unmarshal([]byte("ingress:\n"+c.ingress), &config); err != nil {
				t.Fatal(err)
			}
			if got := config.missing([]string{"a.example.com"}); !slices.Equal(got, c.want) {
				t.Errorf("missing is %v, want %v", got, c.want)
			}
		})
	}
}
