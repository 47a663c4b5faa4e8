package release

import (
	"context"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/fetcher/internal/say"
)

// validator returns the ETag with which only what is new to all services is asked for, or "".
func (w *Watcher) validator(r repository) (validator string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, id := range r.ids() {
		last := w.sent[id]
		if last.link != r.links[id] || last.old(time.Now()) || i > 0 && last.validator != validator {
			return ""
		}
		validator = last.validator
	}
	return validator
}

// say publishes what was found, unless the same was said lately, and reports whether it did. It
// tries until ctx ends: while the broker is away, there is no use in asking for more.
func (w *Watcher) say(ctx context.Context, found events.ReleasesFound) bool {
	now := newSent(found)
	w.mu.Lock()
	last := w.sent[found.ServiceID]
	same := last.link == now.link && last.digest == now.digest && !last.old(found.CheckedAt)
	if same {
		last.validator = now.validator // a forge's ETag changes more often than what we read of its answer
		w.sent[found.ServiceID] = last
	}
	w.mu.Unlock()
	if same {
		return false
	}
	if !say.Publish(ctx, w.JS, w.Log, found) {
		return false
	}
	w.Metrics.published.Inc()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.links[found.ServiceID] != "" { // else it is gone
		w.sent[found.ServiceID] = now
	}
	return true
}
