package plan

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
)

const (
	reconcileEvery   = 10 * time.Minute // plus or minus 10 %, so that workers don't reconcile at once
	reconcileTimeout = 2 * time.Minute
	reconcileRetry   = 10 * time.Second
	caughtUpTimeout  = 10 * time.Second // events that are not planned yet must not count as drift
	caughtUpPoll     = 250 * time.Millisecond
)

// Reconcile requests a reconciliation soon, because messages may have been lost.
func (p *Planner) Reconcile() {
	select {
	case p.requestReconcile <- struct{}{}:
	default: // one is requested already
	}
}

func (p *Planner) reconcilePeriodically(ctx context.Context) {
	timer := time.NewTimer(jittered(reconcileEvery))
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-p.requestReconcile:
		}
		next := jittered(reconcileEvery)
		if err := p.reconcile(ctx); err != nil && ctx.Err() == nil {
			level := slog.LevelWarn
			if errors.Is(err, jetstream.ErrStreamNotFound) { // at a first start others are not that far; the loops say so
				level = slog.LevelInfo
			}
			p.Log.Log(ctx, level, "reconciliation failed; retrying", "error", err)
			next = jittered(reconcileRetry)
		}
		timer.Reset(next)
	}
}

func jittered(d time.Duration) time.Duration {
	return d - d/10 + rand.N(d/5)
}

// reconcile compares all plans with the whole catalogue, and writes and removes the
// plans that differ. Each worker does this; if two repair a plan at once, one of
// them succeeds.
func (p *Planner) reconcile(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, reconcileTimeout)
	defer cancel()
	p.awaitCaughtUp(ctx)

	differ, err := p.differences(ctx)
	if err != nil {
		return err
	}
	drift := 0
	for len(differ) > 0 {
		batch := make(map[string]entry, batchSize)
		for id := range differ {
			if len(batch) == batchSize {
				break
			}
			batch[id] = entry{}
			delete(differ, id)
		}
		changed, err := p.converge(ctx, batch)
		p.Metrics.Drift.Add(float64(changed))
		drift += changed
		if err != nil {
			return err
		}
	}
	p.Metrics.Reconciled.SetToCurrentTime()
	if drift > 0 {
		p.Log.WarnContext(ctx, "plans differed from the catalogue; corrected", "plans", drift)
	}
	return nil
}

// differences returns the ids of the services whose plan differs from the catalogue.
// Some may be wrong, as both change while they are read.
func (p *Planner) differences(ctx context.Context) (map[string]struct{}, error) {
	select {
	case <-p.catalogue.Ready():
	case <-ctx.Done():
		return nil, fmt.Errorf("read the catalogue: %w", ctx.Err())
	}
	plans, err := p.plans(ctx)
	if err != nil || p.catalogue.Len() == 0 {
		return nil, err // a lost catalogue will be published again: keep probing until then
	}
	differ := map[string]struct{}{}
	for id := range plans {
		differ[id] = struct{}{} // unless the catalogue knows it
	}
	for svc := range p.catalogue.Services() {
		delete(differ, svc.ID)
		want, err := wanted(svc)
		c := decide(entry{id: svc.ID, version: svc.Version, want: want}, plans[svc.ID])
		if err == nil && (c.write || c.remove) {
			differ[svc.ID] = struct{}{}
		}
	}
	return differ, nil
}

// plans returns the present plan of each service, by its id.
func (p *Planner) plans(ctx context.Context) (map[string]stored, error) {
	found := map[string]stored{}
	err := stream.LastPerSubject(ctx, p.JS, events.StreamProbes, events.AllPlans, func(msg jetstream.Msg, meta *jetstream.MsgMetadata) {
		found[idOf(msg.Subject())] = newStored(meta.Sequence.Stream, msg.Headers(), msg.Data())
	})
	if err != nil {
		err = fmt.Errorf("read the plans: %w", err)
	}
	return found, err
}

// awaitCaughtUp waits until all catalogue events are planned, by any worker, for at
// most caughtUpTimeout.
func (p *Planner) awaitCaughtUp(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, caughtUpTimeout)
	defer cancel()
	for {
		consumer, err := p.JS.Consumer(ctx, events.StreamPortal, "planner")
		switch {
		case errors.Is(err, jetstream.ErrConsumerNotFound):
			return // no worker follows the catalogue
		case err == nil && consumer.CachedInfo().NumPending == 0 && consumer.CachedInfo().NumAckPending == 0:
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(caughtUpPoll):
		}
	}
}
