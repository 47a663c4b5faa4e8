package stream

import (
	"context"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// IdleReader is a reader as it looks for what did not come.
type IdleReader struct{ reader }

// NewIdleReader is a reader of everything that has read nothing yet.
func NewIdleReader(stream jetstream.Stream) *IdleReader {
	return &IdleReader{reader{Subscription: Subscription{Subjects: []string{events.AllCatalog, events.AllStatus}}, stream: stream}}
}

// Look is what the reader does when nothing came for a while.
func (r *IdleReader) Look(ctx context.Context) error {
	return r.idle(ctx)
}

// Aim sets the sequence at which the reader has caught up.
func (r *IdleReader) Aim(sequence uint64) { r.goal = sequence }

// CaughtUp says whether the reader has come as far as it aimed.
func (r *IdleReader) CaughtUp() bool {
	r.catchUp()
	return r.caughtUp
}

// Came says that the message with this sequence was delivered.
func (r *IdleReader) Came(sequence uint64) { r.position = sequence }
