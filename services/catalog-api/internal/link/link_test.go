package link_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/link"
)

// links is a fake store of links, which can fail.
type links struct {
	mu    sync.Mutex
	due   []string
	noted []events.LinkChecked
	every time.Duration
	fail  error
}

func (l *links) NoteLinks(_ context.Context, by access.Actor, checked []events.LinkChecked) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := errors.Join(by.May(access.StoreFetched), l.fail); err != nil {
		return err
	}
	l.noted = append(l.noted, checked...)
	return nil
}

func (l *links) DueLinks(_ context.Context, by access.Actor, every time.Duration, limit int) ([]string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.every = every
	return l.due[:min(len(l.due), limit)], by.May(access.StoreFetched)
}

func TestRequestsAreAnswered(t *testing.T) {
	url := devtest.NATS(t).URL()
	connect := func() *nats.Conn {
		nc, err := nats.Connect(url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(nc.Close)
		return nc
	}
	store := &links{due: slices.Repeat([]string{"https://a.example/"}, events.MaxLinks+9)}
	r := &link.Responder{NATS: connect(), Store: store, Log: slog.New(slog.NewTextHandler(t.Output(), nil))}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	defer func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	asking := connect()
	ask := func(request any, within time.Duration) (answer events.Links, err error) {
		data, err := json.Marshal(request)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), within)
		defer cancel()
		for {
			msg, err := asking.RequestWithContext(ctx, events.LinksSubject, data)
			if errors.Is(err, nats.ErrNoResponders) { // it is not there yet
				continue
			}
			if err != nil {
				return answer, err
			}
			return answer, json.Unmarshal(msg.Data, &answer)
		}
	}
	checked := events.LinkChecked{URL: "https://a.example/", CheckedAt: time.Now().UTC(), HTTPStatus: 200}
	answer, err := ask(events.LinksRequest{Checked: []events.LinkChecked{checked}, EveryS: 1}, time.Minute)
	if err != nil || len(answer.Due) != events.MaxLinks {
		t.Fatalf("due are %d links, %v", len(answer.Due), err)
	}
	store.mu.Lock()
	if len(store.noted) != 1 || store.noted[0].URL != checked.URL || store.every != time.Hour {
		t.Errorf("noted are %+v, every %s", store.noted, store.every)
	}
	store.fail = errors.New("the database is away")
	store.mu.Unlock()
	for name, request := range map[string]any{
		"without a database": events.LinksRequest{EveryS: 3600}, "what is none": "x",
		"too many": events.LinksRequest{Checked: slices.Repeat([]events.LinkChecked{checked}, events.MaxLinks+1)},
	} {
		if answer, err := ask(request, 300*time.Millisecond); err == nil {
			t.Errorf("%s: answered %v", name, answer)
		}
	}
}
