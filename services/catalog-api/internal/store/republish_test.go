package store_test

import (
	"errors"
	"fmt"
	"maps"
	"testing"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
)

// said is what the stream last says of a service.
type said struct {
	Event   string
	Version int64
	Name    string
	Deleted bool
}

// republish repairs all that the database has, where the stream says this of services.
func republish(t *testing.T, db *store.Store, of map[string]said) (sent int, err error) {
	t.Helper()
	last := map[string]events.Envelope{}
	for id, was := range of {
		env := events.Envelope{ID: was.Event, Event: events.ServiceUpdated{
			Service: events.Service{ID: id, Name: was.Name, Version: was.Version},
		}}
		if was.Deleted {
			env.Event = events.ServiceDeleted{ID: id, Name: was.Name, Version: was.Version}
		}
		last[id] = env
	}
	for _, repair := range db.Repairs() {
		n, failed := repair.Republish(t.Context(), last)
		sent, err = sent+n, errors.Join(err, failed)
	}
	return sent, err
}

func TestRepublishSendsWhatTheStreamLacks(t *testing.T) {
	db := open(t)
	same := create(t, db, catalog.Change{Name: ptr("same")})
	lacking := create(t, db, catalog.Change{Name: ptr("lacking")})
	older := create(t, db, catalog.Change{Name: ptr("older")})
	restored := create(t, db, catalog.Change{Name: ptr("restored")})
	buried := create(t, db, catalog.Change{Name: ptr("buried")})
	if _, err := db.Update(t.Context(), older.ID, 0, catalog.Change{Team: ptr("x")}); err != nil {
		t.Fatal(err)
	}
	outboxed(t, db)
	waiting := create(t, db, catalog.Change{Name: ptr("waiting")}) // still in the outbox

	const orphan, dead = "019a0000-0000-7000-8000-000000000001", "019a0000-0000-7000-8000-000000000002"
	n, err := republish(t, db, map[string]said{
		same.ID:     {Version: 1, Name: "same"},
		older.ID:    {Version: 1, Name: "older"},
		restored.ID: {Version: 9, Name: "restored"},
		buried.ID:   {Version: 4, Name: "buried", Deleted: true},
		orphan:      {Version: 3, Name: "orphan"},
		dead:        {Version: 2, Name: "dead", Deleted: true},
	})
	if err != nil || n != 5 {
		t.Errorf("got %d, %v, want 5", n, err)
	}
	want := map[string]int64{lacking.ID: 1, older.ID: 2, restored.ID: 10, buried.ID: 5, orphan: 4}
	for _, e := range outboxed(t, db) {
		var version int64
		switch e := e.(type) {
		case events.ServiceUpdated:
			version = e.Version
		case events.ServiceDeleted:
			version = e.Version
			if e.ID != orphan {
				t.Errorf("deleted: %+v", e)
			}
		case events.ServiceCreated:
			if e.ID != waiting.ID {
				t.Errorf("created again: %+v", e)
			}
			continue
		}
		if want[e.Key().ID] != version {
			t.Errorf("%s: got version %d, want %d", e.Key().ID, version, want[e.Key().ID])
		}
		delete(want, e.Key().ID)
	}
	if len(want) > 0 {
		t.Errorf("not sent: %v", want)
	}
}

// A backup of a database that had events in its outbox brings them back, after
// the stream has gone on. Readers would drop them as old.
func TestRepublishOvertakesWhatWaitsInTheOutbox(t *testing.T) {
	db := open(t)
	dying := map[string]catalog.Service{"deleted": {}, "deleted, further on there": {}}
	for name := range dying {
		dying[name] = create(t, db, catalog.Change{Name: ptr(name)})
	}
	outboxed(t, db)

	last := map[string]said{}
	want, waiting := map[string]string{}, 0
	for _, tc := range []struct {
		name      string
		version   int64  // of the catalogue; all up to it wait
		published said   // version 0: the stream has nothing
		want      string // "": the outbox says it all
	}{
		{"new", 1, said{}, ""},
		{"newer", 3, said{Version: 1, Event: "the first that waits"}, ""},
		{"changed there since", 1, said{Version: 2}, "updated 3"},
		{"changed in both since", 2, said{Version: 2}, "updated 3"},
		{"changed there, and more here", 4, said{Version: 2}, "updated 4"},
		{"deleted there since", 1, said{Version: 2, Deleted: true}, "updated 3"},
		{"deleted", 2, said{Version: 1}, ""},
		{"deleted, further on there", 2, said{Version: 5}, "deleted 6"},
	} {
		svc, dies := dying[tc.name]
		if dies {
			if err := db.Delete(t.Context(), svc.ID, 0); err != nil {
				t.Fatal(err)
			}
			waiting++
		} else {
			svc = create(t, db, catalog.Change{Name: ptr(tc.name)})
			for v := int64(2); v <= tc.version; v++ {
				if _, err := db.Update(t.Context(), svc.ID, 0, catalog.Change{Team: ptr(fmt.Sprint(v))}); err != nil {
					t.Fatal(err)
				}
			}
			waiting += int(tc.version)
		}
		if p := tc.published; p.Version > 0 {
			if p.Event != "" {
				p.Event = firstInOutbox(t, db, svc.ID)
			}
			p.Name = tc.name
			last[svc.ID] = p
		}
		if tc.want != "" {
			want[tc.name] = tc.want
		}
	}
	if _, err := republish(t, db, last); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, e := range outboxed(t, db)[waiting:] {
		switch e := e.(type) {
		case events.ServiceUpdated:
			got[e.Name] = fmt.Sprint("updated ", e.Version)
		case events.ServiceDeleted:
			got[e.Name] = fmt.Sprint("deleted ", e.Version)
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// firstInOutbox is the id of the event of a service that goes out next.
func firstInOutbox(t *testing.T, db *store.Store, service string) (id string) {
	t.Helper()
	err := db.DB().GetContext(t.Context(), &id, `SELECT header->'ce-id'->>0 FROM outbox WHERE key = $1 ORDER BY id LIMIT 1`, "service/"+service)
	if err != nil {
		t.Fatal(err)
	}
	return id
}
