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

// scores computes the score of every service, and remembers it until the service changes, or what
// else it depends on.
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
	s.last = s.next(list, known, at)
	return s.last, nil
}

// next returns the scores of a list. Of services that are as they were it has those of the last
// time, while these are good.
func (s *scores) next(list *encodedList, known *rating.Known, at time.Time) *scored {
	now := &scored{list: list, known: known, at: at, of: make([]scorecard.Score, len(list.items))}
	var before former
	if l := s.last; l != nil && l.known == known && at.Sub(l.at) < scoresMaxAge {
		if l.list == list {
			return l
		}
		now.at = l.at // when the oldest of them were judged
		before = former{l.list.items, l.of}
	}
	for i, it := range list.items {
		score, same := before.score(it)
		if !same {
			score = s.rules.Score(known.Facts(it.svc, at))
		}
		now.of[i] = score
	}
	return now
}

// former is the scores of a list, of services that are asked for in its order.
type former struct {
	items []*item
	of    []scorecard.Score
}

// score returns the score of a service, if it is as it was.
func (f *former) score(it *item) (score scorecard.Score, same bool) {
	for len(f.items) > 0 && f.items[0].key < it.key {
		f.items, f.of = f.items[1:], f.of[1:]
	}
	if len(f.items) == 0 || f.items[0].svc != it.svc {
		return scorecard.Score{}, false
	}
	return f.of[0], true
}
