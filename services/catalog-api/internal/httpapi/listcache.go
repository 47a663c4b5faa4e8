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

// measurementsMaxAge is how old measurements (latency and time of the last probe) in the
// list may be, and how often run refreshes them. It starts refreshEarly before that.
const (
	measurementsMaxAge = 2 * time.Second
	refreshEarly       = 50 * time.Millisecond
)

// listCache caches the list of all services. Each request asks the catalogue whether the
// list has changed, so a replica's answer has all writes and status changes of all
// replicas before the request. Measurements are refreshed beside the requests (see run).
type listCache struct {
	lists      Lists
	builds     atomic.Int64 // counts reads of the catalogue, each before it begins
	current    atomic.Pointer[cachedList]
	building   chan struct{} // a semaphore of one for builds by requests
	requested  chan struct{} // holds one: the list was requested
	refreshing atomic.Bool   // measurements are being read

	checking chan struct{} // a semaphore of one for revision checks
	mu       sync.Mutex
	next     *revisionCheck // not begun yet, so that new requests can share it; or nil
}

// revisionCheck asks the catalogue whether the cached list is current, for all requests
// that came before it began.
type revisionCheck struct {
	done    chan struct{}
	current bool
	err     error
}

// cachedList is a list with its revision.
type cachedList struct {
	*encodedList
	revision catalog.Revision
	measured time.Time // when measurements were read
	build    int64
}

func newListCache(l Lists) *listCache {
	c := &listCache{
		lists: l, building: make(chan struct{}, 1), requested: make(chan struct{}, 1), checking: make(chan struct{}, 1),
	}
	c.current.Store(&cachedList{encodedList: &encodedList{}})
	return c
}

// fresh returns a list at least as new as the call. If another request is already
// building one, its result is shared, provided that its read began after this call.
func (c *listCache) fresh(ctx context.Context) (*encodedList, error) {
	ctx, cancel := rest.Promptly(ctx) // including the wait for other requests
	defer cancel()
	select {
	case c.requested <- struct{}{}:
	default:
	}
	before := c.builds.Load() // later builds read all that is there by now
	if current, err := c.isCurrent(ctx); current || err != nil {
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
		if list.build > before && !c.stale(list) {
			return list.encodedList, nil
		}
		next, err := c.rebuild(ctx, list, c.stale(list))
		if err != nil {
			return nil, err
		}
		if c.current.CompareAndSwap(list, next) {
			return next.encodedList, nil
		}
	}
}

// isCurrent reports whether the cached list is current. Concurrent requests share one
// check, which begins after all of their calls.
func (c *listCache) isCurrent(ctx context.Context) (bool, error) {
	c.mu.Lock()
	check, first := c.next, false
	if check == nil {
		check, first = &revisionCheck{done: make(chan struct{})}, true
		c.next = check
	}
	c.mu.Unlock()
	if first {
		c.runCheck(ctx, check)
	}
	select {
	case <-check.done:
		return check.current, check.err
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// runCheck runs a check after the one before it is done. Other requests wait for it too, so
// it does not end with this one.
func (c *listCache) runCheck(ctx context.Context, check *revisionCheck) {
	defer close(check.done)
	ctx, cancel := rest.Promptly(context.WithoutCancel(ctx))
	defer cancel()
	select {
	case c.checking <- struct{}{}:
		defer func() { <-c.checking }()
	case <-ctx.Done():
		check.err = ctx.Err()
	}
	c.mu.Lock()
	c.next = nil
	c.mu.Unlock()
	if check.err != nil {
		return
	}
	list := c.current.Load()
	if c.stale(list) {
		return
	}
	changed, err := c.lists.Changed(ctx, list.revision)
	check.current, check.err = !changed && err == nil, err
}

// stale reports whether the list's measurements are too old, and are not being
// refreshed.
func (c *listCache) stale(list *cachedList) bool {
	return list.measured.IsZero() || time.Since(list.measured) > measurementsMaxAge && !c.refreshing.Load()
}

// rebuild reads the changes since the list, and returns a list with them.
func (c *listCache) rebuild(ctx context.Context, list *cachedList, measured bool) (*cachedList, error) {
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

// run refreshes measurements until ctx ends, every measurementsMaxAge while the list is
// requested. If the list was used compressed, the next one is compressed in advance.
func (c *listCache) run(ctx context.Context, log *slog.Logger) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.requested:
		}
		for wait := time.Duration(1); wait > 0; {
			list := c.current.Load()
			if list.measured.IsZero() {
				break // the request is building the first list
			}
			wait = time.Until(list.measured.Add(measurementsMaxAge - refreshEarly))
			select {
			case <-ctx.Done():
				return
			case <-time.After(wait):
			}
		}
		if err := c.refresh(ctx); err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "measurements for the list not read; retrying at the next request", "error", err)
		}
	}
}

func (c *listCache) refresh(ctx context.Context) error {
	c.refreshing.Store(true)
	defer c.refreshing.Store(false)
	ctx, cancel := rest.Promptly(ctx)
	defer cancel()
	for try := 0; ; try++ {
		if try == 1 { // a request was faster: block further builds
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
		next, err := c.rebuild(ctx, list, true)
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
