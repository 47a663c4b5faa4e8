package httpapi

import (
	"context"
	"sync"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rating"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/scorecard"
)

// scoresMaxAge is for how long scores are good if nothing changes: some rules ask how long ago
// something was.
const scoresMaxAge = time.Minute

// scores computes the score of every service, and remembers it until something changes on which
// it depends.
type scores struct {
	rules  scorecard.Rules
	reader rating.Reader
	list   *listCache

	mu   sync.Mutex
	last *scored
}

// scored is the score of every service of a list.
type scored struct {
	list  *encodedList
	known *rating.Known
	at    time.Time
	of    []scorecard.Score // in the order of the list
}

// fresh returns scores at least as new as the call.
func (s *scores) fresh(ctx context.Context) (*scored, error) {
	ctx, cancel := rest.Promptly(ctx)
	defer cancel()
	list, err := s.list.fresh(ctx)
	if err != nil {
		return nil, err
	}
	at := time.Now().UTC()
	known, err := s.reader.Read(ctx, at)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.last; l != nil && l.list == list && l.known == known && at.Sub(l.at) < scoresMaxAge {
		return l, nil
	}
	now := &scored{list: list, known: known, at: at, of: make([]scorecard.Score, len(list.items))}
	for i, it := range list.items {
		now.of[i] = s.rules.Score(known.Facts(it.svc, at))
	}
	s.last = now
	return now, nil
}
