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
	pauseFirst  = 100 * time.Millisecond // the pause after a first failure, doubled after each more
	pauseMost   = 2 * time.Second        // up to this
	steady      = 10 * time.Second       // a loop that ran so long begins with pauseFirst again
)

// Loop reads from a consumer for as long as its owner wants. The connection, the
// server, the stream and the consumer may not be there yet, and may be lost and
// come back. [Subscribe] and [Consume] are built on it; it is for readers that need
// something else, such as batches or work that is shared.
type Loop struct {
	// Conn is the connection on which the consumer is.
	Conn *nats.Conn

	// Open finds or makes the consumer. It has 10 s, and is cut off when the
	// connection is lost.
	Open func(ctx context.Context) (jetstream.Consumer, error)

	// Serve reads from the consumer until ctx ends, and returns nil, or until that
	// fails.
	Serve func(ctx context.Context, c jetstream.Consumer) error

	// Attached, if set, is told when Serve begins and when it has ended.
	Attached func(yes bool)

	// OnError, if set, is told why Open or Serve failed, before the next try.
	OnError func(error)
}

// Run opens and serves, again and again, until ctx ends: then it returns nil. It
// returns [nats.ErrConnectionClosed] when the connection is closed for good.
func (l Loop) Run(ctx context.Context) error {
	for pause := pauseFirst; ; pause = min(2*pause, pauseMost) {
		began := time.Now()
		err := l.once(ctx)
		var last *finalError
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.As(err, &last):
			return last.err
		case l.Conn.IsClosed():
			return nats.ErrConnectionClosed
		case err != nil && l.OnError != nil:
			l.OnError(err)
		}
		if time.Since(began) > steady {
			pause = pauseFirst
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

// finalError ends a loop: no new try mends it.
type finalError struct{ err error }

func (e *finalError) Error() string { return e.err.Error() }
func (e *finalError) Unwrap() error { return e.err }

func (l Loop) once(ctx context.Context) error {
	if err := connected(ctx, l.Conn); err != nil {
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

// LogErrors returns an OnError that writes to the log, under this name. It says once
// that the stream is not there yet, which catalog-api makes, and nothing while the
// connection is lost, which says so itself.
func LogErrors(log *slog.Logger, conn *nats.Conn, name string) func(error) {
	log = log.With("loop", name)
	level, waiting := slog.LevelInfo, false // until it has been there, its absence is a first start
	return func(err error) {
		switch {
		case errors.Is(err, events.ErrPoison):
			log.Warn("a message can't be read; it is passed over", "error", err)
		case !conn.IsConnected():
		case !errors.Is(err, jetstream.ErrStreamNotFound):
			log.Warn("reading from nats broke off; trying again", "error", err)
			level, waiting = slog.LevelWarn, false
		case !waiting:
			log.Log(context.Background(), level, "waiting for catalog-api to make the stream", "error", err)
			waiting = true
		}
	}
}

// Idle says whether a fetch that ended with err just had nothing to give.
func Idle(err error) bool {
	return err == nil || errors.Is(err, jetstream.ErrNoMessages) || errors.Is(err, jetstream.ErrBatchCompleted) ||
		errors.Is(err, jetstream.ErrPinIDMismatch) // another reader took over; it asks anew
}
