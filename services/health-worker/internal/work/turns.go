package work

import (
	"slices"
	"sync"
	"time"

	"github.com/dev-portal/dev-portal/services/health-worker/internal/probe"
)

const (
	// maxWaiting bounds the queued due messages: each takes about 2 KB, and counts
	// towards the consumer's MaxAckPending.
	maxWaiting = 8192

	// maxEvicted bounds the slots that are kept of evicted services.
	maxEvicted = 1 << 16
)

// waiting is a service whose probe is due. There is at most one for each service: a
// newer due message replaces the older one, and keeps its turn.
type waiting struct {
	due                  // the newest
	since      time.Time // the oldest slot that the probe is for; the queue's order
	touched    time.Time // when the broker was last told that the message is in progress
	nextNotice time.Time // when to publish next that the service waits
	at         *host

	// round is set when the turn comes: the estimated time until the next turn, 0
	// if that is an interval. busy says that the host's limit is the cause.
	round time.Duration
	busy  bool
}

// roundOf returns the time between the slots that are probed if the service waits
// that long each time, a multiple of the interval; 0 if each slot is probed.
func (e *waiting) roundOf(wait time.Duration) time.Duration {
	interval := e.Interval.Duration()
	if wait <= interval {
		return 0
	}
	return (wait - 1).Truncate(interval) + interval
}

// host is a host and port of which probes run or wait.
type host struct {
	name    string
	running int
	queue   []*waiting // by since
	listed  bool       // is in turns.ready
	pace    pace
	limited time.Time // when it was last at its limit while others waited
}

// turns decides which probe is next: of a host, that of the service with the oldest
// slot; of the hosts, round-robin over those below their limit. A host has at most
// as many probes as its pace allows, and no more than there are places left: so
// there is always room for another host, whatever one does.
type turns struct {
	perHost    int // maximum of probes of a host at once
	timeout    time.Duration
	maxWaiting int

	mu      sync.Mutex
	free    int // places
	hosts   map[string]*host
	byID    map[string]*waiting
	ready   []*host              // those with a queue and below their limit, round-robin
	evicted map[string]time.Time // the since of each evicted service, by its id
	closed  bool
}

func newTurns(places, perHost int, timeout time.Duration) *turns {
	return &turns{
		perHost: perHost, timeout: timeout, maxWaiting: maxWaiting, free: places,
		hosts: map[string]*host{}, byID: map[string]*waiting{}, evicted: map[string]time.Time{},
	}
}

// add queues d. It returns the probes whose turn has come, which have a place now,
// and the one that was evicted because too many wait, or nil. An evicted service
// keeps its turn for when it is added again. After close, add evicts d itself.
func (t *turns) add(d due, now time.Time) (start []*waiting, out *waiting) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil, &waiting{due: d}
	}
	name, since := probe.HostPort(d.URL), d.slot
	if e := t.byID[d.ServiceID]; e != nil {
		if e.at.name == name {
			e.due, e.touched = d, now
			return nil, nil
		}
		t.remove(e) // its health URL has changed
	}
	if at, ok := t.evicted[d.ServiceID]; ok {
		delete(t.evicted, d.ServiceID)
		since = at
	}
	e := &waiting{due: d, since: since, touched: now, nextNotice: since.Add(d.Interval.Duration()), at: t.host(name)}
	t.insert(e)
	start = t.next(now)
	if len(t.byID) > t.maxWaiting {
		out = t.evict()
	}
	return start, out
}

func (t *turns) host(name string) *host {
	h := t.hosts[name]
	if h == nil {
		h = &host{name: name, pace: newPace(t.perHost, t.timeout)}
		t.hosts[name] = h
	}
	return h
}

func (t *turns) insert(e *waiting) {
	q := e.at.queue
	i := len(q)
	for i > 0 && e.since.Before(q[i-1].since) { // from the end, as most are the newest
		i--
	}
	e.at.queue = slices.Insert(q, i, e)
	t.byID[e.ServiceID] = e
	t.list(e.at)
}

func (t *turns) remove(e *waiting) {
	if i := slices.Index(e.at.queue, e); i >= 0 {
		e.at.queue = slices.Delete(e.at.queue, i, i+1)
	}
	delete(t.byID, e.ServiceID)
	t.forget(e.at)
}

// evict removes the last of the longest queue, and remembers its slot.
func (t *turns) evict() *waiting {
	var longest *host
	for _, h := range t.hosts {
		if longest == nil || len(h.queue) > len(longest.queue) {
			longest = h
		}
	}
	e := longest.queue[len(longest.queue)-1]
	t.remove(e)
	if len(t.evicted) >= maxEvicted {
		clear(t.evicted) // most are of deleted services
	}
	t.evicted[e.ServiceID] = e.since
	return e
}

// list adds the host to ready, unless it is there or its queue is empty.
func (t *turns) list(h *host) {
	if !h.listed && len(h.queue) > 0 {
		h.listed = true
		t.ready = append(t.ready, h)
	}
}

// next gives the free places to the probes whose turn it is, and returns them.
func (t *turns) next(now time.Time) (start []*waiting) {
	for passed := 0; t.free > 0 && passed < len(t.ready); {
		h := t.ready[0]
		t.ready = t.ready[1:]
		switch {
		case len(h.queue) == 0:
			h.listed = false
			t.forget(h)
		case h.running >= h.pace.limit:
			h.listed, h.limited = false, now // listed again when one of its probes ends
		case h.running >= max(1, t.free):
			t.ready = append(t.ready, h)
			passed++
		default:
			e := h.queue[0]
			h.queue = slices.Delete(h.queue, 0, 1)
			delete(t.byID, e.ServiceID)
			e.round, e.busy = e.roundOf(now.Sub(e.since)), !h.limited.Before(e.since)
			h.running++
			t.free--
			start = append(start, e)
			h.listed = false
			t.list(h) // behind the others
			passed = 0
		}
	}
	return start
}

// probeEnd is how a probe ended.
type probeEnd struct {
	took     time.Duration
	timedOut bool
	notMade  bool // the other fields mean nothing
}

// releaseHost releases e's place at its host, and returns the probes whose turn has
// come.
func (t *turns) releaseHost(e *waiting, end probeEnd, now time.Time) []*waiting {
	t.mu.Lock()
	defer t.mu.Unlock()
	h := e.at
	if !end.notMade {
		h.pace.done(now, end.took, end.timedOut, h.running >= h.pace.limit && len(h.queue) > 0)
	}
	h.running--
	t.list(h)
	t.forget(h)
	return t.next(now)
}

// releasePlace releases a place of the worker, and returns the probes whose turn has
// come.
func (t *turns) releasePlace(now time.Time) []*waiting {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.free++
	return t.next(now)
}

// forget removes a host without running or queued probes, unless its limit was
// adapted.
func (t *turns) forget(h *host) {
	if h.running == 0 && len(h.queue) == 0 && !h.listed && h.pace.limit == min(startPerHost, t.perHost) {
		delete(t.hosts, h.name)
	}
}

// room returns how many places are free.
func (t *turns) room() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.free
}

// close makes add evict all that comes, and returns all that wait.
func (t *turns) close() []*waiting {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	var all []*waiting
	for _, h := range t.hosts {
		all = append(all, h.queue...)
		h.queue = nil
	}
	clear(t.byID)
	return all
}
