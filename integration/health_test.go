package integration

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// health is an answer of /api/health.
type health struct {
	code   int
	Checks []struct{ Name, Status, Detail, Cure string }
}

// health requests /api/health. Without an answer, it returns a health that is not ok and
// has no checks.
func (s *system) health() (h health) {
	code, body, err := s.try("GET", "/api/health", nil)
	if err != nil {
		return health{}
	}
	h.code = code
	if err := json.Unmarshal(body, &h); err != nil {
		s.t.Errorf("GET /api/health: %d %s: %v", code, body, err)
	}
	return h
}

func (h health) ok() bool { return h.code == http.StatusOK }

// says reports whether a check fails, and its detail and cure contain words.
func (h health) says(name, words string) bool {
	for _, c := range h.Checks {
		if c.Name == name && c.Status != "ok" && strings.Contains(c.Detail+" "+c.Cure, words) {
			return !h.ok()
		}
	}
	return false
}

func (h health) String() string {
	out := fmt.Sprint(h.code)
	for _, c := range h.Checks {
		if c.Status != "ok" {
			out += fmt.Sprintf("; %s: %s", c.Name, c.Detail)
		}
	}
	return out
}

// red waits for a check to fail, at most so long.
func (s *system) red(most time.Duration, name, words string) time.Duration {
	s.t.Helper()
	began := time.Now()
	s.awaitHealth(most, name+" fails: "+words, func(h health) bool { return h.says(name, words) })
	return time.Since(began).Round(100 * time.Millisecond)
}

// green waits until health is ok, at most so long.
func (s *system) green(most time.Duration) time.Duration {
	s.t.Helper()
	began := time.Now()
	s.awaitHealth(most, "all works", health.ok)
	return time.Since(began).Round(100 * time.Millisecond)
}

func (s *system) awaitHealth(most time.Duration, what string, wanted func(health) bool) {
	s.t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(most); ; <-tick.C {
		h := s.health()
		if wanted(h) {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("not within %s: %s. Health is %s", most, what, h)
		}
	}
}

func TestHealthDetectsAHangingNATS(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts Postgres and NATS")
	}
	broker := newNATSServer(t, t.TempDir())
	s := startOn(t, broker, parts.database(t))
	s.green(waitTimeout)
	broker.signal(syscall.SIGSTOP)
	s.red(waitTimeout, "nats", "restart it if it hangs")
	broker.signal(syscall.SIGCONT)
	s.green(waitTimeout)
}
