package store_test

import (
	"crypto/sha256"
	"encoding/hex"
	"reflect"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/oncall"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
)

func TestFeedsOfTeams(t *testing.T) {
	db := open(t)
	for _, slug := range []string{"web", "billing", "payments", "ops"} {
		createTeam(t, db, slug, catalog.TeamChange{Name: ptr(slug)})
	}
	for _, slug := range []string{"web", "billing", "payments"} {
		plan(t, db, slug, byCalendar("https://calendar.example.com/"+slug))
	}
	plan(t, db, "ops", &oncall.Plan{Kind: oncall.ByContact, Contact: &oncall.Person{Name: "Desk"}})
	feed := func(slug string) events.Feed {
		return events.Feed{Slug: slug, URL: "https://calendar.example.com/" + slug}
	}
	for name, tc := range map[string]struct {
		after string
		limit int
		want  []events.Feed
	}{
		"all":         {"", 9, []events.Feed{feed("billing"), feed("payments"), feed("web")}},
		"the first":   {"", 2, []events.Feed{feed("billing"), feed("payments")}},
		"the rest":    {"payments", 2, []events.Feed{feed("web")}},
		"after them":  {"web", 2, []events.Feed{}},
		"after a gap": {"c", 1, []events.Feed{feed("payments")}},
	} {
		if got, err := db.Feeds(t.Context(), access.Fetcher, tc.after, tc.limit); err != nil || !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%s: got %+v, %v; want %+v", name, got, err, tc.want)
		}
	}
	if got, err := db.Feeds(t.Context(), editor, "", 9); err == nil {
		t.Errorf("an editor may know them: %+v", got)
	}
	plan(t, db, "web", nil)
	if got, err := db.Feeds(t.Context(), access.Fetcher, "payments", 9); err != nil || len(got) != 0 {
		t.Errorf("of a plan that is gone: %+v, %v", got, err)
	}
}

// reading is what is in a calendar that is read so many minutes after nine.
type reading struct {
	minute  int
	who     string // "": nobody
	problem events.FeedProblem
	url     string // "": the team's
}

func TestShiftsAreApplied(t *testing.T) {
	const url = "https://calendar.example.com/payments.ics"
	nine := time.Now().UTC().Truncate(time.Hour).Add(-3 * time.Hour)
	at := func(minute int) time.Time { return nine.Add(time.Duration(minute) * time.Minute) }
	apply := func(db *store.Store, r reading) bool {
		t.Helper()
		if r.url == "" {
			r.url = url
		}
		digest := sha256.Sum256([]byte(r.url))
		found := events.ShiftsFound{Slug: "payments", URLDigest: hex.EncodeToString(digest[:]), ReadAt: at(r.minute), Problem: r.problem}
		if r.problem == "" {
			found.CoversUntil = at(r.minute).AddDate(0, 0, 60)
		}
		if r.who != "" {
			found.Shifts = []events.Shift{{Name: r.who, Email: "on-call@example.com", From: nine, Until: nine.Add(8 * time.Hour)}}
		}
		applied, err := db.ApplyShifts(t.Context(), access.Fetcher, found)
		if err != nil {
			t.Fatal(err)
		}
		return applied
	}
	for name, tc := range map[string]struct {
		readings []reading
		applied  []bool
		want     reading // what is known at the end; minute -1: it was never read
		unread   bool    // nothing is known
	}{
		"the first":                        {[]reading{{0, "Ada", "", ""}}, []bool{true}, reading{0, "Ada", "", ""}, false},
		"a newer one":                      {[]reading{{0, "Ada", "", ""}, {5, "Grace", "", ""}}, []bool{true, true}, reading{5, "Grace", "", ""}, false},
		"an older one":                     {[]reading{{5, "Grace", "", ""}, {0, "Ada", "", ""}}, []bool{true, false}, reading{5, "Grace", "", ""}, false},
		"the same again":                   {[]reading{{5, "Ada", "", ""}, {5, "Ada", "", ""}}, []bool{true, true}, reading{5, "Ada", "", ""}, false},
		"nobody":                           {[]reading{{0, "Ada", "", ""}, {5, "", "", ""}}, []bool{true, true}, reading{5, "", "", ""}, false},
		"a problem at first":               {[]reading{{0, "", "denied", ""}}, []bool{true}, reading{-1, "", "denied", ""}, false},
		"a problem keeps what was read":    {[]reading{{0, "Ada", "", ""}, {5, "", "not_found", ""}}, []bool{true, true}, reading{0, "Ada", "not_found", ""}, false},
		"one problem after another":        {[]reading{{0, "Ada", "", ""}, {5, "", "not_found", ""}, {10, "", "denied", ""}}, []bool{true, true, true}, reading{0, "Ada", "denied", ""}, false},
		"the end of a problem":             {[]reading{{0, "Ada", "", ""}, {5, "", "not_found", ""}, {10, "Grace", "", ""}}, []bool{true, true, true}, reading{10, "Grace", "", ""}, false},
		"a problem that is old":            {[]reading{{10, "Ada", "", ""}, {5, "", "not_found", ""}}, []bool{true, false}, reading{10, "Ada", "", ""}, false},
		"of another calendar":              {[]reading{{0, "Ada", "", "https://calendar.example.com/of-old"}}, []bool{false}, reading{}, true},
		"a problem of another calendar":    {[]reading{{0, "Ada", "", ""}, {5, "", "denied", "https://calendar.example.com/of-old"}}, []bool{true, false}, reading{0, "Ada", "", ""}, false},
		"a clock that was ahead for a day": {[]reading{{24 * 60, "Ada", "", ""}, {0, "Grace", "", ""}}, []bool{true, false}, reading{-2, "Ada", "", ""}, false},
	} {
		t.Run(name, func(t *testing.T) {
			db := open(t)
			createTeam(t, db, "payments", catalog.TeamChange{Name: ptr("Payments")})
			plan(t, db, "payments", byCalendar(url))
			takeOutbox(t, db)
			for i, r := range tc.readings {
				if got := apply(db, r); got != tc.applied[i] {
					t.Errorf("reading %d: applied is %v", i, got)
				}
			}
			all, err := db.Calendars(t.Context(), []string{"payments"})
			got, known := all["payments"]
			if err != nil || known == tc.unread {
				t.Fatalf("known is %+v, %v", all, err)
			}
			who := ""
			for _, s := range got.Shifts {
				who += s.Person.Name
			}
			if who != tc.want.who || got.Problem != string(tc.want.problem) {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
			switch minute := tc.want.minute; {
			case known && minute >= 0 && (!got.ReadAt.Equal(at(minute)) || !got.CoversUntil.Equal(at(minute).AddDate(0, 0, 60))), minute == -1 && !got.ReadAt.IsZero():
				t.Errorf("read at %s until %s", got.ReadAt, got.CoversUntil)
			case minute == -2 && got.ReadAt.After(time.Now()):
				t.Errorf("read in the future, at %s", got.ReadAt)
			}
			if told := takeOutbox(t, db); len(told) > 0 {
				t.Errorf("events are told: %+v", told)
			}
		})
	}
}

func TestShiftsThatAreNotApplied(t *testing.T) {
	db := open(t)
	const url = "https://calendar.example.com/payments.ics"
	digest := sha256.Sum256([]byte(url))
	found := events.ShiftsFound{Slug: "payments", URLDigest: hex.EncodeToString(digest[:]), ReadAt: time.Now().UTC(), CoversUntil: time.Now().UTC()}
	if applied, err := db.ApplyShifts(t.Context(), access.Fetcher, found); applied || err != nil {
		t.Errorf("of no team: %v, %v", applied, err)
	}
	createTeam(t, db, "payments", catalog.TeamChange{Name: ptr("Payments")})
	none := sha256.Sum256(nil)
	found.URLDigest = hex.EncodeToString(none[:])
	if applied, err := db.ApplyShifts(t.Context(), access.Fetcher, found); applied || err != nil {
		t.Errorf("of a team without a calendar: %v, %v", applied, err)
	}
	plan(t, db, "payments", byCalendar(url))
	found.URLDigest = hex.EncodeToString(digest[:])
	if _, err := db.ApplyShifts(t.Context(), editor, found); err == nil {
		t.Error("an editor may store them")
	}
	if applied, err := db.ApplyShifts(t.Context(), access.Fetcher, found); !applied || err != nil {
		t.Errorf("by the fetcher: %v, %v", applied, err)
	}
	if err := db.DeleteTeam(t.Context(), editor, "payments", 0); err != nil {
		t.Errorf("the team cannot go: %v", err)
	}
}
