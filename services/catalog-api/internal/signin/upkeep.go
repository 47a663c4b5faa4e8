package signin

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
)

// The times of what Run does.
const (
	refreshEvery = 500 * time.Millisecond // bounds how long a session that another replica ended holds here
	touchEvery   = time.Minute
	forgetAfter  = 2 * time.Minute // without use, a session is no longer kept in memory
	queryTimeout = 2 * time.Second
)

// Run keeps the sessions in memory up to date until ctx ends, has people checked, and stores
// when sessions were used.
func (s *Sessions) Run(ctx context.Context) error {
	refresh, touch := time.NewTicker(refreshEvery), time.NewTicker(touchEvery)
	defer refresh.Stop()
	defer touch.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			s.touch(context.WithoutCancel(ctx))
			_ = s.checks.Wait() // they have logged what went wrong
			for _, held := range s.all() {
				held.end()
			}
			return nil
		case <-touch.C:
			s.touch(ctx)
			continue
		case <-refresh.C:
		}
		err := s.refresh(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			s.log.WarnContext(ctx, "sessions not read; those that are known hold; retrying", "error", err)
		}
		failing = err != nil
		s.checkDue(ctx)
	}
}

// all returns the sessions in memory.
func (s *Sessions) all() map[string]*Held {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.held)
}

// refresh ends the sessions that are no longer there, reads those that changed, and forgets
// those that nobody uses.
func (s *Sessions) refresh(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	all, now := s.all(), time.Now()
	hashes := make([]Hash, 0, len(all))
	for _, held := range all {
		hashes = append(hashes, held.hash)
	}
	if len(hashes) == 0 {
		return nil
	}
	versions, err := s.source.SessionVersions(ctx, hashes)
	if err != nil {
		return fmt.Errorf("read which sessions are there: %w", err)
	}
	for _, held := range all {
		is := held.state.Load()
		version, there := versions[held.hash]
		idle := held.open.Load() == 0
		switch {
		case !there, !now.Before(is.deadline):
			s.drop(held)
		case idle && now.Sub(time.Unix(held.used.Load(), 0)) > forgetAfter && held.used.Load() <= held.touched:
			s.forget(held)
		case version > is.Version:
			fresh, _, err := s.read(ctx, held.token)
			if err == nil {
				held.state.Store(fresh)
			} else if !errors.Is(err, ErrEnded) { // the next refresh ends it
				return err
			}
		}
	}
	return nil
}

// touch stores until when the sessions last that were used since the last call.
func (s *Sessions) touch(ctx context.Context) {
	until, used := map[Hash]time.Time{}, map[*Held]int64{}
	for _, held := range s.all() {
		if held.open.Load() > 0 {
			held.used.Store(time.Now().Unix())
		}
		if at := held.used.Load(); at > held.touched {
			expires := time.Unix(at, 0).Add(idleTimeout).UTC()
			if deadline := held.state.Load().deadline; deadline.Before(expires) {
				expires = deadline
			}
			held.expires.Store(expires.Unix())
			until[held.hash], used[held] = expires, at
		}
	}
	if len(until) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	if err := s.source.TouchSessions(ctx, access.Doorkeeper, until); err != nil {
		s.log.WarnContext(ctx, "the last use of sessions not stored; retrying", "error", err)
		return
	}
	for held, at := range used {
		held.touched = at
	}
}
