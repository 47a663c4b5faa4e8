package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
)

// trail returns what a search finds, as lines.
func trail(t *testing.T, db *store.Store, search access.Search) (lines []string) {
	t.Helper()
	if search.Limit == 0 {
		search.Limit = 100
	}
	found, err := db.Trail(t.Context(), search)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range found {
		var changes []string
		for _, c := range r.Changes {
			changes = append(changes, fmt.Sprintf("%s %v>%v", c.Field, c.Before, c.After))
		}
		lines = append(lines, fmt.Sprintf("%s %s %s %s: %s", r.Actor.ID, r.Deed, r.Thing.Kind, r.Name, strings.Join(changes, ", ")))
	}
	return lines
}

func wantLines(t *testing.T, got []string, want ...string) {
	t.Helper()
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("got:\n%s\nwant:\n%s", g, w)
	}
}

func TestEachWriteIsInTheTrailAndInItsEvent(t *testing.T) {
	db := open(t)
	began := time.Now()
	svc := create(t, db, catalog.Change{Name: ptr("billing"), Team: ptr("Core"), Tags: &[]string{"go", "b"}})
	update := func(c catalog.Change) {
		t.Helper()
		if _, err := db.UpdateService(t.Context(), editor, svc.ID, 0, c); err != nil {
			t.Fatal(err)
		}
	}
	update(catalog.Change{Team: ptr("Payments"), Description: ptr("Invoices")})
	update(catalog.Change{Team: ptr("Payments")}) // no change
	update(catalog.Change{StatusURL: ptr("https://billing.example/"), Team: ptr("")})
	if err := db.DeleteService(t.Context(), editor, svc.ID, 0); err != nil {
		t.Fatal(err)
	}
	wantLines(t, trail(t, db, access.Search{}),
		"k1 deleted service billing: name billing><nil>, description Invoices><nil>, status_url https://billing.example/><nil>, tags [go b]><nil>, interval 1m><nil>",
		"k1 updated service billing: team Payments><nil>, status_url <nil>>https://billing.example/, status unknown><nil>",
		"k1 updated service billing: description <nil>>Invoices, team Core>Payments",
		"k1 created team Payments: name <nil>>Payments",
		"k1 created service billing: name <nil>>billing, team <nil>>Core, tags <nil>>[go b], interval <nil>>1m, status <nil>>unknown",
		"k1 created team Core: name <nil>>Core")
	found, err := db.Trail(t.Context(), access.Search{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	last := found[0]
	if last.Actor.Kind != access.Key || last.Actor.Name != "tests" || last.Actor.Address != "192.0.2.7" || last.Actor.RequestID != "r1" ||
		last.Thing != (events.Key{Kind: events.KindService, ID: svc.ID}) || last.At.Before(began.Add(-time.Second)) || last.At.After(time.Now()) {
		t.Errorf("the last entry is %+v", last)
	}
	var said []string
	for _, e := range takeOutbox(t, db) {
		var by events.Authorship
		switch e := e.(type) {
		case events.ServiceCreated:
			by = e.Authorship
		case events.ServiceUpdated:
			by = e.Authorship
		case events.ServiceDeleted:
			by.Actor = e.Actor
		default:
			continue
		}
		said = append(said, fmt.Sprintf("%s %s %s %v", by.Actor.Kind, by.Actor.ID, by.Actor.Name, by.Changed))
	}
	wantLines(t, said, "key k1 tests [name team tags interval status]", "key k1 tests [description team]",
		"key k1 tests [team status_url status]", "key k1 tests []")
}

func TestTrailIsSearched(t *testing.T) {
	db := open(t)
	first := create(t, db, catalog.Change{Name: ptr("first")})
	middle := time.Now()
	second := create(t, db, catalog.Change{Name: ptr("second")})
	other := access.Actor{Kind: access.Person, ID: "p1", Name: "Ada", Role: access.Admin}
	if err := db.DeleteService(t.Context(), other, first.ID, 0); err != nil {
		t.Fatal(err)
	}
	key := func(id string) events.Key { return events.Key{Kind: events.KindService, ID: id} }
	for name, tc := range map[string]struct {
		search access.Search
		want   string
	}{
		"all":                {access.Search{}, "deleted first, created second, created first"},
		"of a service":       {access.Search{Thing: key(first.ID)}, "deleted first, created first"},
		"of another":         {access.Search{Thing: key(second.ID)}, "created second"},
		"of services":        {access.Search{Thing: events.Key{Kind: events.KindService}}, "deleted first, created second, created first"},
		"of another kind":    {access.Search{Thing: events.Key{Kind: "team"}}, ""},
		"by an actor's id":   {access.Search{Actor: "p1"}, "deleted first"},
		"by a kind of actor": {access.Search{Actor: "key"}, "created second, created first"},
		"of a deed":          {access.Search{Deed: access.Created}, "created second, created first"},
		"since":              {access.Search{Since: middle}, "deleted first, created second"},
		"until":              {access.Search{Until: middle}, "created first"},
		"one":                {access.Search{Limit: 1}, "deleted first"},
		"nobody's":           {access.Search{Actor: "'; --"}, ""},
	} {
		if tc.search.Limit == 0 {
			tc.search.Limit = 10
		}
		found, err := db.Trail(t.Context(), tc.search)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range found {
			got = append(got, string(r.Deed)+" "+r.Name)
		}
		if got := strings.Join(got, ", "); got != tc.want {
			t.Errorf("%s: got %s, want %s", name, got, tc.want)
		}
	}
	newest, _ := db.Trail(t.Context(), access.Search{Limit: 1})
	if rest, err := db.Trail(t.Context(), access.Search{Before: newest[0].Seq, Limit: 10}); err != nil || len(rest) != 2 {
		t.Errorf("before the newest are %d, %v", len(rest), err)
	}
}

func TestDeniedWriteChangesNothing(t *testing.T) {
	db := open(t)
	svc := create(t, db, catalog.Change{Name: ptr("billing"), Team: ptr("Core"), StatusURL: ptr("https://billing.example/")})
	takeOutbox(t, db)
	before := trail(t, db, access.Search{})
	web := access.Actor{Kind: access.Key, ID: "k2", Role: access.Editor, Teams: []string{"Web"}}
	mine := catalog.Change{Name: ptr("theirs"), Team: ptr("Web")}
	result := []events.ProbeCompleted{{
		ServiceID: svc.ID, Version: 1, URL: svc.StatusURL, Status: events.StatusDown, Reason: events.ReasonDNS,
		PlannedAt: time.Now(), CheckedAt: time.Now(), Location: "default",
	}}
	discard := func(_ any, err error) error { return err }
	for name, err := range map[string]error{
		"a viewer creates":               discard(db.CreateService(t.Context(), access.Nobody(access.Viewer), mine)),
		"a viewer updates":               discard(db.UpdateService(t.Context(), access.Nobody(access.Viewer), svc.ID, 0, mine)),
		"a viewer updates nothing":       discard(db.UpdateService(t.Context(), access.Nobody(access.Viewer), svc.ID, 0, catalog.Change{})),
		"a viewer deletes":               db.DeleteService(t.Context(), access.Nobody(access.Viewer), svc.ID, 0),
		"another team's editor creates":  discard(db.CreateService(t.Context(), web, catalog.Change{Name: ptr("x"), Team: ptr("Core")})),
		"one for no team":                discard(db.CreateService(t.Context(), web, catalog.Change{Name: ptr("x")})),
		"another team's editor takes it": discard(db.UpdateService(t.Context(), web, svc.ID, 0, mine)),
		"another team's editor updates":  discard(db.UpdateService(t.Context(), web, svc.ID, 0, catalog.Change{Description: ptr("x")})),
		"another team's editor deletes":  db.DeleteService(t.Context(), web, svc.ID, 0),
		"an admin stores a result":       discard(db.ApplyResults(t.Context(), access.Nobody(access.Admin), result)),
		"an admin marks stale":           discard(db.MarkStale(t.Context(), access.Nobody(access.Admin), time.Now())),
		"an admin delays":                db.ApplyDelays(t.Context(), access.Nobody(access.Admin), nil),
		"an admin purges":                discard(db.PurgeTrail(t.Context(), access.Nobody(access.Admin), time.Now())),
		"an admin repairs":               discard(db.Repairs(access.Nobody(access.Admin))[0].Republish(t.Context(), nil)),
		"the prober creates":             discard(db.CreateService(t.Context(), access.Prober, mine)),
		"the prober deletes":             db.DeleteService(t.Context(), access.Prober, svc.ID, 0),
	} {
		if _, denied := errors.AsType[*access.DeniedError](err); !denied {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if got, err := db.ServiceByID(t.Context(), svc.ID); err != nil || got.Version != svc.Version || got.Status != svc.Status {
		t.Errorf("the service is %+v, %v", got, err)
	}
	if sent := takeOutbox(t, db); len(sent) > 0 {
		t.Errorf("events %+v", sent)
	}
	wantLines(t, trail(t, db, access.Search{}), before...)
}

func TestRaisedVersionIsInTheTrail(t *testing.T) {
	db := open(t)
	svc := create(t, db, catalog.Change{Name: ptr("billing")})
	takeOutbox(t, db)
	if _, err := republish(t, db, map[string]lastEvent{svc.ID: {Version: 7, Name: "billing"}}); err != nil {
		t.Fatal(err)
	}
	wantLines(t, trail(t, db, access.Search{Actor: "system"}), "relay repaired service billing: version 1>8")
}

func TestOldEntriesAreRemoved(t *testing.T) {
	db := open(t)
	create(t, db, catalog.Change{Name: ptr("old")})
	kept := time.Now()
	create(t, db, catalog.Change{Name: ptr("new")})
	if n, err := db.PurgeTrail(t.Context(), access.Sweeper, kept); n != 1 || err != nil {
		t.Errorf("removed %d, %v", n, err)
	}
	if got := trail(t, db, access.Search{}); len(got) != 1 || !strings.Contains(got[0], "created service new") {
		t.Errorf("left are %q", got)
	}
}
