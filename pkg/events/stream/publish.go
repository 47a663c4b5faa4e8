// Package stream is how events of the portal are sent and followed: the JetStream
// streams and consumers, and three ways to read. [Subscribe] gives the whole present
// state, then each change; [Consume] keeps the reader's place while it is away; a
// [Mirror] is a copy of the catalogue that is kept current.
package stream

import (
	"context"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// Encode is events.Encode, with the message as the client for NATS takes it.
func Encode(source string, e events.Event) (*nats.Msg, error) {
	msg, err := events.Encode(source, e)
	if err != nil {
		return nil, err
	}
	return &nats.Msg{Subject: msg.Subject, Header: msg.Header, Data: msg.Data}, nil
}

// Stored waits until the broker has stored what was published asynchronously. It
// fails with what the broker said, or with ctx' error.
func Stored(ctx context.Context, ack jetstream.PubAckFuture) (*jetstream.PubAck, error) {
	select {
	case stored := <-ack.Ok():
		return stored, nil
	case err := <-ack.Err():
		return nil, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
