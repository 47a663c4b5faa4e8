// Package ingest stores the results of probes from NATS in the catalogue, in batches.
// It sets statuses to unknown that results no longer confirm.
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
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
)

const (
	batchSize    = 500                    // results; the last message may exceed it
	batchGap     = 10 * time.Millisecond  // a batch with a change is stored after this time without a result …
	batchAge     = 100 * time.Millisecond // … and at the latest this long after its first change
	unchangedAge = 250 * time.Millisecond // a batch without a change is stored after this: fewer transactions cost less
	buffered     = batchSize              // messages fetched ahead
	heartbeat    = 2 * time.Second        // silence of twice this means that the consumer is gone
	applyTimeout = 10 * time.Second       // for a batch
	retryPause   = time.Second

	// unknownRetry is when events of unknown type are redelivered, as a replica of a later
	// version may know them.
	unknownRetry = 10 * time.Second
)

// Statuses stores results; the store satisfies it.
type Statuses interface {
	// ApplyResults stores a batch. Applied twice, it changes nothing more.
	ApplyResults(ctx context.Context, by access.Actor, batch []events.ProbeCompleted) (store.Applied, error)
	// ApplyDelays records which services wait for their turn to be probed.
	ApplyDelays(ctx context.Context, by access.Actor, batch []events.ProbeDelayed) error
	// MarkStale sets statuses to unknown that no result has confirmed lately.
	MarkStale(ctx context.Context, by access.Actor, since time.Time) (int, error)
}

// Ingest stores results from stream RESULTS, which the replicas share.
type Ingest struct {
	JetStream jetstream.JetStream
	Statuses  Statuses
	Replicas  int // of a stream that has to be created
	Log       *slog.Logger
	Metrics   *Metrics

	last lastResults
}

// Run stores results until ctx ends. It acknowledges a result after storing it, so
// that the result is redelivered after any failure. Run returns an error only when
// the connection is closed for good.
func (in *Ingest) Run(ctx context.Context) error {
	in.last = lastResults{}
	return stream.Loop{
		Conn:    in.JetStream.Conn(),
		Open:    in.open,
		Serve:   in.serve,
		OnError: stream.LogErrors(in.Log, in.JetStream.Conn(), "ingest"),
	}.Run(ctx)
}

// open creates the stream and the consumer if they don't exist.
func (in *Ingest) open(ctx context.Context) (jetstream.Consumer, error) {
	if err := stream.Ensure(ctx, in.JetStream, in.Replicas, events.StreamResults); err != nil {
		return nil, err
	}
	return stream.Ingest(ctx, in.JetStream)
}

// serve stores results in batches, because a transaction for each would cost too much.
// It doesn't use stream.Consume, which delivers one message at a time.
func (in *Ingest) serve(ctx context.Context, consumer jetstream.Consumer) error {
	msgs, err := consumer.Messages(jetstream.PullMaxMessages(buffered), jetstream.PullHeartbeat(heartbeat))
	if err != nil {
		return fmt.Errorf("take results: %w", err)
	}
	defer msgs.Stop()
	defer context.AfterFunc(ctx, msgs.Stop)() // fetched messages that aren't stored go to another replica

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

// batch is results and delays, and the messages that contained them.
type batch struct {
	results []events.ProbeCompleted
	delays  []events.ProbeDelayed
	msgs    []jetstream.Msg
	changed time.Time // when the first result came that differs from the last one; zero: none has
}

// collect waits for a message, and then coalesces more into the batch until it is full or
// old enough. A batch with a change waits only while messages keep coming. collect returns
// what it has also with an error.
func (in *Ingest) collect(ctx context.Context, msgs jetstream.MessagesContext) (b batch, err error) {
	msg, err := msgs.Next()
	if err != nil {
		return b, err
	}
	in.read(ctx, &b, msg)
	for began := time.Now(); len(b.results)+len(b.delays) < batchSize; {
		wait := time.Until(began.Add(unchangedAge))
		if !b.changed.IsZero() {
			wait = min(batchGap, time.Until(b.changed.Add(batchAge)))
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

// read adds the message to the batch, or drops it if it is not valid.
func (in *Ingest) read(ctx context.Context, b *batch, msg jetstream.Msg) {
	env, err := events.Decode(msg.Headers(), msg.Data())
	if errors.Is(err, events.ErrUnknownType) {
		in.Metrics.results.WithLabelValues("unknown").Inc()
		_ = msg.NakWithDelay(unknownRetry) // if that fails, it is redelivered later
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
		in.Log.ErrorContext(ctx, "result not valid; dropped", "subject", msg.Subject(), "error", err)
		in.Metrics.results.WithLabelValues("invalid").Inc()
		_ = msg.TermWithReason("not a valid result") // redelivered if that fails
		return
	}
	b.msgs = append(b.msgs, msg)
}

func (in *Ingest) add(b *batch, results ...events.ProbeCompleted) {
	for _, r := range results {
		if in.last.update(r) && b.changed.IsZero() {
			b.changed = time.Now()
		}
	}
	b.results = append(b.results, results...)
}

// store stores a batch and acknowledges its messages. It retries while the database
// fails, because the results have no other use.
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

// applyOnce applies results before delays, so that delays older than a result are
// recognised as such.
func (in *Ingest) applyOnce(ctx context.Context, b batch) (applied store.Applied, err error) {
	if len(b.results) > 0 {
		if applied, err = in.Statuses.ApplyResults(ctx, access.Prober, b.results); err != nil {
			return applied, err
		}
	}
	if len(b.delays) > 0 {
		err = in.Statuses.ApplyDelays(ctx, access.Prober, b.delays)
	}
	return applied, err
}

// apply applies the batch, with retries until ctx ends. It makes one attempt even after
// that, so that a shutdown finishes the current batch.
func (in *Ingest) apply(ctx context.Context, b batch) (store.Applied, error) {
	for {
		try, cancel := context.WithTimeout(context.WithoutCancel(ctx), applyTimeout)
		applied, err := in.applyOnce(try, b)
		cancel()
		if err == nil || ctx.Err() != nil {
			return applied, err
		}
		in.Log.WarnContext(ctx, "results not stored; retrying", "error", err)
		sleep(ctx, retryPause)
	}
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
