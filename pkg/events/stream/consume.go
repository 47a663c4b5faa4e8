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
	ackWait    = 15 * time.Second // after which the message of a reader that died goes to the next
	touchEvery = 5 * time.Second  // how often the server hears that a message is still in hand
	laterFirst = time.Second      // the pause before an event comes again, doubled with each time
	laterMost  = time.Minute      // up to this
	flushTime  = 2 * time.Second

	// snapshotKey is under what a consumer says the sequence up to which it tells how
	// things stood when it was made.
	snapshotKey = "dev-portal-snapshot"
)

// Durable says what a reader of stream PORTAL wants that keeps its place while it is
// away.
type Durable struct {
	// Name is that of the place, a durable consumer: letters, digits, "-" and "_".
	// Several programs with the same name share it; each event goes to one of them.
	Name string

	// Subjects narrows what is read, as those of a Subscription do. A name is for one
	// choice of subjects.
	Subjects []string

	// UnknownTypes also delivers events of types that this version of the package
	// doesn't know, as for a Subscription.
	UnknownTypes bool

	// OnRestart, if set, is called each time that a place begins: at the first start
	// under this name, and when the place was lost, as when the stream was made anew.
	// What happened between the two places may not be told. epoch is unique to the
	// stream's life.
	OnRestart func(epoch string)

	// OnError, if set, is told why reading was interrupted, which event comes again
	// later, and what was dropped. Reading goes on.
	OnError func(error)
}

// Consume follows stream PORTAL from a place that the server keeps. At first it calls
// fn with the last event of every service's configuration and of its status, whose
// Delivery says Snapshot, then with each change, one at a time and in the order of the
// stream, however many share the name. What happens while the reader is away comes
// when it returns, as far as the stream keeps it.
//
// What fn returns decides what becomes of the event: nil, it is done with; an error,
// it comes again later, after a second, then after twice as long, up to a minute, and
// all others wait for it, so that the order holds; [Drop], it is given up; [Stop],
// Consume ends, and the next reader under the name begins with it. An event whose
// reader dies comes again to the next after 15 s: each is told at least once.
//
// Like Subscribe, Consume comes back by itself from every outage. It returns nil when
// ctx ends, the error of Stop, or what no retry can mend: subjects that NATS refuses,
// a name that is for others, and [nats.ErrConnectionClosed].
func Consume(
	ctx context.Context, js jetstream.JetStream, d Durable, fn func(context.Context, Delivery) error,
) error {
	if len(d.Subjects) == 0 {
		d.Subjects = []string{events.AllCatalog, events.AllStatus}
	}
	c := consumption{Durable: d, js: js, fn: fn}
	if err := (Loop{Conn: js.Conn(), Open: c.open, Serve: c.serve, OnError: d.OnError}).Run(ctx); err != nil {
		return fmt.Errorf("consume as %s: %w", d.Name, err)
	}
	return nil
}

// Drop says of an event, to Consume, that it is given up, and why.
func Drop(err error) error { return &dropError{err} }

// Stop ends Consume with this error; the event stays for the next reader.
func Stop(err error) error { return &finalError{err} }

type dropError struct{ err error }

func (e *dropError) Error() string { return "dropped: " + e.err.Error() }
func (e *dropError) Unwrap() error { return e.err }

// consumption is what Consume remembers between two connections.
type consumption struct {
	Durable
	js jetstream.JetStream
	fn func(context.Context, Delivery) error

	epoch    string // of the stream that position is in; empty: none yet
	position uint64 // the sequence up to which this reader knows all as done with
	snapshot uint64 // the sequence up to which events are no news
}

// open finds the place, or begins one.
func (c *consumption) open(ctx context.Context) (jetstream.Consumer, error) {
	ctx = eachInTime{ctx}
	stream, err := c.js.Stream(ctx, events.StreamPortal)
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", events.StreamPortal, err)
	}
	consumer, err := stream.Consumer(ctx, c.Name)
	if err == nil {
		return consumer, c.resume(stream.CachedInfo(), consumer.CachedInfo())
	}
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		if consumer, err = c.begin(ctx, stream); err == nil {
			return consumer, nil
		}
	}
	if refused(err) || errors.Is(err, jetstream.ErrInvalidConsumerName) {
		return nil, &finalError{err}
	}
	return nil, fmt.Errorf("consumer %s of stream %s: %w", c.Name, events.StreamPortal, err)
}

// resume goes on at the place that is there.
func (c *consumption) resume(stream *jetstream.StreamInfo, place *jetstream.ConsumerInfo) error {
	subjects := place.Config.FilterSubjects
	if len(subjects) == 0 {
		subjects = []string{place.Config.FilterSubject}
	}
	snapshot, err := strconv.ParseUint(place.Config.Metadata[snapshotKey], 10, 64)
	if err != nil || !slices.Equal(slices.Sorted(slices.Values(subjects)), slices.Sorted(slices.Values(c.Subjects))) {
		return &finalError{errors.New("the name is in use for something else, or for other subjects: choose another one")}
	}
	if epoch := epochOf(stream); c.epoch != epoch {
		c.restart(epoch, c.epoch != "")
	}
	c.position, c.snapshot = max(c.position, place.AckFloor.Stream), snapshot
	return nil
}

// begin makes a place: where the reader was, if it knows that of this stream; else at
// the snapshot; but in a stream that was made anew under it at the beginning, as all
// that is in there is news.
func (c *consumption) begin(ctx context.Context, stream jetstream.Stream) (jetstream.Consumer, error) {
	cfg := jetstream.ConsumerConfig{
		Durable:       c.Name,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       ackWait,
		MaxAckPending: 1, // so that nothing overtakes what comes again
		DeliverPolicy: jetstream.DeliverLastPerSubjectPolicy,
	}
	info := stream.CachedInfo()
	epoch := epochOf(info)
	known := c.epoch == epoch && c.position >= c.snapshot
	anew := c.epoch != epoch && c.epoch != ""
	snapshot := info.State.LastSeq
	switch {
	case known:
		cfg.DeliverPolicy, cfg.OptStartSeq, snapshot = jetstream.DeliverByStartSequencePolicy, c.position+1, c.snapshot
	case anew:
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

// restart forgets what was of another stream, and says so.
func (c *consumption) restart(epoch string, say bool) {
	c.epoch, c.position = epoch, 0
	if say && c.OnRestart != nil {
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
	defer context.AfterFunc(ctx, msgs.Drain)() // what was fetched is handed back
	defer whenCutOff(c.js.Conn(), msgs.Stop)()
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

// handBack gives the message to the next reader at once. No pull may be open, or the
// server would give it to this one, which listens no more.
func handBack(msgs jetstream.MessagesContext, msg jetstream.Msg) {
	msgs.Drain()
	for more, err := msgs.Next(); err == nil; more, err = msgs.Next() {
		_ = more.Nak()
	}
	_ = msg.Nak() // it else comes a little later
}

// flush sees to it that the last acknowledgement is sent: the connection may be
// closed at once.
func (c *consumption) flush(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, flushTime)
	defer cancel()
	_ = c.js.Conn().FlushWithContext(ctx) // the event else comes again
}

// deliver hands over the message and says to the server what is to become of it. It
// fails only if reading is to end.
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
	default: // of a type that nobody asked for
		err = nil
	}
	return c.settle(ctx, msg, d, err)
}

// handle calls the reader's function. Meanwhile it tells the server that the message
// is in hand.
func (c *consumption) handle(ctx context.Context, msg jetstream.Msg, d Delivery) error {
	done := make(chan struct{})
	var touching sync.WaitGroup
	touching.Go(func() {
		tick := time.NewTicker(touchEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				_ = msg.InProgress() // it else comes again
			case <-done:
				return
			}
		}
	})
	defer touching.Wait()
	defer close(done)
	return c.fn(ctx, d)
}

// settle does what the reader's function wants.
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
	pause := laterMost
	if d.Attempt <= 6 {
		pause = min(laterMost, laterFirst<<(d.Attempt-1))
	}
	c.report(about(fmt.Errorf("comes again in %s: %w", pause, err)))
	return msg.NakWithDelay(pause)
}

func (c *consumption) report(err error) {
	if c.OnError != nil {
		c.OnError(err)
	}
}
