package integration

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// bin is the folder of the tested commands, parts are the servers that they run on. Only
// TestMain sets them.
var (
	bin   string
	parts stack
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	chosen, why, err := choose(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, "integration:", err)
		return 1
	}
	fmt.Printf("integration: Postgres and NATS are %s (%s)\n", chosen, why)
	dir, err := os.MkdirTemp("", "portal-")
	if err == nil {
		// Some tests run commands as other users.
		err = os.Chmod(dir, 0o755)
	}
	if err == nil {
		bin, parts = filepath.Join(dir, "bin"), chosen
		err = build("..", bin)
	}
	if err == nil {
		err = parts.open(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "integration:", err)
		return 1
	}
	code := m.Run()
	if err := parts.close(); err != nil {
		fmt.Fprintln(os.Stderr, "integration:", err)
		code = 1
	}
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, "integration:", err)
	}
	return code
}

// build compiles the services of the workspace at root into dir.
func build(root, dir string, flags ...string) error {
	args := append([]string{"build", "-o", dir + string(filepath.Separator)}, flags...)
	cmd := exec.Command("go", append(args, "./services/catalog-api/cmd/catalog-api", "./services/health-worker/cmd/health-worker")...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the services: %w\n%s", err, out)
	}
	return nil
}
