package signin

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
)

// memory keeps the sessions of a test. It embeds what the tests don't call.
type memory struct {
	Source

	mu   sync.Mutex
	rows map[Hash]Row
}

func (m *memory) BeginSession(_ context.Context, _ access.Actor, row Row) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rows[row.Token] = row
	return nil
}

func (m *memory) Session(_ context.Context, token Hash) ([]byte, time.Time, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.rows[token].Data, m.rows[token].ExpiresAt, nil
}

func (m *memory) ClaimSession(context.Context, access.Actor, Hash, int64, time.Time) (bool, error) {
	return true, nil
}

// signedIn returns sessions of a replica that does not have one in memory, and its token.
func signedIn(t *testing.T) (*Sessions, string) {
	t.Helper()
	source := &memory{rows: map[Hash]Row{}}
	s := NewSessions(source, slog.New(slog.DiscardHandler))
	token, err := s.Begin(t.Context(), access.Actor{Kind: access.Person, ID: "ada"}, Person{ID: "ada"}, "", Grant{})
	if err != nil {
		t.Fatal(err)
	}
	return s, token
}

// What one request holds open, the end of the session ends, whichever request read it.
func TestRequestsThatReadASessionShareIt(t *testing.T) {
	s, token := signedIn(t)
	first, err := s.load(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	if second, err := s.load(t.Context(), token); err != nil || second != first {
		t.Errorf("the second has another one, or %v", err)
	}
}

// A provider that is away for long ends streams, and no session: it goes on afterwards.
func TestSessionSurvivesALongOutage(t *testing.T) {
	s, token := signedIn(t)
	away := errors.New("away")
	s.Check = func(_ context.Context, was Person, grant Grant) (Person, Grant, error) { return was, grant, away }
	held, err := s.Find(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	defer held.Hold(func() { close(ended) })()
	long := *held.state.Load()
	long.Checked = time.Now().Add(-2 * outageGrace)
	held.state.Store(&long)
	s.checkDue(t.Context())
	if err := s.checks.Wait(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
	case <-time.After(5 * time.Second):
		t.Error("the stream is open")
	}
	if _, err := s.Open(t.Context(), token); err != nil {
		t.Errorf("the session: %v", err)
	}
}
