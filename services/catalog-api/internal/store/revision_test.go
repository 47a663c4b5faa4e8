package store_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/storetest"
)

// changes returns the changes since the revision, and fails if Changed disagrees.
func changes(t *testing.T, db *store.Store, at catalog.Revision, measured bool) catalog.Changes {
	t.Helper()
	changed, err := db.Changed(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	c, err := db.Changes(t.Context(), at, measured)
	if err != nil {
		t.Fatal(err)
	}
	if found := c.All || len(c.Services)+len(c.Deleted) > 0; !measured && found != changed {
		t.Errorf("said to have changed: %t, but there are %s", changed, summary(c))
	}
	return c
}

func summary(c catalog.Changes) string {
	var names []string
	for _, s := range c.Services {
		names = append(names, s.Name)
	}
	slices.Sort(names)
	return strings.TrimSpace(fmt.Sprintf("%s -%d", strings.Join(names, " "), len(c.Deleted)))
}

func wantChanges(t *testing.T, c catalog.Changes, all bool, want string) {
	t.Helper()
	if got := summary(c); got != want || c.All != all {
		t.Errorf("got %q, all %t, want %q, all %t", got, c.All, want, all)
	}
}

func TestChangesReportsEachWriteOnce(t *testing.T) {
	db := openAt(t, storetest.Database(t))
	a := create(t, db, catalog.Change{Name: ptr("a"), StatusURL: ptr("http://a.example/")})
	b := create(t, db, catalog.Change{Name: ptr("b")})
	now := changes(t, db, catalog.Revision{}, false)
	wantChanges(t, now, true, "a b -0")
	at := now.Revision

	step := func(want string, write func()) {
		t.Helper()
		write()
		c := changes(t, db, at, false)
		wantChanges(t, c, false, want)
		at = c.Revision
		wantChanges(t, changes(t, db, at, false), false, "-0")
	}
	step("b -0", func() {
		if _, err := db.UpdateService(t.Context(), editor, b.ID, 0, catalog.Change{Team: ptr("Payments")}); err != nil {
			t.Fatal(err)
		}
	})
	step("-0", func() {
		if _, err := db.UpdateService(t.Context(), editor, b.ID, 0, catalog.Change{Team: ptr("Payments")}); err != nil {
			t.Fatal(err)
		}
	})
	first := time.Now().Add(-time.Minute).Truncate(time.Second)
	step("a -0", func() { apply(t, db, result(a, first, events.StatusHealthy)) })
	step("-0", func() { apply(t, db, result(a, first.Add(time.Second), events.StatusHealthy)) })
	step("a -0", func() { apply(t, db, result(a, first.Add(2*time.Second), events.StatusDown)) })
	step("c -0", func() { create(t, db, catalog.Change{Name: ptr("c")}) })
	step("-1", func() {
		if err := db.DeleteService(t.Context(), editor, b.ID, 0); err != nil {
			t.Fatal(err)
		}
	})
	step("-0", func() { db.DB().MustExec(`CREATE TABLE other AS SELECT 1`) })
}

func TestChangesIncludesMeasurementsOnRequest(t *testing.T) {
	db := openAt(t, storetest.Database(t))
	a := create(t, db, catalog.Change{Name: ptr("a"), StatusURL: ptr("http://a.example/")})
	create(t, db, catalog.Change{Name: ptr("b")})
	first := time.Now().Add(-time.Minute).Truncate(time.Second)
	apply(t, db, result(a, first, events.StatusHealthy))
	at := changes(t, db, catalog.Revision{}, false).Revision

	apply(t, db, result(a, first.Add(time.Second), events.StatusHealthy))
	c := create(t, db, catalog.Change{Name: ptr("c")})
	shown := changes(t, db, at, false)
	wantChanges(t, shown, false, "c -0")
	if err := db.DeleteService(t.Context(), editor, c.ID, 0); err != nil {
		t.Fatal(err)
	}
	// The read before this one left measurements out, so they are still due.
	all := changes(t, db, shown.Revision, true)
	if !slices.ContainsFunc(all.Services, func(l catalog.Listed) bool {
		return l.ID == a.ID && l.LastCheckedAt != nil && l.LastCheckedAt.Equal(first.Add(time.Second).Truncate(time.Microsecond))
	}) || len(all.Deleted) != 1 {
		t.Errorf("got %s, want a as the last probe left it, and a deletion", summary(all))
	}
	if all.Revision.Measured != all.Revision.Shown {
		t.Errorf("the revision is %+v", all.Revision)
	}
}

// The changes of a transaction that begins before a read and commits after it must not
// be lost, whatever the order of transaction ids.
func TestChangesIncludesLateCommits(t *testing.T) {
	db := openAt(t, storetest.Database(t))
	svc := create(t, db, catalog.Change{Name: ptr("a")})
	gone := create(t, db, catalog.Change{Name: ptr("gone")})
	slow, err := db.DB().Beginx()
	if err != nil {
		t.Fatal(err)
	}
	slow.MustExec(`UPDATE services SET team = 'slow' WHERE id = $1`, svc.ID)
	slow.MustExec(`DELETE FROM services WHERE id = $1`, gone.ID)
	create(t, db, catalog.Change{Name: ptr("b")}) // has a later id, and commits earlier
	at := changes(t, db, catalog.Revision{}, false).Revision
	wantChanges(t, changes(t, db, at, false), false, "-0")
	if err := slow.Commit(); err != nil {
		t.Fatal(err)
	}
	wantChanges(t, changes(t, db, at, false), false, "a -1")
}

// The database records changes by itself, because neither replicas of the previous
// version nor people who write SQL do.
func TestChangesReportsEachColumn(t *testing.T) {
	db := openAt(t, storetest.Database(t))
	svc := create(t, db, catalog.Change{Name: ptr("a"), StatusURL: ptr("http://a.example/")})
	at := changes(t, db, catalog.Revision{}, false).Revision
	values := map[string]string{
		"tags": `'{x}'`, "version": `version + 1`, "http_status": `http_status + 1`, "status": `'down'`, "probe_interval": `'5m'`,
		"status_since": `now()`, "created_at": `now()`, "updated_at": `now()`, "latency_ms": `latency_ms + 1`, "last_checked_at": `now()`,
	}
	columns := []string{"name_key"}
	listed := reflect.TypeFor[catalog.Service]()
	for i := range listed.NumField() {
		if column := listed.Field(i).Tag.Get("db"); column != "-" && column != "" {
			columns = append(columns, column)
		}
	}
	columns = append(columns, "tags")
	if len(columns) < 19 {
		t.Fatalf("only %d columns: %v", len(columns), columns)
	}
	for _, column := range columns {
		if column == "id" {
			continue
		}
		value := values[column]
		if value == "" {
			value = column + ` || 'x'`
		}
		db.DB().MustExec(`UPDATE services SET `+column+` = `+value+` WHERE id = $1`, svc.ID)
		want := "1"
		if column == "latency_ms" || column == "last_checked_at" {
			want = "0"
		}
		c := changes(t, db, at, false)
		if got := fmt.Sprint(len(c.Services)); got != want {
			t.Errorf("%s changed: %s services, want %s", column, got, want)
		}
		at = c.Revision
	}
}

func TestChangesAfterRestoreFromAnotherServer(t *testing.T) {
	url := storetest.Database(t)
	db := openAt(t, url)
	create(t, db, catalog.Change{Name: ptr("a")})
	db.DB().MustExec(`UPDATE services SET changed = '900000000000'`)
	again := openAt(t, url)
	at := changes(t, again, catalog.Revision{}, false).Revision
	wantChanges(t, changes(t, again, at, false), false, "-0")
	at.Server = "another"
	wantChanges(t, changes(t, again, at, false), true, "a -0")
	at = changes(t, again, at, false).Revision
	at.Read = time.Now().Add(-25 * time.Hour)
	wantChanges(t, changes(t, again, at, false), true, "a -0")
}

func TestOldDeletionsArePurged(t *testing.T) {
	db := openAt(t, storetest.Database(t))
	for _, name := range []string{"a", "b"} {
		svc := create(t, db, catalog.Change{Name: ptr(name)})
		if err := db.DeleteService(t.Context(), editor, svc.ID, 0); err != nil {
			t.Fatal(err)
		}
		db.DB().MustExec(`UPDATE deleted_services SET deleted_at = now() - interval '3 days'`)
	}
	var kept int
	if err := db.DB().Get(&kept, `SELECT count(*) FROM deleted_services`); err != nil || kept != 1 {
		t.Errorf("%d deletions are kept (%v), want the last alone", kept, err)
	}
}
