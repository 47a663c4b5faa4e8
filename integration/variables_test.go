package integration

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

var variable = regexp.MustCompile(`\bPORTAL_[A-Z_]*[A-Z]\b`)

// variables are those that the files name.
func variables(t *testing.T, paths ...string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	for _, path := range paths {
		raw, err := os.ReadFile(filepath.Join("..", path))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range variable.FindAllString(string(raw), -1) {
			found[name] = true
		}
	}
	return found
}

func TestEveryVariableIsDocumentedAndSet(t *testing.T) {
	want := variables(t, "pkg/service/service.go", "services/catalog-api/config.go", "services/health-worker/config.go")

	// Compose and the chart also have variables of their own, for other programs.
	own := []string{"PORTAL_VERSION", "PORTAL_COMMIT", "PORTAL_BIND", "PORTAL_PORT"}
	for name, got := range map[string]map[string]bool{
		"docs/operations.md": variables(t, "docs/operations.md"),
		"docker-compose.yml": variables(t, "docker-compose.yml"),
		"the chart": variables(t,
			"deploy/helm/dev-portal/templates/nats/_env.tpl", "deploy/helm/dev-portal/templates/catalog-api/deployment.yaml",
			"deploy/helm/dev-portal/templates/health-worker/deployment.yaml"),
	} {
		for v := range want {
			if !got[v] {
				t.Errorf("%s lacks %s", name, v)
			}
		}
		for _, v := range slices.Sorted(maps.Keys(got)) {
			if !want[v] && !slices.Contains(own, v) {
				t.Errorf("%s has %s, which no service reads", name, v)
			}
		}
	}
}

func TestTheOneProcessVariablesAreDocumented(t *testing.T) {
	want, got := variables(t, "services/standalone/config.go"), variables(t, "README.md")
	if !maps.Equal(want, got) {
		t.Errorf("README.md has %v, the command reads %v", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
}
