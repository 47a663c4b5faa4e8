package store_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/deployment"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
)

func deploy(t *testing.T, db *store.Store, svc catalog.Service, d deployment.Draft) deployment.Deployment {
	t.Helper()
	done, made, err := db.AddDeployment(t.Context(), editor, svc.ID, d)
	if err != nil || !made {
		t.Fatal(made, err)
	}
	return done
}

// changesIn returns the changes of statuses among events.
func changesIn(list []events.Event) (changes []events.StatusChanged) {
	for _, e := range list {
		if c, is := e.(events.StatusChanged); is {
			changes = append(changes, c)
		}
	}
	return changes
}

func TestADeploymentIsAnEvent(t *testing.T) {
	db := open(t)
	svc := create(t, db, catalog.Change{Name: ptr("billing"), Team: ptr("Payments")})
	takeOutbox(t, db)
	d := deploy(t, db, svc, deployment.Draft{Version: "v1", Environment: "production", By: "its pipeline", Key: "run 1"})
	list := takeOutbox(t, db)
	e, is := list[0].(events.ServiceDeployed)
	if len(list) != 1 || !is || e.DeploymentID != d.ID || e.ServiceID != svc.ID || e.Name != "billing" || e.Team != "Payments" ||
		e.Action != events.ActionDeployed || e.Version != "v1" || e.By != "its pipeline" || !e.DeployedAt.Equal(d.At) || e.Actor.ID != editor.ID {
		t.Errorf("the events are %+v", list)
	}
	if again, made, err := db.AddDeployment(t.Context(), editor, svc.ID, deployment.Draft{Version: "v2", Key: "run 1"}); err != nil || made || again.ID != d.ID || again.Version != "v1" {
		t.Errorf("told again: %+v, %t, %v", again, made, err)
	}
	if list := takeOutbox(t, db); len(list) > 0 {
		t.Errorf("told again, there are the events %+v", list)
	}
	if entries, err := db.Trail(t.Context(), access.Search{Thing: events.Key{Kind: deployment.Kind}, Limit: 9}); err != nil || len(entries) != 1 || entries[0].Thing.ID != d.ID {
		t.Errorf("the trail has %+v, %v", entries, err)
	}
}

func TestADeploymentToldByManyAtOnceIsOne(t *testing.T) {
	db := open(t)
	svc := create(t, db, catalog.Change{Name: ptr("billing")})
	takeOutbox(t, db)
	var (
		all  sync.WaitGroup
		errs = make([]error, 8)
	)
	for i := range errs {
		all.Go(func() {
			_, _, errs[i] = db.AddDeployment(t.Context(), editor, svc.ID, deployment.Draft{Version: "v1", Key: "run 1"})
		})
	}
	all.Wait()
	found, err := db.Deployments(t.Context(), []string{svc.ID}, time.Time{}, time.Now().Add(time.Hour), 9)
	if err := errors.Join(append(errs, err)...); err != nil || len(found) != 1 || len(takeOutbox(t, db)) != 1 {
		t.Errorf("there are %+v, %v", found, err)
	}
}

func TestWhoMayNotTellOfDeployments(t *testing.T) {
	db := open(t)
	svc := create(t, db, catalog.Change{Name: ptr("billing"), Team: ptr("Payments")})
	takeOutbox(t, db)
	for _, by := range []access.Actor{
		access.Nobody(access.Viewer), access.Prober, {Kind: access.Key, ID: "1", Role: access.Editor, Teams: []string{"Web"}},
	} {
		_, _, err := db.AddDeployment(t.Context(), by, svc.ID, deployment.Draft{Version: "v1"})
		if _, denied := errors.AsType[*access.DeniedError](err); !denied {
			t.Errorf("%s %s: %v", by.Kind, by.ID, err)
		}
	}
	if _, _, err := db.AddDeployment(t.Context(), editor, "no id", deployment.Draft{Version: "v1"}); !errors.Is(err, catalog.ErrNotFound) {
		t.Errorf("of no service: %v", err)
	}
	if list := takeOutbox(t, db); len(list) > 0 {
		t.Errorf("there are the events %+v", list)
	}
}

// A change of a status says what was done last in the half hour before.
func TestAChangeOfAStatusSaysWhatPrecededIt(t *testing.T) {
	const healthy, down = events.StatusHealthy, events.StatusDown
	begin := time.Now().UTC().Add(-2 * time.Hour).Truncate(time.Second)
	at := func(minute int) time.Time { return begin.Add(time.Duration(minute) * time.Minute) }
	for name, tc := range map[string]struct {
		deployed []int // minutes
		want     int   // 0: none; it falls in minute 50
	}{
		"nothing":               {nil, 0},
		"a deployment":          {[]int{48}, 48},
		"at the same time":      {[]int{50}, 50},
		"half an hour":          {[]int{20}, 20},
		"longer ago":            {[]int{19}, 0},
		"later":                 {[]int{51}, 0},
		"the last one of three": {[]int{30, 48, 40}, 48},
	} {
		t.Run(name, func(t *testing.T) {
			db := open(t)
			svc := create(t, db, catalog.Change{Name: ptr("billing"), StatusURL: ptr(healthURL)})
			other := create(t, db, catalog.Change{Name: ptr("other"), StatusURL: ptr(healthURL)})
			apply(t, db, result(svc, at(0), healthy), result(other, at(0), healthy))
			for _, minute := range tc.deployed {
				deploy(t, db, svc, deployment.Draft{Version: fmt.Sprint("v", minute), At: at(minute)})
			}
			takeOutbox(t, db)
			apply(t, db, result(svc, at(50), down), result(other, at(50), down))
			for _, c := range changesIn(takeOutbox(t, db)) {
				got, want := "", ""
				if c.After != nil {
					got = c.After.Kind + " " + c.After.Version
				}
				if tc.want > 0 && c.ServiceID == svc.ID {
					want = fmt.Sprint("deployment v", tc.want)
				}
				if got != want {
					t.Errorf("%s fell after %q, want %q", c.Name, got, want)
				}
			}
		})
	}
}

func TestAChangeOfWhatIsProbedPrecedesAStatus(t *testing.T) {
	db := open(t)
	svc := create(t, db, catalog.Change{Name: ptr("billing"), StatusURL: ptr(healthURL)})
	change := func(c catalog.Change) {
		t.Helper()
		var err error
		if svc, err = db.UpdateService(t.Context(), editor, svc.ID, 0, c); err != nil {
			t.Fatal(err)
		}
	}
	last := func() *events.Preceding {
		t.Helper()
		changes := changesIn(takeOutbox(t, db))
		if len(changes) != 1 {
			t.Fatalf("changes are %+v", changes)
		}
		return changes[0].After
	}
	apply(t, db, result(svc, time.Now(), events.StatusHealthy))
	if after := last(); after != nil {
		t.Errorf("a new service is healthy after %+v", after)
	}
	change(catalog.Change{Description: ptr("no matter for a probe")})
	apply(t, db, result(svc, time.Now(), events.StatusDown))
	if after := last(); after != nil {
		t.Errorf("it fell after %+v", after)
	}
	change(catalog.Change{StatusURL: ptr(healthURL + "/new"), Description: ptr("and this")})
	if after := last(); after != nil {
		t.Errorf("it is unknown, which a new URL makes it, after %+v", after)
	}
	apply(t, db, result(svc, time.Now(), events.StatusHealthy))
	if after := last(); after == nil || after.Kind != events.PrecedingChange || after.By != editor.Name || len(after.Changed) != 2 {
		t.Errorf("it is healthy after %+v", after)
	}
	deploy(t, db, svc, deployment.Draft{Version: "v2"})
	apply(t, db, result(svc, time.Now(), events.StatusDown))
	if after := last(); after == nil || after.Kind != events.PrecedingDeployment {
		t.Errorf("it fell after %+v", after)
	}
	at := time.Now().UTC()
	_, err := db.ApplyReleases(t.Context(), access.Fetcher, events.ReleasesFound{
		ServiceID: svc.ID, CheckedAt: at, Releases: []events.Release{{Tag: "v3", URL: "https://forge.example/v3", Author: "ada", PublishedAt: at}},
	})
	if err != nil {
		t.Fatal(err)
	}
	apply(t, db, result(svc, time.Now(), events.StatusHealthy))
	if after := last(); after == nil || after.Kind != events.PrecedingRelease || after.Version != "v3" || after.By != "ada" || after.URL == "" {
		t.Errorf("it is healthy after %+v", after)
	}
	change(catalog.Change{StatusURL: ptr(""), Status: ptr(events.StatusDegraded)})
	if after := last(); after != nil {
		t.Errorf("by hand it is degraded after %+v", after)
	}

	moments, err := db.StatusChanges(t.Context(), []string{svc.ID}, time.Time{}, time.Now().Add(time.Hour), 99)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, m := range moments {
		kind := "-"
		if m.After != nil {
			kind = m.After.Kind
		}
		kinds = append(kinds, kind)
	}
	if want := []string{"-", "release", "deployment", "change", "-", "-", "-", "-"}; !slices.Equal(kinds, want) {
		t.Errorf("the statuses came after %q, want %q", kinds, want)
	}
}

// That nobody looks has no cause in the service.
func TestStalenessIsAfterNothing(t *testing.T) {
	db := open(t)
	svc := create(t, db, catalog.Change{Name: ptr("billing"), StatusURL: ptr(healthURL)})
	begin := time.Now().Add(-10 * time.Minute)
	apply(t, db, result(svc, begin, events.StatusHealthy))
	deploy(t, db, svc, deployment.Draft{Version: "v2", At: begin.Add(time.Minute)})
	takeOutbox(t, db)
	if _, err := db.MarkStale(t.Context(), access.Sweeper, begin); err != nil {
		t.Fatal(err)
	}
	if changes := changesIn(takeOutbox(t, db)); len(changes) != 1 || changes[0].Reason != events.ReasonStale || changes[0].After != nil {
		t.Errorf("the changes are %+v", changes)
	}
}

func TestOldDeploymentsArePurged(t *testing.T) {
	db := open(t)
	svc := create(t, db, catalog.Change{Name: ptr("billing")})
	old := time.Now().AddDate(-5, 0, 0)
	deploy(t, db, svc, deployment.Draft{Version: "v1", At: old.Add(-time.Hour)})
	kept := deploy(t, db, svc, deployment.Draft{Version: "v2", At: old.Add(time.Hour)})
	if _, err := db.PurgeDeployments(t.Context(), editor, old); err == nil {
		t.Error("a person purges them")
	}
	n, err := db.PurgeDeployments(t.Context(), access.Sweeper, old)
	found, readErr := db.Deployments(t.Context(), []string{svc.ID}, time.Time{}, time.Now(), 9)
	if err := errors.Join(err, readErr); err != nil || n != 1 || len(found) != 1 || found[0].ID != kept.ID {
		t.Errorf("%d purged, left are %+v, %v", n, found, err)
	}
}
