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
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/apikey"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
)

func createTeam(t *testing.T, db *store.Store, slug string, c catalog.TeamChange) catalog.Team {
	t.Helper()
	team, err := db.CreateTeam(t.Context(), editor, slug, c)
	if err != nil {
		t.Fatal(err)
	}
	return team
}

// slugs returns those of all teams, in the order of their names.
func slugs(t *testing.T, db *store.Store) (list []string) {
	t.Helper()
	teams, err := db.Teams(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, team := range teams {
		list = append(list, team.Slug)
	}
	return list
}

// told returns the types of events, without what all have.
func told(list []events.Event) (types []string) {
	for _, e := range list {
		types = append(types, e.Type()[len("dev.portal."):len(e.Type())-len(".v1")])
	}
	return types
}

func TestAServiceThatNamesATeamMakesIt(t *testing.T) {
	db := open(t)
	svc := create(t, db, catalog.Change{Name: ptr("billing"), Team: ptr(" Payments  Core ")})
	list := takeOutbox(t, db)
	made, is := list[0].(events.TeamCreated)
	if !slices.Equal(told(list), []string{"team.created", "service.created"}) || !is || made.Slug != "payments-core" ||
		made.Name != "Payments Core" || made.Version != 1 || made.Actor.ID != editor.ID || !slices.Equal(made.Changed, []string{"name"}) {
		t.Errorf("the events are %+v", list)
	}
	create(t, db, catalog.Change{Name: ptr("ledger"), Team: ptr("Payments Core")})
	create(t, db, catalog.Change{Name: ptr("mail")})
	if got := told(takeOutbox(t, db)); !slices.Equal(got, []string{"service.created", "service.created"}) {
		t.Errorf("of a team that is there: %v", got)
	}
	if _, err := db.UpdateService(t.Context(), editor, svc.ID, 0, catalog.Change{Team: ptr("payments core")}); err != nil {
		t.Fatal(err)
	}
	if got, want := slugs(t, db), []string{"payments-core", "payments-core-2"}; !slices.Equal(got, want) {
		t.Errorf("the teams are %v, want %v: case counts", got, want)
	}
	if got := told(takeOutbox(t, db)); !slices.Equal(got, []string{"team.created", "service.updated"}) {
		t.Errorf("of another team: %v", got)
	}
	entries, err := db.Trail(t.Context(), access.Search{Thing: events.Key{Kind: events.KindTeam}, Limit: 9})
	if err != nil || len(entries) != 2 || entries[1].Thing.ID != "payments-core" || entries[1].Deed != access.Created || entries[1].Actor.ID != editor.ID {
		t.Errorf("the trail has %+v, %v", entries, err)
	}
}

func TestManyAtOnceMakeOneTeam(t *testing.T) {
	db := open(t)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			create(t, db, catalog.Change{Name: ptr(fmt.Sprint("a", i)), Team: ptr("Payments")})
			create(t, db, catalog.Change{Name: ptr(fmt.Sprint("b", i)), Team: ptr([]string{"Payments!", "payments"}[i%2])})
		})
	}
	all.Wait()
	if got, want := slugs(t, db), []string{"payments", "payments-2", "payments-3"}; len(got) != 3 || !slices.Equal(slices.Sorted(slices.Values(got)), want) {
		t.Errorf("the teams are %v, want %v", got, want)
	}
}

func TestTeamsAreWritten(t *testing.T) {
	db := open(t)
	team := createTeam(t, db, "", catalog.TeamChange{Name: ptr("Payments"), ChatURL: ptr("https://chat.example.com/payments")})
	chosen := createTeam(t, db, "money", catalog.TeamChange{Name: ptr("Bank")})
	if got, want := slugs(t, db), []string{"money", "payments"}; !slices.Equal(got, want) || chosen.Slug != "money" {
		t.Errorf("the teams are %v, want %v", got, want)
	}
	if list, err := db.Teams(t.Context(), "Payments"); err != nil || len(list) != 1 || list[0] != team {
		t.Errorf("by its name: %+v, %v", list, err)
	}
	takeOutbox(t, db)
	for what, tc := range map[string]struct {
		slug, name string
		want       error
	}{
		"the name of another":             {"", "Payments", catalog.ErrNameTaken},
		"the name of another, and a slug": {"x", "Payments", catalog.ErrNameTaken},
		"the slug of another":             {"money", "Mint", catalog.ErrSlugTaken},
		"each that of another":            {"money", "Payments", catalog.ErrSlugTaken},
	} {
		if _, err := db.CreateTeam(t.Context(), editor, tc.slug, catalog.TeamChange{Name: &tc.name}); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := db.CreateTeam(t.Context(), editor, "A b", catalog.TeamChange{Name: ptr("c")}); !isInvalid(err) {
		t.Errorf("a slug that is none: %v", err)
	}
	if _, err := db.UpdateTeam(t.Context(), editor, "payments", 7, catalog.TeamChange{Email: ptr("p@example.com")}); !errors.Is(err, catalog.ErrVersionMismatch) {
		t.Errorf("of another version: %v", err)
	}
	if _, err := db.UpdateTeam(t.Context(), editor, "nobody", 0, catalog.TeamChange{}); !errors.Is(err, catalog.ErrNotFound) {
		t.Errorf("of none: %v", err)
	}
	if _, err := db.UpdateTeam(t.Context(), editor, "money", 0, catalog.TeamChange{Name: ptr("Payments")}); !errors.Is(err, catalog.ErrNameTaken) {
		t.Errorf("to the name of another: %v", err)
	}
	if same, err := db.UpdateTeam(t.Context(), editor, "payments", 1, catalog.TeamChange{Name: ptr("Payments ")}); err != nil || same != team {
		t.Errorf("without a change: %+v, %v", same, err)
	}
	if list := takeOutbox(t, db); len(list) > 0 {
		t.Errorf("what was refused has the events %+v", list)
	}
	changed, err := db.UpdateTeam(t.Context(), editor, "payments", 1, catalog.TeamChange{Email: ptr("p@example.com"), ChatURL: ptr("")})
	if err != nil || changed.Version != 2 || changed.Email != "p@example.com" || changed.ChatURL != "" {
		t.Errorf("changed it is %+v, %v", changed, err)
	}
	if again, err := db.TeamBySlug(t.Context(), "payments"); err != nil || again != changed {
		t.Errorf("read again it is %+v, %v", again, err)
	}
	if err := db.DeleteTeam(t.Context(), editor, "payments", 2); err != nil {
		t.Error(err)
	}
	list := takeOutbox(t, db)
	gone, is := list[1].(events.TeamDeleted)
	if !slices.Equal(told(list), []string{"team.updated", "team.deleted"}) || !is || gone.Version != 3 || gone.Name != "Payments" {
		t.Errorf("the events are %+v", list)
	}
	if _, err := db.TeamBySlug(t.Context(), "payments"); !errors.Is(err, catalog.ErrNotFound) {
		t.Errorf("a deleted one: %v", err)
	}
}

func isInvalid(err error) bool {
	_, is := errors.AsType[*catalog.InvalidError](err)
	return is
}

func TestATeamOfServicesIsNotDeleted(t *testing.T) {
	db := open(t)
	svc := create(t, db, catalog.Change{Name: ptr("billing"), Team: ptr("Payments")})
	if err, is := errors.AsType[*catalog.InUseError](db.DeleteTeam(t.Context(), editor, "payments", 0)); !is || err.Services != 1 {
		t.Errorf("with a service: %v", err)
	}
	if err := db.DeleteService(t.Context(), editor, svc.ID, 0); err != nil {
		t.Fatal(err)
	}
	if err := db.DeleteTeam(t.Context(), editor, "payments", 0); err != nil {
		t.Fatal(err)
	}
	if _, err := db.RestoreService(t.Context(), editor, svc.ID); err != nil {
		t.Fatal(err)
	}
	if got := slugs(t, db); !slices.Equal(got, []string{"payments"}) {
		t.Errorf("after its service was restored the teams are %v", got)
	}
}

func TestATeamIsRenamedEverywhere(t *testing.T) {
	db := open(t)
	billing := create(t, db, catalog.Change{Name: ptr("billing"), Team: ptr("Payments"), StatusURL: ptr(healthURL)})
	apply(t, db, result(billing, time.Now().UTC(), events.StatusHealthy))
	gone := create(t, db, catalog.Change{Name: ptr("gone"), Team: ptr("Payments")})
	other := create(t, db, catalog.Change{Name: ptr("other"), Team: ptr("Web")})
	if err := db.DeleteService(t.Context(), editor, gone.ID, 0); err != nil {
		t.Fatal(err)
	}
	key, err := db.CreateKey(t.Context(), admin, apikey.Draft{Name: "ci", Role: access.Editor, Teams: []string{"Payments", "Web"}}, apikey.NewSecret())
	if err != nil {
		t.Fatal(err)
	}
	takeOutbox(t, db)
	before := time.Now().UTC()
	team, err := db.UpdateTeam(t.Context(), editor, "payments", 0, catalog.TeamChange{Name: ptr("Money")})
	if err != nil || team.Slug != "payments" || team.Name != "Money" {
		t.Fatal(team, err)
	}
	list := takeOutbox(t, db)
	renamed, is := list[len(list)-1].(events.ServiceUpdated)
	if !slices.Equal(told(list), []string{"team.updated", "service.updated"}) || !is || renamed.ID != billing.ID || renamed.Team != "Money" ||
		renamed.Version != 2 || renamed.Status != events.StatusHealthy || !slices.Equal(renamed.Changed, []string{"team"}) {
		t.Errorf("the events are %+v", list)
	}
	for query, want := range map[string]string{"Money": billing.ID, "Web": other.ID} {
		found, err := db.ListServices(t.Context(), catalog.Filter{Team: []string{query}, Query: []string{query}})
		if err != nil || len(found) != 1 || found[0].ID != want {
			t.Errorf("of %s: %+v, %v", query, found, err)
		}
	}
	if back, err := db.RestoreService(t.Context(), editor, gone.ID); err != nil || back.Team != "Money" {
		t.Errorf("restored it is of %q, %v", back.Team, err)
	}
	if then, err := db.ServicesAt(t.Context(), before, []string{billing.ID}); err != nil || then.Services[0].Team != "Payments" {
		t.Errorf("before it was %+v, %v", then, err)
	}
	keys, err := db.Keys(t.Context())
	if err != nil || !slices.Equal(keys[0].Teams, []string{"Money", "Web"}) {
		t.Errorf("the key is of %v, %v", keys, err)
	}
	entries, err := db.Trail(t.Context(), access.Search{Thing: events.Key{Kind: apikey.Kind, ID: key.ID}, Limit: 1})
	if err != nil || entries[0].Deed != access.Updated || fmt.Sprint(entries[0].Changes) != "[{teams [Payments Web] [Money Web]}]" {
		t.Errorf("the trail has %+v, %v", entries, err)
	}
	create(t, db, catalog.Change{Name: ptr("new"), Team: ptr("Payments")})
	if got := slugs(t, db); !slices.Equal(got, []string{"payments", "payments-2", "web"}) {
		t.Errorf("with a later one of the old name the teams are %v", got)
	}
}

// Services that come to a team while it is renamed or deleted have a team afterwards.
func TestTeamsChangeAmidWritesOfServices(t *testing.T) {
	db := open(t)
	createTeam(t, db, "a", catalog.TeamChange{Name: ptr("A")})
	var all sync.WaitGroup
	failed := func(err error) {
		if _, used := errors.AsType[*catalog.InUseError](err); err != nil && !used && !errors.Is(err, catalog.ErrNotFound) && !errors.Is(err, catalog.ErrNameTaken) {
			t.Error(err)
		}
	}
	for i := range 4 {
		all.Go(func() {
			svc := create(t, db, catalog.Change{Name: ptr(fmt.Sprint("s", i)), Team: ptr("A")})
			for n := range 20 {
				_, err := db.UpdateService(t.Context(), editor, svc.ID, 0, catalog.Change{Team: ptr(string(rune('A' + (n+i)%3)))})
				failed(err)
			}
		})
	}
	for _, slug := range []string{"a", "b"} {
		all.Go(func() {
			for n := range 20 {
				_, err := db.UpdateTeam(t.Context(), editor, slug, 0, catalog.TeamChange{Name: ptr(string(rune('A' + n%4)))})
				failed(err)
				failed(db.DeleteTeam(t.Context(), editor, slug, 0))
			}
		})
	}
	all.Wait()
	var orphans []string
	const query = `SELECT s.name FROM services s LEFT JOIN teams t ON t.name_key = s.team_key WHERE t.slug IS NULL OR t.name <> s.team`
	if err := db.DB().SelectContext(t.Context(), &orphans, query); err != nil || len(orphans) > 0 {
		t.Errorf("without a team are %v, %v", orphans, err)
	}
}

func TestOnlyItsEditorsWriteATeam(t *testing.T) {
	db := open(t)
	createTeam(t, db, "payments", catalog.TeamChange{Name: ptr("Payments")})
	its := access.Actor{Kind: access.Key, ID: "k", Role: access.Editor, Teams: []string{"Payments"}}
	denied := func(what string, err error) {
		t.Helper()
		if _, is := errors.AsType[*access.DeniedError](err); !is {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := db.UpdateTeam(t.Context(), its, "payments", 0, catalog.TeamChange{Email: ptr("p@example.com")}); err != nil {
		t.Error(err)
	}
	_, err := db.UpdateTeam(t.Context(), its, "payments", 0, catalog.TeamChange{Name: ptr("Web")})
	denied("to a name of others", err)
	_, err = db.CreateTeam(t.Context(), its, "", catalog.TeamChange{Name: ptr("Web")})
	denied("another team", err)
	_, err = db.UpdateTeam(t.Context(), access.Nobody(access.Viewer), "payments", 0, catalog.TeamChange{Email: ptr("")})
	denied("a viewer", err)
	denied("a viewer deletes it", db.DeleteTeam(t.Context(), access.Nobody(access.Viewer), "payments", 0))
	_, err = db.AdoptTeams(t.Context(), editor)
	denied("an editor adopts", err)
	if err := db.DeleteTeam(t.Context(), its, "payments", 0); err != nil {
		t.Error(err)
	}
}

func TestTeamsThatServicesNameAreAdopted(t *testing.T) {
	db := open(t)
	for i, team := range []string{"Payments", "Web", "", "Payments"} {
		create(t, db, catalog.Change{Name: ptr(fmt.Sprint(i)), Team: &team})
	}
	createTeam(t, db, "idle", catalog.TeamChange{Name: ptr("Idle")})
	if _, err := db.DB().ExecContext(t.Context(), `DELETE FROM teams WHERE slug <> 'web'`); err != nil { // as an older version leaves it
		t.Fatal(err)
	}
	takeOutbox(t, db)
	for _, want := range []int{1, 0} {
		if n, err := db.AdoptTeams(t.Context(), access.Sweeper); n != want || err != nil {
			t.Errorf("%d are adopted, want %d, %v", n, want, err)
		}
	}
	list := takeOutbox(t, db)
	if made, is := list[0].(events.TeamCreated); len(list) != 1 || !is || made.Name != "Payments" || made.Actor.ID != access.Sweeper.ID {
		t.Errorf("the events are %+v", list)
	}
}

func TestTeamsAreRepublished(t *testing.T) {
	db := open(t)
	now := time.Now().UTC()
	lost := createTeam(t, db, "lost", catalog.TeamChange{Name: ptr("Lost")})
	createTeam(t, db, "known", catalog.TeamChange{Name: ptr("Known")})
	createTeam(t, db, "behind", catalog.TeamChange{Name: ptr("Behind")})
	takeOutbox(t, db)
	last := map[string]events.Envelope{}
	for _, e := range []events.Event{
		events.TeamCreated{Team: events.Team{Slug: "known", Name: "Known", Version: 1, CreatedAt: now, UpdatedAt: now}},
		events.TeamUpdated{Team: events.Team{Slug: "behind", Name: "Ahead", Version: 4, CreatedAt: now, UpdatedAt: now}},
		events.TeamUpdated{Team: events.Team{Slug: "gone", Name: "Gone", Version: 2, CreatedAt: now, UpdatedAt: now}},
		events.TeamDeleted{Slug: "long-gone", Name: "Long gone", Version: 2, DeletedAt: now},
	} {
		last[e.Key().ID] = events.Envelope{ID: "of " + e.Key().ID, Event: e}
	}
	if n, err := repairOf(t, db, events.KindTeam).Republish(t.Context(), last); n != 3 || err != nil {
		t.Errorf("%d were republished, %v", n, err)
	}
	list := takeOutbox(t, db)
	var got []string
	for _, e := range list {
		switch e := e.(type) {
		case events.TeamUpdated:
			got = append(got, fmt.Sprint("updated ", e.Slug, " ", e.Version))
		case events.TeamDeleted:
			got = append(got, fmt.Sprint("deleted ", e.Slug, " ", e.Version))
		}
	}
	if want := []string{"updated behind 5", "deleted gone 3", fmt.Sprint("updated lost ", lost.Version)}; !slices.Equal(got, want) {
		t.Errorf("told is %v, want %v", got, want)
	}
}
