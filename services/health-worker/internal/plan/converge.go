package plan

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
)

const (
	purgesAtOnce = 8
	maxConflicts = 3 // tries to write plans that other workers write too
)

// change is how a service's plan has to change.
type change struct {
	entry
	have stored

	write  bool // store entry.want in place of have
	probe  bool // and ask for a probe at once
	remove bool // remove have
}

// decide compares the wanted plan with the present one.
func decide(e entry, have stored) change {
	c := change{entry: e, have: have}
	switch {
	case e.version > 0 && have.plan.Version > e.version:
		// have is of a newer event than e.
	case e.want == nil:
		c.remove = have.seq > 0
	case have.plan != *e.want || have.schedule != schedule(e.id, e.want.Interval):
		c.write = true
		c.probe = have.plan.URL != e.want.URL
	}
	return c
}

// converge updates the plans of the services to the catalogue's present state, and
// returns how many it changed. The entries are the last known ones; the zero entry
// means that the caller knows none.
func (p *Planner) converge(ctx context.Context, entries map[string]entry) (changed int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	ctx, cancel := stream.WhileConnected(ctx, p.JS.Conn())
	defer cancel()

	todo := entries
	for range maxConflicts {
		changes, err := p.compare(ctx, todo)
		if err != nil {
			return changed, err
		}
		conflicts, err := p.apply(ctx, changes)
		changed += len(changes) - len(conflicts)
		if err != nil || len(conflicts) == 0 {
			return changed, err
		}
		todo = conflicts
	}
	return changed, fmt.Errorf("plans of %d services changed meanwhile, %d times over", len(todo), maxConflicts)
}

// compare reads the last catalogue events and the present plans of the services,
// and returns the necessary changes.
func (p *Planner) compare(ctx context.Context, known map[string]entry) ([]change, error) {
	ids := slices.Collect(maps.Keys(known))
	entries, unreadable := maps.Clone(known), map[string]bool{}
	err := lastOf(ctx, p.JS, events.StreamPortal, subjects(ids, events.CatalogSubject), func(msg *jetstream.RawStreamMsg) {
		e, err := newEntry(msg.Sequence, msg.Header, msg.Data)
		switch id := idOf(msg.Subject); {
		case err != nil:
			unreadable[id] = true
		case e.seq > entries[id].seq: // the replica that answers may lag behind the delivered events
			entries[id] = e
		}
	})
	if err != nil {
		return nil, err
	}
	plans := make(map[string]stored, len(ids))
	err = lastOf(ctx, p.JS, events.StreamProbes, subjects(ids, events.PlanSubject), func(msg *jetstream.RawStreamMsg) {
		plans[idOf(msg.Subject)] = newStored(msg.Sequence, msg.Header, msg.Data)
	})
	if err != nil {
		return nil, err
	}
	var changes []change
	for id, e := range entries {
		e.id = id
		if c := decide(e, plans[id]); !unreadable[id] && (c.write || c.remove) {
			changes = append(changes, c)
		}
	}
	return changes, nil
}

// apply makes the changes, and returns the conflicts: those whose plan another
// worker wrote since it was read.
func (p *Planner) apply(ctx context.Context, changes []change) (conflicts map[string]entry, err error) {
	// The due messages go first. After a crash between the two the plan is still
	// missing, so both are sent again, and the broker drops the duplicate due message.
	asked, _, err := p.publish(ctx, only(changes, func(c change) bool { return c.probe }), due)
	p.Metrics.FirstProbes.Add(float64(asked))
	if err != nil {
		return nil, fmt.Errorf("ask for first probes: %w", err)
	}
	written, conflicts, err := p.publish(ctx, only(changes, func(c change) bool { return c.write }), planned)
	p.Metrics.PlansWritten.Add(float64(written))
	if err != nil {
		return conflicts, fmt.Errorf("store plans: %w", err)
	}
	return conflicts, p.remove(ctx, only(changes, func(c change) bool { return c.remove }))
}

// remove removes plans and their due messages. A plan that was written since it was
// read stays, as it is of a newer event.
func (p *Planner) remove(ctx context.Context, changes []change) error {
	if len(changes) == 0 {
		return nil
	}
	probes, err := p.JS.Stream(ctx, events.StreamProbes)
	if err != nil {
		return fmt.Errorf("remove plans: %w", err)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(purgesAtOnce)
	for _, c := range changes {
		g.Go(func() error {
			upTo := jetstream.WithPurgeSequence(c.have.seq + 1)
			if err := probes.Purge(ctx, jetstream.WithPurgeSubject(events.PlanSubject(c.id)), upTo); err != nil {
				return fmt.Errorf("remove plan: %w", err)
			}
			if err := probes.Purge(ctx, jetstream.WithPurgeSubject(events.DueSubject(c.id))); err != nil {
				return fmt.Errorf("remove due message: %w", err)
			}
			p.Metrics.PlansRemoved.Inc()
			return nil
		})
	}
	return g.Wait()
}

func only(changes []change, which func(change) bool) []change {
	return slices.DeleteFunc(slices.Clone(changes), func(c change) bool { return !which(c) })
}

func subjects(ids []string, of func(id string) string) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = of(id)
	}
	return out
}
