package devtest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// prometheusPatience is for the start of Prometheus, which takes a second.
const prometheusPatience = time.Minute

// Prometheus starts the machine's Prometheus for this test alone, which reads /metrics of a target,
// host:port, once a second, and stops it at the end of the test. It returns its URL, which has a
// path. With -short the test is skipped.
func Prometheus(tb testing.TB, target string) (url string) {
	tb.Helper()
	if testing.Short() {
		tb.Skip("starts Prometheus")
	}
	program, err := exec.LookPath("prometheus")
	if err != nil {
		tb.Fatalf("devtest: Prometheus is not installed (scripts/need prometheus), and it is what counts of calls are read from: %v", err)
	}
	addr, err := FreeAddr()
	if err != nil {
		tb.Fatal(err)
	}
	dir := tb.TempDir()
	config := fmt.Sprintf("global: {scrape_interval: 1s}\nscrape_configs: [{job_name: test, static_configs: [{targets: [%q]}]}]\n", target)
	if err := os.WriteFile(filepath.Join(dir, "prometheus.yml"), []byte(config), 0o600); err != nil {
		tb.Fatalf("devtest: %v", err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(tb.Context()), program, "--config.file="+filepath.Join(dir, "prometheus.yml"), "--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+addr, "--web.external-url=http://"+addr+"/prom/", "--log.level=warn")
	cmd.Stderr = tb.Output()
	if err := cmd.Start(); err != nil {
		tb.Fatalf("devtest: %v", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	tb.Cleanup(func() {
		err := cmd.Process.Signal(syscall.SIGTERM)
		if err := errors.Join(err, <-ended); err != nil {
			tb.Errorf("devtest: stop Prometheus: %v", err)
		}
	})
	url = "http://" + addr + "/prom"
	awaitPrometheus(tb, url, ended)
	return url
}

// awaitPrometheus waits until a Prometheus is ready, unless it ends before.
func awaitPrometheus(tb testing.TB, url string, ended chan error) {
	tb.Helper()
	for deadline := time.Now().Add(prometheusPatience); ; time.Sleep(20 * time.Millisecond) {
		req, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, url+"/-/ready", nil)
		if err != nil {
			tb.Fatalf("devtest: %v", err)
		}
		res, err := http.DefaultClient.Do(req)
		if err == nil {
			_ = res.Body.Close()
		}
		select {
		case err := <-ended:
			ended <- err // for whoever stops it
			tb.Fatalf("devtest: Prometheus ended: %v", err)
		default:
		}
		if err == nil && res.StatusCode == http.StatusOK {
			return
		}
		if time.Now().After(deadline) {
			tb.Fatalf("devtest: Prometheus is not ready: %v", err)
		}
	}
}
