package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
)

// on is a change that needs services by their names; "mail?" is needed softly.
func on(names ...string) *[]catalog.Dependency {
	list := []catalog.Dependency{}
	for _, name := range names {
		d := catalog.Dependency{Kind: events.DependencyHard}
		if name, soft := strings.CutSuffix(name, "?"); soft {
			d.Kind, d.Name = events.DependencySoft, name
		} else {
			d.Name = name
		}
		list = append(list, d)
	}
	return &list
}

// says is what a service needs, in words: "db, mail?, old!", where the last is gone.
func says(svc catalog.Service) string {
	var words []string
	for _, d := range svc.DependsOn {
		word := d.Name
		if d.Kind == events.DependencySoft {
			word += "?"
		}
		if d.Missing {
			word += "!"
		}
		words = append(words, word)
	}
	return strings.Join(words, ", ")
}

func update(t *testing.T, db *store.Store, id string, c catalog.Change) catalog.Service {
	t.Helper()
	svc, err := db.UpdateService(t.Context(), editor, id, 0, c)
	if err != nil {
		t.Fatal(err)
	}
	return svc
}

// wantNeeds compares what a service needs, wherever it is read.
func wantNeeds(t *testing.T, db *store.Store, svc catalog.Service, want string) {
	t.Helper()
	byID, err := db.ServiceByID(t.Context(), svc.ID)
	if err != nil {
		t.Fatal(err)
	}
	byName, err := db.ServiceByName(t.Context(), byID.Name)
	if err != nil {
		t.Fatal(err)
	}
	list, err := db.ListServices(t.Context(), catalog.Filter{IDs: []string{svc.ID}})
	if err != nil {
		t.Fatal(err)
	}
	if says(byID) != want || says(byName) != want || says(list[0].Service) != want {
		t.Errorf("it needs %q, by its name %q, in the list %q, want %q", says(byID), says(byName), says(list[0].Service), want)
	}
}

func TestDependenciesAreStored(t *testing.T) {
	db := open(t)
	create(t, db, catalog.Change{Name: ptr("db")})
	mail := create(t, db, catalog.Change{Name: ptr("Mail")})
	shop := create(t, db, catalog.Change{Name: ptr("shop"), DependsOn: on("MAIL?", "db")})
	if says(shop) != "Mail?, db" {
		t.Errorf("created it needs %q", says(shop))
	}
	wantNeeds(t, db, shop, "Mail?, db")
	sent := takeOutbox(t, db)
	if got := sent[2].(events.ServiceCreated); got.DependsOn[0] != (events.Dependency{ServiceID: mail.ID, Name: "Mail", Kind: "soft"}) || len(got.DependsOn) != 2 {
		t.Errorf("the event says %+v", got.DependsOn)
	}
	same := update(t, db, shop.ID, catalog.Change{DependsOn: &[]catalog.Dependency{{ID: strings.ToUpper(mail.ID), Name: "x", Kind: "soft"}, {Name: "DB"}}})
	if same.Version != 1 || len(takeOutbox(t, db)) > 0 {
		t.Errorf("what it needs already makes version %d", same.Version)
	}
	if other := update(t, db, shop.ID, catalog.Change{Team: ptr("Shop")}); says(other) != "Mail?, db" {
		t.Errorf("after another change it needs %q", says(other))
	}
	takeOutbox(t, db)
	changed := update(t, db, shop.ID, catalog.Change{DependsOn: &[]catalog.Dependency{{Name: "db", Note: "orders"}}})
	wantNeeds(t, db, shop, "db")
	told, is := takeOutbox(t, db)[0].(events.ServiceUpdated)
	if !is || changed.Version != 3 || told.DependsOn[0].Note != "orders" || !slices.Equal(told.Changed, []string{"depends_on"}) {
		t.Errorf("to version %d is told %+v", changed.Version, told)
	}
	update(t, db, shop.ID, catalog.Change{DependsOn: on()})
	wantNeeds(t, db, shop, "")
	lines := trail(t, db, access.Search{Thing: events.Key{Kind: events.KindService, ID: shop.ID}, Limit: 1})
	if want := "depends_on [map["; !strings.Contains(lines[0], want) {
		t.Errorf("the trail has %s", lines[0])
	}
}

func TestDependenciesThatAreRefused(t *testing.T) {
	db := open(t)
	shop := create(t, db, catalog.Change{Name: ptr("shop")})
	mail := create(t, db, catalog.Change{Name: ptr("mail")})
	takeOutbox(t, db)
	for what, tc := range map[string]struct {
		list []catalog.Dependency
		want string
	}{
		"a name that no service has":  {[]catalog.Dependency{{Name: "mail"}, {Name: "none"}}, "depends_on[1]: No service has the name"},
		"an id that no service has":   {[]catalog.Dependency{{ID: "019a0000-0000-7000-8000-0000000000d9"}}, "depends_on[0]: No service has the id"},
		"itself":                      {[]catalog.Dependency{{Name: "SHOP"}}, "depends_on[0]: A service cannot need itself"},
		"one by name and by id":       {[]catalog.Dependency{{Name: "mail"}, {ID: mail.ID}}, "depends_on[1]: This service is given twice"},
		"a name that Postgres cannot": {[]catalog.Dependency{{Name: "a\x00b"}}, "depends_on[0]: No service"},
	} {
		_, changing := db.UpdateService(t.Context(), editor, shop.ID, 0, catalog.Change{DependsOn: &tc.list})
		_, creating := db.CreateService(t.Context(), editor, catalog.Change{Name: ptr("other"), DependsOn: &tc.list})
		if what == "itself" {
			creating = changing // another service may need it
			remove(t, db, byName(t, db, "other").ID)
			takeOutbox(t, db)
		}
		for _, err := range []error{changing, creating} {
			if !isInvalid(err) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
	stranger := access.Actor{Kind: access.Key, ID: "k2", Role: access.Editor, Teams: []string{"Web"}}
	_, err := db.UpdateService(t.Context(), stranger, shop.ID, 0, catalog.Change{DependsOn: on("none")})
	if _, denied := errors.AsType[*access.DeniedError](err); !denied {
		t.Errorf("of another team: %v", err)
	}
	if list := takeOutbox(t, db); len(list) > 0 {
		t.Errorf("what was refused has the events %+v", list)
	}
	wantNeeds(t, db, shop, "")
}

func byName(t *testing.T, db *store.Store, name string) catalog.Service {
	t.Helper()
	svc, err := db.ServiceByName(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return svc
}

// A service has the new name of what it needs at once, in the same version, and lists that
// were read before are told.
func TestRenameShowsInThoseWhoNeedIt(t *testing.T) {
	for _, measured := range []bool{false, true} {
		db := open(t)
		mail := create(t, db, catalog.Change{Name: ptr("mail")})
		shop := create(t, db, catalog.Change{Name: ptr("shop"), DependsOn: on("mail")})
		create(t, db, catalog.Change{Name: ptr("other")})
		list, err := db.Changes(t.Context(), catalog.Revision{}, measured)
		if err != nil {
			t.Fatal(err)
		}
		next := func(want ...string) {
			t.Helper()
			changed, err := db.Changed(t.Context(), list.Revision)
			if err != nil || !changed {
				t.Errorf("the list changed: %t, %v", changed, err)
			}
			if list, err = db.Changes(t.Context(), list.Revision, measured); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, svc := range list.Services {
				if svc.ID == shop.ID {
					got = append(got, fmt.Sprint(says(svc.Service), " in version ", svc.Version))
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("the list has %q, want %q", got, want)
			}
		}
		update(t, db, mail.ID, catalog.Change{Name: ptr("post")})
		next("post in version 1")
		remove(t, db, mail.ID)
		next("post! in version 1")
		if _, err := db.RestoreService(t.Context(), editor, mail.ID); err != nil {
			t.Fatal(err)
		}
		next("post in version 1")
		wantNeeds(t, db, shop, "post")
		if changed, err := db.Changed(t.Context(), list.Revision); changed || err != nil {
			t.Errorf("after all it changed: %t, %v", changed, err)
		}
		update(t, db, mail.ID, catalog.Change{Team: ptr("Web")})
		if !measured {
			next() // what needs it has no news of this
		}
	}
}

func TestServicesThatAreGoneStayNeeded(t *testing.T) {
	db := open(t)
	mail := create(t, db, catalog.Change{Name: ptr("mail")})
	shop := create(t, db, catalog.Change{Name: ptr("shop"), DependsOn: on("mail?")})
	update(t, db, mail.ID, catalog.Change{Name: ptr("post")})
	remove(t, db, mail.ID)
	wantNeeds(t, db, shop, "post?!")
	kept := update(t, db, shop.ID, catalog.Change{DependsOn: &[]catalog.Dependency{{ID: mail.ID, Name: "post", Kind: "hard"}}})
	if says(kept) != "post!" || kept.Version != 2 {
		t.Errorf("sent back it needs %q in version %d", says(kept), kept.Version)
	}
	create(t, db, catalog.Change{Name: ptr("post")})
	wantNeeds(t, db, shop, "post!")
	if both := update(t, db, shop.ID, catalog.Change{DependsOn: &[]catalog.Dependency{{ID: mail.ID}, {Name: "post"}}}); says(both) != "post!, post" {
		t.Errorf("beside another of its name it needs %q", says(both))
	}
	update(t, db, shop.ID, catalog.Change{DependsOn: on("post")})
	wantNeeds(t, db, shop, "post")
	if _, err := db.UpdateService(t.Context(), editor, shop.ID, 0, catalog.Change{DependsOn: &[]catalog.Dependency{{ID: mail.ID}}}); !isInvalid(err) {
		t.Errorf("once it is not needed any more: %v", err)
	}
}

// remove deletes a service, whoever needs it.
func remove(t *testing.T, db *store.Store, id string) {
	t.Helper()
	if err := db.DeleteNeededService(t.Context(), editor, id, 0); err != nil {
		t.Fatal(err)
	}
}

func TestNeededServiceIsNotDeleted(t *testing.T) {
	db := open(t)
	mail := create(t, db, catalog.Change{Name: ptr("mail")})
	var first catalog.Service
	for i := range 7 {
		first = create(t, db, catalog.Change{Name: ptr(fmt.Sprint("shop ", 6-i)), DependsOn: on("mail?")})
	}
	remove(t, db, byName(t, db, "shop 6").ID) // what is gone needs nothing
	takeOutbox(t, db)
	refused := func(services int, names ...string) {
		t.Helper()
		err, is := errors.AsType[*catalog.NeededError](db.DeleteService(t.Context(), editor, mail.ID, 0))
		if !is || err.Services != services || !slices.Equal(err.First, names) {
			t.Errorf("it is needed by %+v, want %d: %v", err, services, names)
		}
	}
	refused(6, "shop 0", "shop 1", "shop 2", "shop 3", "shop 4")
	stranger := access.Actor{Kind: access.Key, ID: "k2", Role: access.Editor, Teams: []string{"Web"}}
	for _, try := range []func() error{
		func() error { return db.DeleteService(t.Context(), stranger, mail.ID, 0) },
		func() error { return db.DeleteNeededService(t.Context(), stranger, mail.ID, 0) },
	} {
		if _, denied := errors.AsType[*access.DeniedError](try()); !denied {
			t.Error("others delete it, or read who needs it")
		}
	}
	if err := db.DeleteNeededService(t.Context(), editor, mail.ID, 7); !errors.Is(err, catalog.ErrVersionMismatch) {
		t.Errorf("of another version: %v", err)
	}
	if list := takeOutbox(t, db); len(list) > 0 {
		t.Errorf("what was refused has the events %+v", list)
	}
	remove(t, db, mail.ID)
	wantNeeds(t, db, first, "mail?!")
	if _, err := db.RestoreService(t.Context(), editor, mail.ID); err != nil {
		t.Fatal(err)
	}
	wantNeeds(t, db, first, "mail?")
	for i := range 6 {
		remove(t, db, byName(t, db, fmt.Sprint("shop ", i)).ID)
	}
	if err := db.DeleteService(t.Context(), editor, mail.ID, 0); err != nil {
		t.Errorf("once nobody needs it: %v", err)
	}
}

func TestRestoredServiceNeedsWhatItNeeded(t *testing.T) {
	db := open(t)
	mail := create(t, db, catalog.Change{Name: ptr("mail")})
	create(t, db, catalog.Change{Name: ptr("db")})
	shop := create(t, db, catalog.Change{Name: ptr("shop"), DependsOn: on("mail", "db?")})
	remove(t, db, shop.ID)
	remove(t, db, mail.ID)
	takeOutbox(t, db)
	back, err := db.RestoreService(t.Context(), editor, shop.ID)
	if err != nil || says(back) != "mail!, db?" {
		t.Errorf("restored it needs %q, %v", says(back), err)
	}
	if told := takeOutbox(t, db)[0].(events.ServiceCreated); len(told.DependsOn) != 2 || told.DependsOn[0].Name != "mail" {
		t.Errorf("the event says %+v", told.DependsOn)
	}
	wantNeeds(t, db, shop, "mail!, db?")
	remove(t, db, shop.ID)
	if n, err := db.PurgeTrash(t.Context(), access.Sweeper, time.Now()); n != 2 || err != nil {
		t.Errorf("%d were purged, %v", n, err)
	}
	var left int
	if err := db.DB().GetContext(t.Context(), &left, `SELECT count(*) FROM dependencies`); err != nil || left != 0 {
		t.Errorf("of what is gone for good, %d are left, %v", left, err)
	}
}

func TestUndoBringsDependenciesBack(t *testing.T) {
	db := open(t)
	mail := create(t, db, catalog.Change{Name: ptr("mail")})
	create(t, db, catalog.Change{Name: ptr("db")})
	shop := create(t, db, catalog.Change{Name: ptr("shop"), DependsOn: on("mail?", "db")})
	update(t, db, shop.ID, catalog.Change{DependsOn: on("db")})
	last := func() int64 {
		entries, err := db.Trail(t.Context(), access.Search{Thing: events.Key{Kind: events.KindService, ID: shop.ID}, Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		return entries[0].Seq
	}
	undo := func(want string) {
		t.Helper()
		if back, err := db.UndoChange(t.Context(), editor, shop.ID, last()); err != nil || says(back) != want {
			t.Errorf("taken back it needs %q, %v, want %q", says(back), err, want)
		}
		wantNeeds(t, db, shop, want)
	}
	update(t, db, mail.ID, catalog.Change{Name: ptr("post")})
	undo("post?, db")
	update(t, db, shop.ID, catalog.Change{DependsOn: on()})
	remove(t, db, mail.ID)
	undo("post?!, db")
	remove(t, db, shop.ID)
	undo("post?!, db")
}

func TestDependenciesAtAMoment(t *testing.T) {
	db := open(t)
	mail := create(t, db, catalog.Change{Name: ptr("mail")})
	create(t, db, catalog.Change{Name: ptr("db")})
	var moments []time.Time
	var want []string
	then := func(needs string) { moments, want = append(moments, time.Now().UTC()), append(want, needs) }
	shop := create(t, db, catalog.Change{Name: ptr("shop"), DependsOn: on("mail?", "db")})
	then("mail?, db")
	update(t, db, mail.ID, catalog.Change{Name: ptr("post")})
	then("post?, db")
	update(t, db, shop.ID, catalog.Change{DependsOn: on("db", "post")})
	then("db, post")
	remove(t, db, mail.ID)
	then("db, post!")
	if _, err := db.RestoreService(t.Context(), editor, mail.ID); err != nil {
		t.Fatal(err)
	}
	then("db, post")
	update(t, db, shop.ID, catalog.Change{DependsOn: on()})
	then("")
	remove(t, db, shop.ID)
	for i, at := range moments {
		for _, ids := range [][]string{{shop.ID}, nil} {
			m, err := db.ServicesAt(t.Context(), at, ids)
			if err != nil {
				t.Fatal(err)
			}
			j := slices.IndexFunc(m.Services, func(l catalog.Listed) bool { return l.ID == shop.ID })
			if j < 0 || says(m.Services[j].Service) != want[i] {
				t.Errorf("at moment %d of %d services it needs %q, want %q", i, len(m.Services), says(m.Services[max(j, 0)].Service), want[i])
			}
		}
	}
}

// Services come to need each other while they are renamed, deleted and restored: nobody waits
// for somebody who waits for them, and no service needs one that it could not have known.
func TestDependenciesAreWrittenAtOnce(t *testing.T) {
	db := open(t)
	names := []string{"a", "b", "c", "d"}
	ids := map[string]string{}
	for _, name := range names {
		ids[name] = create(t, db, catalog.Change{Name: &name}).ID
	}
	tolerated := func(err error) {
		_, needed := errors.AsType[*catalog.NeededError](err)
		if err != nil && !needed && !isInvalid(err) && !errors.Is(err, catalog.ErrNotFound) && !errors.Is(err, catalog.ErrNameTaken) {
			t.Error(err)
		}
	}
	var all sync.WaitGroup
	for i, name := range names {
		others := slices.DeleteFunc(slices.Clone(names), func(other string) bool { return other == name })
		all.Go(func() {
			for n := range 15 {
				list := []catalog.Dependency{{ID: ids[others[n%3]]}, {ID: ids[others[(n+1)%3]], Kind: "soft", Note: fmt.Sprint(n)}}
				_, err := db.UpdateService(t.Context(), editor, ids[name], 0, catalog.Change{DependsOn: &list, Name: ptr(fmt.Sprint(name, n%2))})
				tolerated(err)
			}
		})
		all.Go(func() {
			for n := range 10 {
				if n%2 == 0 {
					tolerated(db.DeleteNeededService(t.Context(), editor, ids[names[(i+1)%4]], 0))
				}
				tolerated(db.DeleteService(t.Context(), editor, ids[names[(i+1)%4]], 0))
				_, err := db.RestoreService(t.Context(), editor, ids[names[(i+1)%4]])
				tolerated(err)
			}
		})
	}
	all.Wait()
	var loose int
	const query = `SELECT count(*) FROM dependencies d WHERE NOT EXISTS (SELECT FROM services WHERE id = d.needs_id UNION ALL SELECT FROM trash WHERE id = d.needs_id)`
	if err := db.DB().GetContext(t.Context(), &loose, query); err != nil || loose > 0 {
		t.Errorf("%d need what never was there, %v", loose, err)
	}
}

// A version that knows nothing of dependencies writes and deletes beside this one.
func TestOlderVersionKeepsDependencies(t *testing.T) {
	url, before := migrated(t, 18)
	const id, other = "019a0000-0000-7000-8000-000000000001", "019a0000-0000-7000-8000-000000000002"
	add := `INSERT INTO services (id, name, description, team, status_url, docs_url, github_url, dashboard_url, tags, probe_interval, version, created_at,
			updated_at, name_key, search_text, status, status_since, status_reason, http_status, latency_ms)
		VALUES ($1, $2, '', '', '', '', '', '', '{}', '1m', 1, now(), now(), $2, $2, 'unknown', now(), '', 0, 0)`
	exec(t, before, add, id, "shop")
	db := openAt(t, url)
	exec(t, before, add, other, "mail")
	shop, err := db.ServiceByID(t.Context(), id)
	if err != nil || says(shop) != "" {
		t.Fatalf("before it needed %q, %v", says(shop), err)
	}
	update(t, db, id, catalog.Change{DependsOn: on("mail")})
	exec(t, before, `UPDATE services SET team = 'Shop', version = version + 1 WHERE id = $1`, id)
	wantNeeds(t, db, shop, "mail")
	exec(t, before, `UPDATE services SET name = 'post', name_key = 'post' WHERE id = $1`, other)
	wantNeeds(t, db, shop, "post")
	exec(t, before, `DELETE FROM services WHERE id = $1`, other)
	wantNeeds(t, db, shop, "post!")
	exec(t, before, `DELETE FROM services WHERE id = $1`, id)
	exec(t, before, add, id, "shop") // as its restoring does
	wantNeeds(t, db, shop, "post!")
}

func TestNeighbours(t *testing.T) {
	db := open(t)
	mail := create(t, db, catalog.Change{Name: ptr("mail"), Team: ptr("Web"), Status: ptr(events.StatusDown)})
	gone := create(t, db, catalog.Change{Name: ptr("gone")})
	shop := create(t, db, catalog.Change{Name: ptr("shop"), DependsOn: &[]catalog.Dependency{{Name: "mail", Kind: "soft", Note: "receipts"}, {Name: "gone"}}})
	for _, name := range []string{"c", "a", "B"} {
		create(t, db, catalog.Change{Name: &name, DependsOn: on("shop")})
	}
	deleted := create(t, db, catalog.Change{Name: ptr("deleted"), DependsOn: on("shop")})
	remove(t, db, deleted.ID)
	remove(t, db, gone.ID)
	got, err := db.Neighbours(t.Context(), shop.ID, 2)
	if err != nil {
		t.Fatal(err)
	}
	needs := []catalog.Neighbour{
		{ID: gone.ID, Name: "gone", Kind: "hard", Missing: true}, {ID: mail.ID, Name: "mail", Team: "Web", Status: events.StatusDown, Kind: "soft", Note: "receipts"},
	}
	if !slices.Equal(got.Needs, needs) {
		t.Errorf("it needs %+v, want %+v", got.Needs, needs)
	}
	if n := got.NeededBy; len(n) != 2 || n[0].Name != "a" || n[1].Name != "B" || n[0].Kind != "hard" || got.NeededByTotal != 3 {
		t.Errorf("it is needed by %+v, %d in all", n, got.NeededByTotal)
	}
	if _, err := db.Neighbours(t.Context(), gone.ID, 2); !errors.Is(err, catalog.ErrNotFound) {
		t.Errorf("of one that is gone: %v", err)
	}
}

func TestNeededServices(t *testing.T) {
	db := open(t)
	status := func(s events.Status) *events.Status { return &s }
	create(t, db, catalog.Change{Name: ptr("disk"), Team: ptr("Data"), Status: status(events.StatusDown)})
	create(t, db, catalog.Change{Name: ptr("db"), DependsOn: on("disk")})
	mail := create(t, db, catalog.Change{Name: ptr("mail"), Status: status(events.StatusDown)})
	old := create(t, db, catalog.Change{Name: ptr("old"), DependsOn: on("mail")})
	shop := create(t, db, catalog.Change{Name: ptr("shop"), DependsOn: on("db", "mail?", "old")})
	update(t, db, byName(t, db, "disk").ID, catalog.Change{DependsOn: on("shop")}) // a circle is legal
	if err := db.DeleteNeededService(t.Context(), editor, old.ID, 0); err != nil {
		t.Fatal(err)
	}
	found, err := db.NeededServices(t.Context(), shop.ID)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, svc := range found {
		got = append(got, fmt.Sprint(svc.Name, " of ", svc.Team, " ", svc.Status, " needs ", len(svc.DependsOn)))
		if read := byName(t, db, svc.Name); !svc.StatusSince.Equal(read.StatusSince) || svc.ID != read.ID {
			t.Errorf("%s has its status since %s, want %s", svc.Name, svc.StatusSince, read.StatusSince)
		}
	}
	slices.Sort(got)
	if want := []string{"db of  unknown needs 1", "disk of Data down needs 1", "shop of  unknown needs 2"}; !slices.Equal(got, want) {
		t.Errorf("found are %q, want %q", got, want)
	}
	if alone, err := db.NeededServices(t.Context(), mail.ID); err != nil || len(alone) != 1 {
		t.Errorf("of one that needs none: %d, %v", len(alone), err)
	}
	for _, id := range []string{old.ID, "x", ""} {
		if none, err := db.NeededServices(t.Context(), id); err != nil || len(none) > 0 {
			t.Errorf("of %q, which is not there: %d, %v", id, len(none), err)
		}
	}
}
