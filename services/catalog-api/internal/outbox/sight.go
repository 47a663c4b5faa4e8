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
	lookEvery = 5 * time.Second
	lookMost  = 5 * time.Second // how long the broker may take to answer
)

// sight is what the stream was like at a look. Zero: it was not there.
type sight struct {
	created     time.Time
	first, last uint64 // sequences
	subjects    uint64
}

// look asks how the stream is.
func (r *Relay) look(ctx context.Context) (sight, error) {
	ctx, cancel := context.WithTimeout(ctx, lookMost)
	defer cancel()
	stream, err := r.JetStream.Stream(ctx, events.StreamPortal)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return sight{}, nil
	}
	if err != nil {
		return sight{}, fmt.Errorf("look at stream %s: %w", events.StreamPortal, err)
	}
	info := stream.CachedInfo()
	return sight{
		created: info.Created, first: info.State.FirstSeq, last: info.State.LastSeq, subjects: info.State.NumSubjects,
	}, nil
}

// lost says whether the stream lost something between two looks that nobody here
// took away: it is another one, which any service may have made in its place, or
// was set back, or emptied as a whole or by subjects. purged subjects are those
// that the relay itself removed meanwhile. That the last tombstone of a service
// expired looks the same, and only costs a comparison.
func (s sight) lost(now sight, purged uint64) bool {
	return !now.created.Equal(s.created) || now.last < s.last ||
		s.subjects > 0 && now.first > s.last || now.subjects+purged < s.subjects
}
