package integration

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// waitTimeout is how long a test waits for an event. It is not a performance requirement:
// a loaded machine may be slow.
const waitTimeout = 60 * time.Second

// process is a command of the portal that runs until it is stopped or killed.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	logs chan struct{} // closed when all of the output was read
	over bool

	metrics string // the address of a worker's metrics
}

// launch starts a command with only the given variables. Its output is shown if the test
// fails.
func launch(t *testing.T, command string, env ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(filepath.Join(bin, command)), logs: make(chan struct{})}
	p.cmd.Env = append(env, "PATH="+os.Getenv("PATH"))
	out, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go p.copyLog(out)
	t.Cleanup(p.stop)
	return p
}

func (p *process) copyLog(out io.Reader) {
	defer close(p.logs)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		p.t.Log(filepath.Base(p.cmd.Path) + ": " + lines.Text())
	}
}

// stop ends the process, and fails the test unless it ends cleanly.
func (p *process) stop() {
	if p.over {
		return
	}
	p.over = true
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	late := time.AfterFunc(waitTimeout, func() { _ = p.cmd.Process.Kill() })
	defer late.Stop()
	<-p.logs
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("%s did not stop cleanly: %v", p.cmd.Path, err)
	}
}

// kill kills the process, without a chance to clean up.
func (p *process) kill() {
	p.t.Helper()
	p.over = true
	if err := p.cmd.Process.Kill(); err != nil {
		p.t.Fatal(err)
	}
	<-p.logs
	var exit *exec.ExitError
	if err := p.cmd.Wait(); !errors.As(err, &exit) {
		p.t.Fatalf("%s ended with %v", p.cmd.Path, err)
	}
}

// eventually polls until done is true. It polls often, because there is no signal to wait
// for instead.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	within(t, waitTimeout, what, done)
}

// within is eventually with another timeout.
func within(t *testing.T, timeout time.Duration, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(timeout); !done(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("timed out waiting until %s", what)
		}
	}
}

// answers reports whether a GET of url returns 200.
func answers(url string) bool {
	client := http.Client{Timeout: 2 * time.Second}
	resp, err := client.Get(url)
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}
