package stream

import (
	"context"
	"errors"
	"sync"

	"github.com/nats-io/nats.go"
)

var errDisconnected = errors.New("nats is not connected")

// WhileConnected returns a context that ends with the connection too: a request
// that was under way then is never answered.
func WhileConnected(ctx context.Context, nc *nats.Conn) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	broken := nc.StatusChanged(nats.RECONNECTING, nats.CLOSED)
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-broken:
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
		nc.RemoveStatusListener(broken)
	}
}

// connected waits until there is a connection, or ctx ends.
func connected(ctx context.Context, nc *nats.Conn) error {
	made := nc.StatusChanged(nats.CONNECTED, nats.CLOSED)
	defer nc.RemoveStatusListener(made)
	for !nc.IsConnected() {
		if nc.IsClosed() {
			return nats.ErrConnectionClosed
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-made:
		}
	}
	return nil
}

// whenCutOff calls stop when the connection is lost, and with it what was on its
// way, until done is called.
func whenCutOff(nc *nats.Conn, stop func()) (done func()) {
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
