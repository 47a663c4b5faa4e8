package standalone_test

import (
	"os/exec"
	"strings"
	"testing"
)

// Dependencies of tests and of the one process must not be in the services' images.
func TestServicesLinkNoServerAndNoTestHelper(t *testing.T) {
	for dir, command := range map[string]string{
		"../catalog-api":   "./cmd/catalog-api",
		"../fetcher":       "./cmd/fetcher",
		"../health-worker": "./cmd/health-worker",
		".":                "./cmd/dev-portal", // has the servers, and the embedded-postgres library links testing
	} {
		t.Run(command, func(t *testing.T) {
			list := exec.CommandContext(t.Context(), "go", "list", "-deps", command)
			list.Dir = dir
			out, err := list.Output()
			if err != nil {
				t.Fatalf("go list: %v", err)
			}
			if !strings.Contains(string(out), "github.com/nats-io/nats.go") {
				t.Errorf("it does not even link the NATS client: is this the right package?")
			}
			if zones := strings.Contains(string(out), "\ntime/tzdata\n"); zones != (dir == ".") {
				t.Errorf("links the time zones: %t; images have them, and the one process runs where there may be none", zones)
			}
			for dep := range strings.Lines(string(out)) {
				dep = strings.TrimSpace(dep)
				server := strings.HasPrefix(dep, "github.com/nats-io/nats-server") || strings.Contains(dep, "/pkg/devstack")
				if strings.HasSuffix(dep, "/devtest") || (dir != "." && (server || dep == "testing")) {
					t.Errorf("links %s", dep)
				}
			}
		})
	}
}
