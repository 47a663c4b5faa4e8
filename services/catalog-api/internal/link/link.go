// Package link tells the fetcher which links of services it is to check, and takes in what became
// of those that it has checked.
package link

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/respond"
)

const (
	answerTimeout = 8 * time.Second
	leastEvery    = time.Hour
)

var subject = respond.Subject{Name: events.LinksSubject, About: "links", Waiting: 16}

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
	return subject.Run(ctx, r.NATS, r.Log, r.answer)
}

// answer answers a request.
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
