package outbox

import (
	"context"
	"io"
	"net"
	"testing"
)

// silent is a server that takes connections and says nothing.
func silent(t *testing.T) (addr string, came <-chan net.Conn) {
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

func TestListeningToAServerThatHangsEndsWithItsContext(t *testing.T) {
	addr, came := silent(t)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := listen(ctx, "postgres://portal@"+addr+"/portal?sslmode=disable")
		ended <- err
	}()
	conn := <-came
	stop()
	if err := <-ended; err == nil {
		t.Error("it listens to a server that says nothing")
	}
	if _, err := io.Copy(io.Discard, conn); err != nil { // ends where the connection does
		t.Error(err)
	}
}
