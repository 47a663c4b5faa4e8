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

// TimeOf returns how long the status was each one in spans that were observed.
func TimeOf(spans []Span) (t Time) {
	for _, s := range spans {
		if s.Observed() {
			t.Add(s.Status, s.To.Sub(s.From))
		}
	}
	return t
}

// ServiceTime is how long a service was observed with each status.
type ServiceTime struct {
	ID, Name, Team string
	Time
}
