// Package link tells the fetcher which links of services it is to check, and takes in what became
// of those that it has checked.
package link

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
)

const (
	answerTimeout = 8 * time.Second
	waiting       = 16 // requests; more than these are dropped, and sent again
	leastEvery    = time.Hour
)

// Store keeps what became of links; the store satisfies it.
type Store interface {
	// NoteLinks stores what became of links.
	NoteLinks(ctx context.Context, by access.Actor, checked []events.LinkChecked) error
	// DueLinks returns links that were not checked for a time, or never, at most limit.
	DueLinks(ctx context.Context, by access.Actor, every time.Duration, limit int) ([]string, error)
}

// Responder answers the requests for links, which the replicas share.
type Responder struct {
	NATS  *nats.Conn
	Store Store
	Log   *slog.Logger
}

// Run answers until ctx ends. It returns an error only when the connection is closed for good.
func (r *Responder) Run(ctx context.Context) error {
	requests := make(chan *nats.Msg, waiting)
	sub, err := r.NATS.ChanQueueSubscribe(events.LinksSubject, "catalog-api", requests)
	if err != nil {
		return fmt.Errorf("tell of links: %w", err)
	}
	for done := false; !done; {
		select {
		case msg := <-requests:
			if err := r.answer(ctx, msg); err != nil && ctx.Err() == nil {
				r.Log.WarnContext(ctx, "request for links not answered", "error", err)
			}
		case <-ctx.Done():
			done = true
		}
	}
	if err := sub.Unsubscribe(); err != nil && !errors.Is(err, nats.ErrConnectionClosed) {
		return fmt.Errorf("tell of links: %w", err)
	}
	return nil
}

// answer answers a request. One that is not answered is sent again.
func (r *Responder) answer(ctx context.Context, msg *nats.Msg) error {
	var request events.LinksRequest
	if err := json.Unmarshal(msg.Data, &request); err != nil {
		return fmt.Errorf("it cannot be read: %w", err)
	}
	if n := len(request.Checked); n > events.MaxLinks {
		return fmt.Errorf("it has %d links, at most %d are taken", n, events.MaxLinks)
	}
	try, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	if err := r.Store.NoteLinks(try, access.Fetcher, request.Checked); err != nil {
		return err
	}
	every := max(time.Duration(request.EveryS)*time.Second, leastEvery)
	due, err := r.Store.DueLinks(try, access.Fetcher, every, events.MaxLinks)
	if err != nil {
		return err
	}
	data, err := json.Marshal(events.Links{Due: append([]string{}, due...)}) // never null
	if err != nil {
		return err
	}
	return msg.Respond(data)
}
