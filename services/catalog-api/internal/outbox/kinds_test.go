package outbox_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/outbox"
)

// shelf is an event about a thing that is no service.
type shelf struct {
	events.ServiceUpdated
	id, subject string
}

func (e shelf) Key() events.Key { return events.Key{Kind: "shelf", ID: e.id} }

func (e shelf) Subject() string { return e.subject }

// shelfDeleted is the tombstone of such a thing.
type shelfDeleted struct {
	events.ServiceDeleted
	id      string
	subject string
	purges  []string
}

func (e shelfDeleted) Key() events.Key { return events.Key{Kind: "shelf", ID: e.id} }

func (e shelfDeleted) Subject() string { return e.subject }

func (e shelfDeleted) Purges() []string { return e.purges }

// newShelf returns a shelf's event, which bench.subscribe delivers as "name 1".
func newShelf(id, name, subject string) shelf {
	at := time.Now().UTC()
	return shelf{id: id, subject: subject, ServiceUpdated: events.ServiceUpdated{Service: events.Service{
		ID: "019a0000-0000-7000-8000-000000000001", Name: name, Tags: []string{}, Interval: "1m", Version: 1,
		Status: events.StatusUnknown, StatusSince: at, CreatedAt: at, UpdatedAt: at,
	}}}
}

func (b *bench) add(list ...events.Event) {
	b.t.Helper()
	tx, err := b.db.DB().BeginTxx(b.t.Context(), nil)
	if err == nil {
		err = errors.Join(outbox.Add(b.t.Context(), tx, list...), tx.Commit())
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

func TestFailedEventBlocksOnlyItsKey(t *testing.T) {
	b := newBench(t)
	b.relay()
	got := b.subscribe()
	b.add(
		newShelf("a", "refused", "nowhere.a"), // no stream takes it
		newShelf("a", "later", "portal.status.a"),
		newShelf("b", "other", "portal.status.b"),
	)
	want(t, got, "other 1")
	select {
	case e := <-got:
		t.Fatalf("%s has overtaken an event of its key", e)
	case <-time.After(1500 * time.Millisecond): // longer than the relay's poll interval
	}
	if _, err := b.db.DB().ExecContext(t.Context(), `DELETE FROM outbox WHERE subject = 'nowhere.a'`); err != nil {
		t.Fatal(err)
	}
	want(t, got, "later 1")
}

func TestTombstonePurgesItsSubjects(t *testing.T) {
	b := newBench(t)
	b.relay()
	gone := events.ServiceDeleted{ID: "019a0000-0000-7000-8000-000000000001", Name: "a", Version: 2, DeletedAt: time.Now().UTC()}
	b.add(
		newShelf("a", "a", "portal.catalog.a"), newShelf("a", "a", "portal.status.a"), newShelf("a", "a", "portal.status.a2"),
		newShelf("a", "a", "portal.status.a3"), newShelf("b", "b", "portal.status.b"),
		shelfDeleted{gone, "a", "portal.catalog.a", []string{"portal.status.a", "portal.status.a2"}},
	)
	b.waitEmpty()
	left := b.subjects()
	if len(left) != 3 || left["portal.catalog.a"] != 1 || left["portal.status.a3"] != 1 || left["portal.status.b"] != 1 {
		t.Errorf("the stream has %v", left)
	}
}

func TestFailedRepairDoesNotStopOthers(t *testing.T) {
	b := newBench(t)
	stop := b.relay()
	got := b.subscribe()
	svc := b.create("billing")
	b.update(svc.ID, catalog.Change{Status: ptr(events.StatusDown)})
	want(t, got, "billing 1", "billing 2", "billing unknown>down")
	b.waitEmpty()
	stop()

	portal, err := b.connect().Stream(t.Context(), events.StreamPortal)
	if err == nil {
		err = portal.Purge(t.Context(), jetstream.WithPurgeSubject(events.CatalogSubject(svc.ID)))
	}
	if err != nil {
		t.Fatal(err)
	}
	tried := make(chan events.Event, 2)
	b.repairs = append([]outbox.Repair{{
		Kind: events.KindService, Subjects: events.AllStatus,
		Republish: func(_ context.Context, last map[string]events.Envelope) (int, error) {
			select {
			case tried <- last[svc.ID].Event:
			default:
			}
			return 0, errors.New("not today")
		},
	}}, b.repairs...)
	b.relay()
	want(t, got, "billing 2")
	for range cap(tried) {
		if e, ok := (<-tried).(events.StatusChanged); !ok || e.To != events.StatusDown {
			t.Errorf("of its subjects it was told %+v", e)
		}
	}
}
