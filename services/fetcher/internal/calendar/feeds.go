package calendar

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/dev-portal/dev-portal/pkg/events"
)

const (
	listTimeout = 5 * time.Second
	maxPages    = 1_000
)

// list asks catalog-api for the feeds. The answers come to subjects where nobody else may listen.
func list(ctx context.Context, nc *nats.Conn) (all []events.Feed, err error) {
	replies, err := nc.SubscribeSync(events.FeedsReplies + nats.NewInbox()[len(nats.InboxPrefix):])
	if err != nil {
		return nil, err
	}
	defer func() { _ = replies.Unsubscribe() }() // it fails without a connection, and then there is nothing to end
	for range maxPages {
		var request events.FeedsRequest
		if len(all) > 0 {
			request.After = all[len(all)-1].Slug
		}
		page, err := ask(ctx, nc, replies, request)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Feeds...)
		if !page.More || len(page.Feeds) == 0 {
			return all, nil
		}
	}
	return nil, fmt.Errorf("there are more than %d pages of feeds", maxPages)
}

// ask asks for a page.
func ask(ctx context.Context, nc *nats.Conn, replies *nats.Subscription, request events.FeedsRequest) (page events.Feeds, err error) {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	data, err := json.Marshal(request)
	if err != nil {
		return page, err
	}
	if err := nc.PublishRequest(events.FeedsSubject, replies.Subject, data); err != nil {
		return page, err
	}
	msg, err := replies.NextMsgWithContext(ctx)
	if err != nil {
		return page, err
	}
	if err := json.Unmarshal(msg.Data, &page); err != nil {
		return page, fmt.Errorf("the answer is not a list of feeds") // what is wrong with it might tell a URL
	}
	return page, nil
}
