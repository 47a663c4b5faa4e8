package history

import (
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// Time is how long a service was observed with each status.
type Time struct {
	Healthy, Degraded, Down time.Duration
}

// Observed is the time in which somebody looked.
func (t Time) Observed() time.Duration { return t.Healthy + t.Degraded + t.Down }

// Uptime is the part of the observed time that was healthy, from 0 to 1. ok is false if
// nobody looked.
func (t Time) Uptime() (part float64, ok bool) {
	if t.Observed() == 0 {
		return 0, false
	}
	return float64(t.Healthy) / float64(t.Observed()), true
}

// Coverage is the part of a time that was observed, from 0 to 1.
func (t Time) Coverage(whole time.Duration) float64 {
	if whole <= 0 {
		return 0
	}
	return min(float64(t.Observed())/float64(whole), 1)
}

// Add adds a time with a status. Unknown is not observed.
func (t *Time) Add(status events.Status, d time.Duration) {
	switch status {
	case events.StatusHealthy:
		t.Healthy += d
	case events.StatusDegraded:
		t.Degraded += d
	case events.StatusDown:
		t.Down += d
	case events.StatusUnknown:
	}
}

// Plus returns the sum of two times.
func (t Time) Plus(other Time) Time {
	return Time{t.Healthy + other.Healthy, t.Degraded + other.Degraded, t.Down + other.Down}
}
