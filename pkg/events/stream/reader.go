package stream

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
)

const (
	pullHeartbeat     = 2 * time.Second  // without a heartbeat for twice this, the consumer counts as gone
	pullExpiry        = 30 * time.Second // how long one pull stays open at the server
	inactiveThreshold = time.Minute      // after which the server deletes the consumer of a reader that is gone
	idleCheck         = 5 * time.Second  // after this long without a message the reader checks for a lost one
	idleRecheck       = 2 * time.Second  // after this long it checks again, as the message may only be late
)

// reader is the state of a subscription that outlasts a consumer.
type reader struct {
	Subscription
	js jetstream.JetStream
	fn func(context.Context, Delivery) error

	epoch    string    // of the stream that position is in; empty at first
	position uint64    // the sequence up to which all was delivered
	stored   time.Time // when the server stored the message at position; zero if that was not delivered
	lastRead time.Time // when the reader last received a message or was up to date (wall clock)
	caughtUp bool

	// Of the present consumer.
	stream  jetstream.Stream
	goal    uint64 // the newest sequence when it was created: at goal the reader has caught up
	missing uint64 // the newest sequence at the last idle check, possibly lost; 0 if there is none
}

// open creates a consumer that continues after the reader's position.
func (r *reader) open(ctx context.Context) (jetstream.Consumer, error) {
	ctx = withoutDeadline{ctx}
	stream, err := r.js.Stream(ctx, events.StreamPortal)
	if err == nil {
		err = r.locate(ctx, stream)
	}
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", events.StreamPortal, err)
	}
	consumer, err := stream.CreateConsumer(ctx, r.consumer())
	if refused(err) {
		return nil, &finalError{err}
	}
	if err != nil {
		return nil, fmt.Errorf("consumer on stream %s: %w", events.StreamPortal, err)
	}
	// Read goal after creating the consumer, so that all of its snapshot is before
	// goal. The consumer's pending count doesn't work: it includes messages stored
	// from now on, so the reader of a busy stream would never catch up.
	r.stream = stream
	if r.goal, err = r.last(ctx); err != nil {
		return nil, fmt.Errorf("stream %s: %w", events.StreamPortal, err)
	}
	return consumer, nil
}

// serve delivers from the consumer until something fails.
func (r *reader) serve(ctx context.Context, consumer jetstream.Consumer) error {
	r.catchUp()
	msgs, err := consumer.Messages(jetstream.PullHeartbeat(pullHeartbeat), jetstream.PullExpiry(pullExpiry))
	if err != nil {
		return fmt.Errorf("read stream %s: %w", events.StreamPortal, err)
	}
	defer msgs.Stop()
	defer context.AfterFunc(ctx, msgs.Stop)()
	defer onDisconnect(r.js.Conn(), msgs.Stop)()
	return fmt.Errorf("read stream %s: %w", events.StreamPortal, r.follow(ctx, msgs))
}

// follow delivers until something fails.
func (r *reader) follow(ctx context.Context, msgs jetstream.MessagesContext) error {
	r.missing = 0
	for next := uint64(1); ; {
		wait := idleCheck
		if r.missing > r.position {
			wait = idleRecheck
		}
		msg, err := msgs.Next(jetstream.NextMaxWait(wait))
		switch {
		case err == nil:
			err = r.deliver(ctx, msg, next)
			next++
		case errors.Is(err, nats.ErrTimeout):
			err = r.checkIdle(withoutDeadline{ctx})
		}
		if err != nil {
			return err
		}
		r.catchUp()
	}
}

// locate checks whether the stream still is the one that was read, and restarts from
// the beginning if it isn't.
func (r *reader) locate(ctx context.Context, stream jetstream.Stream) error {
	info := stream.CachedInfo()
	epoch := epochOf(info)
	same := r.mayResume(epoch, info.State.LastSeq)
	if same && !r.stored.IsZero() {
		// If the stream was set back, by a power failure or from a backup, and has
		// grown again since, another message has this sequence. A missing message
		// proves nothing: newer ones of its subject may have replaced it.
		msg, err := stream.GetMsg(ctx, r.position)
		if err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
			return err
		}
		same = err != nil || msg.Time.Equal(r.stored)
	}
	r.touch()
	if same {
		return nil
	}
	r.epoch, r.position, r.stored, r.caughtUp = epoch, 0, time.Time{}, false
	if r.Tail > 0 {
		r.position = info.State.LastSeq - min(r.Tail, info.State.LastSeq)
	}
	if r.OnRestart != nil {
		r.OnRestart(epoch)
	}
	return nil
}

// mayResume returns false for another stream, for one that ends before the reader's
// position, and if the reader was away for so long that a tombstone may have expired.
func (r *reader) mayResume(epoch string, last uint64) bool {
	return epoch == r.epoch && last >= r.position && time.Since(r.lastRead) < events.TombstoneLife
}

// consumer returns the configuration of a consumer that continues after position. An
// interrupted snapshot is requested again; its messages up to position are then
// skipped.
func (r *reader) consumer() jetstream.ConsumerConfig {
	cfg := jetstream.ConsumerConfig{
		AckPolicy:         jetstream.AckNonePolicy,
		DeliverPolicy:     jetstream.DeliverLastPerSubjectPolicy,
		MemoryStorage:     true,
		Replicas:          1,
		InactiveThreshold: cmp.Or(r.InactiveThreshold, inactiveThreshold),
	}
	if r.Tail > 0 || r.caughtUp {
		cfg.DeliverPolicy, cfg.OptStartSeq = jetstream.DeliverByStartSequencePolicy, r.position+1
	}
	return filtered(cfg, r.Subjects)
}

// filtered returns cfg for these subjects. The client puts a single one into the
// subject of its request, by which NATS checks the permission.
func filtered(cfg jetstream.ConsumerConfig, subjects []string) jetstream.ConsumerConfig {
	if len(subjects) == 1 {
		cfg.FilterSubject = subjects[0]
	} else {
		cfg.FilterSubjects = subjects
	}
	return cfg
}

// last returns the sequence of the subscription's newest message, or 0 if there is
// none.
func (r *reader) last(ctx context.Context) (uint64, error) {
	var last uint64
	for _, subject := range r.Subjects {
		msg, err := r.stream.GetLastMsgForSubject(ctx, subject)
		switch {
		case err == nil:
			last = max(last, msg.Sequence)
		case !errors.Is(err, jetstream.ErrMsgNotFound):
			return 0, err
		}
	}
	return last, nil
}

// checkIdle is called when no message came for a while. It fails if the stream has a
// newer message at two successive checks; at the first one the message may still be
// in flight. Then either the message was lost with a connection, which shows as a gap
// in the sequence only when the next one comes; or the server waits: after a message
// of the snapshot was deleted, nats-server 2.15 continues only at the next pull.
func (r *reader) checkIdle(ctx context.Context) error {
	last, err := r.last(ctx)
	if err == nil && r.missing > r.position {
		err = fmt.Errorf("message %d did not come", r.missing)
	}
	r.missing = last
	if err == nil {
		r.goal = min(r.goal, last) // messages purged meanwhile never come
	}
	r.touch()
	return err
}

// deliver passes the message to fn. It fails if the message isn't the consumer's
// delivery number next, because lost messages are not redelivered.
func (r *reader) deliver(ctx context.Context, msg jetstream.Msg, next uint64) error {
	meta, err := msg.Metadata()
	if err != nil {
		return err
	}
	if meta.Sequence.Consumer != next {
		return fmt.Errorf("delivery %d came in place of %d", meta.Sequence.Consumer, next)
	}
	r.touch()
	if meta.Sequence.Stream <= r.position {
		return nil
	}
	env, err := events.Decode(msg.Headers(), msg.Data())
	switch {
	case err == nil || errors.Is(err, events.ErrUnknownType) && r.UnknownTypes:
		d := Delivery{Envelope: env, Sequence: meta.Sequence.Stream, Data: msg.Data(), Attempt: 1}
		d.Snapshot = !r.caughtUp && d.Sequence <= r.goal
		if err := r.fn(ctx, d); err != nil {
			return &finalError{err}
		}
	case errors.Is(err, events.ErrPoison):
		r.report(fmt.Errorf("message %d on %s: %w", meta.Sequence.Stream, msg.Subject(), err))
	}
	r.position, r.stored = meta.Sequence.Stream, meta.Timestamp
	return nil
}

// catchUp calls OnCaughtUp once when all messages up to goal are delivered.
func (r *reader) catchUp() {
	if r.caughtUp || r.position < r.goal {
		return
	}
	r.caughtUp = true
	if r.OnCaughtUp != nil {
		r.OnCaughtUp()
	}
}

// touch sets lastRead by the wall clock, because the monotonic clock stops while the
// machine is suspended.
func (r *reader) touch() { r.lastRead = time.Now().Round(0) }

func (r *reader) report(err error) {
	if err != nil && r.OnError != nil {
		r.OnError(err)
	}
}

// epochOf returns the epoch of a stream, which changes when the stream is recreated.
func epochOf(info *jetstream.StreamInfo) string {
	return strconv.FormatInt(info.Created.UnixNano(), 36)
}
