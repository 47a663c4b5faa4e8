package work

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// simulated is a service in a simulation.
type simulated struct {
	url      string
	interval events.Interval
	took     time.Duration // of a probe
	timedOut bool

	offset time.Duration // of its slots
	starts []time.Duration
	rounds []time.Duration
}

// simulation probes services deterministically, with a simulated clock.
type simulation struct {
	*dispatcher
	services map[string]*simulated
	ends     []flight
	now      time.Time
	began    time.Time
}

type flight struct {
	*waiting
	end time.Time
}

func simulate(services []*simulated, perHost int, timeout, length time.Duration) *simulation {
	s := &simulation{
		dispatcher: newDispatcher(256, perHost, timeout), services: map[string]*simulated{},
		began: time.Now().Truncate(time.Hour),
	}
	random := rand.New(rand.NewPCG(1, 2))
	slots := map[events.Interval]map[time.Duration][]string{}
	for i, svc := range services {
		id := fmt.Sprintf("0199d8a0-7c00-7000-8000-%012x", i)
		svc.offset = time.Duration(random.Int64N(int64(svc.interval.Duration()))).Truncate(10 * time.Millisecond)
		s.services[id] = svc
		if slots[svc.interval] == nil {
			slots[svc.interval] = map[time.Duration][]string{}
		}
		slots[svc.interval][svc.offset] = append(slots[svc.interval][svc.offset], id)
	}
	for at := time.Duration(0); at < length; at += 10 * time.Millisecond {
		s.now = s.began.Add(at)
		s.finish()
		for _, interval := range events.Intervals {
			for _, id := range slots[interval][at%interval.Duration()] {
				start, _ := s.add(dueOf(id, s.services[id].url, interval, s.now), s.now)
				s.begin(start)
			}
		}
	}
	return s
}

func (s *simulation) begin(start []*waiting) {
	for _, e := range start {
		svc := s.services[e.ServiceID]
		svc.starts, svc.rounds = append(svc.starts, s.now.Sub(s.began)), append(svc.rounds, e.round)
		s.ends = append(s.ends, flight{e, s.now.Add(svc.took)})
	}
}

func (s *simulation) finish() {
	slices.SortStableFunc(s.ends, func(a, b flight) int { return a.end.Compare(b.end) })
	for len(s.ends) > 0 && !s.ends[0].end.After(s.now) {
		f := s.ends[0]
		s.ends = s.ends[1:]
		svc := s.services[f.ServiceID]
		s.begin(s.releaseHost(f.waiting, probeEnd{took: svc.took, timedOut: svc.timedOut}, s.now))
		s.begin(s.releasePlace(s.now))
	}
}

// longest returns the longest time between two probes of a service, from the start
// of the simulation until length.
func (svc *simulated) longest(length time.Duration) (gap time.Duration) {
	last := svc.offset
	for _, at := range append(slices.Clone(svc.starts), length) {
		gap, last = max(gap, at-last), at
	}
	return gap
}

func many(n int, like simulated) (out []*simulated) {
	for range n {
		svc := like
		out = append(out, &svc)
	}
	return out
}

func TestEveryServiceOfAHostGetsItsTurn(t *testing.T) {
	const timeout = 10 * time.Second
	fast := simulated{url: "http://gw/", interval: "10s", took: 20 * time.Millisecond}
	hangs := simulated{url: "http://gw/", interval: "10s", took: timeout, timedOut: true}
	slow := simulated{url: "http://gw/", interval: "10s", took: 1500 * time.Millisecond}
	with := func(s simulated, interval events.Interval, took time.Duration) simulated {
		s.interval, s.took = interval, took
		return s
	}
	for name, tc := range map[string]struct {
		services []*simulated
		perHost  int
		length   time.Duration
		most     time.Duration // maximum between two probes of a service
		busy     bool          // whether results report a busy host
	}{
		"60 that take 1.5 s":            {services: many(60, slow), length: 75 * time.Second, most: 15 * time.Second},
		"60 that take 1.5 s, 4 at once": {services: many(60, slow), perHost: 4, length: 3 * time.Minute, most: 33 * time.Second, busy: true},
		"30 that hang, and one that doesn't": {
			services: append(many(30, hangs), many(1, fast)...), length: 100 * time.Second, most: 30 * time.Second,
		},
		"12 with an endless body, and 6": {
			services: append(many(12, with(fast, "10s", time.Second)), many(6, fast)...), length: 75 * time.Second, most: 11 * time.Second,
		},
		"60 that take 3 s, and 30 that hang": {
			services: append(many(60, with(slow, "10s", 3*time.Second)), many(30, hangs)...),
			length:   3 * time.Minute, most: 45 * time.Second, busy: true,
		},
		"300 that take 200 ms": {services: many(300, with(fast, "10s", 200*time.Millisecond)), length: 75 * time.Second, most: 12 * time.Second},
		"500 that take 50 ms":  {services: many(500, with(fast, "10s", 50*time.Millisecond)), length: 75 * time.Second, most: 11 * time.Second},
		"998 of which 3 % hang": {
			services: append(many(30, with(hangs, "1m", timeout)), many(968, with(fast, "1m", 20*time.Millisecond))...),
			length:   5 * time.Minute, most: 75 * time.Second,
		},
		"998 that hang": {services: many(998, with(hangs, "1m", timeout)), length: 12 * time.Minute, most: 4 * time.Minute, busy: true},
		"long intervals among short ones": {
			services: append(many(200, with(hangs, "10s", timeout)), many(20, with(fast, "5m", time.Second))...),
			length:   15 * time.Minute, most: 7 * time.Minute, busy: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := simulate(tc.services, cmp.Or(tc.perHost, 64), timeout, tc.length)
			busy := false
			for i, svc := range tc.services {
				if gap := svc.longest(tc.length); gap > tc.most || len(svc.starts) == 0 {
					t.Fatalf("service %d, each %s: %d probes, the longest wait was %s, want at most %s; limit is %d",
						i, svc.interval, len(svc.starts), gap, tc.most, s.host("gw:80").pace.limit)
				}
				busy = busy || slices.Max(svc.rounds) > 0
			}
			if busy != tc.busy {
				t.Errorf("results say that the host is busy: %t, want %t", busy, tc.busy)
			}
		})
	}
}

func TestRoundPredictsNextResult(t *testing.T) {
	services := many(60, simulated{url: "http://gw/", interval: "10s", took: 1500 * time.Millisecond})
	simulate(services, 4, 10*time.Second, 5*time.Minute) // a round takes 22.5 s
	for _, svc := range services {
		for i := 4; i < len(svc.starts)-1; i++ {
			gap := svc.starts[i+1] - svc.starts[i]
			if round := svc.rounds[i]; round < 20*time.Second || round > 30*time.Second || gap > round+10*time.Second {
				t.Fatalf("the result said %s, and the next came after %s", round, gap)
			}
		}
	}
}

func TestHangingHostsLeaveRoomForOthers(t *testing.T) {
	const timeout = 10 * time.Second
	var services []*simulated
	for i := range 20 {
		services = append(services, many(300, simulated{
			url: fmt.Sprintf("http://hangs-%d/", i), interval: "10s", took: timeout, timedOut: true,
		})...)
	}
	good := many(20, simulated{url: "http://good/", interval: "10s", took: 20 * time.Millisecond})
	length := 2 * time.Minute
	simulate(append(services, good...), 64, timeout, length)
	for i, svc := range good {
		if gap := svc.longest(length); gap > 12*time.Second || slices.Max(svc.rounds) > 0 {
			t.Errorf("good service %d: not probed for %s, rounds %v", i, gap, svc.rounds)
		}
	}
}

// dueOf is a due message of a service.
func dueOf(id, url string, interval events.Interval, slot time.Time) due {
	return due{ProbePlanned: events.ProbePlanned{ServiceID: id, URL: url, Interval: interval}, slot: slot}
}

func TestNewerDueMessageKeepsTurn(t *testing.T) {
	d, now := newDispatcher(8, 1, time.Second), time.Now()
	start, _ := d.add(dueOf("runs", "http://gw/", "10s", now), now)
	d.add(dueOf("a", "http://gw/", "10s", now), now)
	d.add(dueOf("b", "http://gw/", "10s", now.Add(time.Second)), now)
	d.add(dueOf("a", "http://gw/", "10s", now.Add(10*time.Second)), now.Add(10*time.Second))
	now = now.Add(15 * time.Second)
	next := d.releaseHost(start[0], probeEnd{took: time.Second}, now)
	if len(next) != 1 || next[0].ServiceID != "a" || next[0].round != 20*time.Second || !next[0].busy {
		t.Fatalf("got %+v, want a, with a round of 20 s", next)
	}
	if !next[0].end().Equal(next[0].since.Add(20 * time.Second)) {
		t.Errorf("its message is of the slot that ends at %s, want the newer one", next[0].end())
	}
}

func TestMovedServiceQueuesAtNewHost(t *testing.T) {
	d, now := newDispatcher(8, 1, time.Second), time.Now()
	d.add(dueOf("runs", "http://gw/", "10s", now), now)
	d.add(dueOf("a", "http://gw/", "10s", now), now)
	start, _ := d.add(dueOf("a", "http://other/", "10s", now), now)
	if len(start) != 1 || start[0].at.name != "other:80" || len(d.byID) != 0 {
		t.Errorf("got %+v, and %d wait, want its probe at the new host", start, len(d.byID))
	}
}

func TestEvictedServiceKeepsItsTurn(t *testing.T) {
	d, now := newDispatcher(8, 1, time.Second), time.Now()
	d.maxWaiting = 2
	start, _ := d.add(dueOf("runs", "http://gw/", "10s", now), now)
	d.add(dueOf("a", "http://gw/", "10s", now), now)
	d.add(dueOf("b", "http://gw/", "10s", now.Add(1)), now)
	_, out := d.add(dueOf("c", "http://gw/", "10s", now.Add(2)), now)
	if out == nil || out.ServiceID != "c" {
		t.Fatalf("%+v had to go, want c, which came last", out)
	}
	d.releaseHost(start[0], probeEnd{}, now) // a runs
	d.add(dueOf("d", "http://gw/", "10s", now.Add(10*time.Second)), now)
	_, out = d.add(dueOf("c", "http://gw/", "10s", now.Add(11*time.Second)), now)
	if out == nil || out.ServiceID != "d" {
		t.Fatalf("%+v had to go, want d: c is owed an older turn", out)
	}
	if other, out := d.add(dueOf("x", "http://other/", "10s", now), now); len(other) != 1 || out != nil {
		t.Error("a service of another host does not get in")
	}
}

func TestDispatcherLeavesNoStateBehind(t *testing.T) {
	services := append(many(50, simulated{url: "http://gw/", interval: "10s", took: 100 * time.Millisecond}),
		many(50, simulated{url: "http://other/", interval: "10s", took: time.Second})...)
	s := simulate(services, 64, 10*time.Second, time.Minute)
	s.now = s.now.Add(time.Hour)
	for len(s.ends) > 0 {
		s.finish()
		s.now = s.now.Add(time.Hour)
	}
	s.next(s.now)
	if len(s.byID) != 0 || len(s.hosts) != 0 || len(s.ready) != 0 || s.free != 256 {
		t.Errorf("left behind: %d waiting, %d hosts, %d ready, %d places free", len(s.byID), len(s.hosts), len(s.ready), s.free)
	}
}

func TestHostSpellingsShareALimit(t *testing.T) {
	d, now := newDispatcher(8, 1, time.Second), time.Now()
	d.add(dueOf("a", "http://Billing.example/", "10s", now), now)
	for id, url := range map[string]string{"b": "http://billing.example.:80/x", "c": "HTTP://BILLING.example/y"} {
		if start, _ := d.add(dueOf(id, url, "10s", now), now); len(start) != 0 {
			t.Errorf("%s is taken for another host", url)
		}
	}
}
