package standalone_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/standalone"
)

func TestRestartKeepsAllData(t *testing.T) {
	cfg := config(t)
	first := start(t, cfg)
	created := call(t, http.MethodPost, first.at.API+"/services", `{"name":"billing","team":"Payments"}`, http.StatusCreated)
	first.stop()

	second := start(t, cfg)
	got := call(t, http.MethodGet, second.at.API+"/services/"+created["id"].(string), "", http.StatusOK)
	if got["name"] != "billing" || got["version"] != created["version"] {
		t.Errorf("found %v, want %v", got, created)
	}
	second.stop()
}

func TestFirstStartLogsNoWarning(t *testing.T) {
	cfg := config(t)
	var log bytes.Buffer // no data race: slog's handler writes one line at a time, and nothing after the stop
	cfg.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	start(t, cfg).stop()
	for line := range strings.Lines(log.String()) {
		if !strings.Contains(line, "Plaintext passwords") { // the server logs it for every file with passwords
			t.Error(line)
		}
	}
}

func TestPageAndAPIShareOneAddress(t *testing.T) {
	portal := start(t, config(t))
	defer portal.stop()
	if page := get(t, portal.at.Page+"/"); !strings.Contains(page, "<html") {
		t.Errorf("the page is %.100q", page)
	}
	if health := call(t, http.MethodGet, portal.at.API+"/health", "", http.StatusOK); health["status"] != "ok" {
		t.Errorf("health is %v", health)
	}
}

func TestDemoIsSeededBeforeReady(t *testing.T) {
	cfg := config(t)
	cfg.Demo = true
	for range 2 { // the second start adds nothing
		portal := start(t, cfg)
		if list := call(t, http.MethodGet, portal.at.API+"/services", "", http.StatusOK); list["total"] != 60.0 {
			t.Errorf("%v services, want 60", list["total"])
		}
		busy := 0
		for _, team := range call(t, http.MethodGet, portal.at.API+"/oncall", "", http.StatusOK)["items"].([]any) {
			busy += len(team.(map[string]any)["now"].([]any))
		}
		if busy != 4 {
			t.Errorf("%d are on call, want 4", busy)
		}
		portal.stop()
	}
}

func TestHangingProbeDoesNotDelayTheStop(t *testing.T) {
	asked := make(chan struct{}, 1)
	target := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-r.Context().Done()
	}))
	defer target.Close()
	defer target.CloseClientConnections() // the prober may outlive Run

	cfg := config(t)
	cfg.Timeout = 15 * time.Second
	cfg.Log = slog.New(slog.DiscardHandler) // for the same reason
	portal := start(t, cfg)
	call(t, http.MethodPost, portal.at.API+"/services", `{"name":"hangs","status_url":"`+target.URL+`"}`, http.StatusCreated)
	<-asked
	portal.stop() // stop fails the test if it takes 5 s
}

func TestStartFailsInOneSentence(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		change func(*standalone.Config)
		want   []string
	}{
		"the HTTP port is taken": {
			func(c *standalone.Config) { c.HTTPAddr = taken.Addr().String() },
			[]string{taken.Addr().String(), "is taken", "--http"},
		},
		"the NATS port is taken": {
			func(c *standalone.Config) { c.NATSAddr = taken.Addr().String() },
			[]string{taken.Addr().String(), "is taken", "--nats"},
		},
		"the address of the metrics is taken": {
			func(c *standalone.Config) { c.MetricsAddr = taken.Addr().String() },
			[]string{taken.Addr().String(), "is taken", "--metrics"},
		},
		"the data folder is a file": {
			func(c *standalone.Config) { c.Dir = file },
			[]string{file, "--data"},
		},
		"the database is not there": {
			func(c *standalone.Config) { c.DatabaseURL = "postgres://u:hunter2@127.0.0.1:1/db?sslmode=disable" },
			[]string{"--database-url", "refused"},
		},
		"the interval is not in the set": {
			func(c *standalone.Config) { c.Interval = "7s" },
			[]string{"--interval", "10s, 15s"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(t)
			cfg.HTTPAddr = "127.0.0.1:0"
			tc.change(&cfg)
			err := standalone.Run(t.Context(), cfg)
			if err == nil {
				t.Fatal("it ran")
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q lacks %q", err, want)
				}
			}
			if strings.ContainsAny(err.Error(), "\n") || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("error says too much: %q", err)
			}
		})
	}
}

func TestTwoPortalsCannotShareAFolder(t *testing.T) {
	cfg := config(t)
	portal := start(t, cfg)
	defer portal.stop()
	err := standalone.Run(t.Context(), cfg)
	if err == nil || !strings.Contains(err.Error(), "another portal (pid") {
		t.Errorf("the second one: %v", err)
	}
}

func TestStoppingWhileStartingIsClean(t *testing.T) {
	if testing.Short() {
		t.Skip("starts Postgres")
	}
	ctx, stop := context.WithTimeout(t.Context(), 300*time.Millisecond) // during initdb
	defer stop()
	cfg := config(t)
	if err := standalone.Run(ctx, cfg); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("stopped with %v", err)
	}
	start(t, cfg).stop()
}

// config returns a configuration with free ports and a new folder.
func config(t *testing.T) standalone.Config {
	t.Helper()
	return standalone.Config{
		HTTPAddr: "127.0.0.1:0", NATSAddr: "127.0.0.1:0", MetricsAddr: "127.0.0.1:0", Dir: t.TempDir(),
		Interval: events.DefaultInterval, Timeout: time.Second, Version: "test",
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
}

// running is a portal that a test started.
type running struct {
	at   standalone.Addresses
	stop func()
}

// start returns when the portal is ready. stop fails the test if the portal takes 5 s,
// or does not stop cleanly.
func start(t *testing.T, cfg standalone.Config) running {
	t.Helper()
	if testing.Short() {
		t.Skip("starts Postgres")
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ready, done := make(chan standalone.Addresses, 1), make(chan error, 1)
	cfg.Ready = func(at standalone.Addresses) { ready <- at }
	go func() { done <- standalone.Run(ctx, cfg) }()
	stopped := false
	stop := func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("portal: %v", err)
		}
	}
	t.Cleanup(stop)
	select {
	case at := <-ready:
		return running{at, stop}
	case err := <-done:
		stopped = true
		cancel()
		t.Fatalf("portal: %v", err)
		return running{}
	}
}

func call(t *testing.T, method, url, body string, want int) map[string]any {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewBufferString(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != want {
		t.Fatalf("%s %s: %s, want %d: %s (%v)", method, url, res.Status, want, data, err)
	}
	var got map[string]any
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatalf("%s %s: %v: %s", method, url, err, data)
	}
	return got
}

func get(t *testing.T, url string) string {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s (%v)", url, res.Status, err)
	}
	return string(data)
}

func TestKeysOfARunningPortal(t *testing.T) {
	cfg := config(t)
	cfg.Anonymous = "viewer"
	cfg.KeysFile = filepath.Join(t.TempDir(), "keys.json")
	command := func(args ...string) (code int, out, errs string) {
		var stdout, stderr bytes.Buffer
		code = standalone.KeysCommand(func(string) string { return "" }, &stdout, &stderr).Run(t.Context(), args)
		return code, strings.TrimSpace(stdout.String()), stderr.String()
	}
	if code, _, said := command("list", "--data", cfg.Dir); code != 1 || !strings.Contains(said, "start the portal first") {
		t.Errorf("without a portal: %d, %s", code, said)
	}
	_, inFile, _ := command("generate")
	write := func(keys string) {
		if err := os.WriteFile(cfg.KeysFile, []byte(`{"keys":[`+keys+`]}`), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"name":"from the file","role":"editor","key":"` + inFile + `"}`)
	portal := start(t, cfg)
	defer portal.stop()
	code, made, said := command("create", "--data", cfg.Dir, "--name", "admin", "--role", "admin")
	if code != 0 {
		t.Fatal(said)
	}
	as := func(key string) string {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, portal.at.API+"/me", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+key)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		var me struct{ Role string }
		if err := json.NewDecoder(res.Body).Decode(&me); err != nil {
			t.Fatal(err)
		}
		return me.Role
	}
	if admin, editor := as(made), as(inFile); admin != "admin" || editor != "editor" {
		t.Errorf("the keys have the roles %q and %q", admin, editor)
	}
	write("")
	for end := time.Now().Add(30 * time.Second); as(inFile) != ""; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("a key that left the file is valid")
		}
	}
	if code, _, said := command("revoke", "--data", cfg.Dir, "admin"); code != 0 {
		t.Error(said)
	}
	for end := time.Now().Add(30 * time.Second); as(made) != ""; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("a revoked key is valid")
		}
	}
}
