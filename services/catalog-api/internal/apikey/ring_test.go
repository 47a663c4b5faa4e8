package apikey_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/apikey"
)

var errAway = errors.New("away")

// source has keys in memory, as the database has them, and can be away.
type source struct {
	mu    sync.Mutex
	keys  []apikey.Key
	err   error
	slow  time.Duration
	reads int
	noted []map[string]time.Time
}

func (s *source) Keys(context.Context) ([]apikey.Key, error) {
	s.mu.Lock()
	s.reads++
	keys, err, slow := append([]apikey.Key{}, s.keys...), s.err, s.slow
	s.mu.Unlock()
	time.Sleep(slow)
	return keys, err
}

func (s *source) NoteKeyUse(_ context.Context, by access.Actor, used map[string]time.Time) error {
	if err := by.May(access.NoteKeyUse); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.noted = append(s.noted, used)
	}
	return s.err
}

func (s *source) set(err error, keys ...apikey.Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys, s.err = keys, err
}

func newKey(id string) (apikey.Key, string) {
	secret := apikey.NewSecret()
	return apikey.Key{ID: id, Hash: secret.Hash(), Draft: apikey.Draft{Name: id, Role: access.Viewer}}, secret.Reveal()
}

// run runs a ring until the function it returns is called.
func run(t *testing.T, s *source) (*apikey.Ring, func()) {
	t.Helper()
	ring := apikey.NewRing(s, slog.New(slog.NewTextHandler(t.Output(), nil)))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- ring.Run(ctx) }()
	return ring, func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestKeyIsKnownAtOnceAndUntilItIsRevoked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{}
		ring, stop := run(t, s)
		defer stop()
		key, secret := newKey("k1")
		if _, err := ring.Find(t.Context(), secret); !errors.Is(err, apikey.ErrUnknown) {
			t.Errorf("before it is made: %v", err)
		}
		s.set(nil, key)
		held, err := ring.Find(t.Context(), secret)
		if err != nil || held.ID != "k1" || held.Actor().Kind != access.Key || held.Actor().Role != access.Viewer {
			t.Fatalf("got %+v, %v", held, err)
		}
		time.Sleep(time.Hour)
		if again, err := ring.Find(t.Context(), secret); again != held || err != nil || held.Valid().Err() != nil {
			t.Errorf("an hour later: %v, %v", err, held.Valid().Err())
		}
		s.set(nil)
		time.Sleep(time.Second)
		if _, err := ring.Find(t.Context(), secret); !errors.Is(err, apikey.ErrUnknown) || held.Valid().Err() == nil {
			t.Errorf("a second after it was revoked: %v, valid: %v", err, held.Valid().Err())
		}
	})
}

func TestKeyExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{}
		ring, stop := run(t, s)
		defer stop()
		key, secret := newKey("k1")
		key.ExpiresAt = time.Now().Add(time.Hour)
		s.set(nil, key)
		held, err := ring.Find(t.Context(), secret)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour - time.Millisecond)
		if _, err := ring.Find(t.Context(), secret); err != nil || held.Valid().Err() != nil {
			t.Errorf("before: %v, %v", err, held.Valid().Err())
		}
		time.Sleep(time.Millisecond)
		synctest.Wait()
		if _, err := ring.Find(t.Context(), secret); !errors.Is(err, apikey.ErrExpired) || held.Valid().Err() == nil {
			t.Errorf("after: %v, %v", err, held.Valid().Err())
		}
	})
}

func TestOtherRightsEndWhatWasOpened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{}
		ring, stop := run(t, s)
		defer stop()
		key, secret := newKey("k1")
		s.set(nil, key)
		held, err := ring.Find(t.Context(), secret)
		if err != nil {
			t.Fatal(err)
		}
		key.Role = access.Editor
		s.set(nil, key)
		time.Sleep(time.Second)
		if now, err := ring.Find(t.Context(), secret); err != nil || now.Role != access.Editor || held.Valid().Err() == nil {
			t.Errorf("got %+v, %v, and the old one is valid: %v", now, err, held.Valid().Err())
		}
	})
}

func TestKeysStayWhileTheDatabaseIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{}
		ring, stop := run(t, s)
		defer stop()
		key, secret := newKey("k1")
		_, other := newKey("k2")
		s.set(nil, key)
		held, err := ring.Find(t.Context(), secret)
		if err != nil {
			t.Fatal(err)
		}
		s.set(errAway)
		time.Sleep(time.Minute)
		if _, err := ring.Find(t.Context(), secret); err != nil || held.Valid().Err() != nil {
			t.Errorf("the known key: %v", err)
		}
		if _, err := ring.Find(t.Context(), other); !errors.Is(err, errAway) {
			t.Errorf("an unknown key is not refused as such, but with the cause: %v", err)
		}
	})
}

// A key that was made before the request is found, also if another read began before that.
func TestReadThatBeganEarlierDoesNotHideANewKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{slow: time.Second}
		ring := apikey.NewRing(s, slog.New(slog.DiscardHandler))
		key, secret := newKey("k1")
		var all sync.WaitGroup
		all.Go(func() { _ = ring.Refresh(t.Context()) })
		time.Sleep(100 * time.Millisecond)
		s.set(nil, key)
		for range 100 {
			all.Go(func() {
				if _, err := ring.Find(t.Context(), secret); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		synctest.Wait()
		if s.reads != 2 {
			t.Errorf("%d reads for all of them, want 2", s.reads)
		}
	})
}

func TestUseIsNotedOnceAMinuteAndAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{}
		ring, stop := run(t, s)
		key, secret := newKey("k1")
		s.set(nil, key)
		find := func() {
			if _, err := ring.Find(t.Context(), secret); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(10 * time.Millisecond) // beside the ring's own times
		for range 300 {                   // five minutes
			find()
			time.Sleep(time.Second)
		}
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if n := len(s.noted); n != 5 {
			t.Errorf("noted %d times in five minutes of use and ten without", n)
		}
		s.set(errAway, key)
		before := time.Now().Truncate(time.Minute)
		find()
		time.Sleep(2 * time.Minute)
		s.set(nil, key)
		stop()
		if last := s.noted[len(s.noted)-1]["k1"]; !last.Equal(before) {
			t.Errorf("the last use is noted as %s, want %s", last, before)
		}
	})
}
