package stream_test

import (
	"context"
	"errors"
	"net"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// patience is the timeout for operations that take milliseconds on an idle machine.
const patience = 30 * time.Second

// broker is a NATS server in this process that can be stopped and started again
// at the same address. This module uses no other of ours, not even in tests:
// programs that require it would need that too.
type broker struct {
	t    *testing.T
	dir  string
	port int
	srv  *server.Server
}

// startBroker starts a server with an empty store, until the test ends.
func startBroker(t *testing.T) *broker {
	t.Helper()
	b := &broker{t: t, dir: t.TempDir(), port: server.RANDOM_PORT}
	b.start(b.port)
	b.port = b.srv.Addr().(*net.TCPAddr).Port
	t.Cleanup(b.stop)
	return b
}

// reserveBroker returns a broker that is not started yet, at an address of its own.
func reserveBroker(t *testing.T) *broker {
	t.Helper()
	b := startBroker(t)
	b.stop()
	return b
}

func (b *broker) start(port int) {
	b.t.Helper()
	srv, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: port, JetStream: true, StoreDir: b.dir, NoLog: true, NoSigs: true,
	})
	if err != nil {
		b.t.Fatal(err)
	}
	srv.Start()
	if !srv.ReadyForConnections(patience) {
		b.t.Fatal("the NATS server is not ready")
	}
	b.srv = srv
}

func (b *broker) stop() {
	b.srv.Shutdown()
	b.srv.WaitForShutdown()
}

// aside restarts the server after calling fn with it at another address, where no
// subscriber of the test finds it.
func (b *broker) aside(fn func(jetstream.JetStream)) {
	b.t.Helper()
	b.stop()
	b.start(server.RANDOM_PORT)
	js := connect(b.t, b.srv.ClientURL())
	fn(js)
	js.Conn().Close()
	b.stop()
	b.start(b.port)
}

func (b *broker) url() string { return "nats://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(b.port)) }

// portal connects and creates the streams.
func (b *broker) portal() jetstream.JetStream {
	b.t.Helper()
	js := connect(b.t, b.url())
	if err := stream.Ensure(b.t.Context(), js, 1); err != nil {
		b.t.Fatal(err)
	}
	return js
}

// save copies the store of the stopped server, and restore brings it back.
func (b *broker) save() (restore func()) {
	b.t.Helper()
	saved := b.t.TempDir()
	if err := os.CopyFS(saved, os.DirFS(b.dir)); err != nil {
		b.t.Fatal(err)
	}
	return func() {
		if err := errors.Join(os.RemoveAll(b.dir), os.CopyFS(b.dir, os.DirFS(saved))); err != nil {
			b.t.Fatal(err)
		}
	}
}

func connect(t *testing.T, url string) jetstream.JetStream {
	t.Helper()
	nc, err := nats.Connect(url, nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.ReconnectWait(20*time.Millisecond))
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

// publish stores the events, in this order.
func publish(t *testing.T, js jetstream.JetStream, list ...events.Event) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var acks []jetstream.PubAckFuture
	for _, e := range list {
		ack, err := js.PublishMsgAsync(encode(t, e))
		if err != nil {
			t.Fatal(err)
		}
		acks = append(acks, ack)
	}
	for _, ack := range acks {
		if _, err := stream.Stored(ctx, ack); err != nil {
			t.Fatal(err)
		}
	}
}
