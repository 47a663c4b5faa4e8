package stream

import (
	"context"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// IdleReader is a reader whose idle check a test calls.
type IdleReader struct{ reader }

// NewIdleReader returns a reader of everything that has read nothing yet.
func NewIdleReader(stream jetstream.Stream) *IdleReader {
	return &IdleReader{reader{Subscription: Subscription{Subjects: []string{events.AllPortal}}, stream: stream}}
}

// CheckIdle is what the reader does when no message came for a while.
func (r *IdleReader) CheckIdle(ctx context.Context) error {
	return r.checkIdle(ctx)
}

// SetGoal sets the sequence at which the reader has caught up.
func (r *IdleReader) SetGoal(sequence uint64) { r.goal = sequence }

// CaughtUp reports whether the reader has reached its goal.
func (r *IdleReader) CaughtUp() bool {
	r.catchUp()
	return r.caughtUp
}

// SetPosition marks the messages up to the sequence as delivered.
func (r *IdleReader) SetPosition(sequence uint64) { r.position = sequence }

// Generation and Streams are what Ensure gives each stream.
const Generation = generation

var Streams = streams
