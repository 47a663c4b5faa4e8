// Package ingest takes the results of probes from NATS into the catalogue, in
// batches, and makes those statuses unknown that results no longer confirm.
package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
)

const (
	batchSize  = 500                    // results, and up to a message's more
	batchGap   = 10 * time.Millisecond  // a batch with news is stored when no result has come for so long …
	batchAge   = 100 * time.Millisecond // … and its news wait no longer than this for more
	calmAge    = 250 * time.Millisecond // results that only confirm wait so long: fewer transactions cost less
	buffered   = batchSize              // messages fetched ahead
	heartbeat  = 2 * time.Second        // silence of twice this means that the consumer is gone
	applyMost  = 10 * time.Second       // how long a batch may take
	retryPause = time.Second

	// A replica of a later version may know what this one does not: it is left to it.
	unknownAgain = 10 * time.Second
)

// Statuses is where results go; the store satisfies it.
type Statuses interface {
	// ApplyResults stores a batch. Applied twice, it changes nothing more.
	ApplyResults(ctx context.Context, batch []events.ProbeCompleted) (store.Applied, error)
	// ApplyDelays notes which services wait for their turn to be probed.
	ApplyDelays(ctx context.Context, batch []events.ProbeDelayed) error
	// MarkStale makes the statuses unknown that no result has confirmed lately.
	MarkStale(ctx context.Context, since time.Time) (int, error)
}

// Ingest takes results from stream RESULTS, shared with the other replicas.
type Ingest struct {
	JetStream jetstream.JetStream
	Statuses  Statuses
	Replicas  int // of a stream that has to be created
	Log       *slog.Logger
	Metrics   *Metrics

	seen seen
}

// Run takes results until ctx ends. A result is acknowledged after it was
// stored: whatever fails in between, it comes again. Run fails only when the
// connection is closed for good.
func (in *Ingest) Run(ctx context.Context) error {
	in.seen = seen{}
	return stream.Loop{
		Conn:    in.JetStream.Conn(),
		Open:    in.open,
		Serve:   in.serve,
		OnError: stream.LogErrors(in.Log, in.JetStream.Conn(), "ingest"),
	}.Run(ctx)
}

// open makes the consumer, and the stream, if they are not there.
func (in *Ingest) open(ctx context.Context) (jetstream.Consumer, error) {
	if err := stream.Ensure(ctx, in.JetStream, in.Replicas, events.StreamResults); err != nil {
		return nil, err
	}
	return stream.Ingest(ctx, in.JetStream)
}

// serve takes results in batches, as one transaction for each would cost too much,
// and from whichever worker: stream.Consume would hand over one after the other.
func (in *Ingest) serve(ctx context.Context, consumer jetstream.Consumer) error {
	msgs, err := consumer.Messages(jetstream.PullMaxMessages(buffered), jetstream.PullHeartbeat(heartbeat))
	if err != nil {
		return fmt.Errorf("take results: %w", err)
	}
	defer msgs.Stop()
	defer context.AfterFunc(ctx, msgs.Stop)() // what was fetched and not stored goes to another replica

	for {
		batch, err := in.collect(ctx, msgs)
		if storeErr := in.store(ctx, batch); storeErr != nil {
			return storeErr
		}
		if err != nil {
			return fmt.Errorf("take results: %w", err)
		}
	}
}

// batch is results and word of delays, and the messages in which they came.
type batch struct {
	results []events.ProbeCompleted
	delays  []events.ProbeDelayed
	msgs    []jetstream.Msg
	news    time.Time // when the first result came that is more than a confirmation; zero: none has
}

// collect waits for a first message, and then takes more: for a while if they only
// confirm what is known, or else for as long as they keep coming, until the batch
// is full or old enough. It returns what it has also with an error.
func (in *Ingest) collect(ctx context.Context, msgs jetstream.MessagesContext) (b batch, err error) {
	msg, err := msgs.Next()
	if err != nil {
		return b, err
	}
	in.read(ctx, &b, msg)
	for began := time.Now(); len(b.results)+len(b.delays) < batchSize; {
		wait := time.Until(began.Add(calmAge))
		if !b.news.IsZero() {
			wait = min(batchGap, time.Until(b.news.Add(batchAge)))
		}
		if wait <= 0 {
			break
		}
		msg, err := msgs.Next(jetstream.NextMaxWait(wait))
		if errors.Is(err, nats.ErrTimeout) {
			break
		}
		if err != nil {
			return b, err
		}
		in.read(ctx, &b, msg)
	}
	return b, nil
}

// read adds what the message has, or drops it if it says nothing.
func (in *Ingest) read(ctx context.Context, b *batch, msg jetstream.Msg) {
	env, err := events.Decode(msg.Headers(), msg.Data())
	if errors.Is(err, events.ErrUnknownType) {
		in.Metrics.results.WithLabelValues("unknown").Inc()
		_ = msg.NakWithDelay(unknownAgain) // comes again, if later, when that fails
		return
	}
	switch event := env.Event.(type) {
	case events.ProbesCompleted:
		in.add(b, event.Results...)
	case events.ProbeCompleted:
		in.add(b, event)
	case events.ProbeDelayed:
		b.delays = append(b.delays, event)
	default:
		err = errors.Join(err, errors.New("neither results nor a delay"))
	}
	if err != nil {
		in.Log.ErrorContext(ctx, "a result is not valid; it is dropped", "subject", msg.Subject(), "error", err)
		in.Metrics.results.WithLabelValues("invalid").Inc()
		_ = msg.TermWithReason("not a valid result") // comes again if that fails
		return
	}
	b.msgs = append(b.msgs, msg)
}

func (in *Ingest) add(b *batch, results ...events.ProbeCompleted) {
	for _, r := range results {
		if in.seen.news(r) && b.news.IsZero() {
			b.news = time.Now()
		}
	}
	b.results = append(b.results, results...)
}

// store stores a batch and acknowledges it. While the database can't take it,
// it tries again: the results are worth nothing elsewhere.
func (in *Ingest) store(ctx context.Context, b batch) error {
	if len(b.msgs) == 0 {
		return nil
	}
	applied, err := in.apply(ctx, b)
	if err != nil {
		return err
	}
	if len(b.results) > 0 {
		in.Metrics.count(len(b.results), applied)
	}
	for _, msg := range b.msgs {
		if err := msg.Ack(); err != nil {
			return fmt.Errorf("acknowledge results: %w", err)
		}
	}
	return nil
}

// once applies what was said: results first, so that a delay that is older than
// one of them is known to be.
func (in *Ingest) once(ctx context.Context, what batch) (applied store.Applied, err error) {
	if len(what.results) > 0 {
		if applied, err = in.Statuses.ApplyResults(ctx, what.results); err != nil {
			return applied, err
		}
	}
	if len(what.delays) > 0 {
		err = in.Statuses.ApplyDelays(ctx, what.delays)
	}
	return applied, err
}

// apply outlives ctx by one try: at shutdown the batch in hand is finished.
func (in *Ingest) apply(ctx context.Context, what batch) (store.Applied, error) {
	for {
		try, cancel := context.WithTimeout(context.WithoutCancel(ctx), applyMost)
		applied, err := in.once(try, what)
		cancel()
		if err == nil || ctx.Err() != nil {
			return applied, err
		}
		in.Log.WarnContext(ctx, "results could not be stored; trying again", "error", err)
		sleep(ctx, retryPause)
	}
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
