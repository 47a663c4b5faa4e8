package store_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/incident"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
)

const incidentID = "019a0000-0000-7000-8000-000000000001"

// fallen returns news that a service with this name is a root cause; over, that it is none any more.
func fallen(name string) incident.News {
	return incident.News{Digest: []byte("digest of " + name), Event: events.ImpactChanged{
		ServiceID: incidentID, Name: name, RootCause: true, Status: events.StatusDown, Since: time.Now(), ChangedAt: time.Now(),
	}}
}

func over(name string) incident.News {
	return incident.News{Event: events.ImpactChanged{ServiceID: incidentID, Name: name, ChangedAt: time.Now()}}
}

// tellAll tells news, and returns the names of the events that this added.
func tellAll(t *testing.T, db *store.Store, news ...incident.News) (added []string) {
	t.Helper()
	done, err := db.TellIncidents(t.Context(), access.Teller, func(context.Context, []incident.Told) ([]incident.News, error) { return news, nil })
	if err != nil || !done {
		t.Fatal(done, err)
	}
	for _, e := range takeOutbox(t, db) {
		if e, is := e.(events.ImpactChanged); is {
			added = append(added, fmt.Sprint(e.Name, " ", e.RootCause))
		}
	}
	return added
}

func TestIncidentsAreToldWhenTheyChange(t *testing.T) {
	db := open(t)
	for i, step := range []struct {
		news incident.News
		want []string
	}{
		{fallen("a"), []string{"a true"}}, {fallen("a"), nil}, {fallen("b"), []string{"b true"}}, {over("b"), []string{"b false"}}, {fallen("b"), []string{"b true"}},
	} {
		if got := tellAll(t, db, step.news); !slices.Equal(got, step.want) {
			t.Errorf("step %d told %v, want %v", i, got, step.want)
		}
	}
	_, err := db.TellIncidents(t.Context(), editor, func(context.Context, []incident.Told) ([]incident.News, error) { return nil, nil })
	if err == nil {
		t.Error("an editor may tell")
	}
}

// While one replica looks what is to be told, another one does nothing: what it knows may be older.
func TestIncidentsAreToldByOneAtATime(t *testing.T) {
	db := open(t)
	done, err := db.TellIncidents(t.Context(), access.Teller, func(ctx context.Context, _ []incident.Told) ([]incident.News, error) {
		second, err := db.TellIncidents(ctx, access.Teller, func(context.Context, []incident.Told) ([]incident.News, error) {
			t.Error("a second one looks")
			return nil, nil
		})
		if second || err != nil {
			t.Errorf("the second one: %t, %v", second, err)
		}
		return []incident.News{fallen("a")}, nil
	})
	if !done || err != nil {
		t.Errorf("the first one: %t, %v", done, err)
	}
}

// What the stream has lost is told again, and that what it has though nothing fell is over.
func TestIncidentsAreRepaired(t *testing.T) {
	db := open(t)
	var repair func(context.Context, map[string]events.Envelope) (int, error)
	for _, r := range db.Repairs(access.Relay) {
		if r.Subjects == events.AllImpacts {
			repair = r.Republish
		}
	}
	last := func(e events.ImpactChanged) map[string]events.Envelope {
		return map[string]events.Envelope{incidentID: {Event: e}}
	}
	told := func() (list []incident.Told) {
		_, err := db.TellIncidents(t.Context(), access.Teller, func(_ context.Context, told []incident.Told) ([]incident.News, error) {
			list = told
			return nil, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	tellAll(t, db, fallen("a"))
	for name, tc := range map[string]struct {
		last map[string]events.Envelope
		n    int
		told []string
	}{
		"it has it":         {last(fallen("a").Event), 0, nil},
		"it lost it":        {nil, 1, []string{"a true"}},
		"it says otherwise": {last(over("a").Event), 1, []string{"a true"}},
	} {
		n, err := repair(t.Context(), tc.last)
		if got := tellAll(t, db, fallen("a")); err != nil || n != tc.n || !slices.Equal(got, tc.told) {
			t.Errorf("%s: %d, %v, then told %v; want %d, then %v", name, n, err, got, tc.n, tc.told)
		}
	}
	tellAll(t, db, over("a"))
	if n, err := repair(t.Context(), last(fallen("old").Event)); err != nil || n != 1 || len(told()) != 1 || told()[0].Name != "old" {
		t.Errorf("of one that nobody told: %d, %v, %+v", n, err, told())
	}
}
