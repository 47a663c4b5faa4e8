package main

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
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"
)

// portal is a catalog-api on a Postgres and a NATS of its own, each a process.
type portal struct {
	dir      string
	api      string // base URL
	natsURL  string
	database string

	processes map[string]*exec.Cmd // by part
	order     []string             // in which they were started
}

// startPortal starts everything but workers.
func startPortal(ctx context.Context) (p *portal, err error) {
	p = &portal{processes: map[string]*exec.Cmd{}}
	if p.dir, err = os.MkdirTemp("", "bench-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	if err := os.Chmod(p.dir, 0o755); err != nil { // Postgres runs as another user where this one is root
		return p, err
	}
	for _, command := range []string{"catalog-api", "health-worker"} {
		build := exec.CommandContext(ctx, "go", "build", "-o", p.dir, "./services/"+command+"/cmd/"+command)
		if out, err := build.CombinedOutput(); err != nil {
			return p, fmt.Errorf("build %s (run from the project's folder): %w\n%s", command, err, out)
		}
	}
	if p.natsURL, err = p.role("nats", filepath.Join(p.dir, "nats")); err != nil {
		return p, err
	}
	if p.database, err = p.role("postgres", filepath.Join(p.dir, "postgres")); err != nil {
		return p, err
	}
	addr, err := freeAddr()
	if err != nil {
		return p, err
	}
	p.api = "http://" + addr
	return p, p.command(ctx, "catalog-api", p.api+"/api/health",
		"PORTAL_HTTP="+addr, "PORTAL_NATS_URL="+p.natsURL, "PORTAL_DATABASE_URL="+p.database,
		"PORTAL_RATE_LIMIT=-1", "PORTAL_STREAM_LIMIT=-1") // one machine is all of its clients
}

// worker starts the health-worker.
func (p *portal) worker(ctx context.Context) error {
	addr, err := freeAddr()
	if err != nil {
		return err
	}
	return p.command(ctx, "health-worker", "http://"+addr+"/readyz", "PORTAL_METRICS="+addr, "PORTAL_NATS_URL="+p.natsURL)
}

// jetStream connects to the portal's broker. The caller closes the connection.
func (p *portal) jetStream() (jetstream.JetStream, error) {
	nc, err := nats.Connect(p.natsURL)
	if err != nil {
		return nil, err
	}
	js, err := jetstream.New(nc)
	if err != nil {
		nc.Close()
	}
	return js, err
}

// command starts a command of the portal, and waits until ready answers 200.
// What it logs goes to a file in the portal's folder.
func (p *portal) command(ctx context.Context, name, ready string, env ...string) error {
	log, err := os.Create(filepath.Join(p.dir, name+".log"))
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the process has its own handle
	cmd := exec.Command(filepath.Join(p.dir, name))
	cmd.Env, cmd.Stderr = append(os.Environ(), env...), log
	if err := cmd.Start(); err != nil {
		return err
	}
	p.add(name, cmd)
	return until(ctx, name+" is ready", func() bool { return get(ready) == nil })
}

func (p *portal) add(name string, cmd *exec.Cmd) {
	p.processes[name] = cmd
	p.order = append(p.order, name)
}

// stop ends one part and waits for it.
func (p *portal) stop(name string) error {
	cmd := p.processes[name]
	if cmd == nil {
		return nil
	}
	delete(p.processes, name)
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("stop %s: %w", name, err)
	}
	return nil
}

// close stops every part, the last started first, and removes the data.
func (p *portal) close() (err error) {
	for i := len(p.order) - 1; i >= 0; i-- {
		err = errors.Join(err, p.stop(p.order[i]))
	}
	return errors.Join(err, os.RemoveAll(p.dir))
}

// pause waits.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// create adds n services, which fields describes.
func (p *portal) create(ctx context.Context, n int, fields func(i int) map[string]any) error {
	g, ctx := errgroup.WithContext(ctx)
	var next atomic.Int64
	for range 16 {
		g.Go(func() error {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if _, err := p.write(ctx, http.MethodPost, "/api/services", fields(i)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}

// write sends a change and returns the service's id.
func (p *portal) write(ctx context.Context, method, path string, fields map[string]any) (id string, err error) {
	_, body, err := p.send(ctx, method, path, fields)
	if err != nil {
		return "", err
	}
	var svc struct{ ID string }
	err = json.Unmarshal(body, &svc)
	return svc.ID, err
}

// send sends a write, and returns the cookies and the body of the answer.
func (p *portal) send(ctx context.Context, method, path string, fields map[string]any) ([]*http.Cookie, []byte, error) {
	raw, err := json.Marshal(fields)
	if err != nil {
		return nil, nil, err
	}
	req, err := http.NewRequestWithContext(ctx, method, p.api+path, bytes.NewReader(raw))
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, nil, err
	}
	if resp.StatusCode >= 300 {
		return nil, nil, fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, body)
	}
	return resp.Cookies(), body, nil
}

// createKey makes a viewer's API key.
func (p *portal) createKey(ctx context.Context) (string, error) {
	create := exec.CommandContext(ctx, filepath.Join(p.dir, "catalog-api"), "keys", "create", "--name", "bench")
	create.Env = append(os.Environ(), "PORTAL_DATABASE_URL="+p.database)
	key, err := create.Output()
	if err != nil {
		return "", fmt.Errorf("make an API key: %w", err)
	}
	return strings.TrimSpace(string(key)), nil
}

func get(url string) error {
	resp, err := http.Get(url)
	if err != nil {
		return err
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return errors.New(resp.Status)
	}
	return nil
}

func until(ctx context.Context, what string, done func() bool) error {
	deadline := time.After(2 * time.Minute)
	for !done() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-deadline:
			return fmt.Errorf("in vain: waiting until %s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}

func freeAddr() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return ln.Addr().String(), ln.Close()
}

// signIn signs in with a key, and returns the header Cookie of the session.
func (p *portal) signIn(ctx context.Context, key string) (string, error) {
	cookies, _, err := p.send(ctx, http.MethodPost, "/api/session", map[string]any{"key": key})
	if err != nil {
		return "", fmt.Errorf("sign in with an API key: %w", err)
	}
	if len(cookies) != 1 {
		return "", fmt.Errorf("sign in with an API key: %d cookies", len(cookies))
	}
	return cookies[0].Name + "=" + cookies[0].Value, nil
}
