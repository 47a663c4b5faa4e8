package stream_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"
)

// follower is a subscription that records its calls as short sentences.
type follower struct {
	t     *testing.T
	heard chan string
	hold  chan struct{} // if set, each event waits for one from it
	stop  context.CancelFunc
	done  chan error
	once  sync.Once

	mu     sync.Mutex
	errors []error
	epochs []string
}

// follow subscribes until the test ends.
func follow(t *testing.T, js jetstream.JetStream, sub stream.Subscription) *follower {
	t.Helper()
	return newFollower(t).run(js, sub)
}

func newFollower(t *testing.T) *follower {
	return &follower{t: t, heard: make(chan string, 10_000), done: make(chan error, 1)}
}

func (f *follower) run(js jetstream.JetStream, sub stream.Subscription) *follower {
	ctx := f.begin()
	sub.OnRestart, sub.OnError = f.restarted, f.erred
	sub.OnCaughtUp = func() { f.heard <- "caught up" }
	go func() { f.done <- stream.Subscribe(ctx, js, sub, f.hear) }()
	return f
}

// begin returns the context of the subscription, which must end without an error at
// the end of the test or before.
func (f *follower) begin() (ctx context.Context) {
	ctx, f.stop = context.WithCancel(f.t.Context())
	f.t.Cleanup(func() { f.ends(nil) })
	return ctx
}

// ends ends the subscription, if it has not ended, and fails unless it returns this.
func (f *follower) ends(want error) {
	f.t.Helper()
	f.once.Do(func() {
		if want == nil {
			f.stop()
		}
		if err := <-f.done; !errors.Is(err, want) {
			f.t.Errorf("ended with %v, want %v", err, want)
		}
		f.stop()
	})
}

func (f *follower) restarted(epoch string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.epochs = append(f.epochs, epoch)
	f.heard <- "restart"
}

func (f *follower) erred(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.errors = append(f.errors, err)
}

func (f *follower) hear(ctx context.Context, d stream.Delivery) error {
	f.heard <- says(d.Event)
	if f.hold == nil {
		return nil
	}
	select {
	case <-f.hold:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// says returns the event in short: its kind, the service, the version or status.
func says(e events.Event) string {
	switch e := e.(type) {
	case events.ServiceCreated:
		return fmt.Sprintf("created %s %d", e.Name, e.Version)
	case events.ServiceUpdated:
		return fmt.Sprintf("updated %s %d", e.Name, e.Version)
	case events.ServiceDeleted:
		return fmt.Sprintf("deleted %s %d", e.Name, e.Version)
	case events.StatusChanged:
		return fmt.Sprintf("%s is %s", e.Name, e.To)
	default:
		return e.Type()
	}
}

// wants fails unless exactly these calls are recorded next.
func (f *follower) wants(list ...string) {
	f.t.Helper()
	for i, want := range list {
		if got := f.next(); got != want {
			f.t.Fatalf("heard %q as number %d of %q; errors: %v", got, i+1, list, f.failures())
		}
	}
}

// next waits for the next recorded call.
func (f *follower) next() string {
	f.t.Helper()
	select {
	case got := <-f.heard:
		return got
	case <-time.After(patience):
		f.t.Fatalf("heard nothing; errors: %v", f.failures())
		return ""
	}
}

func (f *follower) failures() []error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.errors)
}

// failed reports whether one of the errors so far is this one.
func (f *follower) failed(target error) bool {
	return slices.ContainsFunc(f.failures(), func(err error) bool { return errors.Is(err, target) })
}

// named returns a service of this name, with an id derived from it.
func named(name string, version int64) events.Service {
	s := ledger()
	s.ID = uuid.NewSHA1(uuid.NameSpaceDNS, []byte(name)).String()
	s.Name, s.Version = name, version
	return s
}

func created(name string) events.Event { return events.ServiceCreated{Service: named(name, 1)} }

func updated(name string, version int64) events.Event {
	return events.ServiceUpdated{Service: named(name, version)}
}

func deleted(name string, version int64) events.Event {
	return events.ServiceDeleted{ID: named(name, 1).ID, Name: name, Version: version, DeletedAt: at(10, 0, 0, 0)}
}

func turned(name string, to events.Status) events.Event {
	e := events.StatusChanged{ServiceID: named(name, 1).ID, Name: name, From: events.StatusUnknown, To: to, Since: at(9, 1, 0, 0)}
	if to == events.StatusUnknown {
		e.From = events.StatusDown
	}
	return e
}

// consumers returns the names of the consumers of the public stream.
func consumers(t *testing.T, js jetstream.JetStream) []string {
	t.Helper()
	stream, err := js.Stream(t.Context(), events.StreamPortal)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	list := stream.ConsumerNames(t.Context())
	for name := range list.Name() {
		names = append(names, name)
	}
	if list.Err() != nil {
		t.Fatal(list.Err())
	}
	return names
}

// dropConsumers deletes the consumers, as the server does if a reader sends no
// request for a minute.
func dropConsumers(t *testing.T, js jetstream.JetStream) {
	t.Helper()
	names := consumers(t, js)
	if len(names) == 0 {
		t.Fatal("there is no consumer")
	}
	for _, name := range names {
		if err := js.DeleteConsumer(t.Context(), events.StreamPortal, name); err != nil {
			t.Fatal(err)
		}
	}
}
