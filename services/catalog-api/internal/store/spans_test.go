package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
)

// spansOf returns the spans of a service since a time, in minutes.
func spansOf(t *testing.T, db *store.Store, id string, from time.Time) (list []string) {
	t.Helper()
	spans, err := db.Spans(t.Context(), id, from, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range spans {
		list = append(list, fmt.Sprintf("%.0f %s %s", s.From.Sub(from).Minutes(), s.Status, s.Reason))
	}
	return list
}

// Each step is at a minute since the begin: an hour ago, or the present where it is a change
// of the catalogue.
func TestSpansAreTheStatusesThatServicesHad(t *testing.T) {
	const healthy, degraded, down = events.StatusHealthy, events.StatusDegraded, events.StatusDown
	begin := time.Now().UTC().Add(-time.Hour).Truncate(time.Second)
	type step func(*testing.T, *store.Store, catalog.Service)
	probed := func(minute int, status events.Status) step {
		return func(t *testing.T, db *store.Store, svc catalog.Service) {
			apply(t, db, result(svc, begin.Add(time.Duration(minute)*time.Minute), status))
		}
	}
	sweep := func(t *testing.T, db *store.Store, _ catalog.Service) {
		if _, err := db.MarkStale(t.Context(), access.Sweeper, begin); err != nil {
			t.Fatal(err)
		}
	}
	change := func(c catalog.Change) step {
		return func(t *testing.T, db *store.Store, svc catalog.Service) {
			if _, err := db.UpdateService(t.Context(), editor, svc.ID, 0, c); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, tc := range map[string]struct {
		steps []step
		want  []string
	}{
		"changes": {[]step{probed(10, healthy), probed(11, healthy), probed(12, down), probed(13, degraded), probed(14, healthy)},
			[]string{"10 healthy ok", "12 down timeout", "13 degraded http_5xx", "14 healthy ok"}},
		"late and twice": {[]step{probed(12, healthy), probed(11, down), probed(12, down)}, []string{"11 down timeout", "12 healthy ok"}},
		"nobody looks, and it is noticed": {[]step{probed(10, healthy), sweep, probed(30, healthy)},
			[]string{"10 healthy ok", "13 unknown stale", "30 healthy ok"}},
		"nobody looks, and nobody notices": {[]step{probed(10, healthy), probed(30, healthy)},
			[]string{"10 healthy ok", "13 unknown stale", "30 healthy ok"}},
		"it fell while nobody looked": {[]step{probed(10, healthy), probed(30, down)},
			[]string{"10 healthy ok", "13 unknown stale", "30 down timeout"}},
		"somebody looked, and it was heard late": {[]step{probed(10, healthy), sweep, probed(11, healthy), probed(12, down), sweep, probed(13, down)},
			[]string{"10 healthy ok", "12 down timeout"}},
		"a person says what it is": {[]step{probed(10, healthy), change(catalog.Change{StatusURL: ptr(""), Status: ptr(healthy)})},
			[]string{"10 healthy ok", "60 healthy manual"}},
		"another health URL": {[]step{probed(59, down), change(catalog.Change{StatusURL: ptr("https://new.example/")})},
			[]string{"59 down timeout", "60 unknown "}},
	} {
		t.Run(name, func(t *testing.T) {
			db := open(t)
			svc := create(t, db, catalog.Change{Name: ptr("billing"), StatusURL: ptr(healthURL)})
			for _, step := range tc.steps {
				step(t, db, svc)
			}
			if got := spansOf(t, db, svc.ID, begin); !slices.Equal(got, tc.want) {
				t.Errorf("got\n%q, want\n%q", got, tc.want)
			}
		})
	}
}

// What was measured is told also of a service that has another health URL by now, or was
// deleted and restored; the time between is not observed.
func TestHistoryEndsWithWhatIsProbed(t *testing.T) {
	db := open(t)
	svc := create(t, db, catalog.Change{Name: ptr("billing"), StatusURL: ptr(healthURL)})
	begin := time.Now().UTC().Truncate(time.Second).Add(-time.Minute)
	apply(t, db, result(svc, begin, events.StatusHealthy))
	before := time.Now()
	if err := db.DeleteService(t.Context(), editor, svc.ID, 0); err != nil {
		t.Fatal(err)
	}
	after := time.Now()
	if _, err := db.RestoreService(t.Context(), editor, svc.ID); err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond)
	untilDeleted := func(healthy time.Duration) bool {
		const rounded = time.Millisecond
		return healthy >= before.Sub(begin)-rounded && healthy <= after.Sub(begin)+rounded
	}
	hour := begin.Truncate(time.Hour)
	list, err := db.Buckets(t.Context(), svc.ID, hour, hour.Add(2*time.Hour), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	sum := list.Sum()
	if sum.Probes != 1 || !untilDeleted(sum.Time.Healthy) {
		t.Errorf("got %d probes and %v, want one and the time until it was deleted", sum.Probes, sum.Time)
	}
	seen, err := db.ObservedTime(t.Context(), catalog.Filter{}, hour, time.Now())
	if err != nil || len(seen) != 1 || !untilDeleted(seen[0].Healthy) {
		t.Errorf("by spans it is %v, %v, by buckets %v", seen, err, sum.Time)
	}
	if got, want := spansOf(t, db, svc.ID, begin), []string{"0 healthy ok", "1 unknown deleted", "1 unknown "}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A replica that was killed had taken results, which come again when newer ones are stored.
func TestResultsThatWereOvertakenFillTheirSlots(t *testing.T) {
	const healthy, down = events.StatusHealthy, events.StatusDown
	begin := time.Now().UTC().Add(-time.Hour).Truncate(time.Second)
	for name, tc := range map[string]struct {
		order  []int // minutes, in the order in which results come
		status map[int]events.Status
		want   []string
		late   int
	}{
		"a gap that was none": {[]int{10, 20, 11, 12, 13, 14, 15, 16, 17, 18, 19}, nil, []string{"10 healthy ok"}, 9},
		"it was down meanwhile": {[]int{10, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11}, map[int]events.Status{14: down, 15: down},
			[]string{"10 healthy ok", "14 down timeout", "16 healthy ok"}, 9},
		"it was up meanwhile": {[]int{10, 13, 12, 11}, map[int]events.Status{10: down, 11: down, 13: down},
			[]string{"10 down timeout", "12 healthy ok", "13 down timeout"}, 2},
		"a part of the gap": {[]int{10, 30, 20}, nil,
			[]string{"10 healthy ok", "13 unknown stale", "20 healthy ok", "23 unknown stale", "30 healthy ok"}, 1},
		"before all others": {[]int{20, 19, 18}, map[int]events.Status{18: down}, []string{"18 down timeout", "19 healthy ok"}, 2},
		"twice":             {[]int{10, 11, 12, 11, 10, 12}, nil, []string{"10 healthy ok"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			db := open(t)
			svc := create(t, db, catalog.Change{Name: ptr("billing"), StatusURL: ptr(healthURL)})
			late := 0
			for _, minute := range tc.order {
				status := tc.status[minute]
				if status == "" {
					status = healthy
				}
				late += apply(t, db, result(svc, begin.Add(time.Duration(minute)*time.Minute), status)).Late
			}
			if got := spansOf(t, db, svc.ID, begin); !slices.Equal(got, tc.want) {
				t.Errorf("got\n%q, want\n%q", got, tc.want)
			}
			slots := slices.Compact(slices.Sorted(slices.Values(tc.order)))
			probes, err := db.Probes(t.Context(), svc.ID, begin, time.Now())
			if err != nil || len(probes) != len(slots) || late != tc.late {
				t.Errorf("there are %d results, %v, %d of them late; want %d, %d late", len(probes), err, late, len(slots), tc.late)
			}
			if now, err := db.ServiceByID(t.Context(), svc.ID); err != nil || now.LastCheckedAt.Before(begin.Add(time.Duration(slots[len(slots)-1])*time.Minute)) {
				t.Errorf("checked at %v, %v", now.LastCheckedAt, err)
			}
		})
	}
}
