package chart

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"
)

func TestEveryDocumentHasOnlyFieldsOfItsType(t *testing.T) {
	types := newTypes(t)
	for name, vals := range variants(t) {
		t.Run(name, func(t *testing.T) {
			for _, d := range render(t, vals) {
				if err := types.check(d); err != nil {
					t.Errorf("%s: %s %s: %v", d.source, d.GetKind(), d.GetName(), err)
				}
			}
		})
	}
	for _, pattern := range []string{"argocd/app-of-apps.yaml", "argocd/apps/*.yaml", "argocd/image-updater.yaml", "cloudflared/deployment.yaml", "cloudflared/namespace.yaml"} {
		paths, err := filepath.Glob(filepath.Join(deployDir, pattern))
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s: no file (%v)", pattern, err)
		}
		for _, path := range paths {
			for _, d := range read(t, path) {
				if err := types.check(d); err != nil {
					t.Errorf("%s: %s %s: %v", path, d.GetKind(), d.GetName(), err)
				}
			}
		}
	}
}

// The check itself must be able to fail, for each kind of type there is.
func TestMisspeltFieldsAreFound(t *testing.T) {
	types := newTypes(t)
	docs := render(t, set("monitoring.enabled", true))
	cases := map[string]struct{ kind, suffix, right, wrong string }{
		"a Kubernetes type":       {"Deployment", "-web", "containerPort:", "containerPorts:"},
		"a wrong kind of value":   {"Deployment", "-web", "replicas: 2", "replicas: two"},
		"Traefik's route":         {"IngressRoute", "-web", "services:", "service:"},
		"Traefik's enumeration":   {"IngressRoute", "-web", "kind: Rule", "kind: Route"},
		"the Prometheus operator": {"ServiceMonitor", "-api", "endpoints:", "endpoint:"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d := find(t, docs, c.kind, c.suffix)
			if !strings.Contains(d.text, c.right) {
				t.Fatalf("%q is not in\n%s", c.right, d.text)
			}
			if err := types.check(split(t, d.source, strings.Replace(d.text, c.right, c.wrong, 1))[0]); err == nil {
				t.Errorf("%q in place of %q was taken", c.wrong, c.right)
			}
		})
	}
	for name, c := range map[string]struct{ file, right, wrong string }{
		"an Application":             {"argocd/apps/dev-portal.yaml", "releaseName:", "release:"},
		"an ImageUpdater":            {"argocd/image-updater.yaml", "imageName:", "image:"},
		"an ImageUpdater's method":   {"argocd/image-updater.yaml", "method: argocd", "method: api"},
		"an ImageUpdater before 1.2": {"argocd/image-updater.yaml", "spec:", "spec:\n  namespace: argocd"},
	} {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(deployDir, c.file))
			if err != nil || !strings.Contains(string(text), c.right) {
				t.Fatalf("%q is not in %s (%v)", c.right, c.file, err)
			}
			if err := types.check(split(t, "", strings.Replace(string(text), c.right, c.wrong, 1))[0]); err == nil {
				t.Errorf("%q in place of %q was taken", c.wrong, c.right)
			}
		})
	}
}

// types decodes documents as the API server does with strict field validation:
// its own types by their Go types, others by their CustomResourceDefinitions.
type types struct {
	builtin runtime.Decoder
	custom  map[string]resourceType
}

func newTypes(t *testing.T) types {
	t.Helper()
	codecs := serializer.NewCodecFactory(scheme.Scheme, serializer.EnableStrict)
	return types{builtin: codecs.UniversalDeserializer(), custom: customTypes(t)}
}

func (ts types) check(d document) error {
	gvk := d.GroupVersionKind()
	if custom, ok := ts.custom[gvk.String()]; ok {
		return custom.check(d.Object)
	}
	text, err := yaml.Marshal(d.Object)
	if err != nil {
		return err
	}
	_, _, err = ts.builtin.Decode(text, &gvk, nil)
	return err
}
