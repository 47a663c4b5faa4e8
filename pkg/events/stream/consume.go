package stream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
)

const (
	ackWait       = 15 * time.Second // after which the message of a reader that died is redelivered to the next
	touchEvery    = 5 * time.Second  // how often the server is told that a message is in progress
	retryMinDelay = time.Second      // before the first redelivery of an event, doubled for each more
	retryMaxDelay = time.Minute
	flushTimeout  = 2 * time.Second

	// snapshotKey is the key of a consumer's metadata that holds the last sequence of
	// its snapshot.
	snapshotKey = "dev-portal-snapshot"
)

// Durable configures a reader of stream PORTAL whose position the server keeps while
// the reader is away.
type Durable struct {
	// Name is the name of the durable consumer: letters, digits, "-" and "_".
	// Programs with the same name share it; each event goes to one of them.
	Name string

	// Subjects narrows what is read, as those of a Subscription do. All programs of
	// a name must have the same subjects.
	Subjects []string

	// UnknownTypes also delivers events of types that this version of the package
	// doesn't know, as for a Subscription.
	UnknownTypes bool

	// OnRestart, if set, is called each time that reading starts anew: at the first
	// start under this name, and when the consumer was lost, for example because the
	// stream was recreated. Events between the old and the new position may be
	// missing. epoch is unique to the stream's life.
	OnRestart func(epoch string)

	// OnError, if set, is called when reading was interrupted, when an event will be
	// redelivered, and when one was dropped. Reading continues.
	OnError func(error)
}

// Consume follows stream PORTAL from a position that the server keeps. At the first
// start it calls fn with the last event of every service's configuration and status,
// with Snapshot set in its Delivery. Then it calls fn with each change. The calls are
// sequential and in the order of the stream, however many programs share the name.
// Events that occur while the reader is away are delivered when it returns, as far as
// the stream keeps them.
//
// The error of fn decides about the event. After nil, the event is acknowledged.
// After [Drop], it is given up. After [Stop], Consume returns, and the next reader of
// the name begins with this event. After any other error, the event is redelivered
// after a second, then after twice as long each time, up to a minute; all other events
// wait for it, to keep the order. The event of a reader that died is redelivered to
// the next one after 15 s: delivery is at least once.
//
// Like Subscribe, Consume recovers from every outage by itself. It returns nil when
// ctx ends, the error of Stop, or an error that no retry can fix: subjects that NATS
// refuses, a name that is in use for something else, and [nats.ErrConnectionClosed].
func Consume(
	ctx context.Context, js jetstream.JetStream, d Durable, fn func(context.Context, Delivery) error,
) error {
	if len(d.Subjects) == 0 {
		d.Subjects = []string{events.AllPortal}
	}
	c := consumption{Durable: d, js: js, fn: fn}
	if err := (Loop{Conn: js.Conn(), Open: c.open, Serve: c.serve, OnError: d.OnError}).Run(ctx); err != nil {
		return fmt.Errorf("consume as %s: %w", d.Name, err)
	}
	return nil
}

// Drop returns an error by which Consume's function gives up an event because of err.
func Drop(err error) error { return &dropError{err} }

// Stop returns an error that makes Consume return err. The event stays for the next
// reader.
func Stop(err error) error { return &finalError{err} }

type dropError struct{ err error }

func (e *dropError) Error() string { return "dropped: " + e.err.Error() }
func (e *dropError) Unwrap() error { return e.err }

// consumption is the state of Consume that outlasts a connection.
type consumption struct {
	Durable
	js jetstream.JetStream
	fn func(context.Context, Delivery) error

	epoch    string // of the stream that position is in; empty at first
	position uint64 // the sequence up to which this reader knows all events as settled
	snapshot uint64 // the last sequence of the snapshot
}

// open finds the durable consumer, or creates it.
func (c *consumption) open(ctx context.Context) (jetstream.Consumer, error) {
	ctx = withoutDeadline{ctx}
	stream, err := c.js.Stream(ctx, events.StreamPortal)
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", events.StreamPortal, err)
	}
	consumer, err := stream.Consumer(ctx, c.Name)
	if err == nil {
		return consumer, c.resume(stream.CachedInfo(), consumer.CachedInfo())
	}
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		if consumer, err = c.create(ctx, stream); err == nil {
			return consumer, nil
		}
	}
	if refused(err) || errors.Is(err, jetstream.ErrInvalidConsumerName) {
		return nil, &finalError{err}
	}
	return nil, fmt.Errorf("consumer %s of stream %s: %w", c.Name, events.StreamPortal, err)
}

// resume continues from the position of an existing consumer.
func (c *consumption) resume(stream *jetstream.StreamInfo, consumer *jetstream.ConsumerInfo) error {
	subjects := consumer.Config.FilterSubjects
	if len(subjects) == 0 {
		subjects = []string{consumer.Config.FilterSubject}
	}
	snapshot, err := strconv.ParseUint(consumer.Config.Metadata[snapshotKey], 10, 64)
	if err != nil || !slices.Equal(slices.Sorted(slices.Values(subjects)), slices.Sorted(slices.Values(c.Subjects))) {
		return &finalError{errors.New("the name is in use for something else, or for other subjects: choose another one")}
	}
	if epoch := epochOf(stream); c.epoch != epoch {
		c.restart(epoch, c.epoch != "")
	}
	c.position, c.snapshot = max(c.position, consumer.AckFloor.Stream), snapshot
	return nil
}

// create creates the consumer. It begins at the reader's position if that is known
// for this stream; at the first event if the stream was recreated while the reader
// ran, as all its events are new; and else with the snapshot.
func (c *consumption) create(ctx context.Context, stream jetstream.Stream) (jetstream.Consumer, error) {
	cfg := jetstream.ConsumerConfig{
		Durable:       c.Name,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       ackWait,
		MaxAckPending: 1, // so that no event overtakes one that is redelivered
		DeliverPolicy: jetstream.DeliverLastPerSubjectPolicy,
	}
	info := stream.CachedInfo()
	epoch := epochOf(info)
	known := c.epoch == epoch && c.position >= c.snapshot
	recreated := c.epoch != epoch && c.epoch != ""
	snapshot := info.State.LastSeq
	switch {
	case known:
		cfg.DeliverPolicy, cfg.OptStartSeq, snapshot = jetstream.DeliverByStartSequencePolicy, c.position+1, c.snapshot
	case recreated:
		cfg.DeliverPolicy, snapshot = jetstream.DeliverAllPolicy, 0
	}
	cfg.Metadata = map[string]string{snapshotKey: strconv.FormatUint(snapshot, 10)}
	consumer, err := stream.CreateConsumer(ctx, filtered(cfg, c.Subjects))
	if err != nil {
		return nil, err
	}
	c.snapshot = snapshot
	if !known {
		c.restart(epoch, true)
	}
	return consumer, nil
}

// restart resets the position for another stream, and calls OnRestart if notify is
// set.
func (c *consumption) restart(epoch string, notify bool) {
	c.epoch, c.position = epoch, 0
	if notify && c.OnRestart != nil {
		c.OnRestart(epoch)
	}
}

// serve delivers until something fails, or ctx ends.
func (c *consumption) serve(ctx context.Context, consumer jetstream.Consumer) error {
	msgs, err := consumer.Messages(jetstream.PullHeartbeat(pullHeartbeat), jetstream.PullExpiry(pullExpiry))
	if err != nil {
		return fmt.Errorf("read stream %s: %w", events.StreamPortal, err)
	}
	defer c.flush(context.WithoutCancel(ctx))
	defer msgs.Stop()
	defer context.AfterFunc(ctx, msgs.Drain)() // deliver then hands back the messages fetched
	defer onDisconnect(c.js.Conn(), msgs.Stop)()
	for {
		msg, err := msgs.Next()
		if err == nil {
			err = c.deliver(ctx, msg)
		}
		if stopped := new(finalError); errors.As(err, &stopped) {
			handBack(msgs, msg)
		}
		if err != nil {
			return fmt.Errorf("read stream %s: %w", events.StreamPortal, err)
		}
	}
}

// handBack has the message redelivered to the next reader at once. No pull may be
// open, or the server would redeliver it to this reader, which has stopped.
func handBack(msgs jetstream.MessagesContext, msg jetstream.Msg) {
	msgs.Drain()
	for more, err := msgs.Next(); err == nil; more, err = msgs.Next() {
		_ = more.Nak()
	}
	_ = msg.Nak() // if that fails, it is redelivered after AckWait
}

// flush sends the last acknowledgement, because the caller may close the connection
// as soon as Consume returns.
func (c *consumption) flush(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, flushTimeout)
	defer cancel()
	_ = c.js.Conn().FlushWithContext(ctx) // if that fails, the event is redelivered
}

// deliver passes the message to fn and settles it by fn's error. It fails only if
// reading must end.
func (c *consumption) deliver(ctx context.Context, msg jetstream.Msg) error {
	meta, err := msg.Metadata()
	if err != nil {
		return err
	}
	sequence := meta.Sequence.Stream
	switch {
	case ctx.Err() != nil:
		return msg.Nak()
	case sequence <= c.position: // its acknowledgement was lost
		return msg.Ack()
	}
	d := Delivery{Sequence: sequence, Data: msg.Data(), Snapshot: sequence <= c.snapshot, Attempt: int(min(meta.NumDelivered, 1<<30))}
	d.Envelope, err = events.Decode(msg.Headers(), msg.Data())
	switch {
	case err == nil, errors.Is(err, events.ErrUnknownType) && c.UnknownTypes:
		err = c.handle(ctx, msg, d)
	case errors.Is(err, events.ErrPoison):
		err = Drop(err)
	default: // of an unknown type that was not asked for
		err = nil
	}
	return c.settle(ctx, msg, d, err)
}

// handle calls fn. Until fn returns, it tells the server that the message is in
// progress.
func (c *consumption) handle(ctx context.Context, msg jetstream.Msg, d Delivery) error {
	done := make(chan struct{})
	var touching sync.WaitGroup
	touching.Go(func() {
		tick := time.NewTicker(touchEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				_ = msg.InProgress() // if that fails, it is redelivered
			case <-done:
				return
			}
		}
	})
	defer touching.Wait()
	defer close(done)
	return c.fn(ctx, d)
}

// settle acknowledges, hands back or terminates the message, by fn's error.
func (c *consumption) settle(ctx context.Context, msg jetstream.Msg, d Delivery, err error) error {
	about := func(err error) error { return fmt.Errorf("message %d on %s: %w", d.Sequence, msg.Subject(), err) }
	var dropped *dropError
	var stopped *finalError
	switch {
	case err == nil:
		c.position = d.Sequence
		return msg.Ack()
	case errors.As(err, &stopped):
		return err
	case errors.As(err, &dropped):
		c.report(about(err))
		c.position = d.Sequence
		return msg.TermWithReason("given up by its reader")
	case ctx.Err() != nil:
		return msg.Nak()
	}
	delay := retryMaxDelay
	if d.Attempt <= 6 {
		delay = min(retryMaxDelay, retryMinDelay<<(d.Attempt-1))
	}
	c.report(about(fmt.Errorf("comes again in %s: %w", delay, err)))
	return msg.NakWithDelay(delay)
}

func (c *consumption) report(err error) {
	if c.OnError != nil {
		c.OnError(err)
	}
}
