//go:build compose

package compose

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

const (
	upTimeout   = 15 * time.Minute // the first build downloads every module
	downTimeout = 2 * time.Minute
	waitTimeout = 90 * time.Second
	workers     = 3
)

// portal is the running project. Only TestMain sets it.
var portal *project

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) (code int) {
	portal = newProject()
	defer func() {
		if err := portal.end(code != 0); err != nil {
			fmt.Fprintln(os.Stderr, "compose:", err)
			code = 1
		}
	}()
	began := time.Now()
	if err := portal.up(); err != nil {
		fmt.Fprintln(os.Stderr, "compose:", err)
		return 1
	}
	fmt.Printf("compose: %s with %d workers, up after %s\n", portal.name, workers, time.Since(began).Round(time.Second))
	return m.Run()
}

// project is a compose project.
type project struct {
	name                    string
	ours                    bool   // created by these tests
	web, api, nats, traefik string // published addresses
	env                     []string
}

// newProject returns the running project that PORTAL_COMPOSE_PROJECT names, which these
// tests don't end; otherwise a new project with free ports.
func newProject() *project {
	p := &project{name: os.Getenv("PORTAL_COMPOSE_PROJECT"), env: os.Environ()}
	if p.ours = p.name == ""; p.ours {
		p.name = fmt.Sprintf("portal-test-%d", os.Getpid())
		for _, variable := range []string{"PORTAL_PORT", "API_PORT", "NATS_PORT", "TRAEFIK_PORT"} {
			p.env = append(p.env, variable+"=0")
		}
	}
	return p
}

// end prints the containers' logs if a test failed, and removes the project.
func (p *project) end(failed bool) error {
	if !p.ours {
		return nil
	}
	if failed {
		text, err := p.compose(downTimeout, "logs", "--no-color", "--tail", "100")
		fmt.Fprintln(os.Stderr, text, err)
	}
	return p.down("--volumes")
}

// command returns a docker compose command for the project. It ignores a developer's .env.
func (p *project) command(ctx context.Context, args ...string) *exec.Cmd {
	all := append([]string{
		"compose", "--project-name", p.name, "--progress", "plain", "--env-file", os.DevNull, "--file", "docker-compose.yml", "--file", "integration/compose/testdata/target.yml",
	}, args...)
	cmd := exec.CommandContext(ctx, "docker", all...)
	cmd.Dir, cmd.Env = "../..", p.env
	return cmd
}

// compose runs a command of docker compose and returns its output.
func (p *project) compose(timeout time.Duration, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return output(p.command(ctx, args...))
}

func output(cmd *exec.Cmd) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, stderr.String())
	}
	return stdout.String(), nil
}

// up starts the containers that don't run, and reads the published addresses.
func (p *project) up() error {
	args := []string{"up", "--wait", "--scale", fmt.Sprintf("health-worker=%d", workers)}
	if p.ours {
		args = append(args, "--build")
	}
	if _, err := p.compose(upTimeout, args...); err != nil {
		return err
	}
	for _, published := range []struct {
		addr    *string
		service string
		port    string
	}{{&p.web, "traefik", "8080"}, {&p.traefik, "traefik", "8081"}, {&p.api, "catalog-api", "8000"}, {&p.nats, "nats", "4222"}} {
		addr, err := p.compose(waitTimeout, "port", published.service, published.port)
		if err != nil {
			return err
		}
		*published.addr = strings.TrimSpace(addr)
	}
	return nil
}

func (p *project) down(args ...string) error {
	_, err := p.compose(downTimeout, append([]string{"down", "--remove-orphans", "--timeout", "20"}, args...)...)
	return err
}

// container is the output of docker inspect for a container.
type container struct {
	ID     string
	Config struct {
		Image  string
		User   string
		Labels map[string]string
	}
	HostConfig struct {
		ReadonlyRootfs               bool
		CapDrop, CapAdd, SecurityOpt []string
		Memory, NanoCpus, PidsLimit  int64
		RestartPolicy                struct{ Name string }
		PortBindings                 map[string][]struct {
			HostIP string `json:"HostIp"`
		}
		Privileged                       bool
		PidMode, NetworkMode, UsernsMode string
	}
	NetworkSettings struct {
		Networks map[string]struct{ IPAddress string }
	}
}

func (c container) service() string { return c.Config.Labels["com.docker.compose.service"] }

// containers returns the containers of a service, or of all services.
func (p *project) containers(t *testing.T, service ...string) []container {
	t.Helper()
	ids, err := p.compose(waitTimeout, append([]string{"ps", "--quiet"}, service...)...)
	if err != nil {
		t.Fatal(err)
	}
	return inspect[container](t, "container", strings.Fields(ids)...)
}

func inspect[T any](t *testing.T, kind string, names ...string) (out []T) {
	t.Helper()
	text, err := output(exec.CommandContext(t.Context(), "docker", append([]string{kind, "inspect"}, names...)...))
	if err == nil {
		err = json.Unmarshal([]byte(text), &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// call sends a request, with body as JSON unless it is nil, and returns the answer's status
// and body.
func call(t *testing.T, method, url string, body any) (int, string) {
	t.Helper()
	var sent bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&sent).Encode(body); err != nil {
			t.Fatal(err)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url, &sent)
	if err != nil {
		t.Fatal(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	client := http.Client{Timeout: 10 * time.Second}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}
