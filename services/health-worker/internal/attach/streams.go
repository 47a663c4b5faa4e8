package attach

import (
	"context"
	"sync"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// Streams makes the workers' own stream and the consumers that a worker needs; the
// other streams are catalog-api's to make. Its loops share one, and take turns:
// the server doesn't like a consumer to be made on a stream that is being updated.
type Streams struct {
	JS       jetstream.JetStream
	Replicas int // of the stream, if it isn't there yet

	mu sync.Mutex
}

// Ensure makes the stream if it is missing.
func (s *Streams) Ensure(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return events.Ensure(ctx, s.JS, s.Replicas, events.StreamProbes)
}

// Open makes the stream if it is missing, and then the consumer.
func (s *Streams) Open(
	ctx context.Context, consumer func(context.Context, jetstream.JetStream) (jetstream.Consumer, error),
) (jetstream.Consumer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := events.Ensure(ctx, s.JS, s.Replicas, events.StreamProbes); err != nil {
		return nil, err
	}
	return consumer(ctx, s.JS)
}
