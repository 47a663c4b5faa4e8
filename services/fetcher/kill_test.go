package fetcher_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// process runs the program itself until it is killed, or the test ends.
func (s *system) process(program string) *os.Process {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), program)
	cmd.Env = append(os.Environ(), "PORTAL_NATS_URL="+s.url, "PORTAL_FORGES="+s.cfg.Forges[0])
	cmd.Stderr = s.t.Output()
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may be gone
		_ = cmd.Wait()         // by the signal
	})
	return cmd.Process
}

// A process that is killed while the forge answers, or when the broker has just stored what it
// said, loses nothing, and the next one says nothing twice.
func TestKilledProcessLosesNothingAndRepeatsNothing(t *testing.T) {
	program := filepath.Join(t.TempDir(), "fetcher")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./cmd/fetcher").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s := newSystem(t, "github")
	s.forge.Publish("example/billing", release("v1", 0))
	s.forge.Publish("example/ledger", release("w1", 0))

	var victim atomic.Pointer[os.Process]
	killed := make(chan struct{}, 1)
	s.forge.Answer("example/billing", func(http.ResponseWriter, *http.Request) {
		for victim.Load() == nil { // it asks sooner than the test has it
			time.Sleep(time.Millisecond)
		}
		if err := victim.Load().Kill(); err != nil {
			t.Error(err)
		}
		killed <- struct{}{}
	})
	s.link(billing, 1, s.forge.URL+"/example/billing")
	victim.Store(s.process(program))
	<-killed
	s.forge.Answer("example/billing", nil)
	second := s.process(program)
	s.want("after a kill while the forge answers", billing, "v1")
	if err := second.Kill(); err != nil { // the broker has stored it, and that may be all
		t.Fatal(err)
	}
	s.forge.Requests()

	s.process(program)
	s.link(ledger, 1, s.forge.URL+"/example/ledger")
	s.want("what is new", ledger, "w1")
	for _, r := range s.forge.Requests() {
		if r.Path != "/api/v3/repos/example/ledger/releases" {
			t.Errorf("what is known is asked for again: %+v", r)
		}
	}
	stream, err := s.js.Stream(t.Context(), events.StreamFetched)
	if err != nil {
		t.Fatal(err)
	}
	info, err := stream.Info(t.Context(), jetstream.WithSubjectFilter(">"))
	if err != nil || info.State.LastSeq != 2 {
		t.Errorf("the stream has stored %d messages (%v), want one of each service", info.State.LastSeq, err)
	}
}
