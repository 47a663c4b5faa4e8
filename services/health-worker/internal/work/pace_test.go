package work

import (
	"slices"
	"testing"
	"time"
)

// busyHost ends that many probes of a host that always has more queued, and returns
// the limit after each. took returns how long a probe takes with atOnce concurrent
// ones, and whether it times out.
func busyHost(p *pace, ends int, took func(atOnce, i int) (time.Duration, bool)) (limits []int) {
	type flight struct {
		end      time.Time
		took     time.Duration
		timedOut bool
	}
	var running []flight
	now := time.Now()
	for i := range ends {
		for len(running) < p.limit {
			d, timedOut := took(p.limit, i+len(running))
			running = append(running, flight{now.Add(d), d, timedOut})
		}
		slices.SortStableFunc(running, func(a, b flight) int { return a.end.Compare(b.end) })
		first, full := running[0], len(running) >= p.limit
		now, running = first.end, running[1:]
		p.done(now, first.took, first.timedOut, full)
		limits = append(limits, p.limit)
	}
	return limits
}

func TestHostLimitFollowsThroughput(t *testing.T) {
	const timeout = 10 * time.Second
	for name, tc := range map[string]struct {
		took      func(atOnce, i int) (time.Duration, bool)
		low, high int // bounds of the limit most of the time
	}{
		"one that works side by side gets more": {
			took: func(int, int) (time.Duration, bool) { return 200 * time.Millisecond, false }, low: 64, high: 64,
		},
		"one that does not answer at all gets more": {
			took: func(int, int) (time.Duration, bool) { return timeout, true }, low: 64, high: 64,
		},
		"one of which a few services hang gets more": {
			took: func(_, i int) (time.Duration, bool) {
				if i%33 == 0 {
					return timeout, true
				}
				return 50 * time.Millisecond, false
			}, low: 16, high: 64,
		},
		"one of which a third hang, and the rest are slow, gets more": {
			took: func(_, i int) (time.Duration, bool) {
				if i*7919%100 < 33 {
					return timeout, true
				}
				return 3 * time.Second, false
			}, low: 16, high: 64,
		},
		"one that works on one after the other gets fewer": {
			took: func(n, _ int) (time.Duration, bool) { return time.Duration(n) * 100 * time.Millisecond, false }, low: 4, high: 8,
		},
		"one that is so slow that answers are lost gets fewer": {
			took: func(n, i int) (time.Duration, bool) {
				d := time.Duration(n) * 1500 * time.Millisecond * time.Duration(1+i%n) / time.Duration(n)
				return min(d, timeout), d > timeout
			}, low: 4, high: 8,
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPace(64, timeout)
			limits := busyHost(&p, 4000, tc.took)
			within := 0
			for _, limit := range limits[1000:] {
				if limit >= tc.low && limit <= tc.high {
					within++
				}
			}
			if share := float64(within) / 3000; share < 0.8 {
				t.Errorf("%.0f %% of the time between %d and %d, now %d", 100*share, tc.low, tc.high, p.limit)
			}
		})
	}
}

func TestHostLimitStaysWithinBounds(t *testing.T) {
	for _, most := range []int{1, 2, 4, 16, 100} {
		p := newPace(most, time.Second)
		for _, limit := range busyHost(&p, 2000, func(n, i int) (time.Duration, bool) {
			return time.Duration(1+i*7919%13) * time.Duration(1+n%3) * 10 * time.Millisecond, i%5 == 0
		}) {
			if limit < 1 || limit > most || limit < min(most, minPerHost) {
				t.Fatalf("limit is %d with at most %d", limit, most)
			}
		}
	}
}

func TestHostLimitIsUnchangedWithoutQueue(t *testing.T) {
	p := newPace(64, time.Second)
	now := time.Now()
	for range 1000 {
		now = now.Add(time.Millisecond)
		p.done(now, time.Second, true, false)
	}
	if p.limit != startPerHost {
		t.Errorf("limit is %d, want that of the start", p.limit)
	}
}
