package stream

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// Subscription says what a reader of stream PORTAL wants. Its zero value is the
// snapshot of everything, then every change.
type Subscription struct {
	// Subjects narrows what is read: AllCatalog, AllStatus, CatalogSubject(id),
	// StatusSubject(id). None may include another. Empty: all of the stream.
	Subjects []string

	// Tail, if above 0, begins with up to so many of the newest messages of the
	// stream instead of the snapshot.
	Tail uint64

	// UnknownTypes, if set, also delivers events of types that this version of the
	// package doesn't know: their Event is nil, their Type and Data are as they
	// came. Else they are passed over.
	UnknownTypes bool

	// OnRestart, if set, is called each time that reading starts from the
	// beginning: at first; when the stream was lost and made anew, or set back
	// to an older state; and when a reader was cut off for longer than a
	// ServiceDeleted is kept. What was read before may then be forgotten. epoch
	// is unique to the stream's life.
	OnRestart func(epoch string)

	// OnCaughtUp, if set, is called once after each OnRestart, when all that
	// was in the stream then has been delivered: a service that has not been
	// mentioned by now is not in the catalogue.
	OnCaughtUp func()

	// OnError, if set, is told why reading was interrupted, or which message
	// was passed over because it can't be decoded. Reading goes on.
	OnError func(error)
}

// Delivery is a message of stream PORTAL as [Subscribe] and [Consume] deliver it.
type Delivery struct {
	events.Envelope

	// Sequence is the message's place in the stream: it only grows, until the
	// next OnRestart.
	Sequence uint64

	// Data is the event as it came, JSON, also with the fields that this
	// version of the package doesn't know.
	Data []byte

	// Snapshot says that this is how things stood when the reader began, and no news.
	Snapshot bool

	// Attempt is how often the event has come, with this time: 1, or more where
	// Consume's reader failed on it, or died with it.
	Attempt int
}

// Subscribe follows stream PORTAL: it calls fn with the last event of every
// service's configuration and of its status, then with each change, one at a
// time and in the order of the stream. NATS and the stream need not be there
// yet. When the connection, the server or the stream itself is lost, Subscribe
// comes back by itself, for ever, and goes on where it was: a message is
// delivered again only after OnRestart.
//
// It returns nil when ctx ends, or else the first error of fn, wrapped; and what
// no retry can mend: Subjects that NATS refuses, and [nats.ErrConnectionClosed].
// By default nats.go gives up and closes after two minutes without a server, and
// at the second login that is refused: connect with nats.MaxReconnects(-1),
// nats.RetryOnFailedConnect(true) and nats.IgnoreAuthErrorAbort().
func Subscribe(
	ctx context.Context, js jetstream.JetStream, sub Subscription, fn func(context.Context, Delivery) error,
) error {
	if len(sub.Subjects) == 0 {
		sub.Subjects = []string{events.AllCatalog, events.AllStatus}
	}
	r := reader{Subscription: sub, js: js, fn: fn}
	if err := (Loop{Conn: js.Conn(), Open: r.open, Serve: r.serve, OnError: sub.OnError}).Run(ctx); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	return nil
}

// refused says that NATS will never make a consumer for these subjects.
func refused(err error) bool {
	return errors.Is(err, jetstream.ErrDuplicateFilterSubjects) ||
		errors.Is(err, jetstream.ErrOverlappingFilterSubjects) || errors.Is(err, jetstream.ErrEmptyFilter)
}
