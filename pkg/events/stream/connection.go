package stream

import (
	"context"
	"errors"
	"sync"

	"github.com/nats-io/nats.go"
)

var errDisconnected = errors.New("nats is not connected")

// WhileConnected returns a context that also ends when the connection is lost,
// because requests in flight are never answered then.
func WhileConnected(ctx context.Context, nc *nats.Conn) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	disconnected := nc.StatusChanged(nats.RECONNECTING, nats.CLOSED)
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-disconnected:
			cancel(errDisconnected)
		case <-ctx.Done():
		}
	}()
	if !nc.IsConnected() {
		cancel(errDisconnected)
	}
	return ctx, func() {
		cancel(nil)
		<-done
		nc.RemoveStatusListener(disconnected)
	}
}

// awaitConnected waits until there is a connection, or ctx ends. It fails with
// nats.ErrConnectionClosed if the connection is closed.
func awaitConnected(ctx context.Context, nc *nats.Conn) error {
	changed := nc.StatusChanged(nats.CONNECTED, nats.CLOSED)
	defer nc.RemoveStatusListener(changed)
	for !nc.IsConnected() {
		if nc.IsClosed() {
			return nats.ErrConnectionClosed
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
	return nil
}

// onDisconnect calls stop each time that the connection, and with it the messages in
// flight, is lost, until done is called.
func onDisconnect(nc *nats.Conn, stop func()) (done func()) {
	lost := nc.StatusChanged(nats.RECONNECTING)
	var watch sync.WaitGroup
	watch.Go(func() {
		for range lost {
			stop()
		}
	})
	return func() {
		nc.RemoveStatusListener(lost)
		watch.Wait()
	}
}
