//go:build compose

package compose

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

const (
	upTimeout   = 15 * time.Minute // the first build gets every module
	downTimeout = 2 * time.Minute
	patience    = 90 * time.Second
	workers     = 3
)

// portal is the running project. It is set by TestMain alone.
var portal *project

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) (code int) {
	var err error
	if portal, err = newProject(); err != nil {
		fmt.Fprintln(os.Stderr, "compose:", err)
		return 1
	}
	defer func() {
		if err := portal.down("--volumes"); err != nil {
			fmt.Fprintln(os.Stderr, "compose:", err)
			code = 1
		}
	}()
	began := time.Now()
	err = portal.up()
	fmt.Printf("compose: %s with %d workers, up after %s\n", portal.name, workers, time.Since(began).Round(time.Second))
	if err == nil {
		code = m.Run()
	}
	if err != nil || code != 0 {
		fmt.Fprintln(os.Stderr, "compose:", err)
		portal.dump(os.Stderr)
		return 1
	}
	return 0
}

// project is a compose project with a name and ports of its own, so that it
// disturbs no other and needs nothing that another has taken.
type project struct {
	name                    string
	web, api, nats, traefik string // published addresses
	env                     []string
}

func newProject() (*project, error) {
	p := &project{name: fmt.Sprintf("portal-test-%d", os.Getpid())}
	p.env = append(os.Environ(), "COMPOSE_PROJECT_NAME="+p.name, "COMPOSE_PROGRESS=plain")
	for variable, addr := range map[string]*string{
		"PORTAL_PORT": &p.web, "API_PORT": &p.api, "NATS_PORT": &p.nats, "TRAEFIK_PORT": &p.traefik,
	} {
		port, err := freePort()
		if err != nil {
			return nil, err
		}
		*addr = net.JoinHostPort("127.0.0.1", port)
		p.env = append(p.env, variable+"="+port)
	}
	return p, nil
}

func freePort() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(ln.Addr().String())
	return port, errors.Join(err, ln.Close())
}

// command is docker compose in the project. A developer's .env has no say.
func (p *project) command(ctx context.Context, args ...string) *exec.Cmd {
	all := append([]string{
		"compose", "--env-file", os.DevNull, "--file", "docker-compose.yml", "--file", "integration/compose/testdata/target.yml",
	}, args...)
	cmd := exec.CommandContext(ctx, "docker", all...)
	cmd.Dir, cmd.Env = "../..", p.env
	return cmd
}

// compose runs a command of docker compose and returns what it printed.
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

func (p *project) up() error {
	_, err := p.compose(upTimeout, "up", "--build", "--wait", "--scale", fmt.Sprintf("health-worker=%d", workers))
	return err
}

func (p *project) down(args ...string) error {
	_, err := p.compose(downTimeout, append([]string{"down", "--remove-orphans", "--timeout", "20"}, args...)...)
	return err
}

// dump writes what the containers said.
func (p *project) dump(out io.Writer) {
	text, err := p.compose(downTimeout, "logs", "--no-color", "--tail", "100")
	fmt.Fprintln(out, text, err)
}

// container is what docker inspect says of a container of the project.
type container struct {
	ID     string
	Config struct {
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

// containers are those of a service, or of all of them.
func (p *project) containers(t *testing.T, service ...string) []container {
	t.Helper()
	ids, err := p.compose(patience, append([]string{"ps", "--quiet"}, service...)...)
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

// call sends a request and returns the answer's status and body; a body that
// isn't nil is sent as JSON.
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
