package stream_test

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"
)

func TestEnsureKeepsTheReplicasOfAnOperator(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a cluster of three NATS servers")
	}
	t.Parallel() // electing leaders takes seconds
	js := startCluster(t)
	if err := stream.Ensure(t.Context(), js, 0); err != nil {
		t.Fatal(err)
	}
	cfg := configOf(t, js, events.StreamPortal)
	if cfg.Replicas != 1 {
		t.Errorf("a new stream has %d replicas, want 1", cfg.Replicas)
	}
	cfg.Replicas = 3
	if _, err := js.UpdateStream(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	if err := js.DeleteStream(t.Context(), events.StreamResults); err != nil {
		t.Fatal(err)
	}
	if err := stream.Ensure(t.Context(), js, 2); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{events.StreamPortal: 3, events.StreamProbes: 1, events.StreamResults: 2} {
		if got := configOf(t, js, name).Replicas; got != want {
			t.Errorf("%s has %d replicas, want %d", name, got, want)
		}
	}
}

// startCluster starts three servers with JetStream, and returns when they have
// elected a leader.
func startCluster(t *testing.T) jetstream.JetStream {
	t.Helper()
	var routes []*url.URL // each server must know the others before it starts
	for range 3 {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if err := ln.Close(); err != nil {
			t.Fatal(err)
		}
		routes = append(routes, &url.URL{Scheme: "nats", Host: ln.Addr().String()})
	}
	var servers []*server.Server
	for i, route := range routes {
		port, err := strconv.Atoi(route.Port())
		if err != nil {
			t.Fatal(err)
		}
		srv, err := server.NewServer(&server.Options{
			ServerName: fmt.Sprint("n", i), Host: "127.0.0.1", Port: server.RANDOM_PORT,
			Cluster: server.ClusterOpts{Name: "test", Host: "127.0.0.1", Port: port},
			Routes:  routes, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		srv.Start()
		t.Cleanup(func() { srv.Shutdown(); srv.WaitForShutdown() })
		servers = append(servers, srv)
	}
	for _, srv := range servers {
		if !srv.ReadyForConnections(patience) {
			t.Fatalf("%s is not ready", srv.Name())
		}
	}
	js := connect(t, servers[0].ClientURL())
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(patience); !led(t, js); {
		select {
		case <-tick.C:
		case <-late:
			t.Fatal("the cluster has no leader")
		}
	}
	return js
}

// led reports whether the cluster answers: without a leader no server does.
func led(t *testing.T, js jetstream.JetStream) bool {
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	_, err := js.AccountInfo(ctx)
	return err == nil
}
