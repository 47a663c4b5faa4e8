package doctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/testcontainers/testcontainers-go"
)

const traefikImage = "traefik:v3.6"

// Only TestMain sets these.
var (
	bin        string // the folder of the commands
	containers bool   // whether there is a Docker engine for Traefik
	site       *portal
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) (code int) {
	var why string
	var err error
	if containers, why, err = engine(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "doctor:", err)
		return 1
	}
	if containers {
		fmt.Printf("doctor: Traefik is a container (%s)\n", why)
	} else {
		fmt.Printf("doctor: no Traefik, so what needs it is NOT tested (%s)\n", why)
	}
	dir, err := os.MkdirTemp("", "doctor-")
	if err == nil {
		err = os.Chmod(dir, 0o755) // Postgres and nginx run as other users
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "doctor:", err)
		return 1
	}
	defer func() {
		if err := errors.Join(site.close(), os.RemoveAll(dir)); err != nil {
			fmt.Fprintln(os.Stderr, "doctor:", err)
			code = 1
		}
	}()
	bin, site = filepath.Join(dir, "bin"), &portal{dir: dir}
	if err := build("services/catalog-api/cmd/catalog-api", "services/health-worker/cmd/health-worker", "services/standalone/cmd/dev-portal"); err != nil {
		fmt.Fprintln(os.Stderr, "doctor:", err)
		return 1
	}
	return m.Run()
}

// engine reports whether Traefik can be started. PORTAL_TEST_STACK=docker requires it;
// =local disables it.
func engine(ctx context.Context) (there bool, why string, err error) {
	switch wish := os.Getenv("PORTAL_TEST_STACK"); wish {
	case "docker":
		return true, "PORTAL_TEST_STACK=docker", nil
	case "local":
		return false, "PORTAL_TEST_STACK=local", nil
	case "":
	default:
		return false, "", fmt.Errorf("PORTAL_TEST_STACK is %q; it must be docker, local or empty", wish)
	}
	provider, err := testcontainers.NewDockerProvider()
	if err != nil {
		return false, "no Docker engine answers", nil
	}
	defer func() { _ = provider.Close() }()
	if err := provider.Health(ctx); err != nil {
		return false, "no Docker engine answers", nil
	}
	if _, err := provider.Client().ImageInspect(ctx, traefikImage); err != nil && provider.PullImage(ctx, traefikImage) != nil {
		return false, "the Docker engine has no " + traefikImage + " and cannot pull it", nil
	}
	return true, "a Docker engine answers", nil
}

// build compiles commands of the workspace.
func build(commands ...string) error {
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return err
	}
	for _, command := range commands {
		cmd := exec.Command("go", "build", "-o", bin, ".")
		cmd.Dir = filepath.Join("..", "..", command)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", command, err, out)
		}
	}
	return nil
}
