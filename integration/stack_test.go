package integration

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/testcontainers/testcontainers-go"

	"github.com/dev-portal/dev-portal/pkg/devstack"
	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
)

// stack provides the tests' Postgres and NATS.
type stack interface {
	fmt.Stringer
	open(dir string) error
	close() error

	// broker starts a NATS server for this test only.
	broker(t *testing.T) server
	// postgres starts a Postgres for this test only.
	postgres(t *testing.T) postgresServer
	// database creates an empty database in the shared Postgres.
	database(t *testing.T) string
}

// server is a server that a test can stop and start. Its address stays the same.
type server interface {
	url() string
	stop()
	start()
	wipe() // deletes all data; the server must be stopped
}

// postgresServer is a server whose data can be dumped and restored.
type postgresServer interface {
	server
	// command runs a program of Postgres on the database with input, and returns its output.
	command(program string, input []byte) []byte
}

// choose returns containers if a Docker engine has the images or can pull them, otherwise
// local processes. PORTAL_TEST_STACK=docker|local overrides it.
func choose(ctx context.Context) (chosen stack, why string, err error) {
	switch wish := os.Getenv("PORTAL_TEST_STACK"); wish {
	case "local":
		return &local{}, "PORTAL_TEST_STACK=local", nil
	case "docker":
		return &docker{}, "PORTAL_TEST_STACK=docker", nil
	case "":
	default:
		return nil, "", fmt.Errorf("PORTAL_TEST_STACK is %q; it must be docker, local or empty", wish)
	}
	provider, err := testcontainers.NewDockerProvider()
	if err != nil {
		return &local{}, "no Docker engine answers", nil
	}
	defer func() { _ = provider.Close() }()
	if err := provider.Health(ctx); err != nil {
		return &local{}, "no Docker engine answers", nil
	}
	for _, image := range []string{postgresImage, natsImage} {
		if err := available(ctx, provider, image); err != nil {
			return &local{}, "the Docker engine has no " + image + " and cannot pull it", nil
		}
	}
	return &docker{}, "a Docker engine answers", nil
}

func available(ctx context.Context, provider *testcontainers.DockerProvider, image string) error {
	if _, err := provider.Client().ImageInspect(ctx, image); err == nil {
		return nil
	}
	return provider.PullImage(ctx, image)
}

// local runs Postgres from the machine's binaries, and NATS in the test's own process.
type local struct {
	dir    string
	shared *devstack.Postgres
	made   atomic.Int64
}

func (*local) String() string { return "local processes" }

func (l *local) open(dir string) (err error) {
	l.dir = dir
	l.shared, err = devstack.StartPostgres(context.Background(), devstack.PostgresConfig{
		Dir: filepath.Join(dir, "shared"), Disposable: true,
	})
	return err
}

func (l *local) close() error { return l.shared.Close() }

func (l *local) database(t *testing.T) string {
	name := fmt.Sprintf("test_%d", l.made.Add(1))
	createDatabase(t, l.shared.DatabaseURL("postgres"), name)
	return l.shared.DatabaseURL(name)
}

func (l *local) postgres(t *testing.T) postgresServer {
	s := &localPostgres{t: t, dir: filepath.Join(l.dir, fmt.Sprintf("own_%d", l.made.Add(1)))}
	s.start()
	t.Cleanup(s.stop)
	return s
}

func (l *local) broker(t *testing.T) server {
	s := &localNATS{t: t, addr: freeAddr(t), dir: t.TempDir()}
	s.start()
	t.Cleanup(s.stop)
	return s
}

type localPostgres struct {
	t   *testing.T
	dir string
	pg  *devstack.Postgres
}

func (s *localPostgres) url() string { return s.pg.URL() }

func (s *localPostgres) start() {
	s.t.Helper()
	pg, err := devstack.StartPostgres(context.WithoutCancel(s.t.Context()), devstack.PostgresConfig{Dir: s.dir})
	if err != nil {
		s.t.Fatal(err)
	}
	s.pg = pg
}

func (s *localPostgres) stop() {
	if err := s.pg.Close(); err != nil {
		s.t.Errorf("stop Postgres: %v", err)
	}
}

func (s *localPostgres) wipe() { wipe(s.t, s.dir) }

func (s *localPostgres) command(program string, input []byte) []byte {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), program, "--dbname="+s.url())
	cmd.Stdin, cmd.Stderr = bytes.NewReader(input), s.t.Output()
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("%s: %v", program, err)
	}
	return out
}

type localNATS struct {
	t    *testing.T
	addr string
	dir  string
	nats *devstack.NATS
}

func (s *localNATS) url() string { return "nats://" + s.addr }

func (s *localNATS) start() {
	s.t.Helper()
	srv, err := devstack.StartNATS(context.WithoutCancel(s.t.Context()), devstack.NATSConfig{Addr: s.addr, Dir: s.dir})
	if err != nil {
		s.t.Fatal(err)
	}
	s.nats = srv
}

func (s *localNATS) stop() { s.nats.Close() }

func (s *localNATS) wipe() { wipe(s.t, s.dir) }

func wipe(t *testing.T, dir string) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
}

func freeAddr(t *testing.T) string {
	t.Helper()
	addr, err := devtest.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	return addr
}
