package apikey

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
)

const (
	refreshEvery   = 500 * time.Millisecond // bounds how long a key that another replica revoked is valid here
	refreshTimeout = 2 * time.Second
	noteEvery      = time.Minute
)

// Source keeps the keys.
type Source interface {
	// Keys returns all keys.
	Keys(ctx context.Context) ([]Key, error)
	// NoteKeyUse stores when keys were last used, by their ids.
	NoteKeyUse(ctx context.Context, by access.Actor, used map[string]time.Time) error
}

// Ring has all keys in memory, so that a request with a key costs no query. Every replica
// reads them again and again, and sees within refreshEvery what others revoked. While the
// database does not answer, the keys stay as they were.
type Ring struct {
	source  Source
	log     *slog.Logger
	keys    atomic.Pointer[map[Hash]*Held]
	begun   atomic.Int64  // counts reads of the source
	loading chan struct{} // a semaphore of one for reads
	loaded  int64         // the last read that succeeded; only with loading
}

// NewRing returns a ring that reads its keys when the first is asked for.
func NewRing(source Source, log *slog.Logger) *Ring {
	r := &Ring{source: source, log: log, loading: make(chan struct{}, 1)}
	r.keys.Store(&map[Hash]*Held{})
	return r
}

// Held is a key in a ring.
type Held struct {
	Key

	valid context.Context
	end   context.CancelFunc
	used  atomic.Int64 // the minute of the last use, since 1970
	noted int64        // the one that is stored; only Run uses it
}

// Hold calls end when the key is revoked, is given other rights, or expires, unless release
// is called before.
func (h *Held) Hold(end func()) (release func()) {
	stop := context.AfterFunc(h.valid, end)
	return func() { stop() }
}

// Find returns the key of a secret, and notes its use. Its error is a Refusal, or that of the
// source for a key that is not known yet; neither has the text.
func (r *Ring) Find(ctx context.Context, text string) (*Held, error) {
	secret, err := ParseSecret(text)
	if err != nil {
		return nil, err
	}
	hash := secret.Hash()
	return r.find(ctx, func(keys map[Hash]*Held) *Held { return keys[hash] })
}

// FindID returns the key of an id, and notes its use: for somebody who showed its secret
// before. Its errors are those of Find.
func (r *Ring) FindID(ctx context.Context, id string) (*Held, error) {
	return r.find(ctx, func(keys map[Hash]*Held) *Held {
		for _, held := range keys { // at most MaxKeys
			if held.ID == id {
				return held
			}
		}
		return nil
	})
}

func (r *Ring) find(ctx context.Context, in func(map[Hash]*Held) *Held) (*Held, error) {
	held := in(*r.keys.Load())
	if held == nil { // it may be a new one
		if err := r.Refresh(ctx); err != nil {
			return nil, err
		}
		held = in(*r.keys.Load())
	}
	at := time.Now()
	switch {
	case held == nil:
		return nil, ErrUnknown
	case !held.ExpiresAt.IsZero() && !at.Before(held.ExpiresAt):
		return nil, ErrExpired
	}
	if minute := at.Unix() / 60; held.used.Load() != minute {
		held.used.Store(minute)
	}
	return held, nil
}

// Refresh reads the keys, unless another call does so that began to read after this one
// came.
func (r *Ring) Refresh(ctx context.Context) error {
	before := r.begun.Load()
	select {
	case r.loading <- struct{}{}:
		defer func() { <-r.loading }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if r.loaded > before {
		return nil
	}
	n := r.begun.Add(1)
	keys, err := r.source.Keys(ctx)
	if err != nil {
		return fmt.Errorf("read the keys: %w", err)
	}
	r.take(keys)
	r.loaded = n
	return nil
}

// take replaces the keys. One that grants the same as before stays the same.
func (r *Ring) take(keys []Key) {
	was, is := *r.keys.Load(), make(map[Hash]*Held, len(keys))
	for _, key := range keys {
		held := was[key.Hash]
		if held == nil || held.ID != key.ID || !held.Grants(key) {
			held = hold(key)
		}
		is[key.Hash] = held
	}
	r.keys.Store(&is)
	for hash, held := range was {
		if is[hash] != held {
			held.end()
		}
	}
}

func hold(key Key) *Held {
	held := &Held{Key: key}
	if key.ExpiresAt.IsZero() {
		held.valid, held.end = context.WithCancel(context.Background())
	} else {
		held.valid, held.end = context.WithDeadline(context.Background(), key.ExpiresAt)
	}
	return held
}

// Run keeps the ring up to date until ctx ends, and stores when keys were used.
func (r *Ring) Run(ctx context.Context) error {
	refresh, note := time.NewTicker(refreshEvery), time.NewTicker(noteEvery)
	defer refresh.Stop()
	defer note.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			r.noteUse(context.WithoutCancel(ctx))
			for _, held := range *r.keys.Load() {
				held.end()
			}
			return nil
		case <-note.C:
			r.noteUse(ctx)
			continue
		case <-refresh.C:
		}
		within, cancel := context.WithTimeout(ctx, refreshTimeout)
		err := r.Refresh(within)
		cancel()
		if err != nil && !failing && ctx.Err() == nil {
			r.log.WarnContext(ctx, "keys not read; those that are known stay valid; retrying", "error", err)
		}
		failing = err != nil
	}
}

// noteUse stores the uses since the last call.
func (r *Ring) noteUse(ctx context.Context) {
	used, since := map[string]time.Time{}, []*Held{}
	for _, held := range *r.keys.Load() {
		if minute := held.used.Load(); minute > held.noted {
			used[held.ID] = time.Unix(minute*60, 0).UTC()
			since = append(since, held)
		}
	}
	if len(used) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, refreshTimeout)
	defer cancel()
	if err := r.source.NoteKeyUse(ctx, access.Doorkeeper, used); err != nil {
		r.log.WarnContext(ctx, "the last use of keys not stored; retrying", "error", err)
		return
	}
	for _, held := range since {
		held.noted = used[held.ID].Unix() / 60
	}
}
