package check_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/check"
)

// countAllowed makes checks within a second, each of the service that id returns, and
// counts those that are allowed.
func countAllowed(l *check.Limiter, from time.Time, checks int, id func(int) string) (n int) {
	for i := range checks {
		if l.Allow(id(i), from.Add(time.Duration(i)*time.Second/time.Duration(checks))) == nil {
			n++
		}
	}
	return n
}

func TestChecksOfOneServiceAreLimited(t *testing.T) {
	var l check.Limiter
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	one := func(int) string { return "a" }
	if n := countAllowed(&l, at, 200, one); n != 5 {
		t.Errorf("%d checks at once, want 5", n)
	}
	tooMany, _ := errors.AsType[*check.TooManyError](l.Allow("a", at.Add(time.Second)))
	if tooMany == nil || tooMany.Wait <= 0 || tooMany.Wait > 2*time.Second {
		t.Fatalf("got %v, want a wait of at most 2 s", tooMany)
	}
	if err := l.Allow("a", at.Add(time.Second+tooMany.Wait)); err != nil {
		t.Errorf("after the wait: %v", err)
	}
	if err := l.Allow("b", at.Add(time.Second)); err != nil {
		t.Errorf("another service: %v", err)
	}
}

func TestChecksOfAllServicesAreLimited(t *testing.T) {
	var l check.Limiter
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	each := func(i int) string { return fmt.Sprint(i) }
	if n := countAllowed(&l, at, 200, each); n < 30 || n > 33 {
		t.Errorf("%d of 200 services are checked in the first second, want about 30", n)
	}
	if n := countAllowed(&l, at.Add(time.Second), 3000, each); n != 3 {
		t.Errorf("%d in the next second, want 3", n)
	}
	if n := countAllowed(&l, at.Add(time.Hour), 30, each); n != 30 {
		t.Errorf("%d of 30 after an hour", n)
	}
}
