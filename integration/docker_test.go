package integration

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/lib/pq" // to create databases
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/testcontainers/testcontainers-go"
	tcexec "github.com/testcontainers/testcontainers-go/exec"
	"github.com/testcontainers/testcontainers-go/wait"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
)

// The images that a deployment of the portal runs on.
const (
	postgresImage = "postgres:16-alpine"
	natsImage     = "nats:2.15-alpine"
)

const containerStart = 60 * time.Second

// docker runs each server in a container, with testcontainers.
type docker struct {
	shared *dockerServer
	made   atomic.Int64
}

func (*docker) String() string { return "containers" }

func (d *docker) open(string) (err error) {
	d.shared, err = newPostgres(context.Background())
	return err
}

func (d *docker) close() error { return testcontainers.TerminateContainer(d.shared.container) }

func (d *docker) database(t *testing.T) string {
	name := fmt.Sprintf("test_%d", d.made.Add(1))
	createDatabase(t, d.shared.url(), name)
	return strings.Replace(d.shared.url(), "/portal?", "/"+name+"?", 1)
}

func (d *docker) postgres(t *testing.T) postgresServer { return own(t, newPostgres) }

func (d *docker) broker(t *testing.T) server { return own(t, newNATS) }

// own starts a server for one test.
func own(t *testing.T, make func(context.Context) (*dockerServer, error)) *dockerServer {
	t.Helper()
	s, err := make(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.t = t
	testcontainers.CleanupContainer(t, s.container)
	return s
}

// dockerServer is a container whose port is published at an address that stays the same
// after a restart.
type dockerServer struct {
	t         *testing.T // nil if shared by all tests
	container testcontainers.Container
	recreate  func(context.Context) (testcontainers.Container, error)
	wiped     bool
	format    string // of the URL, around the address
	address   string
}

func (s *dockerServer) url() string { return fmt.Sprintf(s.format, s.address) }

func (s *dockerServer) stop() {
	s.t.Helper()
	grace := 5 * time.Second
	if err := s.container.Stop(context.WithoutCancel(s.t.Context()), &grace); err != nil {
		s.t.Fatal(err)
	}
}

func (s *dockerServer) start() {
	s.t.Helper()
	if !s.wiped {
		if err := s.container.Start(s.t.Context()); err != nil {
			s.t.Fatal(err)
		}
		return
	}
	c, err := s.recreate(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	testcontainers.CleanupContainer(s.t, c)
	s.container, s.wiped = c, false
}

func (s *dockerServer) wipe() {
	s.t.Helper()
	if err := testcontainers.TerminateContainer(s.container); err != nil {
		s.t.Fatal(err)
	}
	s.wiped = true
}

func (s *dockerServer) command(program string, input []byte) []byte {
	s.t.Helper()
	const file = "/tmp/input"
	ctx := s.t.Context()
	if err := s.container.CopyToContainer(ctx, input, file, 0o644); err != nil {
		s.t.Fatal(err)
	}
	shell := []string{"sh", "-c", program + " --dbname=postgres://portal:portal@127.0.0.1/portal <" + file}
	code, out, err := s.container.Exec(ctx, shell, tcexec.Multiplexed())
	if err != nil {
		s.t.Fatal(err)
	}
	text, err := io.ReadAll(out)
	if err != nil || code != 0 {
		s.t.Fatalf("%s: exit code %d, %v: %s", program, code, err, text)
	}
	return text
}

func newPostgres(ctx context.Context) (*dockerServer, error) {
	return newServer(ctx, "postgres://portal:portal@%s/portal?sslmode=disable", "5432/tcp", testcontainers.ContainerRequest{
		Image: postgresImage,
		Env:   map[string]string{"POSTGRES_USER": "portal", "POSTGRES_PASSWORD": "portal", "POSTGRES_DB": "portal"},
		// The first start creates the cluster, and starts the server twice.
		WaitingFor: wait.ForSQL("5432/tcp", "postgres", func(host string, port network.Port) string {
			return fmt.Sprintf("postgres://portal:portal@%s/portal?sslmode=disable", net.JoinHostPort(host, port.Port()))
		}).WithStartupTimeout(containerStart),
	})
}

func newNATS(ctx context.Context) (*dockerServer, error) {
	return newServer(ctx, "nats://%s", "4222/tcp", testcontainers.ContainerRequest{
		Image:      natsImage,
		Cmd:        []string{"--jetstream", "--store_dir", "/tmp/jetstream"},
		WaitingFor: wait.ForListeningPort("4222/tcp").WithStartupTimeout(containerStart),
	})
}

// newServer starts a container whose address stays the same when it is recreated.
func newServer(ctx context.Context, format, port string, req testcontainers.ContainerRequest) (*dockerServer, error) {
	addr, err := devtest.FreeAddr()
	if err != nil {
		return nil, err
	}
	_, published, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	req.ExposedPorts = []string{port}
	req.HostConfigModifier = func(hc *container.HostConfig) {
		hc.PortBindings = network.PortMap{network.MustParsePort(port): {{HostIP: netip.IPv4Unspecified(), HostPort: published}}}
	}
	create := func(ctx context.Context) (testcontainers.Container, error) {
		return testcontainers.GenericContainer(ctx, testcontainers.GenericContainerRequest{ContainerRequest: req, Started: true})
	}
	c, err := create(ctx)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", req.Image, err)
	}
	host, err := c.Host(ctx)
	if err != nil {
		return nil, err
	}
	return &dockerServer{container: c, recreate: create, format: format, address: net.JoinHostPort(host, published)}, nil
}

func createDatabase(t *testing.T, admin, name string) {
	t.Helper()
	db, err := sql.Open("postgres", admin)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), `CREATE DATABASE `+name+` TEMPLATE template0`); err != nil {
		t.Fatal(err)
	}
}
