package stream_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func TestSubscriberGetsSnapshotThenChanges(t *testing.T) {
	js := startBroker(t).portal()
	publish(t, js, created("a"), created("b"), turned("a", "down"), updated("a", 2), turned("a", "healthy"),
		created("gone"), deleted("gone", 2), updated("a", 3))
	f := follow(t, js, stream.Subscription{})
	f.wants("restart", "created b 1", "a is healthy", "deleted gone 2", "updated a 3", "caught up")

	publish(t, js, updated("b", 2), updated("b", 3), turned("b", "down"), turned("b", "unknown"))
	f.wants("updated b 2", "updated b 3", "b is down", "b is unknown")
	publish(t, js, deleted("b", 4))
	f.wants("deleted b 4")
	if errs := f.failures(); len(errs) > 0 {
		t.Errorf("errors: %v", errs)
	}
}

func TestSubscriptionStart(t *testing.T) {
	js := startBroker(t).portal()
	a := named("a", 1).ID
	empty := follow(t, js, stream.Subscription{})
	empty.wants("restart", "caught up")
	history := []events.Event{created("a"), created("b"), turned("a", "down"), turned("b", "down"), turned("a", "healthy")}
	publish(t, js, history...)
	empty.wants("created a 1", "created b 1", "a is down", "b is down", "a is healthy")

	for name, tc := range map[string]struct {
		sub  stream.Subscription
		want []string // between restart and caught up

	}{
		"everything":       {stream.Subscription{}, []string{"created a 1", "created b 1", "b is down", "a is healthy"}},
		"the catalogue":    {stream.Subscription{Subjects: []string{events.AllCatalog}}, []string{"created a 1", "created b 1"}},
		"the status":       {stream.Subscription{Subjects: []string{events.AllStatus}}, []string{"b is down", "a is healthy"}},
		"one service":      {stream.Subscription{Subjects: []string{events.CatalogSubject(a), events.StatusSubject(a)}}, []string{"created a 1", "a is healthy"}},
		"an unknown one":   {stream.Subscription{Subjects: []string{events.StatusSubject(ledgerID)}}, nil},
		"the newest three": {stream.Subscription{Tail: 3}, []string{"a is down", "b is down", "a is healthy"}},
		"more than all":    {stream.Subscription{Tail: 100}, []string{"created a 1", "created b 1", "a is down", "b is down", "a is healthy"}},
		"the newest three, of the catalogue": {
			stream.Subscription{Tail: 3, Subjects: []string{events.AllCatalog}}, nil},
		"the newest three, of a status": {
			stream.Subscription{Tail: 3, Subjects: []string{events.StatusSubject(a)}}, []string{"a is down", "a is healthy"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := follow(t, js, tc.sub)
			f.wants("restart")
			f.wants(tc.want...)
			f.wants("caught up")
		})
	}
}

func TestSubscriberEndsWithItsContext(t *testing.T) {
	js := startBroker(t).portal()
	publish(t, js, created("a"), created("b"))
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	err := stream.Subscribe(ctx, js, stream.Subscription{}, func(context.Context, stream.Delivery) error {
		stop()
		return nil
	})
	if err != nil {
		t.Errorf("got %v, want nil", err)
	}
	for name, js := range map[string]jetstream.JetStream{
		"before it began":  js,
		"without a server": connect(t, reserveBroker(t).url()),
	} {
		if err := stream.Subscribe(ctx, js, stream.Subscription{}, nil); err != nil {
			t.Errorf("%s: got %v, want nil", name, err)
		}
	}
}

func TestSubscriberReturnsPermanentErrors(t *testing.T) {
	full := errors.New("the disk is full")
	closed := func(js jetstream.JetStream) { js.Conn().Close() }
	for name, tc := range map[string]struct {
		subjects []string
		before   func(jetstream.JetStream)
		want     error
	}{
		"the handler's error":       {nil, nil, full},
		"a connection that is over": {nil, closed, nats.ErrConnectionClosed},
		"subjects that overlap": {
			[]string{events.AllCatalog, events.CatalogSubject(ledgerID)}, nil, jetstream.ErrOverlappingFilterSubjects},
		"an empty subject": {[]string{events.AllCatalog, ""}, nil, jetstream.ErrEmptyFilter},
	} {
		t.Run(name, func(t *testing.T) {
			js := startBroker(t).portal()
			publish(t, js, created("a"))
			if tc.before != nil {
				tc.before(js)
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			err := stream.Subscribe(ctx, js, stream.Subscription{Subjects: tc.subjects},
				func(context.Context, stream.Delivery) error { return full })
			if !errors.Is(err, tc.want) || !strings.HasPrefix(err.Error(), "subscribe: ") {
				t.Errorf("got %v, want %v", err, tc.want)
			}
		})
	}
}

func TestPoisonIsSkippedAndReported(t *testing.T) {
	js := startBroker(t).portal()
	stranger := encode(t, turned("a", "down"))
	stranger.Header["ce-type"] = []string{"dev.portal.status.changed.v2"}
	publish(t, js, created("a"))
	for _, msg := range []*nats.Msg{
		{Subject: events.CatalogSubject(billingID), Data: []byte("hello")}, stranger,
	} {
		if _, err := js.PublishMsg(t.Context(), msg); err != nil {
			t.Fatal(err)
		}
	}
	f := follow(t, js, stream.Subscription{})
	f.wants("restart", "created a 1", "caught up") // the invalid message is the last of the snapshot
	publish(t, js, updated("a", 2))
	f.wants("updated a 2")
	if !f.failed(events.ErrPoison) || len(f.failures()) != 1 {
		t.Errorf("errors are %v, want the one of the poison", f.failures())
	}
}

func TestUnknownTypesAreDeliveredOnRequest(t *testing.T) {
	js := startBroker(t).portal()
	later := encode(t, turned("a", "down"))
	later.Header["ce-type"], later.Data = []string{"dev.portal.status.changed.v2"}, []byte(`{"now":"on fire"}`)
	if _, err := js.PublishMsg(t.Context(), later); err != nil {
		t.Fatal(err)
	}
	enough := errors.New("enough")
	err := stream.Subscribe(t.Context(), js, stream.Subscription{UnknownTypes: true}, func(_ context.Context, d stream.Delivery) error {
		if d.Event != nil || d.Type != "dev.portal.status.changed.v2" || string(d.Data) != string(later.Data) || d.Source != source {
			t.Errorf("delivered %+v, want %s", d, later.Data)
		}
		return enough
	})
	if !errors.Is(err, enough) {
		t.Error(err)
	}
}

func TestDeliveryHasSequenceAndRawData(t *testing.T) {
	js := startBroker(t).portal()
	msg := encode(t, created("a"))
	msg.Data = []byte(strings.Replace(string(msg.Data), "{", `{"from_later_on":1,`, 1))
	ack, err := js.PublishMsg(t.Context(), msg)
	if err != nil {
		t.Fatal(err)
	}
	enough := errors.New("enough")
	err = stream.Subscribe(t.Context(), js, stream.Subscription{}, func(_ context.Context, d stream.Delivery) error {
		if d.Sequence != ack.Sequence || string(d.Data) != string(msg.Data) || d.ID != msg.Header["ce-id"][0] || d.Source != source {
			t.Errorf("delivered %+v, want message %d with %s", d, ack.Sequence, msg.Data)
		}
		return enough
	})
	if !errors.Is(err, enough) {
		t.Error(err)
	}
}

func TestOrderHoldsUnderManyWriters(t *testing.T) {
	b := startBroker(t)
	js := b.portal()
	f := follow(t, js, stream.Subscription{})
	f.wants("restart", "caught up")
	const writers, each = 4, 250
	var writing sync.WaitGroup
	defer writing.Wait() // the last event may be delivered before its writer gets its acknowledgement
	for w := range writers {
		js := connect(t, b.url())
		writing.Go(func() {
			for v := range each {
				msg := encode(t, updated(fmt.Sprint("s", w), int64(v+1)))
				if _, err := js.PublishMsg(t.Context(), msg); err != nil {
					t.Errorf("publish: %v", err)
					return
				}
			}
		})
	}
	var next [writers]int
	for range writers * each {
		var w, v int
		if _, err := fmt.Sscanf(<-f.heard, "updated s%d %d", &w, &v); err != nil || v != next[w]+1 {
			t.Fatalf("service %d: version %d after %d, %v", w, v, next[w], err)
		}
		next[w] = v
	}
}
