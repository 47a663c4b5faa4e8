package store_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
)

// asItWas says all that is known of services at a moment, by their ids.
func asItWas(list []catalog.Listed) (lines []string) {
	for _, svc := range list {
		s := svc.Service
		s.LatencyMS, s.LastCheckedAt = 0, nil
		lines = append(lines, fmt.Sprintf("%+v", s))
	}
	slices.Sort(lines)
	return lines
}

func servicesAt(t *testing.T, db *store.Store, at time.Time, ids ...string) catalog.Moment {
	t.Helper()
	m, err := db.ServicesAt(t.Context(), at, ids)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// biography does random things to services, and keeps what the portal was after each.
type biography struct {
	*testing.T

	db       *store.Store
	random   *rand.Rand
	there    []catalog.Service
	deleted  []string
	changed  []time.Time // when exactly, as the portal says
	moments  []time.Time // after each step
	pictures [][]string  // of all services, at moments
}

func (b *biography) change() catalog.Change {
	word := func() *string { return ptr(fmt.Sprintf("%x", b.random.Uint32())) }
	c := catalog.Change{Team: word()}
	switch b.random.IntN(7) {
	case 0:
		c.Name = word()
	case 1:
		c.Description, c.DocsURL = word(), ptr("https://docs.example/"+*word())
	case 2:
		c.Description, c.DocsURL, c.Tags = ptr(""), ptr(""), &[]string{}
	case 3:
		c.Tags, c.Interval = &[]string{*word(), *word()}, ptr(events.Interval("5m"))
	case 4:
		c.StatusURL = ptr("https://" + *word() + ".example/")
	case 5:
		c.StatusURL = ptr("")
	case 6:
		c.Interval = ptr(events.Interval(""))
	}
	return c
}

// other returns a status that a service does not have.
func (b *biography) other(svc catalog.Service) events.Status {
	all := []events.Status{events.StatusHealthy, events.StatusDegraded, events.StatusDown}
	all = slices.DeleteFunc(all, func(s events.Status) bool { return s == svc.Status })
	return all[b.random.IntN(len(all))]
}

func (b *biography) step() (when time.Time, err error) {
	ctx := b.Context()
	what := b.random.IntN(10)
	if len(b.there) < 3 || what == 0 {
		c := b.change()
		c.Name = ptr(fmt.Sprintf("%x", b.random.Uint64()))
		svc, err := b.db.CreateService(ctx, editor, c)
		return svc.UpdatedAt, err
	}
	svc := b.there[b.random.IntN(len(b.there))]
	switch {
	case what == 1:
		b.deleted = append(b.deleted, svc.ID)
		return when, b.db.DeleteService(ctx, editor, svc.ID, 0)
	case what == 2 && len(b.deleted) > 0:
		last := len(b.deleted) - 1
		svc, err := b.db.RestoreService(ctx, editor, b.deleted[last])
		b.deleted = b.deleted[:last]
		return svc.UpdatedAt, err
	case what < 6 && svc.StatusURL != "":
		r := result(svc, time.Now().UTC().Truncate(time.Microsecond), b.other(svc))
		_, err := b.db.ApplyResults(ctx, access.Prober, []events.ProbeCompleted{r})
		return r.CheckedAt, err
	case what < 6:
		svc, err := b.db.UpdateService(ctx, editor, svc.ID, 0, catalog.Change{Status: ptr(b.other(svc))})
		return svc.UpdatedAt, err
	}
	svc, err = b.db.UpdateService(ctx, editor, svc.ID, 0, b.change())
	return svc.UpdatedAt, err
}

func (b *biography) picture() {
	list, err := b.db.ListServices(b.Context(), catalog.Filter{})
	if err != nil {
		b.Fatal(err)
	}
	b.there = nil
	for _, svc := range list {
		b.there = append(b.there, svc.Service)
	}
	b.moments, b.pictures = append(b.moments, time.Now().UTC()), append(b.pictures, asItWas(list))
}

// The portal is asked what it was at each moment of a random life, and just before and after
// each change: that must be what it said of itself then.
func TestServicesAreAsTheyWereAtEveryMoment(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			b := &biography{T: t, db: open(t), random: rand.New(rand.NewPCG(seed, 0))}
			for range 100 {
				when, err := b.step()
				if err != nil {
					t.Fatal(err)
				}
				b.changed = append(b.changed, when)
				b.picture()
			}
			for i, want := range b.pictures {
				b.compare(fmt.Sprint("after step ", i), b.moments[i], want)
				if when := b.changed[i]; i > 0 && !when.IsZero() {
					b.compare(fmt.Sprint("at step ", i), when, want)
					b.compare(fmt.Sprint("before step ", i), when.Add(-time.Microsecond), b.pictures[i-1])
				}
			}
		})
	}
}

func (b *biography) compare(when string, at time.Time, want []string) {
	b.Helper()
	m := servicesAt(b.T, b.db, at)
	if got := asItWas(m.Services); !slices.Equal(got, want) {
		b.Fatalf("%s: got\n%q, want\n%q", when, got, want)
	}
	if !m.KnownFrom.IsZero() || !slices.IsSortedFunc(m.Services, cmpKeys) {
		b.Errorf("%s: known from %s, keys %v", when, m.KnownFrom, m.Services)
	}
	some := slices.DeleteFunc(m.Services, func(svc catalog.Listed) bool { return svc.ID[35]%2 == 0 })
	ids := []string{"no id", "019a0000-0000-7000-8000-000000000009"}
	for _, svc := range some {
		ids = append(ids, svc.ID)
	}
	if got, want := asItWas(servicesAt(b.T, b.db, at, ids...).Services), asItWas(some); !slices.Equal(got, want) {
		b.Errorf("%s: some are\n%q, want\n%q", when, got, want)
	}
}

func cmpKeys(a, b catalog.Listed) int {
	if a.Key < b.Key {
		return -1
	}
	return 1
}

// A status is good as long as history says, also if nobody notices.
func TestStatusAtAMomentIsThatOfItsSpan(t *testing.T) {
	db := open(t)
	begin := time.Now().UTC().Truncate(time.Second).Add(-time.Hour)
	at := func(minute float64) time.Time { return begin.Add(time.Duration(minute * float64(time.Minute))) }
	svc := create(t, db, catalog.Change{Name: ptr("billing"), StatusURL: ptr(healthURL)})
	apply(t, db, result(svc, at(10), events.StatusHealthy), result(svc, at(11), events.StatusDown),
		result(svc, at(12), events.StatusDown), result(svc, at(30), events.StatusDegraded))
	for minute, want := range map[float64]string{
		9.999:  "nothing",
		10:     "healthy since 10 ok 200",
		10.999: "healthy since 10 ok 200", 11: "down since 11 timeout 200", 14.999: "down since 11 timeout 200",
		15: "unknown since 15 stale 0", 29.999: "unknown since 15 stale 0",
		30: "degraded since 30 http_5xx 200", 32.999: "degraded since 30 http_5xx 200",
		33: "unknown since 33 stale 0", 59: "unknown since 33 stale 0",
	} {
		got := "nothing"
		m, err := db.ServicesAt(t.Context(), at(minute), nil)
		if before, is := errors.AsType[*catalog.BeforeRecordError](err); is {
			if !before.Begin.Equal(at(10)) {
				t.Errorf("the record begins at %s", before.Begin)
			}
		} else if err != nil {
			t.Fatal(err)
		}
		for _, svc := range m.Services {
			got = fmt.Sprintf("%s since %.0f %s %d", svc.Status, svc.StatusSince.Sub(begin).Minutes(), svc.StatusReason, svc.HTTPStatus)
		}
		if got != want {
			t.Errorf("at minute %v it is %s, want %s", minute, got, want)
		}
	}
}

// What was purged from the trail is not guessed: it is said from when on all is known.
func TestPurgedTrailIsSaid(t *testing.T) {
	db := open(t)
	if _, err := db.ServicesAt(t.Context(), time.Now(), nil); fmt.Sprint(err) == "<nil>" {
		t.Error("without any service there is a record")
	}
	kept := create(t, db, catalog.Change{Name: ptr("kept"), Team: ptr("first")})
	gone := create(t, db, catalog.Change{Name: ptr("gone")})
	created := time.Now()
	update := func(team string) time.Time {
		svc, err := db.UpdateService(t.Context(), editor, kept.ID, 0, catalog.Change{Team: ptr(team)})
		if err != nil {
			t.Fatal(err)
		}
		return svc.UpdatedAt
	}
	second := update("second")
	if err := db.DeleteService(t.Context(), editor, gone.ID, 0); err != nil {
		t.Fatal(err)
	}
	known := time.Now()
	third := update("third")
	if n, err := db.PurgeTrash(t.Context(), access.Sweeper, time.Now()); n != 1 || err != nil {
		t.Fatalf("the trash had %d, %v", n, err)
	}
	teams := func(at time.Time) (list []string) {
		for _, svc := range servicesAt(t, db, at).Services {
			list = append(list, svc.Name+" "+svc.Team)
		}
		return list
	}
	if got, want := teams(created), []string{"gone ", "kept first"}; !slices.Equal(got, want) {
		t.Errorf("without the trash there are %q, want %q", got, want)
	}
	if n, err := db.PurgeTrail(t.Context(), access.Sweeper, known); n != 6 || err != nil {
		t.Fatalf("purged %d, %v", n, err)
	}
	m := servicesAt(t, db, created)
	if got, want := teams(created), []string{"kept second"}; !slices.Equal(got, want) || m.KnownFrom.Before(second) || !m.KnownFrom.Before(known) {
		t.Errorf("got %q, known from %s; want %q and the deletion, before %s", got, m.KnownFrom, want, known)
	}
	if got := teams(third.Add(-time.Microsecond)); !slices.Equal(got, []string{"kept second"}) {
		t.Errorf("before the third there are %q", got)
	}
	if n, err := db.PurgeTrail(t.Context(), access.Sweeper, second); n != 0 || err != nil || !servicesAt(t, db, created).KnownFrom.Equal(m.KnownFrom) {
		t.Errorf("purged %d, %v, now known from %s", n, err, servicesAt(t, db, created).KnownFrom)
	}
}

// A portal that had services before this was noted does not know from when on its trail is whole.
func TestUpgradedPortalKnowsWhereItsTrailBegins(t *testing.T) {
	url, before := migrated(t, 13)
	exec(t, before, `INSERT INTO audit (at, actor_kind, actor_id, actor_name, address, request_id, deed, kind, thing_id, thing_name, changes)
		VALUES ('2026-01-02', 'system', '', '', '', '', 'updated', 'service', 'x', 'x', '[]'), ('2026-01-01', 'system', '', '', '', '', 'updated', 'key', 'x', 'x', '[]')`)
	exec(t, before, `INSERT INTO spans (service_id, since, status, reason, http_status, location)
		VALUES ('019a0000-0000-7000-8000-000000000009', '2025-12-01', 'healthy', 'ok', 200, '')`)
	m := servicesAt(t, openAt(t, url), time.Now())
	if want := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC); !m.KnownFrom.Equal(want) {
		t.Errorf("known from %s, want %s", m.KnownFrom, want)
	}
}

func TestFallsAreWhereServicesGotWorse(t *testing.T) {
	db := open(t)
	const none = -100
	begin := time.Now().UTC().Truncate(time.Hour).Add(-2 * time.Hour)
	one := create(t, db, catalog.Change{Name: ptr("one"), StatusURL: ptr(healthURL)})
	two := create(t, db, catalog.Change{Name: ptr("two"), StatusURL: ptr(healthURL)})
	statuses := map[rune]events.Status{'h': events.StatusHealthy, 'd': events.StatusDegraded, 'x': events.StatusDown}
	for svc, letters := range map[*catalog.Service]string{
		// Minutes: each letter is one. Where there is a gap, nobody looks.
		&one: "hxxdxh......d......dx......xxhd",
		&two: "dhhhhhhhhhhhhhhhhhhhhhhhhhhhhxh",
	} {
		for minute, letter := range letters {
			if status := statuses[letter]; status != "" {
				apply(t, db, result(*svc, begin.Add(time.Duration(minute)*time.Minute), status))
			}
		}
	}
	for step, want := range map[time.Duration]string{
		time.Minute:      "0 degraded 1, 1 down 1, 4 down 1, 12 degraded 1, 20 down 1, 29 down 1, 30 degraded 1",
		10 * time.Minute: "0 down 2, 12 degraded 1, 20 down 2, 30 degraded 1",
		time.Hour:        "0 down 2",
	} {
		falls, err := db.Falls(t.Context(), begin, begin.Add(time.Hour), step)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for i, f := range falls {
			if i > 0 {
				got += ", "
			}
			got += fmt.Sprintf("%.0f %s %d", f.At.Sub(begin).Minutes(), f.Worst, f.Services)
		}
		if got != want {
			t.Errorf("in steps of %s: got %s, want %s", step, got, want)
		}
	}
	if falls, err := db.Falls(t.Context(), begin.Add(13*time.Minute), begin.Add(20*time.Minute), time.Minute); len(falls) != 0 || err != nil {
		t.Errorf("between there are %v, %v", falls, err)
	}
	minute := func(n float64) time.Time { return begin.Add(time.Duration(n * float64(time.Minute))) }
	for _, step := range []struct{ until, after, before, next float64 }{
		{-2, -1, none, 0}, {-0.5, 0, none, 1}, {1, 1, 1, 4}, {3.9, 4, 1, 12}, {12, 13, 12, 20}, {19.9, 20, 12, 29}, {21, 22, 20, 29}, {30, 31, 30, none},
	} {
		before, next, err := db.FallsAround(t.Context(), minute(step.until), minute(step.after))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			got  *time.Time
			want float64
		}{{before, step.before}, {next, step.next}} {
			if c.want == none && c.got != nil || c.want != none && (c.got == nil || !c.got.Equal(minute(c.want))) {
				t.Errorf("until %v and after %v: got %v and %v, want minutes %v and %v", step.until, step.after, before, next, step.before, step.next)
			}
		}
	}
}
