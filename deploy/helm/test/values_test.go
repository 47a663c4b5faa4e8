package chart

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	natsrules "github.com/dev-portal/dev-portal/deploy/nats"
	"helm.sh/helm/v3/pkg/engine"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kschema "k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/fake"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"
)

func TestWrongValuesAreRefusedInWords(t *testing.T) {
	cases := map[string]struct{ values, want string }{
		"an unknown key":                   {"web: {replica: 1}", "'replica' not allowed"},
		"an unknown key at the top":        {"wbe: {}", "'wbe' not allowed"},
		"an unknown kind of route":         {"ingress: {kind: nginx}", "/ingress/kind"},
		"no replica":                       {"web: {replicas: 0}", "/web/replicas"},
		"an interval that does not divide": {"catalogApi: {interval: 7s}", "/catalogApi/interval"},
		"no host":                          {"ingress: {hosts: []}", "ingress.hosts is empty"},
		"a URL for a host":                 {"ingress: {hosts: ['https://a']}", "/ingress/hosts/0"},
		"a Gateway that is not named":      {"ingress: {kind: gateway}", "ingress.gateways is empty"},
		"TLS on an HTTPRoute":              {"ingress: {kind: gateway, gateways: [{name: g}], tls: {secretName: s}}", "TLS is set at the Gateway"},
		"a resolver on an Ingress":         {"ingress: {kind: ingress, tls: {certResolver: r}}", "ingress.tls has no secretName"},
		"Traefik's middleware elsewhere":   {"ingress: {kind: ingress, middlewares: [{name: m}]}", "ingress.middlewares are Traefik's"},
		"a cluster's replicas on a server": {"streamReplicas: 3", "the chart's own NATS is one server"},
		"two databases":                    {"catalogApi: {databaseURL: {secret: s}, egress: [{}]}", "set postgresql.enabled to false"},
		"two brokers":                      {"catalogApi: {natsURL: {secret: s}, egress: [{}]}", "set nats.enabled to false"},
		"services on two brokers":          {"{nats: {enabled: false}, healthWorker: {natsURL: {secret: s}}}", "catalogApi and healthWorker meet in NATS"},
		"a database behind a closed door":  {"{postgresql: {enabled: false}, catalogApi: {databaseURL: {secret: s}}}", "catalogApi.egress is empty"},
		"a token for no Prometheus":        {"fetcher: {prometheus: {secret: s}}", "without fetcher.prometheus.url"},
		"a Prometheus with a password":     {"fetcher: {prometheus: {url: 'http://u:p@prometheus'}}", "/fetcher/prometheus/url"},
		"more pods at least than at most":  {"healthWorker: {autoscaling: {min: 20}}", "autoscaling.min is above max"},
		"a backlog that cannot be read": {
			"{nats: {enabled: false}, catalogApi: {natsURL: {secret: s}, egress: [{}]}, healthWorker: {natsURL: {secret: s}, autoscaling: {by: backlog}}}",
			"healthWorker.autoscaling.monitoring is empty",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var vals map[string]any
			if err := yaml.UnmarshalStrict([]byte(c.values), &vals); err != nil {
				t.Fatal(err)
			}
			_, err := files(t, vals, nil)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want %q in it", err, c.want)
			}
		})
	}
}

// Every object of the schema with fields of its own refuses others.
func TestSchemaIsClosed(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(chartDir, "values.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := yaml.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	var walk func(path string, node any)
	walk = func(path string, node any) {
		object, ok := node.(map[string]any)
		if !ok {
			return
		}
		if object["properties"] != nil && object["type"] == "object" && object["additionalProperties"] != false {
			t.Errorf("%s takes unknown keys", path)
		}
		for key, value := range object {
			walk(path+"/"+key, value)
		}
	}
	walk("", root)
}

// An upgrade finds the passwords in the cluster and keeps them, as the servers'
// volumes do.
func TestPasswordsAreMadeOnceAndKept(t *testing.T) {
	first, second := secrets(t, nil), secrets(t, nil)
	if want := 1 + len(natsrules.PasswordVariables()); len(first) != want {
		t.Fatalf("there are %d passwords, want %d: Postgres', and of each user of NATS", len(first), want)
	}
	for key, password := range first {
		plain, err := base64.StdEncoding.DecodeString(password)
		if err != nil || len(plain) != 32 || plain[0] != 'p' {
			t.Errorf("%s is %q (%v), want 32 characters, a letter first", key, plain, err)
		}
		if second[key] == password {
			t.Errorf("%s is the same in two new installations", key)
		}
	}
	there := fake.NewSimpleDynamicClient(scheme.Scheme, secret("postgresql", "password", "old"), secret("nats", "subscriber", "sub"))
	kept := secrets(t, cluster{there})
	if got, want := kept["postgresql/password"], base64.StdEncoding.EncodeToString([]byte("old")); got != want {
		t.Errorf("Postgres' password is %s after an upgrade, want %s", got, want)
	}
	if got, want := kept["nats/subscriber"], base64.StdEncoding.EncodeToString([]byte("sub")); got != want {
		t.Errorf("the subscriber's password is %s after an upgrade, want %s", got, want)
	}
	if kept["nats/catalog-api"] == "" {
		t.Error("a key that an older Secret lacks is not added")
	}
}

func secret(component, key, password string) *corev1.Secret {
	return &corev1.Secret{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
		ObjectMeta: metav1.ObjectMeta{Namespace: releaseNamespace, Name: releaseName + "-" + component},
		Data:       map[string][]byte{key: []byte(password)},
	}
}

// secrets renders the chart, and returns the Secrets' values by component and key.
func secrets(t *testing.T, clients engine.ClientProvider) map[string]string {
	t.Helper()
	rendered, err := files(t, nil, clients)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, d := range documents(t, rendered) {
		if d.GetKind() != "Secret" {
			continue
		}
		if d.GetAnnotations()["helm.sh/resource-policy"] != "keep" {
			t.Errorf("Secret %s goes with the release, while the volume stays", d.GetName())
		}
		data, _, err := unstructured.NestedStringMap(d.Object, "data")
		if err != nil {
			t.Fatal(err)
		}
		for key, value := range data {
			out[strings.TrimPrefix(d.GetName(), releaseName+"-")+"/"+key] = value
		}
	}
	return out
}

// cluster lets the chart look up Secrets.
type cluster struct{ dynamic.Interface }

func (c cluster) GetClientFor(_, _ string) (dynamic.NamespaceableResourceInterface, bool, error) {
	return c.Resource(kschema.GroupVersionResource{Version: "v1", Resource: "secrets"}), true, nil
}
