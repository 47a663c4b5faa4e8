package store_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/outbox"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
)

// lastEvent is the stream's last event of a service.
type lastEvent struct {
	Event   string
	Version int64
	Name    string
	Deleted bool
}

// republish runs the repair of services against a stream with these last events, by service id.
func republish(t *testing.T, db *store.Store, stream map[string]lastEvent) (sent int, err error) {
	t.Helper()
	last := map[string]events.Envelope{}
	for id, was := range stream {
		env := events.Envelope{ID: was.Event, Event: events.ServiceUpdated{
			Service: events.Service{ID: id, Name: was.Name, Version: was.Version},
		}}
		if was.Deleted {
			env.Event = events.ServiceDeleted{ID: id, Name: was.Name, Version: was.Version}
		}
		last[id] = env
	}
	return repairOf(t, db, events.KindService).Republish(t.Context(), last)
}

func repairOf(t *testing.T, db *store.Store, kind events.Kind) outbox.Repair {
	t.Helper()
	all := db.Repairs(access.Relay)
	return all[slices.IndexFunc(all, func(r outbox.Repair) bool { return r.Kind == kind })]
}

func TestRepublishAddsEventsThatTheStreamLacks(t *testing.T) {
	db := open(t)
	same := create(t, db, catalog.Change{Name: ptr("same")})
	lacking := create(t, db, catalog.Change{Name: ptr("lacking")})
	older := create(t, db, catalog.Change{Name: ptr("older")})
	restored := create(t, db, catalog.Change{Name: ptr("restored")})
	buried := create(t, db, catalog.Change{Name: ptr("buried")})
	if _, err := db.UpdateService(t.Context(), editor, older.ID, 0, catalog.Change{Team: ptr("x")}); err != nil {
		t.Fatal(err)
	}
	takeOutbox(t, db)
	waiting := create(t, db, catalog.Change{Name: ptr("waiting")}) // still in the outbox

	const orphan, dead = "019a0000-0000-7000-8000-000000000001", "019a0000-0000-7000-8000-000000000002"
	n, err := republish(t, db, map[string]lastEvent{
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
	for _, e := range takeOutbox(t, db) {
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

// A restored backup also restores the events in its outbox. The stream has moved on
// meanwhile, so readers would drop them as stale.
func TestRepublishOvertakesStaleOutboxEvents(t *testing.T) {
	db := open(t)
	dying := map[string]catalog.Service{"deleted": {}, "deleted, further on there": {}}
	for name := range dying {
		dying[name] = create(t, db, catalog.Change{Name: ptr(name)})
	}
	takeOutbox(t, db)

	last := map[string]lastEvent{}
	want, waiting := map[string]string{}, 0
	for _, tc := range []struct {
		name      string
		version   int64     // of the catalogue; all up to it are in the outbox
		published lastEvent // version 0: the stream has nothing
		want      string    // "": nothing is added
	}{
		{"new", 1, lastEvent{}, ""},
		{"newer", 3, lastEvent{Version: 1, Event: "the first that waits"}, ""},
		{"changed there since", 1, lastEvent{Version: 2}, "updated 3"},
		{"changed in both since", 2, lastEvent{Version: 2}, "updated 3"},
		{"changed there, and more here", 4, lastEvent{Version: 2}, "updated 4"},
		{"deleted there since", 1, lastEvent{Version: 2, Deleted: true}, "updated 3"},
		{"deleted", 2, lastEvent{Version: 1}, ""},
		{"deleted, further on there", 2, lastEvent{Version: 5}, "deleted 6"},
	} {
		svc, dies := dying[tc.name]
		if dies {
			if err := db.DeleteService(t.Context(), editor, svc.ID, 0); err != nil {
				t.Fatal(err)
			}
			waiting++
		} else {
			svc = create(t, db, catalog.Change{Name: ptr(tc.name)})
			for v := int64(2); v <= tc.version; v++ {
				if _, err := db.UpdateService(t.Context(), editor, svc.ID, 0, catalog.Change{Description: ptr(fmt.Sprint(v))}); err != nil {
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
	for _, e := range takeOutbox(t, db)[waiting:] {
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

// firstInOutbox returns the id of the service's event that is published next.
func firstInOutbox(t *testing.T, db *store.Store, service string) (id string) {
	t.Helper()
	err := db.DB().GetContext(t.Context(), &id, `SELECT header->'ce-id'->>0 FROM outbox WHERE key = $1 ORDER BY id LIMIT 1`, "service/"+service)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestEveryKindThatCanBeDeletedIsRepaired(t *testing.T) {
	repaired := map[events.Kind]bool{}
	for _, repair := range new(store.Store).Repairs(access.Relay) {
		repaired[repair.Kind] = true
	}
	samples, err := filepath.Glob("../../../../pkg/events/testdata/*.json") // one of every type
	if err != nil || len(samples) == 0 {
		t.Fatal(samples, err)
	}
	for _, path := range samples {
		typ := strings.TrimSuffix(filepath.Base(path), ".json")
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		sample, err := events.Decode(map[string][]string{
			"ce-specversion": {"1.0"}, "ce-id": {"x"}, "ce-source": {"x"}, "ce-time": {"2026-03-14T09:00:00Z"}, "ce-type": {typ},
		}, data)
		if err != nil {
			t.Fatal(err)
		}
		if _, is := sample.Event.(events.Tombstone); is && !repaired[sample.Event.Key().Kind] {
			t.Errorf("Repairs lacks %s, of %s", sample.Event.Key().Kind, typ)
		}
	}
}
