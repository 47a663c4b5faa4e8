package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
)

const (
	checkEvery   = 5 * time.Second
	checkTimeout = 5 * time.Second // for the broker to answer
)

// streamState is the state of the stream at a time. Zero: the stream did not exist.
type streamState struct {
	created     time.Time
	first, last uint64 // sequences
	subjects    uint64
}

// streamState returns the present state of the stream.
func (r *Relay) streamState(ctx context.Context) (streamState, error) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	stream, err := r.JetStream.Stream(ctx, events.StreamPortal)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return streamState{}, nil
	}
	if err != nil {
		return streamState{}, fmt.Errorf("look at stream %s: %w", events.StreamPortal, err)
	}
	info := stream.CachedInfo()
	return streamState{
		created: info.Created, first: info.State.FirstSeq, last: info.State.LastSeq, subjects: info.State.NumSubjects,
	}, nil
}

// lost reports whether the stream lost data between s and now, beyond the purged subjects
// that the relay itself removed. It was replaced, which any service may do, or set back,
// or emptied as a whole or by subject. The expiry of a service's last tombstone looks the
// same, and only costs a comparison.
func (s streamState) lost(now streamState, purged uint64) bool {
	return !now.created.Equal(s.created) || now.last < s.last ||
		s.subjects > 0 && now.first > s.last || now.subjects+purged < s.subjects
}
