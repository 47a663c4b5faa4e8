package standalone_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
)

// recovery is the time within which everything works again after the cause of a failure is
// removed.
const recovery = 45 * time.Second

func TestRecoveryFromAFullDisk(t *testing.T) {
	if testing.Short() {
		t.Skip("starts Postgres")
	}
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer target.Close()
	disk := devtest.NewDisk(t, 256<<20)
	log := &heard{words: "NATS cannot store", is: make(chan struct{})}
	cfg := config(t)
	cfg.Dir, cfg.Interval, cfg.Log = filepath.Join(disk.Dir, "data"), "10s", slog.New(slog.NewTextHandler(log, nil))
	portal := start(t, cfg)
	defer portal.stop()
	for n := range 40 { // their results don't fit in the last page of a file
		registerAndSee(t, portal, target.URL, fmt.Sprint("before-", n))
	}

	disk.Fill()
	select {
	case <-log.is:
	case <-time.After(recovery):
		t.Fatal("a full disk did not keep NATS from storing")
	}
	disk.Free()
	registerAndSee(t, portal, target.URL, "after")
}

func TestRecoveryFromAKilledPostgres(t *testing.T) {
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer target.Close()
	cfg := config(t)
	portal := start(t, cfg)
	defer portal.stop()
	data, err := os.ReadFile(filepath.Join(cfg.Dir, "postgres", "cluster", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(data), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	registerAndSee(t, portal, target.URL, "after")
}

// registerAndSee registers a service, and waits until a probe's result is in the
// catalogue, which needs every part of the portal.
func registerAndSee(t *testing.T, portal running, url, name string) {
	t.Helper()
	body := []byte(`{"name":"` + name + `","status_url":"` + url + `"}`)
	deadline := time.Now().Add(recovery)
	registered := false
	for tick := time.Tick(100 * time.Millisecond); ; <-tick {
		if !registered {
			registered = answered(http.MethodPost, portal.at.API+"/services", body, `"id"`)
		}
		if registered && answered(http.MethodGet, portal.at.API+"/services?q="+name, nil, `"status":"healthy"`) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%q is not probed within %s (registered: %v)", name, recovery, registered)
		}
	}
}

// answered reports whether a request succeeds and its answer contains words.
func answered(method, url string, body []byte, words string) bool {
	req, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		return false
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := (&http.Client{Timeout: 5 * time.Second}).Do(req)
	if err != nil {
		return false
	}
	defer func() { _ = res.Body.Close() }()
	var text bytes.Buffer
	if _, err := text.ReadFrom(res.Body); err != nil {
		return false
	}
	return res.StatusCode < http.StatusMultipleChoices && strings.Contains(text.String(), words)
}

// heard is a log writer that signals when a line contains words.
type heard struct {
	words string
	is    chan struct{} // closed when the words were logged

	once sync.Once
}

func (h *heard) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte(h.words)) {
		h.once.Do(func() { close(h.is) })
	}
	return len(line), nil
}
