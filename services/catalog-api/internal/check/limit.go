package check

import (
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// The limits of checks: enough for people and for a pipeline after a deployment, and too
// few to scan a network.
const (
	perService      = 0.5 // a second
	perServiceBurst = 5
	overall         = 3 // a second, of all services
	overallBurst    = 30

	maxRemembered = 1000 // services, from which idle ones are evicted
)

// TooManyError refuses a check that exceeds a limit.
type TooManyError struct {
	Wait time.Duration // until it would be allowed; above 0
}

func (e *TooManyError) Error() string {
	return fmt.Sprintf("too many checks: the next is allowed in %s", e.Wait.Round(time.Millisecond))
}

// Limiter limits the rate of checks, per service and overall. The zero value is
// ready to use. Each replica has its own.
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
	l.evict(now)
	l.services[id] = service
	return nil
}

// evict drops services with a full burst, whose limiters are as good as new.
func (l *Limiter) evict(now time.Time) {
	if len(l.services) < maxRemembered {
		return
	}
	for id, service := range l.services {
		if service.TokensAt(now) >= perServiceBurst {
			delete(l.services, id)
		}
	}
}
