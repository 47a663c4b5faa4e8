package scorecard

import (
	"cmp"
	"slices"
)

// reaches is the share of a team's services, in percent, that must reach a level for the team to
// have it.
const reaches = 80

// Tally counts services.
type Tally struct {
	Services int
	Levels   [Gold + 1]int // how many have each level
	Failing  []int         // how many fail each rule of All; nil: none was added
}

// Add adds a service.
func (t *Tally) Add(s Score) {
	if t.Failing == nil {
		t.Failing = make([]int, len(All))
	}
	t.Services++
	t.Levels[s.Level]++
	for n := range All {
		if s.Fails(n) {
			t.Failing[n]++
		}
	}
}

// Level returns the level of whoever owns the services: the highest that at least 80 % of them
// reach, and whether there is a service at all. It is not the lowest of them: one service that
// nobody looks after would hide all that a team does for the others.
func (t Tally) Level() (level Level, some bool) {
	reached := 0
	for level = Gold; level > None; level-- {
		if reached += t.Levels[level]; t.Services > 0 && 100*reached >= reaches*t.Services {
			break
		}
	}
	return level, t.Services > 0
}

// Most returns the rules of All that any service fails, by their numbers: those that most fail
// first, of equals in the order of All.
func (t Tally) Most() []int {
	var rules []int
	for n, services := range t.Failing {
		if services > 0 {
			rules = append(rules, n)
		}
	}
	slices.SortStableFunc(rules, func(a, b int) int { return cmp.Compare(t.Failing[b], t.Failing[a]) })
	return rules
}
