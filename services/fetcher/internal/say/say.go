// Package say publishes what the fetcher found elsewhere.
package say

import (
	"context"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
)

// source is the CloudEvents source of what the fetcher says.
const source = "/dev-portal/fetcher"

const (
	publishTimeout = 5 * time.Second
	retryPause     = time.Second
)

// Publish publishes what was found, and reports whether it did. It tries until ctx ends: while the
// broker is away, there is no use in asking for more.
func Publish(ctx context.Context, js jetstream.JetStream, log *slog.Logger, found events.Event) bool {
	msg, err := stream.Encode(source, found)
	if err != nil {
		log.ErrorContext(ctx, "what was found cannot be said", "error", err) // a bug: strangers' words are checked when they are read
		return false
	}
	for {
		try, cancel := context.WithTimeout(ctx, publishTimeout)
		_, err := js.PublishMsg(try, msg) // sent again it is stored once, by its id
		cancel()
		if err == nil {
			return true
		}
		if ctx.Err() == nil {
			log.WarnContext(ctx, "what was found is not stored; retrying", "subject", msg.Subject, "error", err)
		}
		if !Pause(ctx, retryPause) {
			return false
		}
	}
}

// Pause waits, and reports whether ctx has not ended meanwhile.
func Pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
