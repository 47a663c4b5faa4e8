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
// that Run keeps current. What it returns is shared: don't modify it. Its methods are safe
// for concurrent use. It is empty until Ready, and stale while NATS is unavailable.
type Mirror struct {
	// OnChange, if set, is called for each change after the first snapshot,
	// sequentially in the order of the stream, when the copy has the change already.
	// Set it before Run.
	OnChange func(Change)

	// OnError, if set, is called like that of a Subscription. Set it before Run.
	OnError func(error)

	js       jetstream.JetStream
	subjects []string
	indexes  []*Index
	ready    chan struct{}
	next     *catalogue // the snapshot being read, used by Run only; nil if present is current

	mu      sync.RWMutex
	present *catalogue
}

// Change is a service before and after a change. Before is nil for a new service,
// After for a deleted one.
type Change struct {
	Before, After *events.Service

	// Event is the event of the change. It is nil if the change was found by
	// comparing snapshots, after the stream was lost or the mirror was away for long.
	Event events.Event
}

// NewMirror returns a mirror of the events on the subjects, by default AllCatalog and
// AllStatus. With AllCatalog alone a service has the status of its last
// service.created or .updated.
func NewMirror(js jetstream.JetStream, subjects ...string) *Mirror {
	if len(subjects) == 0 {
		subjects = []string{events.AllCatalog, events.AllStatus}
	}
	return &Mirror{js: js, subjects: subjects, ready: make(chan struct{}), present: newCatalogue(nil)}
}

// Run follows stream PORTAL until ctx ends, and recovers from every outage. It returns
// the error of [Subscribe]. Call it only once.
func (m *Mirror) Run(ctx context.Context) error {
	err := Subscribe(ctx, m.js, Subscription{
		Subjects:   m.subjects,
		OnRestart:  func(string) { m.next = newCatalogue(m.indexes) },
		OnCaughtUp: m.complete,
		OnError:    m.OnError,
	}, func(_ context.Context, d Delivery) error {
		m.apply(d.Event)
		return nil
	})
	if err != nil {
		return fmt.Errorf("mirror: %w", err)
	}
	return nil
}

// Ready returns a channel that is closed when the first snapshot is complete.
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

// Services returns all present services, in no particular order.
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

// Len returns the number of services.
func (m *Mirror) Len() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.present.services)
}

// Index returns an index of the services by the keys that the function returns: the
// team, the tags or the repository, for example. Call it before Run.
func (m *Mirror) Index(keys func(events.Service) []string) *Index {
	index := &Index{mirror: m, place: len(m.indexes), keys: keys}
	m.indexes = append(m.indexes, index)
	m.present = newCatalogue(m.indexes)
	return index
}

// Index finds services in a [Mirror] by a key.
type Index struct {
	mirror *Mirror
	place  int // in the mirror's indexes
	keys   func(events.Service) []string
}

// Services returns the services that have the key, sorted by name.
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

// apply applies an event to the copy, or to the snapshot being read.
func (m *Mirror) apply(e events.Event) {
	if m.next != nil {
		m.next.apply(e)
		return
	}
	m.mu.Lock()
	change, changed := m.present.apply(e)
	m.mu.Unlock()
	if changed && m.OnChange != nil {
		m.OnChange(change)
	}
}

// complete replaces the copy by the snapshot read, and calls OnChange for each
// difference, except after the first snapshot.
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

// catalogue is the services and their indexes. A service is replaced, never modified.
type catalogue struct {
	services map[string]*events.Service
	indexes  []*Index
	byKey    []map[string]map[string]*events.Service // for each index, by key, by id
}

func newCatalogue(indexes []*Index) *catalogue {
	c := &catalogue{services: map[string]*events.Service{}, indexes: indexes}
	for range indexes {
		c.byKey = append(c.byKey, map[string]map[string]*events.Service{})
	}
	return c
}

// apply applies an event, and returns the change and whether there was one.
func (c *catalogue) apply(e events.Event) (Change, bool) {
	before := c.services[e.Key().ID]
	after := serviceAfter(before, e)
	if same(before, after) {
		return Change{}, false
	}
	c.put(before, after)
	return Change{Before: before, After: after, Event: e}, true
}

// serviceAfter returns the service after the event. It returns before if the event's version
// is older, as that of a repeated event is.
func serviceAfter(before *events.Service, e events.Event) *events.Service {
	switch e := e.(type) {
	case events.ServiceCreated:
		return newer(before, e.Service)
	case events.ServiceUpdated:
		return newer(before, e.Service)
	case events.ServiceDeleted:
		return nil
	case events.StatusChanged:
		if before == nil { // a later event of the service has its status
			return nil
		}
		after := *before
		after.Status, after.StatusWord, after.StatusSince, after.StatusReason = e.To, e.ToWord, e.Since, e.Reason
		after.HTTPStatus, after.LatencyMS = e.HTTPStatus, e.LatencyMS
		if !e.CheckedAt.IsZero() { // zero if it was not changed by a probe
			after.LastCheckedAt = e.CheckedAt
		}
		return &after
	}
	return before
}

func newer(before *events.Service, s events.Service) *events.Service {
	if before != nil && s.Version < before.Version {
		return before
	}
	return &s
}

// put replaces a service, also in the indexes.
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
