package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/devstack"
	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
)

// waitTimeout is how long a test waits for an event.
const waitTimeout = 60 * time.Second

// portal is a portal without edge and tunnel. Its parts can be stopped and started, and
// keep their addresses. The tests share one.
type portal struct {
	dir string

	once     sync.Once
	err      error
	nats     *devstack.NATS
	postgres *devstack.Postgres
	api      *exec.Cmd
	worker   *exec.Cmd
	nginx    func(...string) error
	traefik  *traefik // nil if not started

	natsAddr, apiAddr, workerAddr, webAddr string
}

// start returns the portal; the first call starts it.
func start(t *testing.T) *portal {
	t.Helper()
	if testing.Short() {
		t.Skip("starts Postgres, NATS and nginx")
	}
	site.once.Do(func() { site.err = site.open() })
	if site.err != nil {
		t.Fatal(site.err)
	}
	return site
}

func (p *portal) open() (err error) {
	for _, addr := range []*string{&p.natsAddr, &p.apiAddr, &p.workerAddr, &p.webAddr} {
		if *addr, err = devtest.FreeAddr(); err != nil {
			return err
		}
	}
	for _, begin := range []func() error{p.startNATS, p.startPostgres, p.startAPI, p.startWorker, p.startWeb} {
		if err := begin(); err != nil {
			return err
		}
	}
	return nil
}

func (p *portal) close() error {
	return errors.Join(p.traefik.close(), p.stopWeb(), stop(p.worker), stop(p.api), p.stopPostgres(), p.stopNATS())
}

func (p *portal) startNATS() (err error) {
	p.nats, err = devstack.StartNATS(context.Background(), devstack.NATSConfig{Addr: p.natsAddr, Dir: filepath.Join(p.dir, "nats")})
	return err
}

func (p *portal) stopNATS() error {
	if p.nats != nil {
		p.nats.Close()
	}
	return nil
}

func (p *portal) startPostgres() (err error) {
	p.postgres, err = devstack.StartPostgres(context.Background(), devstack.PostgresConfig{Dir: filepath.Join(p.dir, "postgres"), Disposable: true})
	return err
}

func (p *portal) stopPostgres() error {
	if p.postgres == nil {
		return nil
	}
	return p.postgres.Close()
}

func (p *portal) startAPI() (err error) {
	p.api, err = p.launch("catalog-api", "PORTAL_HTTP="+p.apiAddr, "PORTAL_METRICS=127.0.0.1:0", "PORTAL_HOSTS="+ownNames(),
		"PORTAL_DATABASE_URL="+p.postgres.URL(), "PORTAL_NATS_URL="+p.nats.URL())
	if err != nil {
		return err
	}
	return await("catalog-api is healthy", "http://"+p.apiAddr+"/api/health")
}

// ownNames returns the names that the portal answers to: those of the tests, but for unnamed.
func ownNames() string {
	names := []string{"portal", "resolver", "strip", "only-api", "no-server", "wrong-port", "loop", "late", "disconnected", "dead", "self-signed", "expired", "other-name", "absent"}
	for i := range names {
		names[i] += ".doctor.test"
	}
	return strings.Join(append(names, "*.elsewhere.test"), ",")
}

// addService adds a probed service, unless it exists.
func (p *portal) addService(t *testing.T) {
	t.Helper()
	resp, err := http.Post("http://"+p.apiAddr+"/api/services", "application/json",
		strings.NewReader(`{"name":"billing","status_url":"http://127.0.0.1:9/","interval":"10s"}`))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusCreated && resp.StatusCode != http.StatusConflict {
		t.Fatalf("add a service: %s", resp.Status)
	}
}

func (p *portal) startWorker() (err error) {
	p.worker, err = p.launch("health-worker", "PORTAL_METRICS="+p.workerAddr, "PORTAL_NATS_URL="+p.nats.URL(), "PORTAL_TIMEOUT=2s")
	if err != nil {
		return err
	}
	return await("the worker is ready", "http://"+p.workerAddr+"/readyz")
}

// startWeb runs the machine's nginx with the project's configuration. Only the port and
// the folders are replaced.
func (p *portal) startWeb() error {
	program, err := exec.LookPath("nginx")
	if err != nil {
		return fmt.Errorf("nginx is not installed, and it is what serves the page: %w", err)
	}
	const source = "../../services/web/"
	text, err := os.ReadFile(source + "nginx.conf")
	if err != nil {
		return err
	}
	dir := filepath.Join(p.dir, "web")
	if err := os.CopyFS(filepath.Join(dir, "html"), os.DirFS(source+"public")); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	conf := filepath.Join(dir, "nginx.conf")
	replaced := strings.NewReplacer("listen 8080;", "listen "+p.webAddr+";", "root /usr/share/nginx/html", "root "+filepath.Join(dir, "html"),
		" /tmp/", " "+dir+"/", "/dev/stderr", filepath.Join(dir, "error.log"), "/dev/stdout", filepath.Join(dir, "access.log"))
	if err := os.WriteFile(conf, []byte(replaced.Replace(string(text))), 0o644); err != nil {
		return err
	}
	p.nginx = func(args ...string) error {
		args = append([]string{"-c", conf, "-e", filepath.Join(dir, "error.log")}, args...)
		return exec.Command(program, args...).Run()
	}
	if err := p.nginx(); err != nil { // it goes to the background once it listens
		p.nginx = nil
		return fmt.Errorf("start nginx: %w", err)
	}
	return nil
}

func (p *portal) stopWeb() error {
	if p.nginx == nil {
		return nil
	}
	if err := p.nginx("-s", "stop"); err != nil {
		return err
	}
	return awaitClosed(p.webAddr)
}

// launch starts a command with only the given variables.
func (p *portal) launch(command string, env ...string) (*exec.Cmd, error) {
	log, err := os.Create(filepath.Join(p.dir, command+".log"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // the command has its own handle
	cmd := exec.Command(filepath.Join(bin, command))
	cmd.Env, cmd.Stderr = append(env, "PATH="+os.Getenv("PATH")), log
	return cmd, cmd.Start()
}

// stop ends a command as an operator does. cmd is nil if it was never started.
func stop(cmd *exec.Cmd) error {
	if cmd == nil || cmd.ProcessState != nil {
		return nil
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	late := time.AfterFunc(waitTimeout, func() { _ = cmd.Process.Kill() })
	defer late.Stop()
	return cmd.Wait()
}

// await polls url until the answer is 200.
func await(what, url string) error {
	client := http.Client{Timeout: 2 * time.Second}
	return poll(what, func() bool {
		resp, err := client.Get(url)
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
}

func awaitClosed(addr string) error {
	return poll(addr+" is closed", func() bool {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	})
}

func poll(what string, done func() bool) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(waitTimeout); !done(); <-tick.C {
		if time.Now().After(deadline) {
			return fmt.Errorf("timed out waiting until %s", what)
		}
	}
	return nil
}
