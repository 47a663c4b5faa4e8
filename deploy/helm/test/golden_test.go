package chart

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/lint"
	"helm.sh/helm/v3/pkg/lint/support"
)

func TestLintFindsNothing(t *testing.T) {
	for name, vals := range variants(t) {
		t.Run(name, func(t *testing.T) {
			version := &chartutil.KubeVersion{Version: "v1.34.0", Major: "1", Minor: "34"}
			for _, m := range lint.AllWithKubeVersion(chartDir, vals, releaseNamespace, version).Messages {
				if m.Severity > support.InfoSev {
					t.Error(m)
				}
			}
		})
	}
}

// made is a password that is made anew at each render without a cluster.
var made = regexp.MustCompile(`(?m)^(  [a-z-]+): [A-Za-z0-9+/]{43}=$`)

// The default is recorded whole, and of each example what differs from it.
func TestRendersAreAsRecorded(t *testing.T) {
	for name, vals := range variants(t) {
		t.Run(name, func(t *testing.T) {
			usual := map[string]string{}
			if name != "default" {
				usual, _ = recorded(render(t, named(vals)))
			}
			texts, order := recorded(render(t, vals))
			var b strings.Builder
			for _, object := range order {
				if texts[object] != usual[object] {
					b.WriteString(texts[object])
				}
			}
			for _, object := range slices.Sorted(maps.Keys(usual)) {
				if texts[object] == "" {
					b.WriteString("---\n# without " + object + "\n")
				}
			}
			golden(t, filepath.Join("testdata", name+".yaml"), b.String())
		})
	}
}

// named are the values of a default that has the same names.
func named(vals map[string]any) map[string]any {
	out := map[string]any{}
	if name, given := vals["fullnameOverride"]; given {
		out["fullnameOverride"] = name
	}
	return out
}

// recorded are the texts of objects by their kinds and names, which are in order too.
func recorded(documents []document) (texts map[string]string, order []string) {
	texts = map[string]string{}
	for _, d := range documents {
		text := d.text
		if d.GetKind() == "Secret" {
			text = made.ReplaceAllString(text, "$1: (made once)")
		}
		object := d.GetKind() + " " + d.GetName()
		texts[object] = "---\n# " + d.source + "\n" + text
		order = append(order, object)
	}
	return texts, order
}

func TestChartHasTheSameNATSConfiguration(t *testing.T) {
	conf, err := os.ReadFile(filepath.Join(deployDir, "nats", "nats.conf"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range loadChart(t).Files {
		if file.Name == "files/nats.conf" && string(file.Data) == string(conf) {
			return
		}
	}
	t.Error("files/nats.conf of the chart is not a link to deploy/nats/nats.conf")
}

// golden compares got with the file, or writes the file with -update.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := string(text); got != want {
		t.Errorf("%s is not what is made now (-update writes it):\n%s", path, firstDifference(got, want))
	}
}

// firstDifference shows where two texts part, with the lines before.
func firstDifference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	excerpt := func(lines []string) string { return strings.Join(lines[max(0, i-3):min(len(lines), i+5)], "\n") }
	return "got\n" + excerpt(a) + "\nwant\n" + excerpt(b)
}
