package outbox

import (
	"context"
	"io"
	"net"
	"testing"
)

// hangingServer accepts connections and sends nothing.
func hangingServer(t *testing.T) (addr string, accepted <-chan net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	conns := make(chan net.Conn)
	go func() {
		defer close(conns)
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			conns <- conn
		}
	}()
	return ln.Addr().String(), conns
}

func TestListenEndsWithItsContext(t *testing.T) {
	addr, accepted := hangingServer(t)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := listen(ctx, "postgres://portal@"+addr+"/portal?sslmode=disable")
		ended <- err
	}()
	conn := <-accepted
	stop()
	if err := <-ended; err == nil {
		t.Error("it listens to a server that says nothing")
	}
	if _, err := io.Copy(io.Discard, conn); err != nil { // ends with the connection
		t.Error(err)
	}
}
