package work

import (
	"sync"
	"time"
)

const (
	wheelStep  = 50 * time.Millisecond
	wheelSteps = int64(time.Second / wheelStep)
)

// spread returns the offset into the second at which a service is probed: always
// the same for a service, and spread evenly over all services. The broker fires all
// that is due in a second at its beginning.
func spread(id string) time.Duration {
	h := uint32(2166136261) // FNV-1a
	for i := range len(id) {
		h = (h ^ uint32(id[i])) * 16777619
	}
	h = (h ^ h>>16) * 0x85ebca6b // FNV's bits are uneven: the finaliser of MurmurHash3
	h = (h ^ h>>13) * 0xc2b2ae35
	return time.Duration(uint64(h^h>>16)*uint64(wheelSteps)>>32) * wheelStep
}

// wheel is a timer wheel that holds due messages until their part of the second has
// come, for a second at most.
type wheel struct {
	mu      sync.Mutex
	start   time.Time
	next    int64 // the next step, counted from start
	buckets [wheelSteps + 2][]due
	held    int
	closed  bool
}

// put adds d. It returns false if d's time has come or the wheel is closed.
func (w *wheel) put(d due, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	wait := min(d.slot.Sub(now), time.Second) // the broker's clock may be ahead
	if w.closed || wait <= 0 {
		return false
	}
	step := max(w.next, int64((now.Sub(w.start)+wait+wheelStep-1)/wheelStep))
	i := step % int64(len(w.buckets))
	w.buckets[i] = append(w.buckets[i], d)
	w.held++
	return true
}

// advance moves the wheel to now, and removes and returns the messages due by then.
func (w *wheel) advance(now time.Time) (out []due) {
	w.mu.Lock()
	defer w.mu.Unlock()
	last := int64(now.Sub(w.start) / wheelStep)
	for ; w.next <= last; w.next++ {
		i := w.next % int64(len(w.buckets))
		out = append(out, w.buckets[i]...)
		clear(w.buckets[i])
		w.buckets[i] = w.buckets[i][:0]
	}
	w.held -= len(out)
	return out
}

// size returns how many messages the wheel holds.
func (w *wheel) size() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.held
}

// close makes put return false, and removes and returns all messages.
func (w *wheel) close() (out []due) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	for i := range w.buckets {
		out, w.buckets[i] = append(out, w.buckets[i]...), nil
	}
	w.held = 0
	return out
}
