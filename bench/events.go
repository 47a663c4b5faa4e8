package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
)

// changes is how many writes a latency is taken of.
const changes = 500

// published measures how long an event takes from its transaction to a
// subscriber on NATS: the outbox, the relay and the stream.
func published(ctx context.Context, p *portal, _ settings) ([]row, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	js, err := p.jetStream()
	if err != nil {
		return nil, err
	}
	defer js.Conn().Close()
	id, err := p.write(ctx, http.MethodPost, "/api/services", map[string]any{"name": "billing"})
	if err != nil {
		return nil, err
	}
	arrived, caughtUp, done := make(chan time.Duration, 1), make(chan struct{}), make(chan error, 1)
	go func() {
		sub := stream.Subscription{OnCaughtUp: func() { close(caughtUp) }}
		done <- stream.Subscribe(ctx, js, sub, func(_ context.Context, d stream.Delivery) error {
			if e, ok := d.Event.(events.ServiceUpdated); ok && e.ID == id {
				arrived <- time.Since(d.Time)
			}
			return nil
		})
	}()
	<-caughtUp
	var took []time.Duration
	for i := range changes {
		if _, err := p.write(ctx, http.MethodPatch, "/api/services/"+id, map[string]any{"description": fmt.Sprint(i)}); err != nil {
			return nil, err
		}
		select {
		case d := <-arrived:
			took = append(took, d)
		case err := <-done:
			return nil, err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	stop()
	return []row{{"outbox to subscriber", quantiles(took), fmt.Sprintf("%d writes, one after the other; from inside the transaction", changes)}}, <-done
}
