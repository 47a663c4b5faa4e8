package stream_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"
)

func TestEnsureIsConcurrentAndIdempotent(t *testing.T) {
	b := startBroker(t)
	js := connect(t, b.url())
	updates, err := js.Conn().SubscribeSync("$JS.EVENT.ADVISORY.STREAM.UPDATED.*")
	if err != nil {
		t.Fatal(err)
	}
	var g errgroup.Group
	for range 8 {
		js := connect(t, b.url())
		g.Go(func() error { return stream.Ensure(t.Context(), js, 1) })
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	if err := js.Conn().Flush(); err != nil {
		t.Fatal(err)
	}
	if n, _, err := updates.Pending(); n != 0 || err != nil {
		t.Errorf("streams that were just created were updated %d times, %v", n, err)
	}
	before := configOf(t, js, events.StreamPortal)
	publish(t, js, events.ServiceCreated{Service: ledger()})
	if err := stream.Ensure(t.Context(), js, 1); err != nil {
		t.Fatal(err)
	}
	if after := configOf(t, js, events.StreamPortal); !reflect.DeepEqual(after, before) {
		t.Errorf("the stream is now %+v, was %+v", after, before)
	}
	if n := stored(t, js, events.StreamPortal, ">"); n != 1 {
		t.Errorf("the stream has %d messages, want the one from before", n)
	}
}

// An update reloads the stream's consumers, so every service that starts would
// disturb all the others.
func TestEnsureSkipsUnchangedStreams(t *testing.T) {
	js := startBroker(t).portal()
	updates, err := js.Conn().SubscribeSync("$JS.EVENT.ADVISORY.STREAM.UPDATED.*")
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Ensure(t.Context(), js, 1); err != nil {
		t.Fatal(err)
	}
	cfg := configOf(t, js, events.StreamResults)
	cfg.MaxBytes = 1 << 30 // the operator's choice: kept
	if _, err := js.UpdateStream(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	if err := stream.Ensure(t.Context(), js, 1); err != nil {
		t.Fatal(err)
	}
	cfg.MaxMsgsPerSubject = 7 // not the operator's choice: reverted
	if _, err := js.UpdateStream(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	if err := stream.Ensure(t.Context(), js, 1); err != nil {
		t.Fatal(err)
	}
	for i, whose := range []string{"the operator's first", "the operator's second", "Ensure's"} {
		if _, err := updates.NextMsg(5 * time.Second); err != nil {
			t.Fatalf("update %d, %s: %v", i+1, whose, err)
		}
	}
	if err := js.Conn().Flush(); err != nil {
		t.Fatal(err)
	}
	if n, _, err := updates.Pending(); n != 0 || err != nil {
		t.Errorf("there were %d updates more, %v", n, err)
	}
	if got := configOf(t, js, events.StreamResults); got.MaxBytes != 1<<30 || got.MaxMsgsPerSubject != -1 {
		t.Errorf("the stream is %+v", got)
	}
}

func TestEnsureUpdatesOlderStream(t *testing.T) {
	b := startBroker(t)
	want := configOf(t, b.portal(), events.StreamPortal)
	js := connect(t, b.url())
	if err := js.DeleteStream(t.Context(), events.StreamPortal); err != nil {
		t.Fatal(err)
	}
	old := jetstream.StreamConfig{Name: events.StreamPortal, Subjects: []string{events.AllCatalog}, MaxMsgsPerSubject: 10}
	if _, err := js.CreateStream(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	publish(t, js, events.ServiceCreated{Service: ledger()})
	if got := configOf(t, b.portal(), events.StreamPortal); !reflect.DeepEqual(got, want) {
		t.Errorf("the stream is %+v, want %+v", got, want)
	}
	if n := stored(t, js, events.StreamPortal, events.CatalogSubject(ledgerID)); n != 1 {
		t.Errorf("the stream has %d messages, want the one from before", n)
	}
}

// During an upgrade two versions run at once, and must not revert each other's changes.
func TestEnsureKeepsStreamOfNewerVersion(t *testing.T) {
	js := startBroker(t).portal()
	cfg := configOf(t, js, events.StreamProbes)
	cfg.MaxMsgsPerSubject = 3
	cfg.Metadata["dev-portal-generation"] = "1000"
	if _, err := js.UpdateStream(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	newer := configOf(t, js, events.StreamProbes)
	if err := stream.Ensure(t.Context(), js, 1); err != nil {
		t.Fatal(err)
	}
	if now := configOf(t, js, events.StreamProbes); !reflect.DeepEqual(now, newer) {
		t.Errorf("the stream is now %+v, was %+v", now, newer)
	}
	newer.Metadata["dev-portal-generation"] = "0" // of an older version
	if _, err := js.UpdateStream(t.Context(), newer); err != nil {
		t.Fatal(err)
	}
	if err := stream.Ensure(t.Context(), js, 1); err != nil {
		t.Fatal(err)
	}
	if now := configOf(t, js, events.StreamProbes); now.MaxMsgsPerSubject != 1 {
		t.Errorf("a subject has %d messages, want 1", now.MaxMsgsPerSubject)
	}
}

func TestEnsureUpdatesStreamCreatedConcurrently(t *testing.T) {
	js := connect(t, startBroker(t).url())
	old := jetstream.StreamConfig{Name: events.StreamPortal, Subjects: []string{events.AllCatalog}, MaxMsgsPerSubject: 10}
	if err := stream.Ensure(t.Context(), &overtaken{JetStream: js, by: old}, 1); err != nil {
		t.Fatal(err)
	}
	if got := configOf(t, js, events.StreamPortal); got.MaxMsgsPerSubject == 10 {
		t.Errorf("the stream is %+v", got)
	}
}

// overtaken simulates that another service creates a stream between this one's look-up
// and its own attempt to create it.
type overtaken struct {
	jetstream.JetStream
	by jetstream.StreamConfig
}

func (o *overtaken) CreateStream(ctx context.Context, cfg jetstream.StreamConfig) (jetstream.Stream, error) {
	if cfg.Name == o.by.Name {
		if _, err := o.JetStream.CreateStream(ctx, o.by); err != nil {
			return nil, err
		}
	}
	return o.JetStream.CreateStream(ctx, cfg)
}

func TestDeletedServiceLeavesOnlyTombstone(t *testing.T) {
	js := startBroker(t).portal()
	deleted := sample[events.ServiceDeleted](t)
	publish(t, js,
		events.ServiceCreated{Service: billing()}, events.ServiceUpdated{Service: billing()},
		events.ServiceCreated{Service: ledger()}, sample[events.StatusChanged](t), deleted)

	if n := stored(t, js, events.StreamPortal, events.CatalogSubject(billingID)); n != 1 {
		t.Errorf("%d messages on the subject, want the tombstone", n)
	}
	stream, err := js.Stream(t.Context(), events.StreamPortal)
	if err != nil {
		t.Fatal(err)
	}
	msg, err := stream.GetLastMsgForSubject(t.Context(), events.CatalogSubject(billingID))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := events.DecodeAs[events.ServiceDeleted](msg.Header, msg.Data); err != nil || got != deleted {
		t.Errorf("left is %+v, %v; want %+v", got, err, deleted)
	}
	if ttl, err := time.ParseDuration(msg.Header.Get("Nats-TTL")); err != nil || ttl != 7*24*time.Hour {
		t.Errorf("it goes after %s, %v; want 7 days", ttl, err)
	}
	if n := stored(t, js, events.StreamPortal, events.CatalogSubject(ledgerID)); n != 1 {
		t.Errorf("%d messages of another service, want 1", n)
	}
}

func TestExpiredTombstoneLeavesNothing(t *testing.T) {
	t.Parallel() // the shortest TTL is a second
	js := startBroker(t).portal()
	publish(t, js, events.ServiceCreated{Service: billing()})
	msg := encode(t, sample[events.ServiceDeleted](t))
	msg.Header["Nats-TTL"] = []string{"1s"}
	if _, err := js.PublishMsg(t.Context(), msg); err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(patience); stored(t, js, events.StreamPortal, ">") > 0; {
		select {
		case <-tick.C:
		case <-late:
			t.Fatal("the tombstone is still there, or what it replaced")
		}
	}
}

func TestMessageSentTwiceIsStoredOnce(t *testing.T) {
	js := startBroker(t).portal()
	for _, e := range samples() {
		if e.Type() == (events.ProbePlanned{}).Type() {
			continue // a plan has a schedule, which only the worker sets
		}
		msg := encode(t, e)
		first, err := js.PublishMsg(t.Context(), msg)
		if err != nil {
			t.Fatal(err)
		}
		second, err := js.PublishMsg(t.Context(), msg)
		if err != nil {
			t.Fatal(err)
		}
		if first.Duplicate || !second.Duplicate || second.Sequence != first.Sequence {
			t.Errorf("%s: stored as %+v, then %+v", e.Type(), first, second)
		}
	}
}

func TestConsumersAreCreatedOnceAndFiltered(t *testing.T) {
	b := startBroker(t)
	js := b.portal()
	publish(t, js, events.ServiceCreated{Service: ledger()}, sample[events.StatusChanged](t), sample[events.ProbeCompleted](t))
	for name, tc := range map[string]struct {
		make func() (jetstream.Consumer, error)
		want uint64
	}{
		"probers": {func() (jetstream.Consumer, error) { return stream.Probers(t.Context(), js, "default") }, 0},
		"planner": {func() (jetstream.Consumer, error) { return stream.Planner(t.Context(), js) }, 1},
		"ingest":  {func() (jetstream.Consumer, error) { return stream.Ingest(t.Context(), js) }, 1},
	} {
		for range 2 {
			c, err := tc.make()
			if err != nil {
				t.Fatal(err)
			}
			if got := c.CachedInfo().NumPending; got != tc.want {
				t.Errorf("%s: %d messages to read, want %d", name, got, tc.want)
			}
		}
	}
}

func TestConsumerNeedsStream(t *testing.T) {
	js := connect(t, startBroker(t).url())
	if _, err := stream.Ingest(t.Context(), js); !errors.Is(err, jetstream.ErrStreamNotFound) {
		t.Errorf("got %v, want %v", err, jetstream.ErrStreamNotFound)
	}
}

func TestMissing(t *testing.T) {
	js := connect(t, startBroker(t).url())
	wants := func(when string, streams, consumers []string) {
		t.Helper()
		gotStreams, gotConsumers, err := stream.Missing(t.Context(), js)
		if err != nil || !slices.Equal(gotStreams, streams) || !slices.Equal(gotConsumers, consumers) {
			t.Errorf("%s: got %v, %v, %v, want %v, %v", when, gotStreams, gotConsumers, err, streams, consumers)
		}
	}
	all := []string{"planner", "probers", "ingest", "releases", "shifts", "calls"}
	wants("on an empty broker", []string{"PORTAL", "PROBES", "RESULTS", "FETCHED"}, all)
	if err := stream.Ensure(t.Context(), js, 1); err != nil {
		t.Fatal(err)
	}
	wants("before anybody reads", nil, all)
	_, planner := stream.Planner(t.Context(), js)
	_, probers := stream.Probers(t.Context(), js, "elsewhere")
	_, ingest := stream.Ingest(t.Context(), js)
	_, found := stream.Found(t.Context(), js)
	_, shifts := stream.Shifts(t.Context(), js)
	_, calls := stream.Calls(t.Context(), js)
	if err := errors.Join(planner, probers, ingest, found, shifts, calls); err != nil {
		t.Fatal(err)
	}
	wants("when all run", nil, nil)
	if err := js.DeleteConsumer(t.Context(), events.StreamResults, "ingest"); err != nil {
		t.Fatal(err)
	}
	if err := js.DeleteStream(t.Context(), events.StreamProbes); err != nil {
		t.Fatal(err)
	}
	wants("when a stream and a consumer are lost", []string{"PROBES"}, []string{"probers", "ingest"})
}

func configOf(t *testing.T, js jetstream.JetStream, name string) jetstream.StreamConfig {
	t.Helper()
	stream, err := js.Stream(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return stream.CachedInfo().Config
}

// stored returns the number of messages that the stream has on the subject.
func stored(t *testing.T, js jetstream.JetStream, name, subject string) uint64 {
	t.Helper()
	stream, err := js.Stream(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	info, err := stream.Info(t.Context(), jetstream.WithSubjectFilter(subject))
	if err != nil {
		t.Fatal(err)
	}
	var n uint64
	for _, each := range info.State.Subjects {
		n += each
	}
	return n
}
