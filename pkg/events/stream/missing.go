package stream

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// Missing names the streams and the durable consumers that are not there, in the
// order of the way of a probe. The services make them when they start, and again
// when the broker has lost them: what stays missing, they cannot make. It fails if
// the broker does not answer, or does not let this user look.
func Missing(ctx context.Context, js jetstream.JetStream) (streams, consumers []string, err error) {
	for _, part := range []struct{ stream, consumer string }{
		{events.StreamPortal, durablePlanner}, {events.StreamProbes, durableProbers}, {events.StreamResults, durableIngest},
	} {
		there, read, err := look(ctx, js, part.stream, part.consumer)
		if err != nil {
			return nil, nil, fmt.Errorf("look at stream %s: %w", part.stream, err)
		}
		if !there {
			streams = append(streams, part.stream)
		}
		if !read {
			consumers = append(consumers, strings.TrimSuffix(part.consumer, "-"))
		}
	}
	return streams, consumers, nil
}

// look says whether a stream is there, and its consumer; one that ends in "-" is
// there for each location, and one location is enough.
func look(ctx context.Context, js jetstream.JetStream, stream, consumer string) (there, read bool, err error) {
	s, err := js.Stream(ctx, stream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return false, false, nil
	}
	if err != nil {
		return false, false, err
	}
	if strings.HasSuffix(consumer, "-") {
		names := s.ConsumerNames(ctx)
		for name := range names.Name() {
			read = read || strings.HasPrefix(name, consumer)
		}
		return true, read, names.Err()
	}
	_, err = s.Consumer(ctx, consumer)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		return true, false, nil
	}
	return true, err == nil, err
}
