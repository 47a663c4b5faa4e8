// Package plan keeps one plan in the broker for each service with a health URL:
// a message with a schedule, which the broker copies to the service's due
// subject at each slot. Catalogue event in, plan out.
//
// A catalogue event is taken as a hint that a service changed. What is then
// planned follows from the service's last event and its present plan, both read
// at that moment, and each write holds only if the plan is still the one read.
// So an event that comes late, again, or to two workers at once does no harm.
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
	batchSize   = 500                   // catalogue events that are planned together
	batchWait   = 50 * time.Millisecond // how long the first of a batch waits for more
	fetchWait   = time.Second           // how long one request for events stays open, and so how long stopping takes
	settleTime  = 10 * time.Second      // for one batch
	retryDelay  = time.Second           // of events that could not be planned
	source      = "/dev-portal/health-worker"
	handOverFor = time.Second
)

// Config is what a Planner needs.
type Config struct {
	JS      jetstream.JetStream
	Log     *slog.Logger
	Metrics *metrics.Worker

	// Attached is told when following the catalogue begins and when it ends.
	Attached func(yes bool)
}

// Planner keeps the plans. Its zero value is of no use: see New.
type Planner struct {
	Config
	mu   sync.Mutex    // one batch at a time, else this worker would race itself
	poke chan struct{} // asks for a reconciliation
	pin  string        // the id under which the broker pinned this worker last

	catalogue *stream.Mirror // of the configuration, to reconcile with
}

// New returns a Planner, ready to Run.
func New(cfg Config) *Planner {
	return &Planner{Config: cfg, poke: make(chan struct{}, 1), catalogue: stream.NewMirror(cfg.JS, events.AllCatalog)}
}

// Run follows the catalogue until ctx ends, and reconciles at times. At its end
// it hands the catalogue over, so that another worker goes on at once. It fails
// only when the connection is closed for good.
func (p *Planner) Run(ctx context.Context) error {
	g, running := errgroup.WithContext(ctx)
	g.Go(func() error { return p.catalogue.Run(running) })
	g.Go(func() error {
		p.reconcileAtTimes(running)
		return nil
	})
	follow := stream.Loop{
		Conn:     p.JS.Conn(),
		Open:     p.open,
		Serve:    p.follow,
		Attached: p.Attached,
		OnError:  stream.LogErrors(p.Log, p.JS.Conn(), "planner"),
	}
	g.Go(func() error { return follow.Run(running) })
	err := g.Wait()
	p.handOver(context.WithoutCancel(ctx))
	return err
}

// Plan returns the present plan of a service; the zero plan, if there is none that
// can be read.
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

// follow plans what the consumer delivers: in batches, which stream.Consume does
// not give. Only one worker at a time is given anything; the others ask, and wait.
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
			msgs, open = gather(batch.Messages())
			p.settle(context.WithoutCancel(ctx), msgs)
		}
		if err := batch.Error(); !stream.Idle(err) {
			return fmt.Errorf("fetch: %w", err)
		}
	}
	return nil
}

// gather waits for a message, and takes what comes with it. At the end of in
// it says that in isn't open any more.
func gather(in <-chan jetstream.Msg) (msgs []jetstream.Msg, open bool) {
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

// settle plans the services that msgs are about, and acknowledges them: all or,
// after a failure, none. It is not cut off when the worker stops.
func (p *Planner) settle(ctx context.Context, msgs []jetstream.Msg) {
	if len(msgs) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()

	seen, valid := p.read(ctx, msgs)
	if _, err := p.converge(ctx, seen); err != nil {
		p.Metrics.PlanFailures.Inc()
		p.Log.WarnContext(ctx, "services not planned; trying again", "services", len(seen), "error", err)
		for _, msg := range valid {
			_ = msg.NakWithDelay(retryDelay) // else it comes again when its time to acknowledge is over
		}
		return
	}
	for _, msg := range valid {
		_ = msg.Ack() // likewise, and does no harm then
	}
}

// read returns the newest event of each service, and the messages that hold
// events. What isn't one will never be: it is terminated.
func (p *Planner) read(ctx context.Context, msgs []jetstream.Msg) (seen map[string]entry, valid []jetstream.Msg) {
	seen = make(map[string]entry, len(msgs))
	for _, msg := range msgs {
		if pin := msg.Headers().Get("Nats-Pin-Id"); pin != "" {
			p.pin = pin
		}
		meta, err := msg.Metadata()
		var e entry
		if err == nil {
			e, err = newEntry(meta.Sequence.Stream, msg.Headers(), msg.Data())
		}
		if errors.Is(err, events.ErrUnknownType) { // a later version's: what this one needs is said beside it
			_ = msg.Ack() // comes again if that fails
			continue
		}
		if err != nil {
			p.Log.ErrorContext(ctx, "catalogue event can't be read", "subject", msg.Subject(), "error", err)
			_ = msg.TermWithReason("not a catalogue event") // else it comes again, to the same end
			continue
		}
		if e.seq > seen[e.id].seq {
			seen[e.id] = e
		}
		valid = append(valid, msg)
	}
	return seen, valid
}

// handOver gives up the place of the pinned worker, if this one has it. Without
// that the next one would begin when the broker has missed this one for a while.
func (p *Planner) handOver(ctx context.Context) {
	if p.pin == "" || !p.JS.Conn().IsConnected() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, handOverFor)
	defer cancel()
	consumer, err := p.JS.Consumer(ctx, events.StreamPortal, "planner")
	if err != nil {
		return // nobody is waiting behind us on a consumer that is gone
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
			p.Log.WarnContext(ctx, "planning not handed over; another worker takes over by itself", "error", err)
		}
	}
}
