package httpapi

import (
	"context"
	"slices"
	"sync"
	"time"
)

// recent keeps the answers to the last few different questions about the past. However many ask
// the same, it is read once, and only one question is read at a time: it takes as much memory
// and as many connections as that.
type recent[K comparable, V any] struct {
	read    func(context.Context, K) (V, error)
	goodFor func(K) time.Duration // for how long an answer is given again
	most    int                   // answers that are kept

	turn chan struct{} // whoever sends reads, until it receives
	mu   sync.Mutex
	kept []answered[K, V] // the one that was asked for last is the first
}

type answered[K comparable, V any] struct {
	question K
	answer   V
	until    time.Time
}

func newRecent[K comparable, V any](most int, goodFor func(K) time.Duration, read func(context.Context, K) (V, error)) *recent[K, V] {
	return &recent[K, V]{read: read, goodFor: goodFor, most: most, turn: make(chan struct{}, 1)}
}

// get returns the answer. Its error is that of read, or of ctx if it ends before it is its turn.
func (r *recent[K, V]) get(ctx context.Context, question K) (answer V, err error) {
	if answer, known := r.find(question); known {
		return answer, nil
	}
	err = r.alone(ctx, func() error {
		var known bool
		if answer, known = r.find(question); known { // it was read meanwhile
			return nil
		}
		if answer, err = r.read(ctx, question); err == nil {
			r.keep(answered[K, V]{question, answer, time.Now().Add(r.goodFor(question))})
		}
		return err
	})
	return answer, err
}

// alone calls read when nothing else is read. Its error is that of read, or of ctx.
func (r *recent[K, V]) alone(ctx context.Context, read func() error) error {
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
		return read()
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *recent[K, V]) find(question K) (answer V, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.IndexFunc(r.kept, func(a answered[K, V]) bool { return a.question == question })
	if i < 0 || time.Now().After(r.kept[i].until) {
		return answer, false
	}
	found := r.kept[i]
	r.kept = slices.Insert(slices.Delete(r.kept, i, i+1), 0, found)
	return found.answer, true
}

func (r *recent[K, V]) keep(a answered[K, V]) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept = slices.DeleteFunc(r.kept, func(other answered[K, V]) bool { return other.question == a.question })
	r.kept = slices.Insert(r.kept, 0, a)
	if len(r.kept) > r.most {
		r.kept = slices.Delete(r.kept, r.most, len(r.kept))
	}
}
