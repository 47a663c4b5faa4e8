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
	listed  bool       // is in dispatcher.ready
	pace    pace
	limited time.Time // when it was last at its limit while others waited
}

// dispatcher decides which probe is next: of a host, that of the service with the oldest
// slot; of the hosts, round-robin over those below their limit. A host has at most
// as many probes as its pace allows, and no more than there are places left: so
// there is always room for another host, whatever one does.
type dispatcher struct {
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

func newDispatcher(places, perHost int, timeout time.Duration) *dispatcher {
	return &dispatcher{
		perHost: perHost, timeout: timeout, maxWaiting: maxWaiting, free: places,
		hosts: map[string]*host{}, byID: map[string]*waiting{}, evicted: map[string]time.Time{},
	}
}

// add queues a due message. It returns the probes whose turn has come, which have a place now,
// and the one that was evicted because too many wait, or nil. An evicted service
// keeps its turn for when it is added again. After close, add evicts it.
func (d *dispatcher) add(msg due, now time.Time) (start []*waiting, out *waiting) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, &waiting{due: msg}
	}
	name, since := probe.HostPort(msg.URL), msg.slot
	if e := d.byID[msg.ServiceID]; e != nil {
		if e.at.name == name {
			e.due, e.touched = msg, now
			return nil, nil
		}
		d.remove(e) // its health URL has changed
	}
	if at, ok := d.evicted[msg.ServiceID]; ok {
		delete(d.evicted, msg.ServiceID)
		since = at
	}
	e := &waiting{due: msg, since: since, touched: now, nextNotice: since.Add(msg.Interval.Duration()), at: d.host(name)}
	d.insert(e)
	start = d.next(now)
	if len(d.byID) > d.maxWaiting {
		out = d.evict()
	}
	return start, out
}

func (d *dispatcher) host(name string) *host {
	h := d.hosts[name]
	if h == nil {
		h = &host{name: name, pace: newPace(d.perHost, d.timeout)}
		d.hosts[name] = h
	}
	return h
}

func (d *dispatcher) insert(e *waiting) {
	q := e.at.queue
	i := len(q)
	for i > 0 && e.since.Before(q[i-1].since) { // from the end, as most are the newest
		i--
	}
	e.at.queue = slices.Insert(q, i, e)
	d.byID[e.ServiceID] = e
	d.list(e.at)
}

func (d *dispatcher) remove(e *waiting) {
	if i := slices.Index(e.at.queue, e); i >= 0 {
		e.at.queue = slices.Delete(e.at.queue, i, i+1)
	}
	delete(d.byID, e.ServiceID)
	d.forget(e.at)
}

// evict removes the last of the longest queue, and remembers its slot.
func (d *dispatcher) evict() *waiting {
	var longest *host
	for _, h := range d.hosts {
		if longest == nil || len(h.queue) > len(longest.queue) {
			longest = h
		}
	}
	e := longest.queue[len(longest.queue)-1]
	d.remove(e)
	if len(d.evicted) >= maxEvicted {
		clear(d.evicted) // most are of deleted services
	}
	d.evicted[e.ServiceID] = e.since
	return e
}

// list adds the host to ready, unless it is there or its queue is empty.
func (d *dispatcher) list(h *host) {
	if !h.listed && len(h.queue) > 0 {
		h.listed = true
		d.ready = append(d.ready, h)
	}
}

// next gives the free places to the probes whose turn it is, and returns them.
func (d *dispatcher) next(now time.Time) (start []*waiting) {
	for passed := 0; d.free > 0 && passed < len(d.ready); {
		h := d.ready[0]
		d.ready = d.ready[1:]
		switch {
		case len(h.queue) == 0:
			h.listed = false
			d.forget(h)
		case h.running >= h.pace.limit:
			h.listed, h.limited = false, now // listed again when one of its probes ends
		case h.running >= max(1, d.free):
			d.ready = append(d.ready, h)
			passed++
		default:
			e := h.queue[0]
			h.queue = slices.Delete(h.queue, 0, 1)
			delete(d.byID, e.ServiceID)
			e.round, e.busy = e.roundOf(now.Sub(e.since)), !h.limited.Before(e.since)
			h.running++
			d.free--
			start = append(start, e)
			h.listed = false
			d.list(h) // behind the others
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
func (d *dispatcher) releaseHost(e *waiting, end probeEnd, now time.Time) []*waiting {
	d.mu.Lock()
	defer d.mu.Unlock()
	h := e.at
	if !end.notMade {
		h.pace.done(now, end.took, end.timedOut, h.running >= h.pace.limit && len(h.queue) > 0)
	}
	h.running--
	d.list(h)
	d.forget(h)
	return d.next(now)
}

// releasePlace releases a place of the worker, and returns the probes whose turn has
// come.
func (d *dispatcher) releasePlace(now time.Time) []*waiting {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.free++
	return d.next(now)
}

// forget removes a host without running or queued probes, unless its limit was
// adapted.
func (d *dispatcher) forget(h *host) {
	if h.running == 0 && len(h.queue) == 0 && !h.listed && h.pace.limit == min(startPerHost, d.perHost) {
		delete(d.hosts, h.name)
	}
}

// room returns how many places are free.
func (d *dispatcher) room() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.free
}

// close makes add evict all that comes, and returns all that wait.
func (d *dispatcher) close() []*waiting {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	var all []*waiting
	for _, h := range d.hosts {
		all = append(all, h.queue...)
		h.queue = nil
	}
	clear(d.byID)
	return all
}
