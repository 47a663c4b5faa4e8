package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/history"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
)

// life is what befell a service, second by second.
type life struct {
	svc      catalog.Service
	interval time.Duration
	begin    time.Time
	results  []events.ProbeCompleted // in the order of their times
	status   []events.Status         // of each second; empty: nobody looked
	missed   []int                   // slots of each second without a probe
	probes   []*events.ProbeCompleted
}

// newLife makes up results of a service in a time: outages, slow answers, and times in which
// nobody looked, of less than a day.
func newLife(random *rand.Rand, svc catalog.Service, begin, end time.Time) *life {
	l := &life{svc: svc, interval: svc.Interval.Duration(), begin: begin}
	status := events.StatusHealthy
	longest := min(90, int(20*time.Hour/l.interval))
	offset := time.Duration(random.IntN(int(l.interval/time.Second))) * time.Second
	for at := begin.Add(offset); at.Before(end); at = at.Add(l.interval) {
		if random.IntN(200) == 0 {
			at = at.Add(time.Duration(random.IntN(longest)) * l.interval) // nobody looks
		}
		if random.IntN(60) == 0 {
			status = []events.Status{events.StatusHealthy, events.StatusHealthy, events.StatusDegraded, events.StatusDown}[random.IntN(4)]
		}
		r := result(svc, at, status)
		r.LatencyMS = int64(1 + random.IntN(2000))
		if status == events.StatusDown {
			r.LatencyMS, r.HTTPStatus = 0, 0
		}
		if at.Before(end) {
			l.results = append(l.results, r)
		}
	}
	l.live(end)
	return l
}

// live writes down each second until an end, and as long as the last result is good.
func (l *life) live(end time.Time) {
	seconds := int(end.Sub(l.begin)/time.Second) + 24*60*60
	l.status, l.missed, l.probes = make([]events.Status, seconds), make([]int, seconds), make([]*events.ProbeCompleted, seconds)
	second := func(at time.Time) int { return int(at.Sub(l.begin) / time.Second) }
	for i, r := range l.results {
		l.probes[second(r.CheckedAt)] = &l.results[i]
		for n := range 3 * int(l.interval/time.Second) {
			l.status[second(r.CheckedAt)+n] = r.Status // the next result writes over it
		}
		if i > 0 {
			for slot := l.results[i-1].CheckedAt.Add(l.interval); slot.Before(r.CheckedAt); slot = slot.Add(l.interval) {
				l.missed[second(slot)]++
			}
		}
	}
}

// until returns the life as it was known at a time.
func (l *life) until(at time.Time) *life {
	known := &life{svc: l.svc, interval: l.interval, begin: l.begin}
	for _, r := range l.results {
		if r.CheckedAt.Before(at) {
			known.results = append(known.results, r)
		}
	}
	known.live(at)
	return known
}

// between adds up what the life was in a time.
func (l *life) between(from, to time.Time) (seen history.Time, probes, missed int, latencies []int64) {
	for i := int(from.Sub(l.begin) / time.Second); i < int(to.Sub(l.begin)/time.Second); i++ {
		seen.Add(l.status[i], time.Second)
		missed += l.missed[i]
		if r := l.probes[i]; r != nil {
			probes++
			if r.LatencyMS > 0 {
				latencies = append(latencies, r.LatencyMS)
			}
		}
	}
	return seen, probes, missed, latencies
}

// compare compares the history of a service with its life.
func (l *life) compare(t *testing.T, db *store.Store, when string, from, to time.Time, steps ...time.Duration) {
	t.Helper()
	for _, step := range steps {
		list, err := db.Buckets(t.Context(), l.svc.ID, from, to, step)
		if err != nil {
			t.Fatal(err)
		}
		for i, got := range list.List {
			begin := from.Add(time.Duration(i) * step)
			seen, probes, missed, latencies := l.between(begin, begin.Add(step))
			if got.Time != seen || got.Probes != probes || got.Missed != missed || got.Latency.Count != int64(len(latencies)) {
				t.Errorf("%s, %s, %s from %s:\ngot  %v, %d probes, %d missed, %d latencies,\nwant %v, %d, %d, %d", when, l.svc.Name, step, begin,
					got.Time, got.Probes, got.Missed, got.Latency.Count, seen, probes, missed, len(latencies))
				return
			}
			if slices.Sort(latencies); len(latencies) > 0 {
				want := float64(latencies[int(0.95*float64(len(latencies)-1))])
				if p95 := got.Latency.Quantile(0.95); p95 < want*0.949 || p95 > want*1.051 {
					t.Errorf("%s, %s, %s from %s: the 95th percentile is %v, want %v", when, l.svc.Name, step, begin, p95, want)
				}
			}
		}
	}
	seen, _, _, _ := l.between(from, to)
	got, err := db.ObservedTime(t.Context(), catalog.Filter{IDs: []string{l.svc.ID}}, from, to)
	if err != nil || len(got) != 1 || got[0].Time != seen {
		t.Errorf("%s, %s: by spans it is %+v, %v, want %v", when, l.svc.Name, got, err, seen)
	}
}

// replay applies the results of lives between two times in batches, as a portal receives
// them: some twice, some late.
func replay(t *testing.T, db *store.Store, random *rand.Rand, lives []*life, from, to time.Time) {
	t.Helper()
	var all []events.ProbeCompleted
	for _, l := range lives {
		for _, r := range l.results {
			if !r.CheckedAt.Before(from) && r.CheckedAt.Before(to) {
				all = append(all, r)
			}
		}
	}
	slices.SortFunc(all, func(a, b events.ProbeCompleted) int { return a.CheckedAt.Compare(b.CheckedAt) })
	for len(all) > 0 {
		n := min(1+random.IntN(400), len(all))
		batch := slices.Clone(all[:n])
		random.Shuffle(n, func(i, j int) { batch[i], batch[j] = batch[j], batch[i] })
		apply(t, db, batch...)
		if random.IntN(4) == 0 {
			apply(t, db, batch[:1+random.IntN(n)]...) // delivered twice
		}
		all = all[n:]
	}
}

func keepHistory(t *testing.T, db *store.Store, at time.Time) {
	t.Helper()
	if err := db.KeepHistory(t.Context(), access.Sweeper, at, history.Kept{Probes: 2, Hours: 40, Days: 1826}); err != nil {
		t.Fatal(err)
	}
}

// Results of a week, of services that are probed more and less often, are told as they were:
// before there are buckets, in the middle of it, and when results one by one are gone.
func TestHistoryIsWhatHappened(t *testing.T) {
	const seed = 20260314
	random := rand.New(rand.NewPCG(seed, seed))
	db := open(t)
	today := time.Now().UTC().Truncate(history.Day)
	begin := today.AddDate(0, 0, -6)
	end := time.Now().UTC().Truncate(time.Hour).Add(-4 * time.Hour)
	var lives []*life
	for i, interval := range []events.Interval{"30s", "1m", "10m", "1h"} {
		svc := create(t, db, catalog.Change{Name: ptr(fmt.Sprintf("service %d", i)), StatusURL: ptr(healthURL), Interval: &interval})
		lives = append(lives, newLife(random, svc, begin, end))
	}
	compare := func(when string, until time.Time) {
		t.Helper()
		for _, l := range lives {
			known := l.until(until)
			known.compare(t, db, when, begin, until, time.Hour, 6*time.Hour, history.Day)
			known.compare(t, db, when, begin.Add(31*time.Hour), until.Add(-3*time.Hour), time.Hour)
			known.compare(t, db, when, until.Add(-time.Hour), until, 5*time.Minute)
		}
	}

	middle := begin.Add(56 * time.Hour)
	replay(t, db, random, lives, begin, middle)
	compare("half of it", middle)
	keepHistory(t, db, time.Now())
	compare("half of it, rolled up", middle)
	replay(t, db, random, lives, middle, end)
	compare("the whole", end)
	keepHistory(t, db, time.Now())
	compare("the whole, rolled up", end)
	exec(t, db.DB(), `UPDATE probes SET stored_at = stored_at - interval '3 hours'`)
	keepHistory(t, db, time.Now())
	compare("when results one by one are gone", end)

	var left int
	if err := db.DB().GetContext(t.Context(), &left, `SELECT count(*) FROM probes WHERE at < $1`, today.AddDate(0, 0, -2)); err != nil || left > 0 {
		t.Errorf("%d rows of results are kept for longer than two days, %v", left, err)
	}
}

// What cannot be read is no more, but all else is told, and goes on.
// Results of a day that is over come while its buckets are made.
func TestResultsAreCountedOnceWhileBucketsAreMade(t *testing.T) {
	db := open(t)
	svc := create(t, db, catalog.Change{Name: ptr("billing"), StatusURL: ptr(healthURL)})
	at := time.Now().UTC()
	day := at.Truncate(history.Day).AddDate(0, 0, -4)
	keepHistory(t, db, at) // makes the partitions
	for minute := range 100 {
		apply(t, db, result(svc, day.Add(time.Duration(minute)*time.Minute), events.StatusHealthy))
		if minute%40 == 39 { // with some in table probes, and some in the service's row
			if _, err := store.RollUp(db, t.Context(), at, day.Add(history.Day)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, when := range []string{"before", "after"} {
		list, err := db.Buckets(t.Context(), svc.ID, day, day.Add(2*time.Hour), time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		if first := list.List[0]; first.Probes != 60 || first.Time.Healthy != time.Hour || list.Sum().Probes != 100 {
			t.Errorf("%s all is in buckets: the first hour has %d probes and %v, both have %d", when, first.Probes, first.Time, list.Sum().Probes)
		}
		keepHistory(t, db, at)
	}
}

func TestResultsThatCannotBeReadHoldNothingUp(t *testing.T) {
	db := open(t)
	day := time.Now().UTC().Truncate(history.Day).AddDate(0, 0, -5)
	var lives []*life
	for _, name := range []string{"good", "broken"} {
		svc := create(t, db, catalog.Change{Name: ptr(name), StatusURL: ptr(healthURL)})
		l := &life{svc: svc, interval: time.Minute, begin: day}
		for minute := range 100 {
			l.results = append(l.results, result(svc, day.Add(time.Duration(minute)*time.Minute), events.StatusHealthy))
		}
		l.live(day.Add(2 * time.Hour))
		apply(t, db, l.results...)
		lives = append(lives, l)
	}
	exec(t, db.DB(), `UPDATE probes SET data = substr(data, 1, 10) WHERE service_id = $1`, lives[1].svc.ID)
	err := db.KeepHistory(t.Context(), access.Sweeper, time.Now(), history.Kept{Probes: 2, Hours: 40, Days: 1826})
	if err == nil || !strings.Contains(err.Error(), lives[1].svc.ID) || strings.Contains(err.Error(), lives[0].svc.ID) {
		t.Errorf("got %v, want an error of the broken one alone", err)
	}
	lives[0].compare(t, db, "good", day, day.Add(history.Day), time.Hour, history.Day)
	keepHistory(t, db, time.Now()) // it is not tried again
}

// A worker's clock may be anywhere. One that is ahead counts as now; one that was set back
// gives nothing new until it is past its last time again.
func TestClocksOfWorkersMayStep(t *testing.T) {
	db := open(t)
	svc := create(t, db, catalog.Change{Name: ptr("billing"), StatusURL: ptr(healthURL)})
	begin := time.Now().UTC().Truncate(time.Hour).Add(-3 * time.Hour)
	at := func(minute int) time.Time { return begin.Add(time.Duration(minute) * time.Minute) }
	long := time.Date(1931, 3, 14, 9, 30, 0, 0, time.UTC)
	apply(t, db, result(svc, long, events.StatusDown))
	for minute := range 30 {
		apply(t, db, result(svc, at(minute), events.StatusHealthy))
	}
	for minute := 20; minute < 40; minute++ { // ten minutes back
		apply(t, db, result(svc, at(minute), events.StatusHealthy))
	}
	for minute := 100; minute < 110; minute++ { // an hour ahead
		apply(t, db, result(svc, at(minute), events.StatusHealthy))
	}
	list, err := db.Buckets(t.Context(), svc.ID, begin, begin.Add(2*time.Hour), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		probes, missed int
		healthy        time.Duration
	}{{40, 20, 42 * time.Minute}, {10, 40, 12 * time.Minute}} {
		if got := list.List[i]; got.Probes != want.probes || got.Missed != want.missed || got.Time.Healthy != want.healthy {
			t.Errorf("hour %d: got %d probes, %d missed, %v", i, got.Probes, got.Missed, got.Time)
		}
	}
	if old, err := db.Buckets(t.Context(), svc.ID, long.Truncate(time.Hour), long.Add(time.Hour), time.Hour); err != nil || old.Sum().Probes != 1 {
		t.Errorf("in 1931: %v, %v", old.List, err)
	}
	apply(t, db, result(svc, time.Now().Add(time.Hour), events.StatusDown))
	if now, err := db.ServiceByID(t.Context(), svc.ID); err != nil || now.LastCheckedAt.After(time.Now()) {
		t.Errorf("a clock that is ahead: checked at %v, %v", now.LastCheckedAt, err)
	}
}
