package chart

import (
	"flag"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

var update = flag.Bool("update", false, "write the golden files and all that is made from another file")

const (
	chartDir    = "../dev-portal"
	examplesDir = "../examples"
	deployDir   = "../.."
)

// release is what a render is for.
const (
	releaseName      = "dev-portal"
	releaseNamespace = "dev-portal"
)

// variants are the renders that every test of the documents looks at: the
// default, and one for each file of examples.
func variants(t *testing.T) map[string]map[string]any {
	t.Helper()
	out := map[string]map[string]any{"default": {}}
	files, err := filepath.Glob(filepath.Join(examplesDir, "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		out[strings.TrimSuffix(filepath.Base(file), ".yaml")] = values(t, file)
	}
	if len(out) != 8 {
		t.Fatalf("found %d sets of values, want the default and seven examples", len(out))
	}
	return out
}

// document is one Kubernetes object of a render.
type document struct {
	unstructured.Unstructured
	source string // the template that it is from
	text   string
}

func loadChart(t *testing.T) *chart.Chart {
	t.Helper()
	c, err := loader.Load(chartDir)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// files renders the chart: the text by template.
func files(t *testing.T, vals map[string]any, clients engine.ClientProvider) (map[string]string, error) {
	t.Helper()
	c := loadChart(t)
	caps := chartutil.DefaultCapabilities.Copy()
	caps.KubeVersion = chartutil.KubeVersion{Version: "v1.34.0", Major: "1", Minor: "34"}
	options := chartutil.ReleaseOptions{Name: releaseName, Namespace: releaseNamespace, IsInstall: true, Revision: 1}
	all, err := chartutil.ToRenderValues(c, vals, options, caps)
	if err != nil {
		return nil, err
	}
	if clients == nil {
		return engine.Render(c, all)
	}
	return engine.RenderWithClientProvider(c, all, clients)
}

// render returns the documents of the chart, by template and in its order.
func render(t *testing.T, vals map[string]any) []document {
	t.Helper()
	rendered, err := files(t, vals, nil)
	if err != nil {
		t.Fatal(err)
	}
	return documents(t, rendered)
}

func documents(t *testing.T, rendered map[string]string) (out []document) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(rendered)) {
		if strings.HasSuffix(name, "NOTES.txt") {
			continue
		}
		out = append(out, split(t, name, rendered[name])...)
	}
	return out
}

// read returns the documents of a file that is no template.
func read(t *testing.T, path string) []document {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return split(t, path, string(text))
}

var separator = regexp.MustCompile(`(?m)^---\s*$`)

func split(t *testing.T, source, text string) (out []document) {
	t.Helper()
	for _, part := range separator.Split(text, -1) {
		var object map[string]any
		if err := yaml.UnmarshalStrict([]byte(part), &object); err != nil {
			t.Fatalf("%s: %v\n%s", source, err, part)
		}
		if object == nil {
			continue
		}
		out = append(out, document{unstructured.Unstructured{Object: object}, source, strings.Trim(part, "\n") + "\n"})
	}
	return out
}

func values(t *testing.T, path string) map[string]any {
	t.Helper()
	v, err := chartutil.ReadValuesFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// set returns values of one key, as helm's --set takes it: "web.enabled".
func set(path string, value any) map[string]any {
	keys := strings.Split(path, ".")
	for _, key := range slices.Backward(keys) {
		value = map[string]any{key: value}
	}
	return value.(map[string]any)
}

// find returns the document of the kind whose name ends so.
func find(t *testing.T, docs []document, kind, suffix string) document {
	t.Helper()
	for _, d := range docs {
		if d.GetKind() == kind && strings.HasSuffix(d.GetName(), suffix) {
			return d
		}
	}
	t.Fatalf("there is no %s …%s", kind, suffix)
	return document{}
}
