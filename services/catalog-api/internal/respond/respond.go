// Package respond answers the requests that other programs send on NATS.
package respond

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/nats-io/nats.go"
)

// Subject is one on which requests come, which the replicas share.
type Subject struct {
	Name    string
	About   string // what the requests are for, as in "requests for links"
	Waiting int    // requests; more than these are dropped, and sent again
}

// Run answers, one after the other, until ctx ends. A request of which answer returns an error is
// not answered, and sent again. Run returns an error only when the connection is closed for good.
func (s Subject) Run(ctx context.Context, nc *nats.Conn, log *slog.Logger, answer func(context.Context, *nats.Msg) error) error {
	requests := make(chan *nats.Msg, s.Waiting)
	sub, err := nc.ChanQueueSubscribe(s.Name, "catalog-api", requests)
	if err != nil {
		return fmt.Errorf("take requests for %s: %w", s.About, err)
	}
	for done := false; !done; {
		select {
		case msg := <-requests:
			if err := answer(ctx, msg); err != nil && ctx.Err() == nil {
				log.WarnContext(ctx, "request not answered", "for", s.About, "error", err)
			}
		case <-ctx.Done():
			done = true
		}
	}
	if err := sub.Unsubscribe(); err != nil && !errors.Is(err, nats.ErrConnectionClosed) {
		return fmt.Errorf("take no more requests for %s: %w", s.About, err)
	}
	return nil
}
