package events

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	pullHeartbeat = 2 * time.Second        // silence of twice this means that the consumer is gone
	pullExpiry    = 30 * time.Second       // how long one pull stays open at the server
	idleLife      = time.Minute            // the server drops the consumer of a reader that has gone
	retryFirst    = 100 * time.Millisecond // the pause before the first try to reconnect, doubled
	retryMost     = 2 * time.Second        // up to this
)

// Subscription says what a reader of stream PORTAL wants. Its zero value is the
// snapshot of everything, then every change.
type Subscription struct {
	// Subjects narrows what is read: AllCatalog, AllStatus, CatalogSubject(id),
	// StatusSubject(id). Empty: all of the stream.
	Subjects []string

	// Tail, if above 0, begins with up to so many of the newest messages of the
	// stream instead of the snapshot.
	Tail uint64

	// OnRestart, if set, is called each time that reading starts from the
	// beginning: at first, and when the stream was lost and made anew. What was
	// read before may then be forgotten. epoch is unique to the stream's life.
	OnRestart func(epoch string)

	// OnCaughtUp, if set, is called once after each OnRestart, when all that
	// was in the stream then has been delivered.
	OnCaughtUp func()

	// OnError, if set, is told why reading was interrupted, or which message
	// was passed over because it can't be decoded. Reading goes on.
	OnError func(error)
}

// Delivery is a message of stream PORTAL as [Subscribe] delivers it.
type Delivery struct {
	Envelope

	// Sequence is the message's place in the stream: it only grows, until the
	// next OnRestart.
	Sequence uint64

	// Data is the event as it came, JSON, also with the fields that this
	// version of the package doesn't know.
	Data []byte
}

// Subscribe follows stream PORTAL: it calls fn with the last event of every
// service's configuration and of its status, then with each change, one at a
// time and in the order of the stream. When the connection, the server or the
// stream itself is lost it comes back by itself, for ever, and goes on where it
// was. A message is delivered again only after OnRestart.
//
// It returns nil when ctx ends, or else the first error of fn, wrapped.
func Subscribe(
	ctx context.Context, js jetstream.JetStream, sub Subscription, fn func(context.Context, Delivery) error,
) error {
	r := reader{js: js, Subscription: sub, fn: fn}
	pause := retryFirst
	for {
		progress, err := r.read(ctx)
		var failed *handlerError
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.As(err, &failed):
			return fmt.Errorf("subscribe: %w", failed.err)
		}
		r.report(err)
		if progress {
			pause = retryFirst
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
		pause = min(2*pause, retryMost)
	}
}

// reader is what a subscription remembers between two consumers.
type reader struct {
	Subscription
	js jetstream.JetStream
	fn func(context.Context, Delivery) error

	epoch    string // of the stream that position is in; empty: none yet
	position uint64 // the sequence of the last message delivered
	caughtUp bool
}

// handlerError tells an error of the reader's function from those of NATS.
type handlerError struct{ err error }

func (e *handlerError) Error() string { return e.err.Error() }

// read makes a consumer and delivers from it until something fails. It says
// whether it came as far as reading.
func (r *reader) read(ctx context.Context) (progress bool, err error) {
	stream, err := r.js.Stream(ctx, StreamPortal)
	if err != nil {
		return false, fmt.Errorf("stream %s: %w", StreamPortal, err)
	}
	info := stream.CachedInfo()
	// A stream that was made anew has another birthday, or one restored from an
	// old copy has fewer messages than were read: both begin again.
	// So does an interrupted snapshot: what it still lacks may be older than the
	// last message that came.
	epoch := strconv.FormatInt(info.Created.UnixMilli(), 36)
	if epoch != r.epoch || info.State.LastSeq < r.position || (r.Tail == 0 && !r.caughtUp) {
		r.epoch, r.position, r.caughtUp = epoch, 0, false
		if r.OnRestart != nil {
			r.OnRestart(epoch)
		}
	}
	consumer, err := stream.CreateConsumer(ctx, r.consumer(info.State))
	if err != nil {
		return false, fmt.Errorf("consumer on stream %s: %w", StreamPortal, err)
	}
	if consumer.CachedInfo().NumPending == 0 {
		r.catchUp()
	}
	msgs, err := consumer.Messages(jetstream.PullHeartbeat(pullHeartbeat), jetstream.PullExpiry(pullExpiry))
	if err != nil {
		return false, fmt.Errorf("read stream %s: %w", StreamPortal, err)
	}
	defer msgs.Stop()
	defer context.AfterFunc(ctx, msgs.Stop)()

	for next := uint64(1); ; next++ {
		msg, err := msgs.Next()
		if err != nil {
			return true, fmt.Errorf("read stream %s: %w", StreamPortal, err)
		}
		meta, err := msg.Metadata()
		if err != nil {
			return true, fmt.Errorf("read stream %s: %w", StreamPortal, err)
		}
		if meta.Sequence.Consumer != next {
			return true, fmt.Errorf("read stream %s: delivery %d came in place of %d", StreamPortal, meta.Sequence.Consumer, next)
		}
		if err := r.deliver(ctx, msg, meta); err != nil {
			return true, err
		}
	}
}

// consumer is the configuration of a consumer that goes on after position.
func (r *reader) consumer(state jetstream.StreamState) jetstream.ConsumerConfig {
	cfg := jetstream.ConsumerConfig{
		FilterSubjects:    r.Subjects,
		AckPolicy:         jetstream.AckNonePolicy,
		DeliverPolicy:     jetstream.DeliverLastPerSubjectPolicy,
		MemoryStorage:     true,
		Replicas:          1,
		InactiveThreshold: idleLife,
	}
	if len(r.Subjects) == 0 {
		cfg.FilterSubjects = []string{AllCatalog, AllStatus}
	}
	start := r.position + 1
	if r.position == 0 && r.Tail > 0 {
		start = max(state.FirstSeq, state.LastSeq-min(r.Tail, state.LastSeq)+1, 1)
	}
	if r.Tail > 0 || r.caughtUp {
		cfg.DeliverPolicy, cfg.OptStartSeq = jetstream.DeliverByStartSequencePolicy, start
	}
	return cfg
}

func (r *reader) deliver(ctx context.Context, msg jetstream.Msg, meta *jetstream.MsgMetadata) error {
	env, err := Decode(msg.Headers(), msg.Data())
	if err != nil {
		r.report(fmt.Errorf("message %d on %s: %w", meta.Sequence.Stream, msg.Subject(), err))
	} else if err := r.fn(ctx, Delivery{Envelope: env, Sequence: meta.Sequence.Stream, Data: msg.Data()}); err != nil {
		return &handlerError{err}
	}
	r.position = max(r.position, meta.Sequence.Stream)
	if meta.NumPending == 0 {
		r.catchUp()
	}
	return nil
}

func (r *reader) catchUp() {
	if !r.caughtUp && r.OnCaughtUp != nil {
		r.OnCaughtUp()
	}
	r.caughtUp = true
}

func (r *reader) report(err error) {
	if err != nil && r.OnError != nil {
		r.OnError(err)
	}
}
