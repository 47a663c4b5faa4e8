package stream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// Missing returns the names of the missing streams and durable consumers, in the
// order in which a probe uses them. The services create them at the start, and again
// when the broker has lost them, so one that stays missing can't be created. Missing
// fails if the broker doesn't answer, or denies this user the request.
func Missing(ctx context.Context, js jetstream.JetStream) (streams, consumers []string, err error) {
	for _, part := range []struct{ stream, consumer string }{
		{events.StreamPortal, durablePlanner}, {events.StreamProbes, durableProbers}, {events.StreamResults, durableIngest},
		{events.StreamFetched, durableFound}, {events.StreamFetched, durableShifts},
		{events.StreamFetched, durableCalls},
	} {
		hasStream, hasConsumer, err := exists(ctx, js, part.stream, part.consumer)
		if err != nil {
			return nil, nil, fmt.Errorf("look at stream %s: %w", part.stream, err)
		}
		if !hasStream && !slices.Contains(streams, part.stream) {
			streams = append(streams, part.stream)
		}
		if !hasConsumer {
			consumers = append(consumers, strings.TrimSuffix(part.consumer, "-"))
		}
	}
	return streams, consumers, nil
}

// exists reports whether a stream and its consumer exist. A consumer name that ends in
// "-" is a prefix: there is one for each location, and one suffices.
func exists(ctx context.Context, js jetstream.JetStream, stream, consumer string) (hasStream, hasConsumer bool, err error) {
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
			hasConsumer = hasConsumer || strings.HasPrefix(name, consumer)
		}
		return true, hasConsumer, names.Err()
	}
	_, err = s.Consumer(ctx, consumer)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		return true, false, nil
	}
	return true, err == nil, err
}
