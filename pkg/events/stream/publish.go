// Package stream sends and reads the portal's events by NATS JetStream. It has the
// streams and consumers, and three ways to read. [Subscribe] delivers the whole present
// state, then each change; [Consume] keeps the reader's position while it is away; a
// [Mirror] is a copy of the catalogue that is kept current.
package stream

import (
	"context"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// Encode is events.Encode for the NATS client's message type.
func Encode(source string, e events.Event) (*nats.Msg, error) {
	msg, err := events.Encode(source, e)
	if err != nil {
		return nil, err
	}
	return &nats.Msg{Subject: msg.Subject, Header: msg.Header, Data: msg.Data}, nil
}

// Stored waits until the broker has stored a message that was published
// asynchronously. It fails with the broker's error, or with that of ctx.
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
