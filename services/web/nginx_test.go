package web_test

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// startNginx runs the machine's nginx with nginx.conf until the test ends. Only the
// settings of the image are replaced: the port, and the folders.
func startNginx(t *testing.T) server {
	t.Helper()
	if testing.Short() {
		t.Skip("starts nginx")
	}
	program, err := exec.LookPath("nginx")
	if err != nil {
		t.Fatalf("nginx is not installed, and it is what serves the page: %v", err)
	}
	dir := shortDir(t)
	if err := os.CopyFS(filepath.Join(dir, "html"), os.DirFS("public")); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "http")
	conf := filepath.Join(dir, "nginx.conf")
	writeConf(t, conf, map[string]string{
		"listen 8080;":               "listen unix:" + socket + ";",
		"root /usr/share/nginx/html": "root " + filepath.Join(dir, "html"),
		"pid /tmp/":                  "pid " + dir + "/",
		"path /tmp/":                 "path " + dir + "/",
		"/dev/stderr":                filepath.Join(dir, "error.log"),
		"/dev/stdout":                filepath.Join(dir, "access.log"),
	})
	nginx := func(arguments ...string) error {
		arguments = append([]string{"-c", conf, "-e", filepath.Join(dir, "error.log")}, arguments...)
		return exec.Command(program, arguments...).Run()
	}
	if err := nginx(); err != nil { // it goes to the background once it listens
		log, _ := os.ReadFile(filepath.Join(dir, "error.log"))
		t.Fatalf("start nginx: %v\n%s", err, log)
	}
	t.Cleanup(func() {
		if err := nginx("-s", "stop"); err != nil {
			t.Errorf("stop nginx: %v", err)
		}
	})
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return server{&http.Client{Transport: transport}, "http://portal"}
}

// shortDir returns a folder that any user may enter, with a path short enough for a
// socket. t.TempDir has neither property.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "web")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func writeConf(t *testing.T, path string, replaced map[string]string) {
	t.Helper()
	conf, err := os.ReadFile("nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	text := string(conf)
	for from, to := range replaced {
		if !strings.Contains(text, from) {
			t.Fatalf("nginx.conf has no %q any more", from)
		}
		text = strings.ReplaceAll(text, from, to)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
