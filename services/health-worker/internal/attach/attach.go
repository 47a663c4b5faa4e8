// Package attach keeps a loop over a JetStream consumer going: the streams may
// not be there yet, and the broker may lose them later.
package attach

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	openTimeout = 10 * time.Second

	// pauseFirst comes after the first failure, and is doubled after each more.
	// It isn't shorter, because a stream that is made anew the moment after it
	// was deleted can lose its files to the rest of that deletion.
	pauseFirst = 500 * time.Millisecond
	pauseMost  = 2 * time.Second
	steady     = 10 * time.Second // a loop that ran so long begins with pauseFirst again
)

// Loop is what is kept going.
type Loop struct {
	// Name says which loop this is, in the log.
	Name string

	// Conn is the connection on which the consumer is.
	Conn *nats.Conn

	// Open makes the consumer if it is missing; the streams are catalog-api's to make.
	Open func(ctx context.Context) (jetstream.Consumer, error)

	// Serve reads from the consumer until ctx ends, and returns nil, or until
	// that fails.
	Serve func(ctx context.Context, c jetstream.Consumer) error

	// Attached, if set, is told when Serve begins and when it has ended.
	Attached func(yes bool)

	// Interrupted, if set, is called each time that Serve fails.
	Interrupted func()

	Log *slog.Logger
}

// Run opens and serves, again and again, until ctx ends.
func (l Loop) Run(ctx context.Context) {
	pause, waiting, worked := pauseFirst, false, false
	for ctx.Err() == nil {
		began := time.Now()
		opened, err := l.once(ctx)
		if ctx.Err() != nil {
			return
		}
		worked = worked || opened
		switch absent := absent(err); {
		case !absent:
			l.Log.WarnContext(ctx, "reading from nats broke off; trying again", "loop", l.Name, "error", err)
			waiting = false
		case !waiting:
			level := slog.LevelWarn
			if !worked { // it is a first start, and nobody has made it yet
				level = slog.LevelInfo
			}
			l.Log.Log(ctx, level, "waiting for catalog-api to make the stream", "loop", l.Name, "error", err)
			waiting = true
		}
		if time.Since(began) > steady {
			pause = pauseFirst
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		pause = min(2*pause, pauseMost)
	}
}

// absent says whether a loop could not begin because there is no stream: that is said once.
func absent(err error) bool { return errors.Is(err, jetstream.ErrStreamNotFound) }

func (l Loop) once(ctx context.Context) (opened bool, err error) {
	if err := connected(ctx, l.Conn); err != nil {
		return false, err
	}
	consumer, err := l.open(ctx)
	if err != nil {
		return false, fmt.Errorf("open: %w", err)
	}
	l.tell(true)
	defer l.tell(false)
	err = l.Serve(ctx, consumer)
	if err != nil && ctx.Err() == nil && l.Interrupted != nil {
		l.Interrupted()
	}
	return true, err
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
	return consumer, err
}

func (l Loop) tell(yes bool) {
	if l.Attached != nil {
		l.Attached(yes)
	}
}

// Idle says whether a fetch that ended with err just had nothing to give.
func Idle(err error) bool {
	return err == nil || errors.Is(err, jetstream.ErrNoMessages) || errors.Is(err, jetstream.ErrBatchCompleted) ||
		errors.Is(err, jetstream.ErrPinIDMismatch) // another reader took over; it asks anew
}
