package devstack_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/dev-portal/dev-portal/pkg/devstack"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func TestNATSKeepsStreamsAcrossRestart(t *testing.T) {
	cfg := devstack.NATSConfig{Addr: "127.0.0.1:0", Dir: t.TempDir()}
	first := startNATS(t, cfg)
	js := connect(t, first.URL())
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "KEPT", Subjects: []string{"kept"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := js.Publish(t.Context(), "kept", []byte("news")); err != nil {
		t.Fatal(err)
	}
	first.Close()

	cfg.Addr = strings.TrimPrefix(first.URL(), "nats://")
	second := startNATS(t, cfg)
	defer second.Close()
	if second.URL() != first.URL() {
		t.Errorf("second server is at %s, want %s", second.URL(), first.URL())
	}
	stream, err := connect(t, second.URL()).Stream(t.Context(), "KEPT")
	if err != nil {
		t.Fatal(err)
	}
	if msg, err := stream.GetLastMsgForSubject(t.Context(), "kept"); err != nil || string(msg.Data) != "news" {
		t.Errorf("message is %+v, %v; want news", msg, err)
	}
}

func TestNATSStartErrors(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		addr, dir, want string
		is              error
	}{
		"the port is taken":       {ln.Addr().String(), t.TempDir(), "is taken by another program", syscall.EADDRINUSE},
		"the address has no port": {"127.0.0.1", t.TempDir(), "missing port", nil},
		"the port is a word":      {"127.0.0.1:nats", t.TempDir(), `port "nats" is not a number`, nil},
		"the folder is a file":    {"127.0.0.1:0", filepath.Join(file, "nats"), "not a directory", nil},
	} {
		t.Run(name, func(t *testing.T) {
			srv, err := devstack.StartNATS(t.Context(), devstack.NATSConfig{Addr: tc.addr, Dir: tc.dir})
			if err == nil {
				srv.Close()
				t.Fatal("it started")
			}
			if !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error is %q, want one line with %q", err, tc.want)
			}
			if tc.is != nil && !errors.Is(err, tc.is) {
				t.Errorf("error %q is not %v", err, tc.is)
			}
		})
	}
}

func startNATS(t *testing.T, cfg devstack.NATSConfig) *devstack.NATS {
	t.Helper()
	srv, err := devstack.StartNATS(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return srv
}

func connect(t *testing.T, url string) jetstream.JetStream {
	t.Helper()
	nc, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}
