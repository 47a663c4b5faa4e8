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
	maxFailures  = 3                // consecutive interruptions, from which reading counts as failed
	failureReset = 10 * time.Second // without an interruption, after which the count restarts
)

// readerHealth is the health of the hub's reader.
type readerHealth struct {
	mu       sync.Mutex
	received uint64 // sequence of the newest event that was delivered
	expected uint64 // sequence of the newest event in the stream at the last check
	failures int    // consecutive interruptions
	last     error
	lastAt   time.Time // of the last interruption
}

func (r *readerHealth) interrupted(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures, r.last, r.lastAt = r.failures+1, err, time.Now()
}

// restarted resets the sequences, which start again in another stream.
func (r *readerHealth) restarted() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.received, r.expected = 0, 0
}

func (r *readerHealth) delivered(sequence uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.received, r.failures = sequence, 0
}

// failure returns why events can't be read. It returns nil if they can, or if there were
// fewer than maxFailures interruptions.
func (r *readerHealth) failure() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.lastAt) > failureReset {
		r.failures = 0
	}
	if r.failures < maxFailures {
		return nil
	}
	return r.last
}

// missed reports whether an event that was in the stream at the previous check has not been
// delivered yet. newest is the sequence of the newest event in the stream.
func (r *readerHealth) missed(newest uint64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	missed := r.expected > r.received
	r.expected = newest
	return missed
}

// Working returns nil if browsers receive events: the reader works, has read all that was
// in the stream at its start, and has received all that was in it at the previous call.
func (h *Hub) Working(ctx context.Context) error {
	if err := h.reader.failure(); err != nil {
		return err
	}
	if !h.history.isReady() {
		return errors.New("what the stream had at the start has not been read")
	}
	newest, err := h.newest(ctx)
	if err != nil {
		return err
	}
	if h.reader.missed(newest) {
		return fmt.Errorf("event %d has not come", newest)
	}
	return nil
}

// newest returns the sequence of the newest event in the stream, or 0 if it has none.
func (h *Hub) newest(ctx context.Context) (uint64, error) {
	stream, err := h.js.Stream(ctx, events.StreamPortal)
	if err != nil {
		return 0, fmt.Errorf("stream %s: %w", events.StreamPortal, err)
	}
	msg, err := stream.GetLastMsgForSubject(ctx, events.AllPortal)
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return 0, nil
	case err != nil:
		return 0, fmt.Errorf("newest event: %w", err)
	}
	return msg.Sequence, nil
}
