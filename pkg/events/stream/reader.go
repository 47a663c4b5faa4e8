package stream

import (
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
	pullHeartbeat = 2 * time.Second  // silence of twice this means that the consumer is gone
	pullExpiry    = 30 * time.Second // how long one pull stays open at the server
	idleLife      = time.Minute      // the server drops the consumer of a reader that has gone
	idleCheck     = 5 * time.Second  // after so long without a message the reader looks for a lost one
	secondLook    = 2 * time.Second  // and so long after it, whether one that it missed is merely late
)

// reader is what a subscription remembers between two consumers.
type reader struct {
	Subscription
	js jetstream.JetStream
	fn func(context.Context, Delivery) error

	epoch    string    // of the stream that position is in; empty: none yet
	position uint64    // the sequence up to which all was delivered
	stored   time.Time // when the server stored the message at position; zero: it was not delivered to us
	seen     time.Time // when the reader was last known to be up to date with the stream, or reading it
	caughtUp bool

	// Of the present consumer.
	stream  jetstream.Stream
	goal    uint64 // the sequence of the newest message when it was made: there the reader has caught up
	missing uint64 // what the stream had at the last look, and had not come by then; 0: nothing
}

// open makes a consumer that goes on where the reader is.
func (r *reader) open(ctx context.Context) (jetstream.Consumer, error) {
	ctx = eachInTime{ctx}
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
	// After the consumer was made, so that all of its snapshot is before goal.
	// Its count of pending messages would not do: what is stored from now on
	// counts too, and a busy stream would never be caught up with.
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
	defer whenCutOff(r.js.Conn(), msgs.Stop)()
	return fmt.Errorf("read stream %s: %w", events.StreamPortal, r.follow(ctx, msgs))
}

// follow delivers until something fails.
func (r *reader) follow(ctx context.Context, msgs jetstream.MessagesContext) error {
	r.missing = 0
	for next := uint64(1); ; {
		wait := idleCheck
		if r.missing > r.position {
			wait = secondLook
		}
		msg, err := msgs.Next(jetstream.NextMaxWait(wait))
		switch {
		case err == nil:
			err = r.deliver(ctx, msg, next)
			next++
		case errors.Is(err, nats.ErrTimeout):
			err = r.idle(eachInTime{ctx})
		}
		if err != nil {
			return err
		}
		r.catchUp()
	}
}

// locate finds out whether the stream still has the past that was read, and
// begins anew if it doesn't.
func (r *reader) locate(ctx context.Context, stream jetstream.Stream) error {
	info := stream.CachedInfo()
	epoch := epochOf(info)
	same := r.mayGoOn(epoch, info.State.LastSeq)
	if same && !r.stored.IsZero() {
		// A stream that was set back, by a power failure or from a copy, and has
		// grown again since, gave the number to another message. One that is
		// missing proves nothing: newer ones of its subject may have replaced it.
		msg, err := stream.GetMsg(ctx, r.position)
		if err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
			return err
		}
		same = err != nil || msg.Time.Equal(r.stored)
	}
	r.alive()
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

// mayGoOn is false for another stream, for one that is shorter than what was
// read, and after an absence in which a service may have come and gone, tombstone
// and all.
func (r *reader) mayGoOn(epoch string, last uint64) bool {
	return epoch == r.epoch && last >= r.position && time.Since(r.seen) < events.TombstoneLife
}

// consumer is the configuration of a consumer that goes on after position. An
// interrupted snapshot is asked for again: what it delivers up to position is
// then passed over.
func (r *reader) consumer() jetstream.ConsumerConfig {
	cfg := jetstream.ConsumerConfig{
		AckPolicy:         jetstream.AckNonePolicy,
		DeliverPolicy:     jetstream.DeliverLastPerSubjectPolicy,
		MemoryStorage:     true,
		Replicas:          1,
		InactiveThreshold: idleLife,
	}
	if r.Tail > 0 || r.caughtUp {
		cfg.DeliverPolicy, cfg.OptStartSeq = jetstream.DeliverByStartSequencePolicy, r.position+1
	}
	return filtered(cfg, r.Subjects)
}

// filtered is cfg for these subjects. A single one is in the request's own subject, by
// which NATS decides who may ask for it.
func filtered(cfg jetstream.ConsumerConfig, subjects []string) jetstream.ConsumerConfig {
	if len(subjects) == 1 {
		cfg.FilterSubject = subjects[0]
	} else {
		cfg.FilterSubjects = subjects
	}
	return cfg
}

// last is the sequence of the newest message that the subscription is for, or 0.
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

// idle is called when no message came for a while. If the stream has one all the
// same, at two looks, it was lost with a connection, which no gap in the numbers
// tells before the next one comes; or the server waits: where a message of the
// snapshot was deleted meanwhile, nats-server 2.15 goes on only at the next pull.
// At the first look it may just have been stored, and be on its way.
func (r *reader) idle(ctx context.Context) error {
	last, err := r.last(ctx)
	if err == nil && r.missing > r.position {
		err = fmt.Errorf("message %d did not come", r.missing)
	}
	r.missing = last
	if err == nil {
		r.goal = min(r.goal, last) // what was purged meanwhile never comes
	}
	r.alive()
	return err
}

// deliver hands over the message, which must be the consumer's delivery number
// next: what is lost on its way is not sent again.
func (r *reader) deliver(ctx context.Context, msg jetstream.Msg, next uint64) error {
	meta, err := msg.Metadata()
	if err != nil {
		return err
	}
	if meta.Sequence.Consumer != next {
		return fmt.Errorf("delivery %d came in place of %d", meta.Sequence.Consumer, next)
	}
	r.alive()
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

// catchUp says that all up to the goal was delivered, if it was.
func (r *reader) catchUp() {
	if r.caughtUp || r.position < r.goal {
		return
	}
	r.caughtUp = true
	if r.OnCaughtUp != nil {
		r.OnCaughtUp()
	}
}

// alive notes the time of the wall: a computer that sleeps stops the other clock.
func (r *reader) alive() { r.seen = time.Now().Round(0) }

func (r *reader) report(err error) {
	if err != nil && r.OnError != nil {
		r.OnError(err)
	}
}

// epochOf is unique to the life of a stream.
func epochOf(info *jetstream.StreamInfo) string {
	return strconv.FormatInt(info.Created.UnixNano(), 36)
}
