package integration

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var variable = regexp.MustCompile(`\bPORTAL_[A-Z_]*[A-Z]\b`)

// variables returns the variables that the files name.
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

// paths returns the paths that match a pattern, without some.
func paths(t *testing.T, pattern string, but ...string) (found []string) {
	t.Helper()
	matches, err := filepath.Glob(filepath.Join("..", pattern))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range matches {
		if path = filepath.ToSlash(strings.TrimPrefix(path, "../")); !slices.Contains(but, path) {
			found = append(found, path)
		}
	}
	return found
}

func TestEveryVariableIsDocumentedAndSet(t *testing.T) {
	want := variables(t, append(paths(t, "services/*/config.go", "services/standalone/config.go"), "services/catalog-api/signon.go", "services/catalog-api/history.go", "pkg/service/service.go", "pkg/service/nats.go")...)

	// Compose and the chart also have variables for other programs.
	own := []string{"PORTAL_VERSION", "PORTAL_COMMIT", "PORTAL_BIND", "PORTAL_PORT"}
	for name, got := range map[string]map[string]bool{
		"docs/operations.md": variables(t, "docs/operations.md"),
		"docker-compose.yml": variables(t, "docker-compose.yml"),
		"the chart":          variables(t, append(paths(t, "deploy/helm/dev-portal/templates/services/*"), "deploy/helm/dev-portal/templates/nats/_env.tpl")...),
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
	want, got := variables(t, "services/standalone/config.go", "services/catalog-api/signon.go"), variables(t, "README.md")
	if !maps.Equal(want, got) {
		t.Errorf("README.md has %v, the command reads %v", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
}
