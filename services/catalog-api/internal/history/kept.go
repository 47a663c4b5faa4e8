package history

import "time"

// Kept says for how many days each part of the history is kept. Spans are kept for ever.
type Kept struct {
	Probes int // results one by one, at least 2
	Hours  int // buckets of an hour
	Days   int // buckets of a day
}

// Finest returns the shortest step in which what was measured at a time is still known: a
// day, an hour, or 0, which is every result. now is the present.
func (k Kept) Finest(at, now time.Time) time.Duration {
	today := now.UTC().Truncate(Day)
	switch {
	case !at.Before(today.AddDate(0, 0, -k.Probes)):
		return 0
	case !at.Before(today.AddDate(0, 0, -k.Hours)):
		return time.Hour
	}
	return Day
}
