// Package plan keeps one plan in the broker for each service with a health URL:
// a message with a schedule, which the broker copies to the service's due
// subject at each slot. Catalogue event in, plan out.
//
// A catalogue event is only a hint that a service changed. The change of the plan
// is computed from the service's last event and its present plan, both read then,
// and each write succeeds only if the plan is still the one that was read. So an
// event that comes late, again, or to two workers at once does no harm.
package plan

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	"github.com/dev-portal/dev-portal/services/health-worker/internal/metrics"
)

const (
	batchSize       = 500                   // catalogue events that are planned together
	batchWait       = 50 * time.Millisecond // how long the first of a batch waits for more
	batchTimeout    = 10 * time.Second      // for planning one batch
	fetchWait       = time.Second           // how long one fetch stays open, and so how long stopping takes
	retryDelay      = time.Second           // redelivery delay of events that could not be planned
	source          = "/dev-portal/health-worker"
	handOverTimeout = time.Second
)

// Config is what a Planner needs.
type Config struct {
	JS      jetstream.JetStream
	Log     *slog.Logger
	Metrics *metrics.Worker

	// OnReady is called with true when the planner begins to follow the catalogue,
	// and with false when that ends.
	OnReady func(ready bool)
}

// Planner keeps the plans. Its zero value is not usable: see New.
type Planner struct {
	Config
	mu               sync.Mutex // one batch at a time, else this worker would race with itself
	requestReconcile chan struct{}
	pin              string // the id under which the broker last pinned this worker

	catalogue *stream.Mirror // of the configuration, to reconcile with
}

// New returns a Planner, ready to Run.
func New(cfg Config) *Planner {
	return &Planner{Config: cfg, requestReconcile: make(chan struct{}, 1), catalogue: stream.NewMirror(cfg.JS, events.AllCatalog)}
}

// Run follows the catalogue and reconciles periodically, until ctx ends. It then
// hands over to another worker, which continues at once. It fails only when the
// connection is closed for good.
func (p *Planner) Run(ctx context.Context) error {
	g, running := errgroup.WithContext(ctx)
	g.Go(func() error { return p.catalogue.Run(running) })
	g.Go(func() error {
		p.reconcilePeriodically(running)
		return nil
	})
	follow := stream.Loop{
		Conn:     p.JS.Conn(),
		Open:     p.open,
		Serve:    p.follow,
		Attached: p.OnReady,
		OnError:  stream.LogErrors(p.Log, p.JS.Conn(), "planner"),
	}
	g.Go(func() error { return follow.Run(running) })
	err := g.Wait()
	p.handOver(context.WithoutCancel(ctx))
	return err
}

// Plan returns the present plan of a service, or the zero plan if there is none or
// it can't be decoded.
func (p *Planner) Plan(ctx context.Context, serviceID string) (plan events.ProbePlanned, err error) {
	ctx, cancel := stream.WhileConnected(ctx, p.JS.Conn())
	defer cancel()
	err = lastOf(ctx, p.JS, events.StreamProbes, []string{events.PlanSubject(serviceID)}, func(msg *jetstream.RawStreamMsg) {
		plan = newStored(msg.Sequence, msg.Header, msg.Data).plan
	})
	return plan, err
}

func (p *Planner) open(ctx context.Context) (jetstream.Consumer, error) {
	consumer, err := stream.Planner(ctx, p.JS)
	if err == nil {
		p.Reconcile()
	}
	return consumer, err
}

// follow plans the consumer's events in batches, which stream.Consume doesn't
// support. The broker delivers to the pinned worker only; the fetches of the others
// wait.
func (p *Planner) follow(ctx context.Context, consumer jetstream.Consumer) (err error) {
	defer func() {
		if err != nil && ctx.Err() == nil {
			p.Metrics.Interruptions.WithLabelValues("planner").Inc()
		}
	}()
	for ctx.Err() == nil {
		batch, err := consumer.Fetch(batchSize, jetstream.FetchMaxWait(fetchWait), jetstream.FetchPriorityGroup(stream.PlannerGroup))
		if err != nil {
			return fmt.Errorf("fetch: %w", err)
		}
		for open := true; open; {
			var msgs []jetstream.Msg
			msgs, open = collect(batch.Messages())
			p.planBatch(context.WithoutCancel(ctx), msgs)
		}
		if err := batch.Error(); !stream.Idle(err) {
			return fmt.Errorf("fetch: %w", err)
		}
	}
	return nil
}

// collect waits for a message and returns a batch of it and those that follow until
// none is pending, the batch is full, or batchWait is over. open is false once in is
// closed.
func collect(in <-chan jetstream.Msg) (msgs []jetstream.Msg, open bool) {
	var full <-chan time.Time
	for len(msgs) < batchSize {
		select {
		case msg, ok := <-in:
			if !ok {
				return msgs, false
			}
			msgs = append(msgs, msg)
			if meta, err := msg.Metadata(); err != nil || meta.NumPending == 0 {
				return msgs, true
			}
			if full == nil {
				full = time.After(batchWait)
			}
		case <-full:
			return msgs, true
		}
	}
	return msgs, true
}

// planBatch plans the services of msgs and acknowledges all of the messages, or none
// after a failure. ctx must not end when the worker stops, so that a batch is
// completed.
func (p *Planner) planBatch(ctx context.Context, msgs []jetstream.Msg) {
	if len(msgs) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, batchTimeout)
	defer cancel()

	entries, valid := p.read(ctx, msgs)
	if _, err := p.converge(ctx, entries); err != nil {
		p.Metrics.PlanFailures.Inc()
		p.Log.WarnContext(ctx, "planning failed; retrying", "services", len(entries), "error", err)
		for _, msg := range valid {
			_ = msg.NakWithDelay(retryDelay) // if that fails, it is redelivered after AckWait
		}
		return
	}
	for _, msg := range valid {
		_ = msg.Ack() // if that fails, it is redelivered, which changes nothing
	}
}

// read returns the newest event of each service, and the messages with valid
// events. It terminates invalid ones, as they would stay invalid.
func (p *Planner) read(ctx context.Context, msgs []jetstream.Msg) (entries map[string]entry, valid []jetstream.Msg) {
	entries = make(map[string]entry, len(msgs))
	for _, msg := range msgs {
		if pin := msg.Headers().Get("Nats-Pin-Id"); pin != "" {
			p.pin = pin
		}
		meta, err := msg.Metadata()
		var e entry
		if err == nil {
			e, err = newEntry(meta.Sequence.Stream, msg.Headers(), msg.Data())
		}
		if errors.Is(err, events.ErrUnknownType) { // of a later version, which also sends the types known here
			_ = msg.Ack() // if that fails, it is redelivered
			continue
		}
		if err != nil {
			p.Log.ErrorContext(ctx, "catalogue event not readable; skipped", "subject", msg.Subject(), "error", err)
			_ = msg.TermWithReason("not a catalogue event") // if that fails, it is redelivered and fails again
			continue
		}
		if e.seq > entries[e.id].seq {
			entries[e.id] = e
		}
		valid = append(valid, msg)
	}
	return entries, valid
}

// handOver unpins this worker from the consumer, if it is pinned. Otherwise the
// next worker would start only after the consumer's PinnedTTL.
func (p *Planner) handOver(ctx context.Context) {
	if p.pin == "" || !p.JS.Conn().IsConnected() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, handOverTimeout)
	defer cancel()
	consumer, err := p.JS.Consumer(ctx, events.StreamPortal, "planner")
	if err != nil {
		return // without the consumer no other worker waits for this one
	}
	for _, group := range consumer.CachedInfo().PriorityGroups {
		if group.Group != stream.PlannerGroup || group.PinnedClientID != p.pin {
			continue
		}
		portal, err := p.JS.Stream(ctx, events.StreamPortal)
		if err == nil {
			err = portal.UnpinConsumer(ctx, "planner", stream.PlannerGroup)
		}
		if err != nil {
			p.Log.WarnContext(ctx, "planning not handed over; another worker takes over when the lease ends", "error", err)
		}
	}
}
