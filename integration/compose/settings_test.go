package compose

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// These tests read files, and start nothing.

func TestComposeSetsEveryVariableOfTheServices(t *testing.T) {
	set := names(t, "docker-compose.yml", `(?m)^      (PORTAL_[A-Z_]+):`)
	known := names(t, "pkg/service/env.go", `"(PORTAL_[A-Z_]+)"`)
	for _, service := range programs(t) {
		sources, err := filepath.Glob("../../services/" + service + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range sources {
			if !strings.HasSuffix(path, "_test.go") {
				maps.Copy(known, names(t, strings.TrimPrefix(path, "../../"), `"(PORTAL_[A-Z_]+)"`))
			}
		}
	}
	if got, want := slices.Sorted(maps.Keys(set)), slices.Sorted(maps.Keys(known)); !slices.Equal(got, want) {
		t.Errorf("docker-compose.yml sets %v, the services know %v", got, want)
	}
}

// programs returns the services that run as separate processes and connect to NATS.
func programs(t *testing.T) (list []string) {
	t.Helper()
	commands, err := filepath.Glob("../../services/*/cmd/*/main.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range commands {
		main, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(main), "service.Main(") {
			list = append(list, filepath.Base(filepath.Dir(path)))
		}
	}
	if len(list) < 2 {
		t.Fatalf("found only %v", list)
	}
	return list
}

func TestTheExampleHasEverySettingAndItsValue(t *testing.T) {
	used := names(t, "docker-compose.yml", `\$\{([A-Z_]+):-([^}]*)\}`)
	delete(used, "PORTAL_COMMIT") // set by the build, not a setting
	shown := names(t, ".env.example", `(?m)^([A-Z_]+)=(.*)$`)
	if !maps.Equal(used, shown) {
		t.Errorf(".env.example shows %v, docker-compose.yml has %v", shown, used)
	}
}

// names returns the matches of a pattern in a file of the project: the first group of each,
// mapped to the second.
func names(t *testing.T, file, pattern string) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../../" + file)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(text), -1) {
		out[m[1]] = ""
		if len(m) > 2 {
			out[m[1]] = m[2]
		}
	}
	return out
}
