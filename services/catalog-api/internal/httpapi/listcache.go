package httpapi

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

// measuredMost is how old may be in the list what only probes measure, and the least
// time between two lists that are made for its sake. They begin a little earlier.
const (
	measuredMost  = 2 * time.Second
	measuredEarly = 50 * time.Millisecond
)

// listCache has the list of all services for as long as it is true. Each use asks
// the catalogue whether it has changed, so that a replica never answers with less
// than what people and changes of status wrote anywhere before it was asked. What
// only probes measure comes at times, beside the requests (see run).
type listCache struct {
	lists    Lists
	builds   atomic.Int64 // counts readings of the catalogue, each before it begins
	current  atomic.Pointer[cachedList]
	building chan struct{} // holds one: requests build one at a time
	asked    chan struct{} // holds one: somebody asked for the list
	running  atomic.Bool   // what was measured is just being read

	asking chan struct{} // holds one: the catalogue is being asked whether it has changed
	mu     sync.Mutex
	next   *question // who asks now shares it; nil: nobody waits
}

// question is whether the list has changed, for all who asked before it was put to the
// catalogue.
type question struct {
	answered chan struct{}
	good     bool
	err      error
}

// cachedList is a list with the revision that it is of.
type cachedList struct {
	*encodedList
	revision catalog.Revision
	measured time.Time // when what probes measure was read
	build    int64
}

func newListCache(l Lists) *listCache {
	c := &listCache{
		lists: l, building: make(chan struct{}, 1), asked: make(chan struct{}, 1), asking: make(chan struct{}, 1),
	}
	c.current.Store(&cachedList{encodedList: &encodedList{}})
	return c
}

// fresh returns the list as it is now, or later. Who has to wait for others
// takes a list of theirs, if its reading was begun after asking.
func (c *listCache) fresh(ctx context.Context) (*encodedList, error) {
	ctx, cancel := rest.Promptly(ctx) // in all, with the wait for others
	defer cancel()
	select {
	case c.asked <- struct{}{}:
	default:
	}
	asked := c.builds.Load() // each later reading has all that was there by now
	if good, err := c.good(ctx); good || err != nil {
		return c.current.Load().encodedList, err
	}
	select {
	case c.building <- struct{}{}:
		defer func() { <-c.building }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for {
		list := c.current.Load()
		if list.build > asked && !c.stale(list) {
			return list.encodedList, nil
		}
		next, err := c.after(ctx, list, c.stale(list))
		if err != nil {
			return nil, err
		}
		if c.current.CompareAndSwap(list, next) {
			return next.encodedList, nil
		}
	}
}

// good says whether the present list is what is shown now. Those who ask at once share
// one question, which is put after they asked.
func (c *listCache) good(ctx context.Context) (bool, error) {
	c.mu.Lock()
	q, first := c.next, false
	if q == nil {
		q, first = &question{answered: make(chan struct{})}, true
		c.next = q
	}
	c.mu.Unlock()
	if first {
		c.ask(ctx, q)
	}
	select {
	case <-q.answered:
		return q.good, q.err
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// ask puts the question, when the one before it is answered. Others wait for it too,
// so it does not end with the request.
func (c *listCache) ask(ctx context.Context, q *question) {
	defer close(q.answered)
	ctx, cancel := rest.Promptly(context.WithoutCancel(ctx))
	defer cancel()
	select {
	case c.asking <- struct{}{}:
		defer func() { <-c.asking }()
	case <-ctx.Done():
		q.err = ctx.Err()
	}
	c.mu.Lock()
	c.next = nil
	c.mu.Unlock()
	if q.err != nil {
		return
	}
	list := c.current.Load()
	if c.stale(list) {
		return
	}
	changed, err := c.lists.Changed(ctx, list.revision)
	q.good, q.err = !changed && err == nil, err
}

// stale says whether the list is too old for what probes measure, and nobody is just
// mending that.
func (c *listCache) stale(list *cachedList) bool {
	return list.measured.IsZero() || time.Since(list.measured) > measuredMost && !c.running.Load()
}

// after reads what has changed since the list, and makes one that has it.
func (c *listCache) after(ctx context.Context, list *cachedList, measured bool) (*cachedList, error) {
	build, began := c.builds.Add(1), time.Now()
	changes, err := c.lists.Changes(ctx, list.revision, measured)
	if err != nil {
		return nil, err
	}
	encoded, err := list.with(changes)
	if err != nil {
		return nil, err
	}
	next := &cachedList{encodedList: encoded, revision: changes.Revision, measured: list.measured, build: build}
	if measured || changes.All {
		next.measured = began
	}
	return next, nil
}

// run reads what probes measured, until ctx ends: every 2 s, while somebody asks for
// the list. A list that was wanted compressed is compressed before anybody gets it.
func (c *listCache) run(ctx context.Context, log *slog.Logger) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.asked:
		}
		for wait := time.Duration(1); wait > 0; {
			list := c.current.Load()
			if list.measured.IsZero() {
				break // whoever asked is just making the first
			}
			wait = time.Until(list.measured.Add(measuredMost - measuredEarly))
			select {
			case <-ctx.Done():
				return
			case <-time.After(wait):
			}
		}
		if err := c.refresh(ctx); err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "what probes measured could not be read for the list; trying again when it is asked for", "error", err)
		}
	}
}

func (c *listCache) refresh(ctx context.Context) error {
	c.running.Store(true)
	defer c.running.Store(false)
	ctx, cancel := rest.Promptly(ctx)
	defer cancel()
	for try := 0; ; try++ {
		if try == 1 { // others are faster: they wait now
			select {
			case c.building <- struct{}{}:
				defer func() { <-c.building }()
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		list := c.current.Load()
		if list.measured.IsZero() {
			return nil
		}
		next, err := c.after(ctx, list, true)
		if err != nil {
			return err
		}
		if list.wantsGzip() {
			next.prepare()
		}
		if c.current.CompareAndSwap(list, next) {
			return nil
		}
	}
}
