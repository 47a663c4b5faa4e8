package chart

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// servicesDir has the Go source of the services that the chart runs.
const servicesDir = "../../../services"

// The chart sets every variable of a service, and none that it doesn't know.
func TestEveryVariableIsSet(t *testing.T) {
	variable := regexp.MustCompile(`"(PORTAL_[A-Z_]+)"`)
	configs, err := filepath.Glob(filepath.Join(servicesDir, "*/config.go"))
	if err != nil || len(configs) < 3 {
		t.Fatalf("found only %v (%v)", configs, err)
	}
	for _, config := range configs {
		component := filepath.Base(filepath.Dir(config))
		if component == "standalone" { // all of it in one process, which no chart has
			continue
		}
		container := container(t, "-"+component)
		known := map[string]bool{}
		sources, err := filepath.Glob(filepath.Join(servicesDir, component, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range append(sources, filepath.Join(servicesDir, "../pkg/service/env.go")) {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range variable.FindAllStringSubmatch(string(text), -1) {
				known[m[1]] = true
			}
		}
		set := map[string]bool{}
		for _, env := range container.Env {
			if strings.HasPrefix(env.Name, "PORTAL_") {
				set[env.Name] = true
			}
		}
		if !maps.Equal(known, set) {
			t.Errorf("%s: knows %v, the chart sets %v", component, slices.Sorted(maps.Keys(known)), slices.Sorted(maps.Keys(set)))
		}
	}
}

// container is that of a service, which may be one that is not there by default.
func container(t *testing.T, suffix string) corev1.Container {
	t.Helper()
	words := strings.Split(strings.TrimPrefix(suffix, "-"), "-")
	for i := range words[1:] {
		words[i+1] = strings.ToUpper(words[i+1][:1]) + words[i+1][1:]
	}
	there := map[string]any{strings.Join(words, ""): map[string]any{"enabled": true}}
	for who, pod := range pods(t, render(t, there)) {
		if strings.HasPrefix(who, "Deployment") && strings.HasSuffix(who, suffix) {
			return pod.Spec.Containers[0]
		}
	}
	t.Fatalf("there is no Deployment …%s", suffix)
	return corev1.Container{}
}

// Alerts and dashboard ask only for metrics that the services have.
func TestRulesAndDashboardNameRealMetrics(t *testing.T) {
	real := metrics(t)
	used := regexp.MustCompile(`\bportal_[a-z_]+\b`)
	found := 0
	for _, d := range render(t, values(t, filepath.Join(examplesDir, "gateway-monitoring.yaml"))) {
		if d.GetKind() != "PrometheusRule" && !strings.HasSuffix(d.GetName(), "-dashboard") {
			continue
		}
		for _, name := range used.FindAllString(d.text, -1) {
			found++
			if base := strings.TrimSuffix(name, "_bucket"); !real[base] {
				t.Errorf("%s %s asks for %s, which no service has", d.GetKind(), d.GetName(), name)
			}
		}
	}
	if found < 20 {
		t.Errorf("found %d metrics, want at least 20", found)
	}
}

// metrics are the names that the services' source gives to metrics.
func metrics(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	quoted := regexp.MustCompile(`"(portal_[a-z_]+)"`)
	for _, path := range []string{
		"catalog-api/internal/ingest/metrics.go", "catalog-api/internal/outbox/metrics.go", "catalog-api/internal/health/monitor.go",
	} {
		text, err := os.ReadFile(filepath.Join(servicesDir, path))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range quoted.FindAllStringSubmatch(string(text), -1) {
			out[m[1]] = true
		}
	}
	text, err := os.ReadFile(filepath.Join(servicesDir, "health-worker/internal/metrics/metrics.go"))
	if err != nil {
		t.Fatal(err)
	}
	made := regexp.MustCompile(`f\.(?:gauge|counters?|histogram)\("([a-z_]+)"`)
	matches := made.FindAllStringSubmatch(strings.ReplaceAll(string(text), "(\n\t\t\t\"", "(\""), -1)
	for _, m := range matches {
		out["portal_worker_"+m[1]] = true
	}
	return out
}
