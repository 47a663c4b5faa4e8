package signin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
)

// The times of checks.
const (
	outageGrace  = time.Hour        // for so long a session holds while its provider does not answer
	checkClaim   = 30 * time.Second // that a replica has for a check, before another one tries
	patience     = 3 * time.Second  // of somebody who waits for a check
	checksAtOnce = 4
)

// vouched returns an error unless the provider has vouched for a session lately. It asks if
// the session was not in use meanwhile.
func (s *Sessions) vouched(ctx context.Context, held *Held) error {
	is := held.state.Load()
	if is.Key != "" || time.Since(is.Checked) < s.CheckEvery*3/2 {
		return nil
	}
	if time.Now().Unix()-held.failed.Load() > int64(checkClaim/time.Second) {
		_, err, _ := s.loads.Do("check "+held.token, func() (any, error) {
			within, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
			defer cancel()
			return nil, s.check(within, held)
		})
		if err == nil || errors.Is(err, ErrEnded) {
			return err
		}
	}
	if time.Since(held.state.Load().Checked) > outageGrace {
		return ErrUnchecked
	}
	return nil
}

// check asks the provider whether the person of a session is still there, unless another
// replica does so.
func (s *Sessions) check(ctx context.Context, held *Held) error {
	is := held.state.Load()
	if s.Check == nil { // the settings changed since
		return s.endRefused(ctx, held)
	}
	claimed, err := s.source.ClaimSession(ctx, access.Doorkeeper, held.hash, is.Version, time.Now().Add(checkClaim))
	if err != nil {
		return fmt.Errorf("claim the check of a session: %w", err)
	}
	if !claimed {
		return s.await(ctx, held)
	}
	grant, err := open(held.token, is.Grant)
	if err != nil {
		return s.endRefused(ctx, held)
	}
	person, fresh, err := s.Check(ctx, is.Person, grant)
	if errors.Is(err, ErrRefused) {
		s.log.InfoContext(ctx, "somebody is no longer vouched for, and signed out", "person", is.Person.ID, "why", err)
		return s.endRefused(ctx, held)
	}
	now := is.Session
	now.Version++
	if err == nil {
		now.Person, now.Checked = person, time.Now().UTC()
	} else {
		held.failed.Store(time.Now().Unix())
		s.log.WarnContext(ctx, "the provider did not say whether somebody is still there; asking again", "person", is.Person.ID, "error", err)
	}
	if err == nil || fresh != grant { // a refresh token may be good for one use
		var saveErr error
		if now.Grant, saveErr = seal(held.token, fresh); saveErr == nil {
			saveErr = s.change(context.WithoutCancel(ctx), held, now)
		}
		err = errors.Join(err, saveErr)
	}
	return err
}

// change stores what a session is now.
func (s *Sessions) change(ctx context.Context, held *Held, now Session) error {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	was := held.state.Load()
	data, err := codec{}.Encode(was.deadline, map[string]any{sessionField: now})
	if err != nil {
		return err
	}
	if err := s.source.ChangeSession(ctx, access.Doorkeeper, held.hash, data); err != nil {
		return fmt.Errorf("store a checked session: %w", err)
	}
	held.state.Store(&state{Session: now, Actor: s.Actor(now.Person), deadline: was.deadline})
	return nil
}

// endRefused ends a session for which nobody vouches.
func (s *Sessions) endRefused(ctx context.Context, held *Held) error {
	if err := s.source.EndSessions(ctx, access.Doorkeeper, held.hash, false); err != nil {
		return fmt.Errorf("end a session that is no longer vouched for: %w", err)
	}
	s.drop(held)
	return ErrEnded
}

// await waits until another replica has checked a session.
func (s *Sessions) await(ctx context.Context, held *Held) error {
	was := held.state.Load().Version
	for {
		is, _, err := s.read(ctx, held.token)
		switch {
		case errors.Is(err, ErrEnded):
			s.drop(held)
			return err
		case err != nil:
			return err
		case is.Version != was:
			held.state.Store(is)
			return nil
		}
		select {
		case <-ctx.Done():
			held.failed.Store(time.Now().Unix())
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// checkDue has the people checked whose sessions are in use and due.
func (s *Sessions) checkDue(ctx context.Context) {
	for _, held := range s.all() {
		is := held.state.Load()
		failed := time.Unix(held.failed.Load(), 0)
		if is.Key != "" || time.Since(is.Checked) < s.CheckEvery || time.Since(failed) < checkClaim || !held.busy.CompareAndSwap(false, true) {
			continue
		}
		started := s.checks.TryGo(func() error {
			defer held.busy.Store(false)
			within, cancel := context.WithTimeout(ctx, 3*providerTimeout)
			defer cancel()
			err := s.check(within, held)
			if since := time.Since(held.state.Load().Checked); err != nil && since > outageGrace {
				s.drop(held) // a request reads it again, and is answered with what is wrong
			}
			return nil
		})
		if !started {
			held.busy.Store(false)
			return // the others at the next refresh
		}
	}
}
