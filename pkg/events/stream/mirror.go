package stream

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"reflect"
	"slices"
	"sync"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// Mirror is a copy of the catalogue in memory, every service with its present status,
// that Run keeps current. What it returns is shared: change nothing in it. Its methods
// may be called at any time, by many at once; until Ready it is empty, and while NATS
// is away it is as it was then.
type Mirror struct {
	// OnChange, if set, is told of each change since the first snapshot, in the order
	// of the stream, one at a time, when the copy has it already. Set it before Run.
	OnChange func(Change)

	// OnError, if set, is told what that of a Subscription is told. Set it before Run.
	OnError func(error)

	js       jetstream.JetStream
	subjects []string
	indexes  []*Index
	ready    chan struct{}
	next     *catalogue // is being read, for Run alone; nil: the present one is complete

	mu      sync.RWMutex
	present *catalogue
}

// Change is how a service was and how it is. Before is nil for a service that is new,
// After for one that is gone.
type Change struct {
	Before, After *events.Service

	// Event is what told of it. It is nil where the difference was found by reading
	// all anew, after the stream was lost or the mirror was away for long.
	Event events.Event
}

// NewMirror returns a mirror of what the subjects tell: none is AllCatalog and
// AllStatus; with AllCatalog alone a service has the status of its last
// service.created or .updated.
func NewMirror(js jetstream.JetStream, subjects ...string) *Mirror {
	return &Mirror{js: js, subjects: subjects, ready: make(chan struct{}), present: newCatalogue(nil)}
}

// Run follows stream PORTAL until ctx ends, and comes back from every outage. It
// returns what [Subscribe] returns. Call it once.
func (m *Mirror) Run(ctx context.Context) error {
	err := Subscribe(ctx, m.js, Subscription{
		Subjects:   m.subjects,
		OnRestart:  func(string) { m.next = newCatalogue(m.indexes) },
		OnCaughtUp: m.complete,
		OnError:    m.OnError,
	}, func(_ context.Context, d Delivery) error {
		m.take(d.Event)
		return nil
	})
	if err != nil {
		return fmt.Errorf("mirror: %w", err)
	}
	return nil
}

// Ready is closed when the first snapshot is complete.
func (m *Mirror) Ready() <-chan struct{} { return m.ready }

// Service returns the service with this id, and whether there is one.
func (m *Mirror) Service(id string) (events.Service, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	s, ok := m.present.services[id]
	if !ok {
		return events.Service{}, false
	}
	return *s, true
}

// Services returns all services as they are now, in no order.
func (m *Mirror) Services() iter.Seq[events.Service] {
	m.mu.RLock()
	all := slices.Collect(maps.Values(m.present.services))
	m.mu.RUnlock()
	return func(yield func(events.Service) bool) {
		for _, s := range all {
			if !yield(*s) {
				return
			}
		}
	}
}

// Len is how many services there are.
func (m *Mirror) Len() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.present.services)
}

// Index returns an index by what keys returns of a service: its team, its tags, the
// repository of its code. Call it before Run.
func (m *Mirror) Index(keys func(events.Service) []string) *Index {
	index := &Index{mirror: m, place: len(m.indexes), keys: keys}
	m.indexes = append(m.indexes, index)
	m.present = newCatalogue(m.indexes)
	return index
}

// Index finds services in a [Mirror] by a key.
type Index struct {
	mirror *Mirror
	place  int // among the mirror's
	keys   func(events.Service) []string
}

// Services returns those that have the key, by their names.
func (i *Index) Services(key string) []events.Service {
	i.mirror.mu.RLock()
	defer i.mirror.mu.RUnlock()
	var found []events.Service
	for _, s := range i.mirror.present.byKey[i.place][key] {
		found = append(found, *s)
	}
	slices.SortFunc(found, func(a, b events.Service) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return found
}

// take takes an event into the copy, or into that which is being read.
func (m *Mirror) take(e events.Event) {
	if m.next != nil {
		m.next.take(e)
		return
	}
	m.mu.Lock()
	change, changed := m.present.take(e)
	m.mu.Unlock()
	if changed && m.OnChange != nil {
		m.OnChange(change)
	}
}

// complete puts what was read in place of the copy that was there, and tells of all
// that differs.
func (m *Mirror) complete() {
	before := m.present
	m.mu.Lock()
	m.present, m.next = m.next, nil
	m.mu.Unlock()
	select {
	case <-m.ready:
	default:
		close(m.ready)
		return
	}
	if m.OnChange == nil {
		return
	}
	ids := maps.Clone(before.services)
	maps.Copy(ids, m.present.services)
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		if c := (Change{Before: before.services[id], After: m.present.services[id]}); !same(c.Before, c.After) {
			m.OnChange(c)
		}
	}
}

func same(a, b *events.Service) bool { return reflect.DeepEqual(a, b) }

// catalogue is the services, none of which is ever changed in place, and their indexes.
type catalogue struct {
	services map[string]*events.Service
	indexes  []*Index
	byKey    []map[string]map[string]*events.Service // of each index, by key, by id
}

func newCatalogue(indexes []*Index) *catalogue {
	c := &catalogue{services: map[string]*events.Service{}, indexes: indexes}
	for range indexes {
		c.byKey = append(c.byKey, map[string]map[string]*events.Service{})
	}
	return c
}

// take returns what the event changed, and whether it did.
func (c *catalogue) take(e events.Event) (Change, bool) {
	before := c.services[e.Key().ID]
	after := follow(before, e)
	if same(before, after) {
		return Change{}, false
	}
	c.put(before, after)
	return Change{Before: before, After: after, Event: e}, true
}

// follow is the service after the event. One that comes again, and is older than
// what is known, changes nothing.
func follow(before *events.Service, e events.Event) *events.Service {
	switch e := e.(type) {
	case events.ServiceCreated:
		return newer(before, e.Service)
	case events.ServiceUpdated:
		return newer(before, e.Service)
	case events.ServiceDeleted:
		return nil
	case events.StatusChanged:
		if before == nil { // what is told of the service later has its status
			return nil
		}
		after := *before
		after.Status, after.StatusWord, after.StatusSince, after.StatusReason = e.To, e.ToWord, e.Since, e.Reason
		after.HTTPStatus, after.LatencyMS = e.HTTPStatus, e.LatencyMS
		if !e.CheckedAt.IsZero() { // else no probe changed it
			after.LastCheckedAt = e.CheckedAt
		}
		return &after
	}
	return before
}

func newer(before *events.Service, told events.Service) *events.Service {
	if before != nil && told.Version < before.Version {
		return before
	}
	return &told
}

// put replaces a service, in the indexes too.
func (c *catalogue) put(before, after *events.Service) {
	for i, index := range c.indexes {
		if before != nil {
			for _, key := range index.keys(*before) {
				delete(c.byKey[i][key], before.ID)
				if len(c.byKey[i][key]) == 0 {
					delete(c.byKey[i], key)
				}
			}
		}
		if after != nil {
			for _, key := range index.keys(*after) {
				if c.byKey[i][key] == nil {
					c.byKey[i][key] = map[string]*events.Service{}
				}
				c.byKey[i][key][after.ID] = after
			}
		}
	}
	if after != nil {
		c.services[after.ID] = after
	} else if before != nil {
		delete(c.services, before.ID)
	}
}
