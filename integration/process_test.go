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

// patience is how long a test waits for what must come. It says nothing about
// how fast that is: a loaded machine may need it.
const patience = 60 * time.Second

// process is a command of the portal that runs until it is stopped or killed.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	logs chan struct{} // closed when all of the output was read
	over bool

	metrics string // a worker's address of its metrics
}

// launch starts a command with the variables given and no others. Its output
// is shown if the test fails.
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

// stop asks the process to end, and fails the test if it doesn't do so cleanly.
func (p *process) stop() {
	if p.over {
		return
	}
	p.over = true
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	late := time.AfterFunc(patience, func() { _ = p.cmd.Process.Kill() })
	defer late.Stop()
	<-p.logs
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("%s did not stop cleanly: %v", p.cmd.Path, err)
	}
}

// kill ends the process without a chance to do anything.
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

// eventually waits until done is true. It asks often: what it waits for sends
// no signal that a test could wait for instead.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !done(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("in vain: waiting until %s", what)
		}
	}
}

// answers says whether a GET of url is answered with 200.
func answers(url string) bool {
	client := http.Client{Timeout: 2 * time.Second}
	resp, err := client.Get(url)
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}
