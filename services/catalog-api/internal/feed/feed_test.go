package feed_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/feed"
)

// list is a fake store of feeds, which can fail.
type list struct {
	mu    sync.Mutex
	feeds []events.Feed
	fail  error
}

func (l *list) Feeds(_ context.Context, by access.Actor, after string, limit int) (page []events.Feed, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := errors.Join(by.May(access.StoreFetched), l.fail); err != nil {
		return nil, err
	}
	for _, f := range l.feeds {
		if f.Slug > after && len(page) < limit {
			page = append(page, f)
		}
	}
	return page, nil
}

func (l *list) set(fail error, feeds ...events.Feed) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.feeds, l.fail = feeds, fail
}

// start runs a responder until the test ends, and returns a connection of who asks.
func start(t *testing.T, store feed.Store) *nats.Conn {
	t.Helper()
	url := devtest.NATS(t).URL()
	own, asking := connect(t, url), connect(t, url)
	r := &feed.Responder{NATS: own, Store: store, Log: slog.New(slog.NewTextHandler(t.Output(), nil))}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return asking
}

func connect(t *testing.T, url string) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

// ask sends a request until somebody answers, and returns the answers that come within a moment
// after the first.
func ask(t *testing.T, nc *nats.Conn, request string) (page events.Feeds) {
	t.Helper()
	replies, err := nc.SubscribeSync(events.FeedsReplies + "test." + nats.NewInbox())
	if err != nil {
		t.Fatal(err)
	}
	for {
		if err := nc.PublishRequest(events.FeedsSubject, replies.Subject, []byte(request)); err != nil {
			t.Fatal(err)
		}
		msg, err := replies.NextMsg(20 * time.Second)
		if errors.Is(err, nats.ErrNoResponders) { // it starts
			continue
		}
		if err == nil {
			err = json.Unmarshal(msg.Data, &page)
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(msg.Data) > 513<<10 {
			t.Errorf("the answer has %d bytes", len(msg.Data))
		}
		return page
	}
}

func TestFeedsAreToldInPages(t *testing.T) {
	store := &list{}
	nc := start(t, store)
	if page := ask(t, nc, "{}"); page.More || len(page.Feeds) != 0 || page.Feeds == nil {
		t.Errorf("without feeds: %+v", page)
	}
	var all []events.Feed
	for i := range 2_500 {
		all = append(all, events.Feed{Slug: fmt.Sprintf("team-%04d", i), URL: "https://calendar.example.com/" + strings.Repeat("&", 500)})
	}
	store.set(nil, all...)
	var got []events.Feed
	for pages := 1; ; pages++ {
		after := ""
		if len(got) > 0 {
			after = got[len(got)-1].Slug
		}
		page := ask(t, nc, fmt.Sprintf(`{"after":%q}`, after))
		if got = append(got, page.Feeds...); !page.More {
			break
		}
		if pages > len(all) || len(page.Feeds) == 0 {
			t.Fatal("there is no end")
		}
	}
	if len(got) != len(all) || got[2_499] != all[2_499] {
		t.Errorf("%d feeds, want %d", len(got), len(all))
	}
}

// Where others may listen, nothing is told; and what cannot be answered hinders no other request.
func TestRequestsThatAreNotAnswered(t *testing.T) {
	store := &list{}
	nc := start(t, store)
	ask(t, nc, "{}") // it has started
	replies, err := nc.SubscribeSync(">")
	if err != nil {
		t.Fatal(err)
	}
	store.set(errors.New("the database is away"))
	send := func(reply, request string) {
		t.Helper()
		if err := nc.PublishRequest(events.FeedsSubject, reply, []byte(request)); err != nil {
			t.Fatal(err)
		}
	}
	send(events.FeedsReplies+"x", "{}") // while the database is away
	send(events.FeedsReplies+"x", "no JSON")
	send(nats.NewInbox(), "{}")
	send("portal.team.payments", "{}")
	if err := nc.Publish(events.FeedsSubject, []byte("{}")); err != nil {
		t.Fatal(err)
	}
	for asked := 0; asked < 5; asked++ { // all that comes are the requests themselves
		msg, err := replies.NextMsg(20 * time.Second)
		if err != nil || msg.Subject != events.FeedsSubject {
			t.Fatalf("got %+v, %v", msg, err)
		}
	}
	store.set(nil, events.Feed{Slug: "payments", URL: "https://calendar.example.com/"})
	if page := ask(t, nc, "{}"); len(page.Feeds) != 1 {
		t.Errorf("afterwards: %+v", page)
	}
	// It answers one after another, so that answers to the requests before would have come.
	for {
		waiting, _, err := replies.Pending()
		if err != nil {
			t.Fatal(err)
		}
		if waiting == 0 {
			return
		}
		msg, err := replies.NextMsg(20 * time.Second)
		if err != nil || strings.HasPrefix(msg.Subject, "portal.team") || strings.HasPrefix(msg.Subject, nats.InboxPrefix) {
			t.Fatalf("an answer where others may listen: %+v, %v", msg, err)
		}
	}
}
