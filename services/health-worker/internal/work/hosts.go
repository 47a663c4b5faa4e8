package work

import (
	"context"
	"errors"
	"slices"
	"sync"
)

var errCrowded = errors.New("too many probes wait")

// hosts limits how many probes of a host run at once, and how many wait.
type hosts struct {
	running    int // at most so many run, a host
	waiting    int // at most so many wait, a host
	allWaiting int // at most so many wait, in all

	mu     sync.Mutex
	byName map[string]*host
	queued int
}

type host struct {
	running int
	queue   []chan struct{} // the longest waiting first; closed when it may run
}

// tryEnter takes a place at the host if there is one, now.
func (h *hosts) tryEnter(name string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	at := h.at(name)
	if at.running >= h.running {
		return false
	}
	at.running++
	return true
}

// enter waits for a place at the host. It fails when ctx ends, and with
// errCrowded at once when too many wait.
func (h *hosts) enter(ctx context.Context, name string) error {
	h.mu.Lock()
	at := h.at(name)
	if at.running < h.running {
		at.running++
		h.mu.Unlock()
		return nil
	}
	if len(at.queue) >= h.waiting || h.queued >= h.allWaiting {
		h.mu.Unlock()
		return errCrowded
	}
	turn := make(chan struct{})
	at.queue = append(at.queue, turn)
	h.queued++
	h.mu.Unlock()

	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	h.mu.Lock()
	i := slices.Index(at.queue, turn)
	if i >= 0 {
		at.queue = slices.Delete(at.queue, i, i+1)
		h.queued--
	}
	h.mu.Unlock()
	if i < 0 { // its turn came in that very moment
		h.leave(name)
	}
	return ctx.Err()
}

// leave gives the place to the one that has waited longest.
func (h *hosts) leave(name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	at := h.byName[name]
	if len(at.queue) > 0 {
		close(at.queue[0])
		at.queue = slices.Delete(at.queue, 0, 1)
		h.queued--
		return
	}
	if at.running--; at.running == 0 {
		delete(h.byName, name)
	}
}

func (h *hosts) at(name string) *host {
	if h.byName == nil {
		h.byName = map[string]*host{}
	}
	at, ok := h.byName[name]
	if !ok {
		at = &host{}
		h.byName[name] = at
	}
	return at
}
