package store_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/oncall"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
)

// plan gives the team a plan.
func plan(t *testing.T, db *store.Store, slug string, p *oncall.Plan) catalog.Team {
	t.Helper()
	team, err := db.UpdateTeam(t.Context(), editor, slug, 0, catalog.TeamChange{OnCall: &p})
	if err != nil {
		t.Fatal(err)
	}
	return team
}

func byCalendar(url string) *oncall.Plan {
	return &oncall.Plan{Kind: oncall.ByCalendar, Calendar: &oncall.Calendar{URL: url}}
}

func TestWhoIsOnCallIsAFieldOfATeam(t *testing.T) {
	db := open(t)
	ada := oncall.Person{Name: "Ada", Email: "ada@example.com"}
	weekly := &oncall.Plan{Kind: oncall.ByRotation, Rotation: &oncall.Rotation{
		People: []oncall.Person{ada, {Name: "Bob"}}, Zone: "Europe/Zurich", Starts: "2026-11-30T09:00", ShiftDays: 7,
		Overrides: []oncall.Override{{From: "2026-12-24T09:00", Until: "2026-12-26T09:00", Person: ada}},
	}}
	made := createTeam(t, db, "payments", catalog.TeamChange{Name: ptr("Payments"), OnCall: &weekly})
	read, err := db.TeamBySlug(t.Context(), "payments")
	if err != nil || !reflect.DeepEqual(read, made) || !reflect.DeepEqual(read.OnCall, weekly) {
		t.Errorf("read it is %+v, %v", read.OnCall, err)
	}
	if all, err := db.Teams(t.Context(), ""); err != nil || !reflect.DeepEqual(all, []catalog.Team{made}) {
		t.Errorf("all are %+v, %v", all, err)
	}
	if list := takeOutbox(t, db); list[0].(events.TeamCreated).OnCall.Kind != "rotation" {
		t.Errorf("the events are %+v", list)
	}
	if same := plan(t, db, "payments", weekly); same.Version != 1 || len(takeOutbox(t, db)) > 0 {
		t.Errorf("the same plan made version %d", same.Version)
	}
	plan(t, db, "payments", nil)
	list := takeOutbox(t, db)
	if told, is := list[0].(events.TeamUpdated); len(list) != 1 || !is || told.OnCall.Kind != "" || !slices.Equal(told.Changed, []string{"on_call"}) {
		t.Errorf("the events are %+v", list)
	}
	if read, err := db.TeamBySlug(t.Context(), "payments"); err != nil || read.OnCall != nil {
		t.Errorf("cleared it is %+v, %v", read.OnCall, err)
	}
	nothing := &oncall.Plan{Kind: oncall.ByContact}
	if _, err := db.UpdateTeam(t.Context(), editor, "payments", 0, catalog.TeamChange{OnCall: &nothing}); !isInvalid(err) {
		t.Errorf("a plan that is none: %v", err)
	}
	others := access.Actor{Kind: access.Key, ID: "k", Role: access.Editor, Teams: []string{"Web"}}
	_, err = db.UpdateTeam(t.Context(), others, "payments", 0, catalog.TeamChange{OnCall: &weekly})
	if _, is := errors.AsType[*access.DeniedError](err); !is {
		t.Errorf("by an editor of another team: %v", err)
	}
}

func TestTheURLOfACalendarIsASecret(t *testing.T) {
	db := open(t)
	createTeam(t, db, "payments", catalog.TeamChange{Name: ptr("Payments")})
	plan(t, db, "payments", byCalendar("https://calendar.example.com/secret-1"))
	team := plan(t, db, "payments", byCalendar("https://calendar.example.com/secret-2"))
	if team.Version != 3 || team.CalendarURL != "https://calendar.example.com/secret-2" {
		t.Errorf("it is %+v", team)
	}
	if kept := plan(t, db, "payments", byCalendar("")); !reflect.DeepEqual(kept, team) {
		t.Errorf("without a URL it is %+v", kept)
	}
	list := takeOutbox(t, db)
	if got := told(list); !slices.Equal(got, []string{"team.created", "team.updated", "team.updated"}) {
		t.Errorf("told is %v", got)
	}
	entries, err := db.Trail(t.Context(), access.Search{Thing: events.Key{Kind: events.KindTeam}, Limit: 9})
	if err != nil || len(entries) != 3 {
		t.Fatal(entries, err)
	}
	said, err := json.Marshal(entries[0].Changes)
	if want := `"after":{"calendar":{"host":"calendar.example.com","url":"changed"},"kind":"calendar"}`; err != nil || !strings.Contains(string(said), want) {
		t.Errorf("the trail has %s, %v", said, err)
	}
	for _, what := range []any{entries, list} {
		if text, err := json.Marshal(what); err != nil || strings.Contains(string(text), "secret") {
			t.Errorf("it is told: %s, %v", text, err)
		}
	}
}

func TestWhatWasReadOfACalendar(t *testing.T) {
	db := open(t)
	const url = "https://calendar.example.com/payments.ics"
	createTeam(t, db, "payments", catalog.TeamChange{Name: ptr("Payments")})
	createTeam(t, db, "web", catalog.TeamChange{Name: ptr("Web")})
	plan(t, db, "payments", byCalendar(url))
	plan(t, db, "web", byCalendar(url))
	calendars := func() map[string]oncall.Reading {
		t.Helper()
		read, err := db.Calendars(t.Context(), []string{"payments", "nobody"})
		if err != nil {
			t.Fatal(err)
		}
		return read
	}
	if got := calendars(); len(got) > 0 {
		t.Errorf("before it is read: %+v", got)
	}
	const add = `INSERT INTO team_calendars (slug, url, read_at, problem, covers_until, shifts) VALUES ($1, $2, $3, $4, $5, $6)`
	at := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	until := at.Add(8 * time.Hour)
	exec(t, db.DB(), add, "payments", url, at, "", at.AddDate(0, 0, 60),
		`[{"name": "Ada", "email": "ada@example.com", "from": "2026-11-30T09:00:00Z", "until": "2026-11-30T17:00:00Z"}]`)
	exec(t, db.DB(), add, "web", url, nil, "not_found", nil, `[]`)
	want := map[string]oncall.Reading{"payments": {ReadAt: at, CoversUntil: at.AddDate(0, 0, 60), Shifts: []oncall.Shift{
		{Person: oncall.Person{Name: "Ada", Email: "ada@example.com"}, From: &at, Until: &until},
	}}}
	if got := calendars(); !reflect.DeepEqual(got, want) {
		t.Errorf("read is %+v, want %+v", got, want)
	}
	if got, err := db.Calendars(t.Context(), []string{"web"}); err != nil || !reflect.DeepEqual(got, map[string]oncall.Reading{"web": {Problem: "not_found"}}) {
		t.Errorf("of one that cannot be read: %+v, %v", got, err)
	}
	plan(t, db, "payments", byCalendar(url+"?new"))
	if got := calendars(); len(got) > 0 {
		t.Errorf("of another calendar: %+v", got)
	}
	if err := db.DeleteTeam(t.Context(), editor, "payments", 0); err != nil {
		t.Error(err)
	}
}
