// Package feed tells the fetcher which calendars it is to read. Their addresses are secrets, so
// it tells nobody else.
package feed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
)

const (
	pageSize      = 1_000     // feeds that are read at once
	maxAnswer     = 512 << 10 // bytes: NATS takes 1 MiB
	answerTimeout = 4 * time.Second
	waiting       = 64 // requests; more than these are dropped, and sent again
)

// Store has the feeds; the store satisfies it.
type Store interface {
	// Feeds returns the feeds after a slug, in the order of their slugs, limit at most.
	Feeds(ctx context.Context, by access.Actor, after string, limit int) ([]events.Feed, error)
}

// Responder answers the requests for feeds, which the replicas share.
type Responder struct {
	NATS  *nats.Conn
	Store Store
	Log   *slog.Logger
}

// Run answers until ctx ends. It returns an error only when the connection is closed for good.
func (r *Responder) Run(ctx context.Context) error {
	requests := make(chan *nats.Msg, waiting)
	sub, err := r.NATS.ChanQueueSubscribe(events.FeedsSubject, "catalog-api", requests)
	if err != nil {
		return fmt.Errorf("tell of feeds: %w", err)
	}
	for done := false; !done; {
		select {
		case msg := <-requests:
			r.answer(ctx, msg)
		case <-ctx.Done():
			done = true
		}
	}
	if err := sub.Unsubscribe(); err != nil && !errors.Is(err, nats.ErrConnectionClosed) {
		return fmt.Errorf("tell of feeds: %w", err)
	}
	return nil
}

// answer answers a request, if the answer comes to where the fetcher alone may listen. One that
// is not answered is sent again.
func (r *Responder) answer(ctx context.Context, msg *nats.Msg) {
	if !strings.HasPrefix(msg.Reply, events.FeedsReplies) {
		r.Log.WarnContext(ctx, "request for feeds not answered: others could read the answer", "reply", msg.Reply)
		return
	}
	var request events.FeedsRequest
	if err := json.Unmarshal(msg.Data, &request); err != nil {
		r.Log.WarnContext(ctx, "request for feeds not answered: it cannot be read", "error", err)
		return
	}
	try, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	list, err := r.Store.Feeds(try, access.Fetcher, request.After, pageSize)
	if err != nil {
		if ctx.Err() == nil {
			r.Log.WarnContext(ctx, "request for feeds not answered", "error", err)
		}
		return
	}
	data, err := page(list)
	if err == nil {
		err = msg.Respond(data)
	}
	if err != nil {
		r.Log.WarnContext(ctx, "request for feeds not answered", "error", err)
	}
}

// page returns an answer with as many of the feeds as fit.
func page(list []events.Feed) ([]byte, error) {
	fit, size := 0, 0
	for _, f := range list {
		data, err := json.Marshal(f)
		if err != nil {
			return nil, errors.New("a feed cannot be encoded") // not which: its error might tell the URL
		}
		if size += len(data) + 1; size > maxAnswer {
			break
		}
		fit++
	}
	return json.Marshal(events.Feeds{Feeds: append([]events.Feed{}, list[:fit]...), // never null
		More: fit < len(list) || len(list) == pageSize})
}
