package stream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// Subscription configures a reader of stream PORTAL. Its zero value reads a snapshot of
// everything, then every change.
type Subscription struct {
	// Subjects narrows what is read, such as AllCatalog, AllStatus, CatalogSubject(id) or
	// StatusSubject(id). None may include another. Empty: all of the stream.
	Subjects []string

	// Tail, if above 0, is how many of the stream's newest messages to begin with, at
	// most, instead of the snapshot.
	Tail uint64

	// UnknownTypes, if set, also delivers events of types that this version of the
	// package doesn't know: their Event is nil, their Type and Data are as received.
	// Otherwise they are skipped.
	UnknownTypes bool

	// OnRestart, if set, is called each time that reading starts from the
	// beginning: at first; when the stream was lost and recreated, or set back
	// to an older state; and when a reader was disconnected for longer than a
	// ServiceDeleted is kept. Discard then what was read before. epoch is unique
	// to the stream's life.
	OnRestart func(epoch string)

	// OnCaughtUp, if set, is called once after each OnRestart, when all messages
	// that were in the stream then are delivered: a service of which there was no
	// event is not in the catalogue.
	OnCaughtUp func()

	// OnError, if set, is called when reading was interrupted, and when a message
	// was skipped because it can't be decoded. Reading continues.
	OnError func(error)

	// InactiveThreshold is how long the server keeps the consumer of a reader that is
	// gone; 0: a minute. A reader that ends with the snapshot may want less.
	InactiveThreshold time.Duration
}

// Delivery is a message of stream PORTAL as [Subscribe] and [Consume] deliver it.
type Delivery struct {
	events.Envelope

	// Sequence is the message's sequence in the stream. It increases until the next
	// OnRestart.
	Sequence uint64

	// Data is the event as received: JSON, including fields that this version of
	// the package doesn't know.
	Data []byte

	// Snapshot says that the event was in the stream before the reader began: it is
	// part of the initial state, not a change.
	Snapshot bool

	// Attempt is the number of this delivery of the event: 1, or more if Consume's
	// reader failed or died with it before.
	Attempt int
}

// Subscribe follows stream PORTAL: it calls fn with the last event of every subject,
// such as a service's configuration and its status, then with each change, sequentially
// in the order of the stream. NATS and the stream need not exist yet. When the connection,
// the server or the stream is lost, Subscribe reconnects for as long as it takes and
// continues from its position: a message is delivered again only after OnRestart.
//
// It returns nil when ctx ends, the first error of fn, wrapped, or an error that no
// retry can fix: Subjects that NATS refuses, and [nats.ErrConnectionClosed]. By
// default nats.go closes the connection after two minutes without a server, and at
// the second refused login: connect with nats.MaxReconnects(-1),
// nats.RetryOnFailedConnect(true) and nats.IgnoreAuthErrorAbort().
func Subscribe(
	ctx context.Context, js jetstream.JetStream, sub Subscription, fn func(context.Context, Delivery) error,
) error {
	if len(sub.Subjects) == 0 {
		sub.Subjects = []string{events.AllPortal}
	}
	r := reader{Subscription: sub, js: js, fn: fn}
	if err := (Loop{Conn: js.Conn(), Open: r.open, Serve: r.serve, OnError: sub.OnError}).Run(ctx); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	return nil
}

// refused reports whether err means that NATS will never create a consumer for these
// subjects.
func refused(err error) bool {
	return errors.Is(err, jetstream.ErrDuplicateFilterSubjects) ||
		errors.Is(err, jetstream.ErrOverlappingFilterSubjects) || errors.Is(err, jetstream.ErrEmptyFilter)
}
