package outbox_test

import (
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
)

func TestDeletedStreamIsRecreated(t *testing.T) {
	b := newBench(t)
	b.relay()
	got := b.subscribe()
	b.create("billing")
	want(t, got, "billing 1")
	if err := b.connect().DeleteStream(t.Context(), events.StreamPortal); err != nil {
		t.Fatal(err)
	}
	b.create("search") // makes the relay notice
	seen := []string{<-got, <-got}
	slices.Sort(seen)
	if !slices.Equal(seen, []string{"billing 1", "search 1"}) {
		t.Errorf("got %q", seen)
	}
}

// No write reveals the loss, and another service creates the stream again before the
// relay notices that it is missing.
func TestLostEventsAreRepublished(t *testing.T) {
	for name, lose := range map[string]func(t *testing.T, js jetstream.JetStream){

		"made anew by another": func(t *testing.T, js jetstream.JetStream) {
			if err := js.DeleteStream(t.Context(), events.StreamPortal); err != nil {
				t.Fatal(err)
			}
			if err := stream.Ensure(t.Context(), js, 1); err != nil {
				t.Fatal(err)
			}
		},
		"emptied": func(t *testing.T, js jetstream.JetStream) {
			portal, err := js.Stream(t.Context(), events.StreamPortal)
			if err == nil {
				err = portal.Purge(t.Context())
			}
			if err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.relay()
			got := b.subscribe()
			b.create("billing")
			b.create("search")
			seen := []string{<-got, <-got}
			b.waitEmpty()
			lose(t, b.connect())
			seen = append(seen, <-got, <-got)
			slices.Sort(seen)
			if !slices.Equal(seen, []string{"billing 1", "billing 1", "search 1", "search 1"}) {
				t.Errorf("got %q", seen)
			}
		})
	}
}

// Workers may not create the stream of their plans, so the relay does.
func TestProbeStreamIsRecreated(t *testing.T) {
	b := newBench(t)
	b.relay()
	got := b.subscribe()
	b.create("billing")
	want(t, got, "billing 1")
	js := b.connect()
	if err := js.DeleteStream(t.Context(), events.StreamProbes); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(15 * time.Second)
	for {
		_, err := js.Stream(t.Context(), events.StreamProbes)
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("after 15 s: %v", err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}
