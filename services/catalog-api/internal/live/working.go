package live

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
)

const (
	failuresMost = 3                // one after the other, until reading counts as failed
	failureFresh = 10 * time.Second // who reads on for so long has come back
)

// reading is how the hub's reader is.
type reading struct {
	mu       sync.Mutex
	heard    uint64 // the sequence of the newest event that was delivered
	behind   uint64 // what the stream had beyond that, at the last look
	failures int    // interruptions, one after the other
	last     error
	at       time.Time // of the last of them
}

func (r *reading) interrupted(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures, r.last, r.at = r.failures+1, err, time.Now()
}

// restarted is for another stream, whose numbers begin anew.
func (r *reading) restarted() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.heard, r.behind = 0, 0
}

func (r *reading) delivered(sequence uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.heard, r.failures = sequence, 0
}

// failed returns why the events can't be read, or nil if they can, or a single
// interruption is being mended.
func (r *reading) failed() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.at) > failureFresh {
		r.failures = 0
	}
	if r.failures < failuresMost {
		return nil
	}
	return r.last
}

// missed says whether what the stream had at the look before has not come yet.
func (r *reading) missed(newest uint64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	missed := r.behind > r.heard
	r.behind = newest
	return missed
}

// Working returns nil when browsers hear of what happens: the reader reads, has
// read all that was in the stream at its start, and by now what was new at the
// call before.
func (h *Hub) Working(ctx context.Context) error {
	if err := h.reading.failed(); err != nil {
		return err
	}
	if !h.history.isReady() {
		return errors.New("what the stream had at the start has not been read")
	}
	newest, err := h.newest(ctx)
	if err != nil {
		return err
	}
	if h.reading.missed(newest) {
		return fmt.Errorf("event %d has not come", newest)
	}
	return nil
}

// newest is the sequence of the newest event of the stream; 0: it has none.
func (h *Hub) newest(ctx context.Context) (uint64, error) {
	stream, err := h.js.Stream(ctx, events.StreamPortal)
	if err != nil {
		return 0, fmt.Errorf("stream %s: %w", events.StreamPortal, err)
	}
	var newest uint64
	for _, subject := range []string{events.AllCatalog, events.AllStatus} {
		msg, err := stream.GetLastMsgForSubject(ctx, subject)
		switch {
		case err == nil:
			newest = max(newest, msg.Sequence)
		case !errors.Is(err, jetstream.ErrMsgNotFound):
			return 0, fmt.Errorf("newest event on %s: %w", subject, err)
		}
	}
	return newest, nil
}
