package signin

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/alexedwards/scs/v2"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/singleflight"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
)

// The lifetimes of sessions.
const (
	idleTimeout = 12 * time.Hour      // without use, it ends
	lifetime    = 30 * 24 * time.Hour // then it ends in any case

	// MaxCheckEvery is the most that may be between two checks of a session: then somebody
	// whom the provider removed is out within 15 minutes.
	MaxCheckEvery = 10 * time.Minute
)

// The reasons why a session cannot be used.
var (
	ErrEnded     = errors.New("the session has ended")
	ErrUnchecked = errors.New("the provider does not answer, and has not vouched for the session for an hour")
)

// Hash is that of the token in a session's cookie. The database has only this, so that
// nobody who reads it can use a session.
type Hash [sha256.Size]byte

// Row is a session as it is stored.
type Row struct {
	Token     Hash
	Data      []byte // JSON; see Session
	ExpiresAt time.Time
}

// Source keeps the sessions.
type Source interface {
	// BeginSession adds a session of the actor, and an entry to the trail.
	BeginSession(ctx context.Context, by access.Actor, row Row) error
	// Session returns the data of a session that has not expired; nil: there is none.
	Session(ctx context.Context, token Hash) (data []byte, expiresAt time.Time, err error)
	// SessionVersions returns the versions of those that are there.
	SessionVersions(ctx context.Context, tokens []Hash) (map[Hash]int64, error)
	// ClaimSession lets one replica check a session of that version; until: the others wait so long.
	ClaimSession(ctx context.Context, by access.Actor, token Hash, version int64, until time.Time) (claimed bool, err error)
	// ChangeSession replaces the data of a session that is still there.
	ChangeSession(ctx context.Context, by access.Actor, token Hash, data []byte) error
	// TouchSessions stores until when sessions last.
	TouchSessions(ctx context.Context, by access.Actor, until map[Hash]time.Time) error
	// EndSessions removes a session, or with everywhere all of the same person or key, and
	// adds an entry to the trail.
	EndSessions(ctx context.Context, by access.Actor, token Hash, everywhere bool) error
}

// Session is somebody who signed in, with a provider or with a key.
type Session struct {
	Who     string    `json:"who"` // the kind and id, for all sessions of one
	Person  Person    `json:"person,omitzero"`
	Key     string    `json:"key,omitempty"`   // the id of an API key; then there is no person
	Grant   []byte    `json:"grant,omitempty"` // sealed: see seal
	Checked time.Time `json:"checked"`         // when the provider vouched for the person
	Version int64     `json:"version"`         // grows with each change
}

// Sessions are those who signed in. Those that were used lately are in memory, so that their
// requests cost no query. Every replica asks again and again which are still there, and sees
// within refreshEvery what others ended.
type Sessions struct {
	// Check asks the provider whether a person is still there; see Provider.Check. Nil: people
	// don't sign in.
	Check func(context.Context, Person, Grant) (Person, Grant, error)

	// CheckEvery is the time between two checks, at most MaxCheckEvery.
	CheckEvery time.Duration

	// Actor returns what a person is to the rules.
	Actor func(Person) access.Actor

	source  Source
	log     *slog.Logger
	manager *scs.SessionManager
	loads   singleflight.Group
	checks  errgroup.Group

	mu   sync.Mutex
	held map[string]*Held // by the token in the cookie
}

// NewSessions returns the sessions in a source. Set the other fields before the first use.
func NewSessions(source Source, log *slog.Logger) *Sessions {
	s := &Sessions{
		CheckEvery: MaxCheckEvery, Actor: func(p Person) access.Actor { return p.Actor(nil) },
		source: source, log: log, held: map[string]*Held{},
		// Not by scs.New, whose store in memory has a goroutine that cannot be stopped safely.
		manager: &scs.SessionManager{Store: kept{source}, Codec: codec{}, Lifetime: lifetime, IdleTimeout: idleTimeout},
	}
	s.checks.SetLimit(checksAtOnce)
	return s
}

// Held is a session in memory.
type Held struct {
	hash    Hash
	token   string
	valid   context.Context
	end     context.CancelFunc
	state   atomic.Pointer[state]
	expires atomic.Int64 // in seconds since 1970; later with each use
	open    atomic.Int64 // streams
	used    atomic.Int64 // the last use, in seconds since 1970
	touched int64        // the one that is stored; only Run uses it
	busy    atomic.Bool  // it is being checked
	failed  atomic.Int64 // when the provider did not answer, in seconds since 1970
}

// state is what is known of a session.
type state struct {
	Session
	access.Actor // of a person

	deadline time.Time // when it ends in any case
}

// Actor returns what the person is to the rules; not for the session of a key.
func (h *Held) Actor() access.Actor { return h.state.Load().Actor }

// Key returns the id of the key that signed in; "": it was a person.
func (h *Held) Key() string { return h.state.Load().Key }

// Hold calls end when the session ends, and until release is called counts as its use.
func (h *Held) Hold(end func()) (release func()) {
	h.open.Add(1)
	stop := context.AfterFunc(h.valid, end)
	return func() {
		stop()
		h.open.Add(-1)
	}
}

// Begin begins a session, and returns the token for its cookie. by is who signed in; key is
// the id of the key by which, or "".
func (s *Sessions) Begin(ctx context.Context, by access.Actor, person Person, key string, grant Grant) (token string, err error) {
	ctx, err = s.manager.Load(ctx, "")
	if err == nil {
		err = s.manager.RenewToken(ctx) // the grant is sealed with it
	}
	if err != nil {
		return "", fmt.Errorf("begin a session: %w", err)
	}
	session := Session{Who: string(by.Kind) + " " + by.ID, Person: person, Key: key, Checked: time.Now().UTC(), Version: 1}
	if key == "" {
		if session.Grant, err = seal(s.manager.Token(ctx), grant); err != nil {
			return "", err
		}
	}
	s.manager.Put(ctx, sessionField, session)
	token, _, err = s.manager.Commit(context.WithValue(ctx, beginner{}, by))
	if err != nil {
		return "", fmt.Errorf("begin a session: %w", err)
	}
	return token, nil
}

// Lifetime is for how long a browser may keep the cookie of a session: the longest that one
// lasts.
func (s *Sessions) Lifetime() time.Duration { return lifetime }

// Find returns the session of a token for which the provider vouches, and notes its use. Its
// error is that of Open, or ErrUnchecked.
func (s *Sessions) Find(ctx context.Context, token string) (*Held, error) {
	held, err := s.Open(ctx, token)
	if err != nil {
		return nil, err
	}
	if err := s.vouched(ctx, held); err != nil {
		return nil, err
	}
	held.used.Store(time.Now().Unix())
	return held, nil
}

// Open returns the session of a token. Its error is ErrEnded, or that of the source for one
// that is not in memory.
func (s *Sessions) Open(ctx context.Context, token string) (*Held, error) {
	s.mu.Lock()
	held := s.held[token]
	s.mu.Unlock()
	if held == nil {
		found, err, _ := s.loads.Do(token, func() (any, error) { return s.load(context.WithoutCancel(ctx), token) })
		if err != nil {
			return nil, err
		}
		held = found.(*Held)
	}
	is, at := held.state.Load(), time.Now()
	expired := at.Unix() >= held.expires.Load() && held.open.Load() == 0
	if held.valid.Err() != nil || expired || !at.Before(is.deadline) {
		return nil, ErrEnded
	}
	return held, nil
}

// load reads a session of a cookie.
func (s *Sessions) load(ctx context.Context, token string) (*Held, error) {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	is, expires, err := s.read(ctx, token)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if held := s.held[token]; held != nil { // another request was first, and a stream may hold it
		return held, nil
	}
	held := &Held{hash: hashOf(token), token: token}
	held.valid, held.end = context.WithCancel(context.Background())
	held.state.Store(is)
	held.expires.Store(expires.Unix())
	held.used.Store(time.Now().Unix())
	s.held[token] = held
	return held, nil
}

// read returns what is stored of a session, or ErrEnded.
func (s *Sessions) read(ctx context.Context, token string) (is *state, expires time.Time, err error) {
	loaded, err := s.manager.Load(context.WithValue(ctx, expiry{}, &expires), token)
	if err != nil {
		return nil, expires, fmt.Errorf("find a session: %w", err)
	}
	session, there := s.manager.Get(loaded, sessionField).(Session)
	if !there {
		return nil, expires, ErrEnded
	}
	is = &state{Session: session, deadline: s.manager.Deadline(loaded)}
	if session.Key == "" {
		is.Actor = s.Actor(session.Person)
	}
	return is, expires, nil
}

// End ends the session of a token, or with everywhere all of the same person or key. It
// returns the grant of the session, if it has one.
func (s *Sessions) End(ctx context.Context, by access.Actor, held *Held, everywhere bool) (Grant, error) {
	grant, _ := open(held.token, held.state.Load().Grant) // without it there is no sign-out at the provider
	if err := s.source.EndSessions(ctx, by, held.hash, everywhere); err != nil {
		return Grant{}, fmt.Errorf("end a session: %w", err)
	}
	s.drop(held)
	return grant, nil
}

// drop ends the streams of a session, and forgets it.
func (s *Sessions) drop(held *Held) {
	s.forget(held)
	held.end()
}

func (s *Sessions) forget(held *Held) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held[held.token] == held {
		delete(s.held, held.token)
	}
}
