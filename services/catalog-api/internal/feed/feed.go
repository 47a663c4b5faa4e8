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
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/respond"
)

const (
	pageSize      = 1_000     // feeds that are read at once
	maxAnswer     = 512 << 10 // bytes: NATS takes 1 MiB
	answerTimeout = 4 * time.Second
)

var subject = respond.Subject{Name: events.FeedsSubject, About: "feeds", Waiting: 64}

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
	return subject.Run(ctx, r.NATS, r.Log, r.answer)
}

// answer answers a request, if the answer comes to where the fetcher alone may listen.
func (r *Responder) answer(ctx context.Context, msg *nats.Msg) error {
	if !strings.HasPrefix(msg.Reply, events.FeedsReplies) {
		return fmt.Errorf("others could read the answer at %.80q", msg.Reply)
	}
	var request events.FeedsRequest
	if err := json.Unmarshal(msg.Data, &request); err != nil {
		return fmt.Errorf("it cannot be read: %w", err)
	}
	try, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	list, err := r.Store.Feeds(try, access.Fetcher, request.After, pageSize)
	if err != nil {
		return err
	}
	data, err := page(list)
	if err != nil {
		return err
	}
	return msg.Respond(data)
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
