package httpapi

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rating"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/scorecard"
)

// Scores after many changes are those that are computed from scratch.
func TestChangedScoresEqualAllScores(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var all []catalog.Listed
	for i := range 300 {
		all = append(all, listedNamed(fmt.Sprintf("service %04d", i)))
	}
	list := with(t, &encodedList{}, catalog.Changes{All: true, Services: all})
	s, known, at := &scores{}, &rating.Known{}, time.Now()
	for round := range 30 {
		s.last = s.next(list, known, at.Add(time.Duration(round)*time.Second))
		if want := new(scores).next(list, known, at); !slices.Equal(s.last.of, want.of) {
			t.Fatalf("round %d: %v, want %v", round, s.last.of, want.of)
		}
		var c catalog.Changes
		for range 5 {
			n := random.IntN(len(all))
			l := &all[n]
			switch random.IntN(4) {
			case 0:
				l.Team = fmt.Sprint("team ", round)
			case 1:
				l.StatusURL = "https://a.example/healthz"
			case 2:
				l.Description = ""
			case 3:
				c.Deleted = append(c.Deleted, l.ID)
				all = slices.Delete(all, n, n+1)
				continue
			}
			l.Version++
			c.Services = append(c.Services, *l)
		}
		fresh := listedNamed(fmt.Sprintf("service %04d", 1000-round))
		all, c.Services = append(all, fresh), append(c.Services, fresh)
		list = with(t, list, c)
	}
}

// A service is judged again if it changed, or what else is known, and once a minute.
func TestWhatIsJudgedAgain(t *testing.T) {
	all := []catalog.Listed{listedNamed("a"), listedNamed("b")}
	list := with(t, &encodedList{}, catalog.Changes{All: true, Services: all})
	known, at := &rating.Known{}, time.Now()
	start := func() *scores {
		s := &scores{}
		s.last = s.next(list, known, at)
		for i := range s.last.of {
			s.last.of[i].Level = scorecard.Gold // which neither is
		}
		return s
	}
	one := all[1]
	one.Status = events.StatusDown
	changed := with(t, list, catalog.Changes{Services: []catalog.Listed{one}})
	for name, c := range map[string]struct {
		list  *encodedList
		known *rating.Known
		after time.Duration
		want  []scorecard.Level
	}{
		"nothing is new":     {list, known, time.Second, []scorecard.Level{scorecard.Gold, scorecard.Gold}},
		"one has changed":    {changed, known, time.Second, []scorecard.Level{scorecard.Gold, scorecard.None}},
		"more is known":      {list, &rating.Known{}, time.Second, []scorecard.Level{scorecard.None, scorecard.None}},
		"it is a minute old": {changed, known, scoresMaxAge, []scorecard.Level{scorecard.None, scorecard.None}},
	} {
		var got []scorecard.Level
		for _, score := range start().next(c.list, c.known, at.Add(c.after)).of {
			got = append(got, score.Level)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: levels %v, want %v", name, got, c.want)
		}
	}
}

func BenchmarkScoresOfOneChangeOf10000(b *testing.B) {
	all := make([]catalog.Listed, 10_000)
	for i := range all {
		all[i] = listedNamed(fmt.Sprintf("service %05d", i))
	}
	list, err := (&encodedList{}).with(catalog.Changes{All: true, Services: all})
	if err != nil {
		b.Fatal(err)
	}
	known, at := &rating.Known{}, time.Now()
	for name, s := range map[string]*scores{"all": {}, "changed": {last: new(scores).next(list, known, at)}} {
		b.Run(name, func(b *testing.B) {
			changed, err := list.with(catalog.Changes{Services: all[:1]})
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				s.next(changed, known, at)
			}
		})
	}
}
