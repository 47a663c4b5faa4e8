//go:build compose

package compose

import (
	"bufio"
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"
)

const maxImage = 25_000_000 // bytes of a Go service

// image is the output of docker inspect for an image.
type image struct {
	Size   int64
	Config struct {
		User        string
		Labels      map[string]string
		Healthcheck *struct{ Test []string }
	}
}

func imageOf(t *testing.T, service string) (name string, about image) {
	t.Helper()
	name = portal.containers(t, service)[0].Config.Image
	return name, inspect[image](t, "image", name)[0]
}

func TestImagesHaveUserHealthCheckAndLabels(t *testing.T) {
	users := map[string]string{"web": "101:101"}
	for _, service := range programs(t) {
		users[service] = "65532:65532"
	}
	for service, user := range users {
		name, about := imageOf(t, service)
		if about.Config.User != user {
			t.Errorf("%s runs as %q, want %q", name, about.Config.User, user)
		}
		if about.Config.Healthcheck == nil {
			t.Errorf("%s has no health check", name)
		}
		for _, label := range []string{"title", "description", "source", "licenses", "version", "revision"} {
			if about.Config.Labels["org.opencontainers.image."+label] == "" {
				t.Errorf("%s does not say its %s", name, label)
			}
		}
	}
}

func TestImagesAreSmallAndProgramsPrintTheirVersion(t *testing.T) {
	for _, service := range programs(t) {
		name, about := imageOf(t, service)
		if about.Size > maxImage {
			t.Errorf("%s has %d bytes, want at most %d", name, about.Size, maxImage)
		}
		said, err := output(exec.CommandContext(t.Context(), "docker", "run", "--rm", "--network=none", "--read-only", name, "--version"))
		labels := about.Config.Labels
		want := labels["org.opencontainers.image.version"] + " " + labels["org.opencontainers.image.revision"]
		if err != nil || strings.TrimSpace(said) != want {
			t.Errorf("%s --version: %q, %v, want %q as its labels have it", name, said, err, want)
		}
	}
}

func TestOneProcessImageBecomesHealthy(t *testing.T) {
	name := portal.name + "-standalone"
	docker := func(ctx context.Context, args ...string) {
		t.Helper()
		cmd := exec.CommandContext(ctx, "docker", args...)
		cmd.Dir = "../.."
		if _, err := output(cmd); err != nil {
			t.Error(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), upTimeout)
	defer cancel()
	docker(ctx, "build", "--quiet", "--tag", name, "--file", "services/standalone/Dockerfile", ".")
	defer docker(context.Background(), "image", "rm", "--force", name)
	began := time.Now()
	// With the same privileges as a service in compose.
	docker(ctx, "run", "--detach", "--name", name, "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges:true",
		"--tmpfs=/tmp:mode=1777", name)
	defer docker(context.Background(), "rm", "--force", "--volumes", name)
	if status := healthOf(ctx, t, name, began); status != "health_status: healthy" {
		log, err := exec.CommandContext(ctx, "docker", "logs", name).CombinedOutput()
		t.Errorf("%q, %v; it said:\n%s", status, err, log)
	}
}

// healthOf returns the first health status that the engine reports for a container.
func healthOf(ctx context.Context, t *testing.T, name string, since time.Time) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, waitTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "docker", "events", "--since", since.Format(time.RFC3339Nano),
		"--filter", "container="+name, "--filter", "event=health_status", "--format", "{{.Status}}")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	cancel()
	_ = cmd.Wait() // it was killed
	if err != nil {
		t.Errorf("the engine said nothing of %s: %v", name, err)
	}
	return strings.TrimSpace(line)
}
