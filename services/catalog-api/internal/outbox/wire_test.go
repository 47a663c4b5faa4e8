package outbox_test

import (
	"bytes"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// lossyProxy returns the URL of a proxy to a NATS server that drops the connection, once,
// at a request with these words. The request never arrives, as if the server had stopped.
func lossyProxy(t *testing.T, addr, words string) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var (
		broke atomic.Bool
		wires sync.WaitGroup
	)
	t.Cleanup(wires.Wait)
	t.Cleanup(func() { _ = ln.Close() })
	wires.Go(func() {
		for {
			client, err := ln.Accept()
			if err != nil {
				return
			}
			wires.Go(func() {
				defer func() { _ = client.Close() }()
				server, err := net.Dial("tcp", addr)
				if err != nil {
					return
				}
				defer func() { _ = server.Close() }()
				wires.Go(func() {
					_, _ = io.Copy(client, server)
					_ = client.Close()
				})
				buf := make([]byte, 32<<10)
				for {
					n, err := client.Read(buf)
					if err != nil || bytes.Contains(buf[:n], []byte(words)) && broke.CompareAndSwap(false, true) {
						return
					}
					if _, err := server.Write(buf[:n]); err != nil {
						return
					}
				}
			})
		}
	})
	return "nats://" + ln.Addr().String()
}

func TestLostRequestIsRetried(t *testing.T) {
	for _, request := range []string{"STREAM.INFO", "STREAM.CREATE", "CONSUMER.CREATE", "DIRECT.GET"} {
		t.Run(request, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			got := b.subscribe()
			b.create("billing")
			b.relayBy(b.connectTo(lossyProxy(t, b.addr, "$JS.API."+request+".PORTAL")))
			want(t, got, "billing 1")
		})
	}
}
