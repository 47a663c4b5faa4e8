package release

import (
	"context"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
)

// Source is the CloudEvents source of what the fetcher says.
const Source = "/dev-portal/fetcher"

const publishTimeout = 5 * time.Second

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
	msg, err := stream.Encode(Source, found)
	if err != nil {
		w.Log.ErrorContext(ctx, "releases cannot be said", "error", err) // a bug: the forge's words are checked when they are read
		return false
	}
	for {
		try, cancel := context.WithTimeout(ctx, publishTimeout)
		_, err := w.JS.PublishMsg(try, msg) // sent again it is stored once, by its id
		cancel()
		if err == nil {
			break
		}
		if ctx.Err() == nil {
			w.Log.WarnContext(ctx, "releases not stored; retrying", "error", err)
		}
		if !sleep(ctx, retryPause) {
			return false
		}
	}
	w.Metrics.published.Inc()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.links[found.ServiceID] != "" { // else it is gone
		w.sent[found.ServiceID] = now
	}
	return true
}
