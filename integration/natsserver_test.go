package integration

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	natsrules "github.com/dev-portal/dev-portal/deploy/nats"
)

// operator is a user of a natsServer with all permissions.
const operator = "operator"

// natsServer is NATS as deployed: a separate program with the rules of deploy/nats. Tests
// can suspend it, and change its passwords.
type natsServer struct {
	t      *testing.T
	addr   string
	dir    string // of the streams
	config string
	cmd    *exec.Cmd
}

// natsProgram is the program, built once by the first test that needs it.
var natsProgram = sync.OnceValues(func() (string, error) {
	path := filepath.Join(bin, "nats-server")
	out, err := exec.Command("go", "build", "-o", path, "github.com/nats-io/nats-server/v2").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build nats-server: %w\n%s", err, out)
	}
	return path, nil
})

// newNATSServer starts a server that keeps its streams in dir.
func newNATSServer(t *testing.T, dir string) *natsServer {
	t.Helper()
	n := &natsServer{t: t, addr: freeAddr(t), dir: dir, config: filepath.Join(t.TempDir(), "nats.conf")}
	n.change("right")
	n.start()
	t.Cleanup(n.end)
	return n
}

// as returns the URL for a user.
func (n *natsServer) as(user string) string {
	return (&url.URL{Scheme: "nats", User: url.UserPassword(user, "right"), Host: n.addr}).String()
}

func (n *natsServer) url() string { return n.as(operator) }

// change changes the password of the services' users, which disconnects them. They use
// the password "right".
func (n *natsServer) change(password string) {
	n.t.Helper()
	const firstUsers = "users: [\n"
	conf := strings.Replace(natsrules.Config, firstUsers, firstUsers+"      { user: "+operator+", password: right }\n", 1)
	conf = strings.NewReplacer(
		`"0.0.0.0:4222"`, `"`+n.addr+`"`, `http: "0.0.0.0:8222"`, "", `"/data"`, `"`+n.dir+`"`,
		"$NATS_SUBSCRIBER_PASSWORD", "right",
	).Replace(conf)
	for _, name := range natsrules.PasswordVariables() {
		conf = strings.ReplaceAll(conf, "$"+name, password)
	}
	if err := os.WriteFile(n.config, []byte(conf), 0o600); err != nil {
		n.t.Fatal(err)
	}
	if n.cmd != nil {
		n.signal(syscall.SIGHUP)
	}
}

func (n *natsServer) start() {
	n.t.Helper()
	program, err := natsProgram()
	if err != nil {
		n.t.Fatal(err)
	}
	n.cmd = exec.Command(program, "--config", n.config)
	n.cmd.Stdout, n.cmd.Stderr = io.Discard, io.Discard
	if err := n.cmd.Start(); err != nil {
		n.t.Fatal(err)
	}
	eventually(n.t, "NATS listens", func() bool {
		conn, err := net.Dial("tcp", n.addr)
		if err != nil {
			return false
		}
		return conn.Close() == nil
	})
}

func (n *natsServer) stop() {
	n.t.Helper()
	n.signal(syscall.SIGTERM)
	late := time.AfterFunc(waitTimeout, func() { _ = n.cmd.Process.Kill() })
	defer late.Stop()
	_ = n.cmd.Wait() // its exit code is 1 after a signal
}

func (n *natsServer) wipe() { wipe(n.t, n.dir) }

func (n *natsServer) signal(s syscall.Signal) {
	n.t.Helper()
	if err := n.cmd.Process.Signal(s); err != nil {
		n.t.Fatal(err)
	}
}

// end ends the server, in whatever state a test left it.
func (n *natsServer) end() {
	if err := n.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		n.t.Error(err)
	}
	_ = n.cmd.Wait()
}
