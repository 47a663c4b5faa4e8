package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
)

const (
	openTimeout = 10 * time.Second
	minPause    = 100 * time.Millisecond // after the first failure, doubled after each more
	maxPause    = 2 * time.Second
	resetAfter  = 10 * time.Second // a loop that ran for longer pauses for minPause again
)

// Loop reads from a consumer and reconnects after failures. The connection, the
// server, the stream and the consumer need not exist yet, and may be lost and come
// back. [Subscribe] and [Consume] are built on it; use it for readers that need
// something else, such as batches or shared work.
type Loop struct {
	// Conn is the connection that the consumer uses.
	Conn *nats.Conn

	// Open finds or creates the consumer. Its ctx ends after 10 s, and when the
	// connection is lost.
	Open func(ctx context.Context) (jetstream.Consumer, error)

	// Serve reads from the consumer until ctx ends, and then returns nil, or until
	// reading fails.
	Serve func(ctx context.Context, c jetstream.Consumer) error

	// Attached, if set, is called with true before Serve, and with false after it.
	Attached func(yes bool)

	// OnError, if set, is called with the error of Open or Serve, before the next try.
	OnError func(error)
}

// Run calls Open and Serve repeatedly until ctx ends, and then returns nil. It
// returns [nats.ErrConnectionClosed] when the connection is closed for good.
func (l Loop) Run(ctx context.Context) error {
	for pause := minPause; ; pause = min(2*pause, maxPause) {
		began := time.Now()
		err := l.once(ctx)
		var final *finalError
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.As(err, &final):
			return final.err
		case l.Conn.IsClosed():
			return nats.ErrConnectionClosed
		case err != nil && l.OnError != nil:
			l.OnError(err)
		}
		if time.Since(began) > resetAfter {
			pause = minPause
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

// finalError is an error that no retry can fix: it ends the loop.
type finalError struct{ err error }

func (e *finalError) Error() string { return e.err.Error() }
func (e *finalError) Unwrap() error { return e.err }

func (l Loop) once(ctx context.Context) error {
	if err := awaitConnected(ctx, l.Conn); err != nil {
		return err
	}
	consumer, err := l.open(ctx)
	if err != nil {
		return err
	}
	if l.Attached != nil {
		l.Attached(true)
		defer l.Attached(false)
	}
	return l.Serve(ctx, consumer)
}

func (l Loop) open(ctx context.Context) (jetstream.Consumer, error) {
	ctx, cancel := WhileConnected(ctx, l.Conn)
	defer cancel()
	ctx, cancelTimeout := context.WithTimeout(ctx, openTimeout)
	defer cancelTimeout()
	consumer, err := l.Open(ctx)
	if cause := context.Cause(ctx); err != nil && errors.Is(cause, errDisconnected) {
		return nil, cause
	}
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	return consumer, nil
}

// LogErrors returns an OnError that writes to the log, with name as the attribute
// loop. It logs only once that the stream, which catalog-api creates, is missing, and
// nothing while the connection is lost, as the connection logs that itself.
func LogErrors(log *slog.Logger, conn *nats.Conn, name string) func(error) {
	log = log.With("loop", name)
	level, waiting := slog.LevelInfo, false // a stream that is missing from the start is no reason to warn
	return func(err error) {
		switch {
		case errors.Is(err, events.ErrPoison):
			log.Warn("message not readable; skipped", "error", err)
		case !conn.IsConnected():
		case !errors.Is(err, jetstream.ErrStreamNotFound):
			log.Warn("reading from NATS interrupted; retrying", "error", err)
			level, waiting = slog.LevelWarn, false
		case !waiting:
			log.Log(context.Background(), level, "waiting for catalog-api to create the stream", "error", err)
			waiting = true
		}
	}
}

// Idle reports whether err, of a fetch, only means that there were no more messages.
func Idle(err error) bool {
	return err == nil || errors.Is(err, jetstream.ErrNoMessages) || errors.Is(err, jetstream.ErrBatchCompleted) ||
		errors.Is(err, jetstream.ErrPinIDMismatch) // another reader is pinned now; the next fetch waits
}
