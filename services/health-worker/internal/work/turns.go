package work

import (
	"slices"
	"sync"
	"time"

	"github.com/dev-portal/dev-portal/services/health-worker/internal/probe"
)

const (
	// mostWaiting bounds the due messages that wait here for their turn: some
	// 2 KB each, and part of what the broker lets be under way (MaxAckPending).
	mostWaiting = 8192

	// mostOwed bounds the turns that are remembered of services which had to go.
	mostOwed = 1 << 16
)

// waiting is a service whose probe is due. Of a service there is one at most: a
// newer due message takes the place of the older one, and keeps its turn.
type waiting struct {
	due               // the newest
	since   time.Time // the oldest slot that the probe is for: turns go by it
	touched time.Time // when the broker heard last that the message is in hand
	tell    time.Time // when to say next that the service waits
	at      *host

	// round is, once its turn has come, after how long the next turn is to be
	// expected, if not after an interval; busy says that its host is why.
	round time.Duration
	busy  bool
}

// roundOf is how far the slots are apart that are probed by one who waits for
// so long each time: every second one, say. 0: all of them are probed.
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
	queue   []*waiting // in the order of their turns
	listed  bool       // is in turns.ready
	pace    pace
	limited time.Time // when it had, last, all that its limit lets it have
}

// turns says whose probe is next. Of a host, the service whose slot is oldest;
// of the hosts that may have another probe, each in turn. A host may have as many
// as its pace says, and no more than there are places left: so there is always
// room for another one, whatever a host does.
type turns struct {
	perHost int // most probes of a host at once
	timeout time.Duration
	most    int // most that wait

	mu     sync.Mutex
	free   int // places
	hosts  map[string]*host
	byID   map[string]*waiting
	ready  []*host // those with a queue that are not at their limit, in turn
	owed   map[string]time.Time
	closed bool
}

func newTurns(places, perHost int, timeout time.Duration) *turns {
	return &turns{
		perHost: perHost, timeout: timeout, most: mostWaiting, free: places,
		hosts: map[string]*host{}, byID: map[string]*waiting{}, owed: map[string]time.Time{},
	}
}

// add lets d wait for its turn. It returns those whose turn has come, which have
// a place now, and the one that has to go because too many wait, or nil: it is
// owed its turn.
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
	if at, ok := t.owed[d.ServiceID]; ok {
		delete(t.owed, d.ServiceID)
		since = at
	}
	e := &waiting{due: d, since: since, touched: now, tell: since.Add(d.Interval.Duration()), at: t.host(name)}
	t.insert(e)
	start = t.next(now)
	if len(t.byID) > t.most {
		out = t.crowdedOut()
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
	for i > 0 && e.since.Before(q[i-1].since) { // mostly it is the newest
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

// crowdedOut takes the last of the longest queue out.
func (t *turns) crowdedOut() *waiting {
	var longest *host
	for _, h := range t.hosts {
		if longest == nil || len(h.queue) > len(longest.queue) {
			longest = h
		}
	}
	e := longest.queue[len(longest.queue)-1]
	t.remove(e)
	if len(t.owed) >= mostOwed {
		clear(t.owed) // most are of services that are gone
	}
	t.owed[e.ServiceID] = e.since
	return e
}

// list puts the host among those that wait for places.
func (t *turns) list(h *host) {
	if !h.listed && len(h.queue) > 0 {
		h.listed = true
		t.ready = append(t.ready, h)
	}
}

// next gives places to those whose turn it is.
func (t *turns) next(now time.Time) (start []*waiting) {
	for passed := 0; t.free > 0 && passed < len(t.ready); {
		h := t.ready[0]
		t.ready = t.ready[1:]
		switch {
		case len(h.queue) == 0:
			h.listed = false
			t.forget(h)
		case h.running >= h.pace.limit:
			h.listed, h.limited = false, now // until one of its probes ends
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

// ended is what the end of a probe tells of its host.
type ended struct {
	took   time.Duration
	silent bool // it got no answer in time
	unmade bool // it tells nothing
}

// left gives back what e had of its host, and returns those whose turn has come.
func (t *turns) left(e *waiting, how ended, now time.Time) []*waiting {
	t.mu.Lock()
	defer t.mu.Unlock()
	h := e.at
	if !how.unmade {
		h.pace.done(now, how.took, how.silent, h.running >= h.pace.limit && len(h.queue) > 0)
	}
	h.running--
	t.list(h)
	t.forget(h)
	return t.next(now)
}

// freed gives back a place, and returns those whose turn has come.
func (t *turns) freed(now time.Time) []*waiting {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.free++
	return t.next(now)
}

// forget drops a host of which nothing runs or waits, unless it was learned that
// it wants another limit than that of the start.
func (t *turns) forget(h *host) {
	if h.running == 0 && len(h.queue) == 0 && !h.listed && h.pace.limit == min(startPerHost, t.perHost) {
		delete(t.hosts, h.name)
	}
}

// room is how many more messages are worth fetching.
func (t *turns) room() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.free
}

// close lets nobody in any more, and returns all that wait.
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
