package attach

import (
	"context"
	"sync"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// Streams makes the streams and the consumers that a worker needs. Its loops
// share one, and take turns: the server doesn't like a consumer to be made on a
// stream that is being updated.
type Streams struct {
	JS       jetstream.JetStream
	Replicas int // of a stream that isn't there yet

	mu sync.Mutex
}

// Ensure makes the streams that are missing.
func (s *Streams) Ensure(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return events.Ensure(ctx, s.JS, s.Replicas)
}

// Open makes the streams that are missing, and then the consumer.
func (s *Streams) Open(
	ctx context.Context, consumer func(context.Context, jetstream.JetStream) (jetstream.Consumer, error),
) (jetstream.Consumer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := events.Ensure(ctx, s.JS, s.Replicas); err != nil {
		return nil, err
	}
	return consumer(ctx, s.JS)
}
