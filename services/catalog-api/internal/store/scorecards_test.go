package store_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rating"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
)

// levelled returns news that a service has a level, and had another one before; "": it is its first.
func levelled(id string, level, before events.Level) rating.News {
	n := rating.News{Noted: rating.Noted{ServiceID: id, Level: level, Before: before, Since: time.Now().UTC().Truncate(time.Millisecond), Told: true}}
	if before != "" {
		n.Event = &events.ScorecardChanged{ServiceID: id, Name: "billing", Level: level, LevelBefore: before, Since: n.Since}
	}
	return n
}

// tellLevels tells news, and returns what was noted before and the events that this added.
func tellLevels(t *testing.T, db *store.Store, news ...rating.News) (noted map[string]rating.Noted, added []string) {
	t.Helper()
	done, err := db.TellLevels(t.Context(), access.Teller, func(_ context.Context, before map[string]rating.Noted) ([]rating.News, error) {
		noted = before
		return news, nil
	})
	if err != nil || !done {
		t.Fatal(done, err)
	}
	for _, e := range takeOutbox(t, db) {
		if e, is := e.(events.ScorecardChanged); is {
			added = append(added, fmt.Sprint(e.LevelBefore, " to ", e.Level))
		}
	}
	return noted, added
}

func TestLevelsAreNotedAndTold(t *testing.T) {
	db := open(t)
	svc := create(t, db, catalog.Change{Name: ptr("billing")})
	if level, _, err := db.LevelOf(t.Context(), svc.ID); err != nil || level != "" {
		t.Errorf("before it is noted: %q, %v", level, err)
	}
	if _, added := tellLevels(t, db, levelled(svc.ID, events.LevelNone, "")); added != nil {
		t.Errorf("the first level told %v", added)
	}
	news := levelled(svc.ID, events.LevelGold, events.LevelNone)
	if _, added := tellLevels(t, db, news); !slices.Equal(added, []string{"none to gold"}) {
		t.Errorf("told %v", added)
	}
	level, since, err := db.LevelOf(t.Context(), svc.ID)
	if err != nil || level != events.LevelGold || !since.Equal(news.Since) {
		t.Errorf("noted %s since %s, %v; want %s", level, since, err, news.Since)
	}
	if noted, _ := tellLevels(t, db); noted[svc.ID] != news.Noted {
		t.Errorf("noted %+v, want %+v", noted, news.Noted)
	}
	if err := db.DeleteService(t.Context(), editor, svc.ID, 0); err != nil {
		t.Fatal(err)
	}
	noted, added := tellLevels(t, db, levelled(svc.ID, events.LevelNone, events.LevelGold))
	if again, _ := tellLevels(t, db); len(noted)+len(again) > 0 || added != nil {
		t.Errorf("of a service that is gone: noted %v and %v, told %v", noted, again, added)
	}
	_, err = db.TellLevels(t.Context(), editor, func(context.Context, map[string]rating.Noted) ([]rating.News, error) { return nil, nil })
	if err == nil {
		t.Error("an editor may tell")
	}
}

// While one replica looks what is to be told, another one does nothing: what it knows may be older.
func TestLevelsAreToldByOneAtATime(t *testing.T) {
	db := open(t)
	done, err := db.TellLevels(t.Context(), access.Teller, func(ctx context.Context, _ map[string]rating.Noted) ([]rating.News, error) {
		second, err := db.TellLevels(ctx, access.Teller, func(context.Context, map[string]rating.Noted) ([]rating.News, error) {
			t.Error("a second one looks")
			return nil, nil
		})
		if second || err != nil {
			t.Errorf("the second one: %t, %v", second, err)
		}
		return nil, nil
	})
	if !done || err != nil {
		t.Errorf("the first one: %t, %v", done, err)
	}
}

// What the stream has lost is told again, and also where it says otherwise; the first level of a
// service is not in it.
func TestLevelsAreRepaired(t *testing.T) {
	for name, tc := range map[string]struct {
		noted []rating.News // one after the other
		last  events.Level  // in the stream; "": nothing
		n     int
		want  string // what is noted then
	}{
		"it has it":                  {[]rating.News{levelled("", "gold", "none")}, "gold", 0, "gold none true"},
		"it lost it":                 {[]rating.News{levelled("", "gold", "none")}, "", 1, "gold none false"},
		"it says otherwise":          {[]rating.News{levelled("", "gold", "none")}, "silver", 1, "gold none false"},
		"nothing is to be told":      {[]rating.News{levelled("", "gold", "")}, "", 0, "gold  true"},
		"it says what nobody told":   {[]rating.News{levelled("", "gold", "")}, "silver", 1, "gold silver false"},
		"it says what is so":         {[]rating.News{levelled("", "gold", "")}, "gold", 0, "gold  true"},
		"it says what was not noted": {nil, "silver", 1, "silver  true"},
	} {
		db := open(t)
		var repair func(context.Context, map[string]events.Envelope) (int, error)
		for _, r := range db.Repairs(access.Relay) {
			if r.Subjects == events.AllScorecards {
				repair = r.Republish
			}
		}
		svc := create(t, db, catalog.Change{Name: ptr("billing")})
		for _, news := range tc.noted {
			news.ServiceID = svc.ID
			if news.Event != nil {
				news.Event.ServiceID = svc.ID
			}
			tellLevels(t, db, news)
		}
		last := map[string]events.Envelope{}
		if tc.last != "" {
			last[svc.ID] = events.Envelope{Event: events.ScorecardChanged{ServiceID: svc.ID, Level: tc.last}}
		}
		n, err := repair(t.Context(), last)
		noted, _ := tellLevels(t, db)
		is := noted[svc.ID]
		if got := fmt.Sprint(is.Level, " ", is.Before, " ", is.Told); err != nil || n != tc.n || got != tc.want {
			t.Errorf("%s: %d, %v, then %s; want %d, then %s", name, n, err, got, tc.n, tc.want)
		}
		if again, err := repair(t.Context(), last); err != nil || n > 0 && again > 0 {
			t.Errorf("%s: repaired again: %d, %v", name, again, err)
		}
	}
	db := open(t)
	for _, r := range db.Repairs(access.Relay) {
		if r.Subjects != events.AllScorecards {
			continue
		}
		gone := map[string]events.Envelope{incidentID: {Event: events.ScorecardChanged{ServiceID: incidentID, Level: "gold"}}}
		if n, err := r.Republish(t.Context(), gone); n != 0 || err != nil {
			t.Errorf("of a service that is gone: %d, %v", n, err)
		}
	}
}

// A release that is read anew is another revision, and only that.
func TestNewestReleases(t *testing.T) {
	db := open(t)
	const code = "https://github.com/example/billing"
	svc := create(t, db, catalog.Change{Name: ptr("billing"), GitHubURL: ptr(code)})
	at := time.Now().UTC().Truncate(time.Second)
	apply := func(url string, when time.Time, releases ...events.Release) {
		t.Helper()
		_, err := db.ApplyReleases(t.Context(), access.Fetcher, events.ReleasesFound{ServiceID: svc.ID, GitHubURL: url, CheckedAt: when, Releases: releases})
		if err != nil {
			t.Fatal(err)
		}
	}
	read := func() (map[string]catalog.NewestRelease, string) {
		t.Helper()
		newest, revision, err := db.NewestReleases(t.Context())
		again, err2 := db.ReleasesRevision(t.Context())
		if err != nil || err2 != nil || revision != again {
			t.Errorf("%v, %v, revisions %q and %q", err, err2, revision, again)
		}
		return newest, revision
	}
	none, first := read()
	apply(code, at.Add(-time.Minute))
	empty, second := read()
	apply(code, at, events.Release{Tag: "v2", PublishedAt: at.Add(-time.Hour)}, events.Release{Tag: "v1", PublishedAt: at.Add(-2 * time.Hour)})
	newest, third := read()
	if len(none)+len(empty) > 0 || first == second || second == third {
		t.Errorf("%v, %v; revisions %q, %q, %q", none, empty, first, second, third)
	}
	if got := newest[svc.ID]; len(newest) != 1 || got.Repository != code || !got.PublishedAt.Equal(at.Add(-time.Hour)) {
		t.Errorf("got %+v", newest)
	}
}
