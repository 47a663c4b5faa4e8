package outbox_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/dev-portal/dev-portal/pkg/devstack"
	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/outbox"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/storetest"
)

func TestMain(m *testing.M) { os.Exit(devtest.Main(m)) }

func ptr[T any](v T) *T { return &v }

// bench is a database and a broker, with a subscriber to the broker's stream.
type bench struct {
	t       *testing.T
	url     string
	db      *store.Store
	repairs []outbox.Repair
	nats    *devstack.NATS
	dir     string // of the broker's data
	addr    string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	addr, err := devtest.FreeAddr() // stays the same after a restart
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, url: storetest.Database(t), dir: t.TempDir(), addr: addr}
	db, err := store.Open(t.Context(), store.Config{URL: b.url, Interval: "1m", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	b.db, b.repairs = db, db.Repairs(access.Relay)
	t.Cleanup(func() { _ = db.Close() })
	b.startNATS()
	t.Cleanup(func() { b.nats.Close() })
	return b
}

func (b *bench) startNATS() {
	b.t.Helper()
	srv, err := devstack.StartNATS(context.WithoutCancel(b.t.Context()), devstack.NATSConfig{Addr: b.addr, Dir: b.dir})
	if err != nil {
		b.t.Fatal(err)
	}
	b.nats = srv
}

func (b *bench) connect() jetstream.JetStream {
	b.t.Helper()
	return b.connectTo(b.nats.URL())
}

func (b *bench) connectTo(url string) jetstream.JetStream {
	b.t.Helper()
	nc, err := nats.Connect(url, nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond), nats.ReconnectBufSize(-1))
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		b.t.Fatal(err)
	}
	return js
}

// relay runs a relay, as a replica of its own, until the test ends or stop is called.
func (b *bench) relay() (stop func()) {
	b.t.Helper()
	return b.relayBy(b.connect())
}

func (b *bench) relayBy(js jetstream.JetStream) (stop func()) {
	b.t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(b.t.Context()))
	r := &outbox.Relay{
		DB: b.db.DB(), DatabaseURL: b.url, NATS: js.Conn(), JetStream: js, Repairs: b.repairs, Replicas: 1,
		Log: slog.New(slog.NewTextHandler(b.t.Output(), nil)), Metrics: outbox.NewMetrics(prometheus.NewRegistry(), b.db.DB()),
	}
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	stop = func() {
		cancel()
		if err := <-done; err != nil {
			b.t.Error(err)
		}
		done <- nil
	}
	b.t.Cleanup(stop)
	return stop
}

// subscribe returns what the stream delivers, as "name version" or "name from>to".
func (b *bench) subscribe() <-chan string {
	b.t.Helper()
	js, out := b.connect(), make(chan string, 1000)
	go func() {
		_ = stream.Subscribe(b.t.Context(), js, stream.Subscription{Tail: 1000}, func(_ context.Context, d stream.Delivery) error {
			switch e := d.Event.(type) {
			case events.ServiceCreated:
				out <- fmt.Sprintf("%s %d", e.Name, e.Version)
			case events.ServiceUpdated:
				out <- fmt.Sprintf("%s %d", e.Name, e.Version)
			case events.ServiceDeleted:
				out <- fmt.Sprintf("%s %d gone", e.Name, e.Version)
			case events.StatusChanged:
				out <- fmt.Sprintf("%s %s>%s", e.Name, e.From, e.To)
			}
			return nil
		})
	}()
	return out
}

func (b *bench) create(name string) catalog.Service {
	b.t.Helper()
	svc, err := b.db.CreateService(b.t.Context(), editor, catalog.Change{Name: &name})
	if err != nil {
		b.t.Fatal(err)
	}
	return svc
}

func (b *bench) update(id string, c catalog.Change) {
	b.t.Helper()
	if _, err := b.db.UpdateService(b.t.Context(), editor, id, 0, c); err != nil {
		b.t.Fatal(err)
	}
}

// want waits for exactly these, in this order.
func want(t *testing.T, got <-chan string, list ...string) {
	t.Helper()
	var seen []string
	for range list {
		select {
		case s := <-got:
			seen = append(seen, s)
		case <-time.After(20 * time.Second):
			t.Fatalf("got %q, want %q", seen, list)
		}
	}
	if !slices.Equal(seen, list) {
		t.Fatalf("got %q, want %q", seen, list)
	}
}

func TestEventsArePublishedInOrder(t *testing.T) {
	b := newBench(t)
	svc := b.create("billing") // before there is a relay, a stream or a subscriber
	b.relay()
	got := b.subscribe()
	want(t, got, "billing 1")
	b.update(svc.ID, catalog.Change{Status: ptr(events.StatusDown)})
	b.update(svc.ID, catalog.Change{Team: ptr("Payments")})
	want(t, got, "billing 2", "billing unknown>down", "billing 3")
	if err := b.db.DeleteService(t.Context(), editor, svc.ID, 0); err != nil {
		t.Fatal(err)
	}
	want(t, got, "billing 4 gone")
	b.waitEmpty()
}

// waitEmpty waits until the outbox is empty.
func (b *bench) waitEmpty() {
	b.t.Helper()
	for {
		var n int
		if err := b.db.DB().GetContext(b.t.Context(), &n, `SELECT count(*) FROM outbox`); err != nil {
			b.t.Fatal(err)
		}
		if n == 0 {
			return
		}
		if b.t.Context().Err() != nil {
			b.t.Fatalf("%d events are left", n)
		}
	}
}

// subjects returns the number of messages in the stream, by subject.
func (b *bench) subjects() map[string]uint64 {
	b.t.Helper()
	portal, err := b.connect().Stream(b.t.Context(), events.StreamPortal)
	if err != nil {
		b.t.Fatal(err)
	}
	info, err := portal.Info(b.t.Context(), jetstream.WithSubjectFilter(">"))
	if err != nil {
		b.t.Fatal(err)
	}
	return info.State.Subjects
}

func TestDeletedServiceLeavesOnlyItsTombstone(t *testing.T) {
	b := newBench(t)
	b.relay()
	svc := b.create("billing")
	b.update(svc.ID, catalog.Change{Status: ptr(events.StatusDown)})
	if err := b.db.DeleteService(t.Context(), editor, svc.ID, 0); err != nil {
		t.Fatal(err)
	}
	b.waitEmpty()
	if n := b.subjects(); len(n) != 1 || n[events.CatalogSubject(svc.ID)] != 1 {
		t.Errorf("the stream has %v", n)
	}
}

func TestWritesWhileNATSIsDownAreNotLost(t *testing.T) {
	b := newBench(t)
	b.relay()
	got := b.subscribe()
	svc := b.create("billing")
	want(t, got, "billing 1")

	b.nats.Close()
	b.update(svc.ID, catalog.Change{Team: ptr("a")})
	b.update(svc.ID, catalog.Change{Team: ptr("b")})
	b.create("search")
	b.startNATS()
	seen := map[string]bool{}
	for _, s := range []string{<-got, <-got, <-got} {
		if s == "billing 3" && !seen["billing 2"] {
			t.Error("version 3 overtook version 2")
		}
		seen[s] = true
	}
	if !seen["billing 2"] || !seen["billing 3"] || !seen["search 1"] {
		t.Errorf("got %v", seen)
	}
}

func TestEventPublishedTwiceIsStoredOnce(t *testing.T) {
	b := newBench(t)
	stop := b.relay()
	b.create("billing")
	b.waitEmpty()
	stop()

	// As if the relay had been killed after NATS confirmed and before it deleted the row.
	b.create("search")
	js := b.connect()
	var subject string
	var header, data []byte
	row := b.db.DB().QueryRowContext(t.Context(), `SELECT subject, header, data FROM outbox`)
	if err := row.Scan(&subject, &header, &data); err != nil {
		t.Fatal(err)
	}
	msg := &nats.Msg{Subject: subject, Data: data, Header: decodeHeader(t, header)}
	if _, err := js.PublishMsg(t.Context(), msg); err != nil {
		t.Fatal(err)
	}
	b.relay()
	b.waitEmpty()
	portal, err := js.Stream(t.Context(), events.StreamPortal)
	if err != nil {
		t.Fatal(err)
	}
	if n := portal.CachedInfo().State.Msgs; n != 2 {
		t.Errorf("the stream has %d messages, want 2", n)
	}
}

func TestSecondReplicaTakesOver(t *testing.T) {
	b := newBench(t)
	stop := b.relay()
	got := b.subscribe()
	b.create("one")
	want(t, got, "one 1")
	b.relay()
	b.create("two")
	want(t, got, "two 1")
	stop()
	b.create("three")
	want(t, got, "three 1")
}

func TestLostStreamIsRebuilt(t *testing.T) {
	b := newBench(t)
	b.relay()
	got := b.subscribe()
	svc := b.create("billing")
	b.update(svc.ID, catalog.Change{Team: ptr("Payments")})
	want(t, got, "billing 1", "billing 2")

	b.nats.Close()
	if err := os.RemoveAll(b.dir); err != nil {
		t.Fatal(err)
	}
	b.startNATS()
	want(t, got, "billing 2")
}

var editor = access.Actor{Kind: access.Key, ID: "k1", Name: "tests", Role: access.Editor}
