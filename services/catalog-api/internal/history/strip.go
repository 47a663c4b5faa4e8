package history

import (
	"sort"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// The letters of a strip.
const (
	Unobserved = '-'
	Healthy    = 'h'
	Degraded   = 'd'
	Down       = 'x'
)

// letters are those of the statuses, the best first.
var letters = []struct {
	status events.Status
	letter byte
}{{events.StatusHealthy, Healthy}, {events.StatusDegraded, Degraded}, {events.StatusDown, Down}}

// Strip tells spans in a letter for each segment of a time: the worst status that was
// observed in it. bounds are the begins of the segments and the end of the last one.
func Strip(spans []Span, bounds []time.Time) string {
	worst := make([]int, len(bounds)-1) // one more than the index in letters; 0: unobserved
	for _, s := range spans {
		if !s.Observed() {
			continue
		}
		rank := 0
		for i, l := range letters {
			if l.status == s.Status {
				rank = i + 1
			}
		}
		first := sort.Search(len(worst), func(i int) bool { return bounds[i+1].After(s.From) })
		for i := first; i < len(worst) && bounds[i].Before(s.To); i++ {
			worst[i] = max(worst[i], rank)
		}
	}
	strip := make([]byte, len(worst))
	for i, rank := range worst {
		strip[i] = Unobserved
		if rank > 0 {
			strip[i] = letters[rank-1].letter
		}
	}
	return string(strip)
}

// Segments returns bounds for Strip: n equal steps of UTC that end with the one of now.
func Segments(now time.Time, n int, step time.Duration) []time.Time {
	end := now.UTC().Truncate(step).Add(step)
	bounds := make([]time.Time, n+1)
	for i := range bounds {
		bounds[i] = end.Add(time.Duration(i-n) * step)
	}
	return bounds
}

// Days returns bounds for Strip: n days of a zone, that end with the one of now.
func Days(now time.Time, n int, zone *time.Location) []time.Time {
	year, month, day := now.In(zone).Date()
	bounds := make([]time.Time, n+1)
	for i := range bounds {
		bounds[i] = time.Date(year, month, day+1+i-n, 0, 0, 0, 0, zone)
	}
	return bounds
}
