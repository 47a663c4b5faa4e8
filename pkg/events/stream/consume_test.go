package stream_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// consume reads by stream.Consume until the test ends, and records the calls like a
// follower; fn, if not nil, returns the error for each event.
func consume(t *testing.T, js jetstream.JetStream, d stream.Durable, fn func(stream.Delivery) error) *follower {
	t.Helper()
	f := newFollower(t)
	ctx := f.begin()
	d.Name = "notifier"
	d.OnRestart, d.OnError = f.restarted, f.erred
	go func() {
		f.done <- stream.Consume(ctx, js, d, func(_ context.Context, delivery stream.Delivery) error {
			text := says(delivery.Event)
			if delivery.Snapshot {
				text += " already"
			}
			var err error
			if fn != nil {
				err = fn(delivery)
			}
			f.heard <- text
			return err
		})
	}()
	return f
}

// begin creates the durable consumer, in an empty stream.
func begin(t *testing.T, js jetstream.JetStream, d stream.Durable) {
	t.Helper()
	f := consume(t, js, d, nil)
	f.wants("restart")
	f.ends(nil)
}

func TestDurableReaderGetsMissedEvents(t *testing.T) {
	t.Parallel()
	js := startBroker(t).portal()
	publish(t, js, created("a"), updated("a", 2), turned("a", "down"))
	first := consume(t, js, stream.Durable{}, nil)
	first.wants("restart", "updated a 2 already", "a is down already")
	publish(t, js, turned("a", "healthy"))
	first.wants("a is healthy")
	first.ends(nil)
	publish(t, js, turned("a", "degraded"), updated("a", 3), turned("a", "down"))
	second := consume(t, js, stream.Durable{}, nil)
	second.wants("a is degraded", "updated a 3", "a is down")
	publish(t, js, turned("a", "healthy"))
	second.wants("a is healthy")
}

// While the portal makes changes, a notifier is stopped and started, fails, and is
// killed after it notified: it must notify of each change at least once, and of those
// of a service in order.
func TestRestartedNotifierMissesNoChange(t *testing.T) {
	t.Parallel()
	b := startBroker(t)
	js := b.portal()
	const changes, services = 300, 7
	n := notifier{told: map[string][]int64{}}
	// A consumer created later gets only the last event of each service.
	begin(t, js, stream.Durable{})

	var publishing sync.WaitGroup
	publishing.Go(func() {
		for v := int64(1); v <= changes; v++ {
			publish(t, js, updated(fmt.Sprint("s", v%services), v))
		}
	})
	defer publishing.Wait()
	for deadline := time.Now().Add(2 * patience); n.different() < changes; {
		if time.Now().After(deadline) {
			t.Fatalf("told of %d changes, want %d: %v", n.different(), changes, n.told)
		}
		n.conn = connect(t, b.url())
		f := consume(t, n.conn, stream.Durable{}, n.tell)
		time.Sleep(100 * time.Millisecond)
		if n.conn.Conn().IsClosed() {
			f.ends(nats.ErrConnectionClosed)
		}
		f.ends(nil)
	}
	for name, versions := range n.told {
		for i, v := range versions[1:] {
			if before := versions[i]; v != before && v != before+services {
				t.Errorf("%s: %d came after %d", name, v, before)
			}
		}
	}
}

// notifier records the versions of each service that it notified of, with repetitions.
type notifier struct {
	conn jetstream.JetStream
	all  int
	told map[string][]int64
}

func (n *notifier) tell(d stream.Delivery) error {
	svc := d.Event.(events.ServiceUpdated)
	n.told[svc.Name] = append(n.told[svc.Name], svc.Version)
	switch n.all++; {
	case n.all == 100:
		n.conn.Conn().Close() // killed: the server gets no acknowledgement
	case n.all%90 == 0:
		return errors.New("the chat does not answer")
	}
	return nil
}

func (n *notifier) different() (count int) {
	for _, versions := range n.told {
		count += len(slices.Compact(slices.Clone(versions)))
	}
	return count
}

func TestConsumeErrorDecidesAboutEvent(t *testing.T) {
	t.Parallel()
	js := startBroker(t).portal()
	begin(t, js, stream.Durable{})
	publish(t, js, created("later"), created("dropped"), created("ok"), created("stopped"), created("after"))
	failure := errors.New("no chat")
	once := func(d stream.Delivery) error {
		switch name := d.Event.(events.ServiceCreated).Name; {
		case name == "later" && d.Attempt == 1:
			return failure
		case name == "dropped":
			return stream.Drop(failure)
		case name == "stopped":
			return fmt.Errorf("telling: %w", stream.Stop(failure))
		}
		return nil
	}
	f := consume(t, js, stream.Durable{}, once)
	f.wants("created later 1", "created later 1", "created dropped 1", "created ok 1", "created stopped 1")
	f.ends(failure)
	said := fmt.Sprint(f.failures())
	for _, want := range []string{"comes again in 1s: no chat", "dropped: no chat"} {
		if !strings.Contains(said, want) {
			t.Errorf("the errors are %s, want %q in them", said, want)
		}
	}
	consume(t, js, stream.Durable{}, nil).wants("created stopped 1", "created after 1")
}

func TestDurableReaderSurvivesBrokerLoss(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		lose func(*testing.T, *broker)
		want []string // before the events published then
	}{
		"the server was restarted": {func(t *testing.T, b *broker) {
			b.aside(func(js jetstream.JetStream) { publish(t, js, turned("a", "degraded")) })
		}, []string{"a is degraded"}},
		"the consumer was deleted": {func(t *testing.T, b *broker) {
			js := connect(t, b.url())
			dropConsumers(t, js)
			publish(t, js, turned("a", "degraded"))
		}, []string{"a is degraded"}},
		"the stream was made anew": {func(t *testing.T, b *broker) {
			js := connect(t, b.url())
			if err := js.DeleteStream(t.Context(), events.StreamPortal); err != nil {
				t.Fatal(err)
			}
			publish(t, b.portal(), turned("a", "degraded"))
		}, []string{"restart", "a is degraded"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := startBroker(t)
			publish(t, b.portal(), turned("a", "down"))
			f := consume(t, connect(t, b.url()), stream.Durable{}, nil)
			f.wants("restart", "a is down already")
			tc.lose(t, b)
			f.wants(tc.want...)
			publish(t, connect(t, b.url()), turned("a", "healthy"))
			f.wants("a is healthy")
			if len(f.failures()) == 0 {
				t.Error("nothing was said of it")
			}
			f.ends(nil)
			publish(t, connect(t, b.url()), turned("a", "down"))
			consume(t, connect(t, b.url()), stream.Durable{}, nil).wants("a is down")
		})
	}
}

func TestDurableReaderWaitsForPortal(t *testing.T) {
	t.Parallel()
	b := reserveBroker(t)
	f := consume(t, connect(t, b.url()), stream.Durable{Subjects: []string{events.AllStatus}}, nil)
	b.start(b.port)
	publish(t, b.portal(), created("a"))
	f.wants("restart")
	publish(t, connect(t, b.url()), turned("a", "down"))
	f.wants("a is down")
}

func TestDurableNameHasFixedSubjects(t *testing.T) {
	t.Parallel()
	js := startBroker(t).portal()
	begin(t, js, stream.Durable{Subjects: []string{events.AllStatus}})
	ignore := func(context.Context, stream.Delivery) error { return nil }
	for name, d := range map[string]stream.Durable{
		"in use for others":        {Name: "notifier"},
		"no name":                  {},
		"a name with a dot":        {Name: "a.b"},
		"subjects that are one":    {Name: "x", Subjects: []string{events.AllStatus, events.AllStatus}},
		"the portal's own, in use": {Name: "planner"},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "the portal's own, in use" {
				if _, err := stream.Planner(t.Context(), js); err != nil {
					t.Fatal(err)
				}
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			if err := stream.Consume(ctx, js, d, ignore); err == nil || ctx.Err() != nil {
				t.Errorf("got %v, and the context's %v, want an error at once", err, ctx.Err())
			}
		})
	}
}

// Several readers share the name: the order of a service holds over all of them.
func TestReadersOfOneNameShareEventsInOrder(t *testing.T) {
	t.Parallel()
	b := startBroker(t)
	js := b.portal()
	var mu sync.Mutex
	var order []int64
	note := func(d stream.Delivery) error {
		mu.Lock()
		defer mu.Unlock()
		order = append(order, d.Event.(events.ServiceUpdated).Version)
		return nil
	}
	one, two := consume(t, connect(t, b.url()), stream.Durable{}, note), consume(t, connect(t, b.url()), stream.Durable{}, note)
	select { // one of them has created the consumer
	case <-one.heard:
	case <-two.heard:
	}
	var list []events.Event
	for v := int64(1); v <= 90; v++ {
		list = append(list, updated("a", v))
	}
	publish(t, js, list...)
	for range list {
		select {
		case <-one.heard:
		case <-two.heard:
		case <-time.After(patience):
			t.Fatal("not all events came")
		}
	}
	mu.Lock() // the last event may be delivered once more
	defer mu.Unlock()
	if !slices.IsSorted(order) {
		t.Errorf("the order is %v", order)
	}
}
