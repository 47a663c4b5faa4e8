package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
)

const healthURL = "https://billing.example/healthz"

// result returns the result of a probe at the given time.
func result(svc catalog.Service, at time.Time, status events.Status) events.ProbeCompleted {
	reasons := map[events.Status]events.Reason{
		events.StatusHealthy: events.ReasonOK, events.StatusDegraded: events.ReasonHTTP5xx, events.StatusDown: events.ReasonTimeout,
	}
	return events.ProbeCompleted{
		ServiceID: svc.ID, Version: svc.Version, URL: svc.StatusURL, Status: status, Reason: reasons[status],
		HTTPStatus: 200, LatencyMS: 7, PlannedAt: at, CheckedAt: at, Location: "here",
	}
}

func apply(t *testing.T, db *store.Store, batch ...events.ProbeCompleted) store.Applied {
	t.Helper()
	sum, err := db.ApplyResults(t.Context(), access.Prober, batch)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func TestResultsBecomeStatuses(t *testing.T) {
	db := open(t)
	svc := create(t, db, catalog.Change{Name: ptr("billing"), StatusURL: ptr(healthURL)})
	takeOutbox(t, db)
	start := time.Now().UTC().Add(-time.Hour).Truncate(time.Second)
	at := func(minute int) time.Time { return start.Add(time.Duration(minute) * time.Minute) }
	healthy := result(svc, at(1), events.StatusHealthy)
	gone := result(svc, at(9), events.StatusDown)
	gone.ServiceID = "019a0000-0000-7000-8000-000000000000"
	foreign := result(svc, at(9), events.StatusDown)
	foreign.URL = "https://old.example/"

	for _, step := range []struct {
		name   string
		batch  []events.ProbeCompleted
		want   store.Applied
		status events.Status
		since  time.Time
	}{
		{"the first", []events.ProbeCompleted{healthy}, store.Applied{Stored: 1, Changed: 1}, events.StatusHealthy, at(1)},
		{"the same again", []events.ProbeCompleted{healthy}, store.Applied{Dropped: 1}, events.StatusHealthy, at(1)},
		{"a newer one of the same status", []events.ProbeCompleted{result(svc, at(2), events.StatusHealthy)},
			store.Applied{Stored: 1}, events.StatusHealthy, at(1)},
		{"an older one", []events.ProbeCompleted{result(svc, at(1), events.StatusDown)},
			store.Applied{Dropped: 1}, events.StatusHealthy, at(1)},
		{"two in the wrong order", []events.ProbeCompleted{result(svc, at(4), events.StatusHealthy), result(svc, at(3), events.StatusDown)},
			store.Applied{Stored: 2, Changed: 2}, events.StatusHealthy, at(4)},
		{"of others", []events.ProbeCompleted{gone, foreign}, store.Applied{Dropped: 2}, events.StatusHealthy, at(4)},
		{"after two slots without", []events.ProbeCompleted{result(svc, at(7), events.StatusDegraded)},
			store.Applied{Stored: 1, Changed: 1, Missed: 2}, events.StatusDegraded, at(7)},
		{"none", nil, store.Applied{}, events.StatusDegraded, at(7)},
	} {
		if got := apply(t, db, step.batch...); got != step.want {
			t.Errorf("%s: got %+v, want %+v", step.name, got, step.want)
		}
		now, err := db.ServiceByID(t.Context(), svc.ID)
		if err != nil {
			t.Fatal(err)
		}
		if now.Status != step.status || !now.StatusSince.Equal(step.since) {
			t.Errorf("%s: got %s since %v, want %s since %v", step.name, now.Status, now.StatusSince, step.status, step.since)
		}
		if now.Version != svc.Version || !now.UpdatedAt.Equal(svc.UpdatedAt) {
			t.Errorf("%s: a probe touched version or updated_at", step.name)
		}
	}

	var changes []string
	for _, e := range takeOutbox(t, db) {
		change := e.(events.StatusChanged)
		if change.Location != "here" || change.CheckedAt.IsZero() || change.Name != "billing" {
			t.Errorf("incomplete: %+v", change)
		}
		changes = append(changes, string(change.From+">"+change.To))
	}
	want := []string{"unknown>healthy", "healthy>down", "down>healthy", "healthy>degraded"}
	if len(changes) != len(want) {
		t.Fatalf("got %v, want %v", changes, want)
	}
	for i := range want {
		if changes[i] != want[i] {
			t.Errorf("got %v, want %v", changes, want)
		}
	}
}

// A worker may be of a later version than this one.
func TestReasonsOfLaterWorkersAreStoredAndPublished(t *testing.T) {
	db := open(t)
	svc := create(t, db, catalog.Change{Name: ptr("billing"), StatusURL: ptr(healthURL)})
	takeOutbox(t, db)
	now := time.Now().UTC().Truncate(time.Second)
	later, strange := result(svc, now, events.StatusDegraded), result(svc, now.Add(time.Second), events.StatusUnknown)
	later.Reason, strange.Reason, strange.StatusWord = "eclipse", "planned_work", "maintenance"
	for _, r := range []events.ProbeCompleted{later, strange} {
		if got := apply(t, db, r); got.Stored != 1 || got.Changed != 1 {
			t.Errorf("%s: got %+v, want it stored", r.Reason, got)
		}
		now, err := db.ServiceByID(t.Context(), svc.ID)
		if err != nil || now.Status != r.Status || now.StatusReason != r.Reason {
			t.Errorf("got %s for %s, %v; want %s for %s", now.Status, now.StatusReason, err, r.Status, r.Reason)
		}
	}
	var told []events.Reason
	for _, e := range takeOutbox(t, db) {
		told = append(told, e.(events.StatusChanged).Reason)
	}
	if !slices.Equal(told, []events.Reason{"eclipse", "planned_work"}) {
		t.Errorf("told of %v", told)
	}
}

func TestFastWorkerClockDoesNotBlockOtherResults(t *testing.T) {
	db := open(t)
	svc := create(t, db, catalog.Change{Name: ptr("billing"), StatusURL: ptr(healthURL)})
	apply(t, db, result(svc, time.Now().Add(24*time.Hour), events.StatusDown))
	sum := apply(t, db, result(svc, time.Now().Add(time.Second), events.StatusHealthy))
	if sum.Stored != 1 {
		t.Errorf("got %+v, want the second result stored", sum)
	}
}

func TestStatusesBecomeStale(t *testing.T) {
	db := open(t)
	long := time.Now().UTC().Add(-time.Hour)
	quiet := create(t, db, catalog.Change{Name: ptr("quiet"), StatusURL: ptr(healthURL)})
	fresh := create(t, db, catalog.Change{Name: ptr("fresh"), StatusURL: ptr(healthURL)})
	slow := create(t, db, catalog.Change{Name: ptr("slow"), StatusURL: ptr(healthURL), Interval: ptr(events.Interval("1h"))})
	create(t, db, catalog.Change{Name: ptr("manual"), Status: ptr(events.StatusHealthy)})
	apply(t, db,
		result(quiet, time.Now().Add(-4*time.Minute), events.StatusHealthy),
		result(fresh, time.Now().Add(-2*time.Minute), events.StatusHealthy),
		result(slow, time.Now().Add(-2*time.Hour), events.StatusHealthy))
	takeOutbox(t, db)

	if n, err := db.MarkStale(t.Context(), access.Sweeper, time.Now().UTC()); n != 0 || err != nil {
		t.Errorf("just started: got %d, %v; silence before the start says nothing", n, err)
	}
	if n, err := db.MarkStale(t.Context(), access.Sweeper, long); n != 1 || err != nil {
		t.Errorf("got %d, %v, want the quiet one", n, err)
	}
	if n, err := db.MarkStale(t.Context(), access.Sweeper, long); n != 0 || err != nil {
		t.Errorf("again: got %d, %v", n, err)
	}
	got := takeOutbox(t, db)
	if len(got) != 1 {
		t.Fatalf("got %+v", got)
	}
	e, ok := got[0].(events.StatusChanged)
	if !ok || e.ServiceID != quiet.ID || e.To != events.StatusUnknown || e.Reason != events.ReasonStale {
		t.Errorf("got %+v", got[0])
	}
	if sum := apply(t, db, result(quiet, time.Now(), events.StatusHealthy)); sum.Changed != 1 {
		t.Errorf("a result does not end it: %+v", sum)
	}
}

func TestDelayedServiceIsNotStale(t *testing.T) {
	db := open(t)
	long := time.Now().UTC().Add(-time.Hour)
	ago := func(d time.Duration) time.Time { return time.Now().UTC().Add(-d) }
	svc := create(t, db, catalog.Change{Name: ptr("billing"), StatusURL: ptr(healthURL)})
	delayed := func(at time.Time, round time.Duration) {
		t.Helper()
		err := db.ApplyDelays(t.Context(), access.Prober, []events.ProbeDelayed{
			{ServiceID: svc.ID, URL: healthURL, RoundMS: round.Milliseconds(), SaidAt: at, Location: "here"},
			{ServiceID: svc.ID, URL: "https://old.example/", RoundMS: time.Hour.Milliseconds(), SaidAt: at, Location: "here"},
			{ServiceID: "019a0000-0000-7000-8000-000000000000", URL: healthURL, RoundMS: 1, SaidAt: at, Location: "here"},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	busy := result(svc, ago(4*time.Minute), events.StatusHealthy)
	busy.Reason, busy.RoundMS = events.ReasonHostBusy, (2 * time.Minute).Milliseconds()

	delayed(ago(9*time.Minute), 2*time.Minute)
	stale(t, db, long, 0, "that has never been probed")
	apply(t, db, result(svc, ago(8*time.Minute), events.StatusHealthy))
	delayed(ago(7*time.Minute), 3*time.Minute)
	stale(t, db, long, 0, "that waits at a host which has become busy")
	apply(t, db, busy)
	stale(t, db, long, 0, "whose result says that the host is busy")
	delayed(ago(5*time.Minute), time.Hour)
	apply(t, db, result(svc, ago(3*time.Minute+30*time.Second), events.StatusHealthy))
	stale(t, db, long, 1, "of a host that is not busy any more")
	delayed(ago(time.Minute), time.Minute)
	if now, err := db.ServiceByID(t.Context(), svc.ID); err != nil || now.Status != events.StatusUnknown {
		t.Errorf("got %s (%v), want that a delay confirms nothing", now.Status, err)
	}
}

func stale(t *testing.T, db *store.Store, since time.Time, want int, what string) {
	t.Helper()
	if n, err := db.MarkStale(t.Context(), access.Sweeper, since); n != want || err != nil {
		t.Errorf("a service %s: %d are stale (%v), want %d", what, n, err, want)
	}
}

func TestMissedSlotsAreCounted(t *testing.T) {
	slot := time.Now().UTC().Add(-time.Hour).Truncate(time.Minute)
	for name, tc := range map[string]struct {
		planned time.Duration // after the slot of the first result
		late    time.Duration
		round   time.Duration
		want    store.Applied
	}{
		"the next slot":                        {planned: time.Minute, want: store.Applied{Stored: 1}},
		"the next slot, after a stop":          {planned: time.Minute, late: 50 * time.Second, want: store.Applied{Stored: 1}},
		"a check between":                      {planned: 20 * time.Second, want: store.Applied{Stored: 1}},
		"two slots that nobody probed":         {planned: 3 * time.Minute, want: store.Applied{Stored: 1, Missed: 2}},
		"two slots that waited for their turn": {planned: 3 * time.Minute, round: 3 * time.Minute, want: store.Applied{Stored: 1, Busy: 2}},
		"one of each":                          {planned: 3 * time.Minute, round: 2 * time.Minute, want: store.Applied{Stored: 1, Missed: 1, Busy: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			db := open(t)
			svc := create(t, db, catalog.Change{Name: ptr("billing"), StatusURL: ptr(healthURL)})
			apply(t, db, result(svc, slot, events.StatusHealthy))
			second := result(svc, slot.Add(tc.planned), events.StatusHealthy)
			second.CheckedAt, second.RoundMS = second.PlannedAt.Add(tc.late), tc.round.Milliseconds()
			if got := apply(t, db, second); got != tc.want {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
		})
	}
}

func TestPostgresParsesEveryInterval(t *testing.T) {
	db := open(t)
	for _, i := range events.Intervals {
		var seconds float64
		if err := db.DB().GetContext(t.Context(), &seconds, `SELECT extract(epoch FROM $1::interval)`, string(i)); err != nil {
			t.Fatal(err)
		}
		if got := time.Duration(seconds * float64(time.Second)); got != i.Duration() {
			t.Errorf("%s is %v to Postgres", i, got)
		}
	}
}
