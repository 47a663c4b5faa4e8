package check

import (
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// How many checks are made: enough for people and for a pipeline after a
// deployment, too few to look through a network by them.
const (
	perService      = 0.5 // a second
	perServiceBurst = 5
	overall         = 3 // a second, of all services
	overallBurst    = 30

	maxRemembered = 1000 // services, before those that may be forgotten are
)

// TooManyError refuses a check because of those just made.
type TooManyError struct {
	Wait time.Duration // until it would be made; above 0
}

func (e *TooManyError) Error() string {
	return fmt.Sprintf("too many checks: the next is allowed in %s", e.Wait.Round(time.Millisecond))
}

// Limiter bounds the rate of checks: of one service, and of all. The zero value
// is ready. Each replica has its own.
type Limiter struct {
	mu       sync.Mutex
	all      *rate.Limiter
	services map[string]*rate.Limiter // by id
}

// Allow counts a check of the service at now, or returns a *TooManyError, which
// counts nothing.
func (l *Limiter) Allow(id string, now time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all == nil {
		l.all, l.services = rate.NewLimiter(overall, overallBurst), map[string]*rate.Limiter{}
	}
	service := l.services[id]
	if service == nil {
		service = rate.NewLimiter(perService, perServiceBurst)
	}
	one, each := service.ReserveN(now, 1), l.all.ReserveN(now, 1)
	if wait := max(one.DelayFrom(now), each.DelayFrom(now)); wait > 0 {
		each.CancelAt(now)
		one.CancelAt(now)
		return &TooManyError{Wait: wait}
	}
	l.forget(now)
	l.services[id] = service
	return nil
}

// forget drops the services that may be checked as if they had never been.
func (l *Limiter) forget(now time.Time) {
	if len(l.services) < maxRemembered {
		return
	}
	for id, service := range l.services {
		if service.TokensAt(now) >= perServiceBurst {
			delete(l.services, id)
		}
	}
}
