package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
)

const week = 7 * 24 * time.Hour

func due(t *testing.T, db *store.Store) []string {
	t.Helper()
	links, err := db.DueLinks(t.Context(), access.Fetcher, week, 9)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(links)
	return links
}

func TestLinksAreDueUntilTheyWereChecked(t *testing.T) {
	db := open(t)
	long := "https://a.example/" + strings.Repeat("ü", 1000)
	create(t, db, catalog.Change{Name: ptr("shop"), DocsURL: ptr("https://a.example/docs"), GitHubURL: ptr("https://github.com/a/shop"), DashboardURL: ptr(long)})
	create(t, db, catalog.Change{Name: ptr("mail"), DocsURL: ptr("https://a.example/docs"), StatusURL: ptr("https://a.example/healthz")})
	all := []string{"https://a.example/docs", long, "https://github.com/a/shop"}
	if got := due(t, db); !slices.Equal(got, all) {
		t.Fatalf("due are %q", got)
	}
	if some, err := db.DueLinks(t.Context(), access.Fetcher, week, 2); err != nil || len(some) != 2 {
		t.Errorf("two of them are %q, %v", some, err)
	}

	revision, err := db.LinksRevision(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	note := func(url string, ago time.Duration, problem events.LinkProblem, status int) {
		t.Helper()
		checked := events.LinkChecked{URL: url, CheckedAt: time.Now().Add(-ago), Problem: problem, HTTPStatus: status}
		if err := db.NoteLinks(t.Context(), access.Fetcher, []events.LinkChecked{checked, checked}); err != nil {
			t.Fatal(err)
		}
	}
	for i, step := range []struct {
		ago     time.Duration
		problem events.LinkProblem
		status  int
		is      string // problem, failures, whether it is broken, whether it is due
	}{
		{8 * 24 * time.Hour, "", 200, "'' 0 false true"},
		{2 * time.Hour, "", 200, "'' 0 false false"},
		{25 * time.Hour, events.LinkFailing, 502, "'' 0 false false"}, // it is older than what is known
		{time.Hour, events.LinkFailing, 502, "'failing' 1 false false"},
		{time.Minute, events.LinkUnreachable, 0, "'unreachable' 2 true false"},
		{time.Second, "", 204, "'' 0 false false"},
		{-time.Hour, events.LinkNotFound, 404, "'not_found' 1 true false"}, // by a clock that is ahead
	} {
		note(all[0], step.ago, step.problem, step.status)
		links, now, err := db.Links(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if now == revision && i != 2 {
			t.Errorf("%d: the revision is %q still", i, now)
		}
		revision = now
		l := links[catalog.DigestOf(all[0])]
		if got := fmt.Sprintf("'%s' %d %t %t", l.Problem, l.Failures, l.Broken(), slices.Contains(due(t, db), all[0])); got != step.is || l.CheckedAt.After(time.Now()) {
			t.Errorf("%d: it is %s, want %s", i, got, step.is)
		}
	}
	note(long, 25*time.Hour, events.LinkFailing, 500)
	if got := due(t, db); !slices.Equal(got, all[1:]) {
		t.Errorf("with a problem a day ago %q are due", got)
	}

	if n, err := db.PurgeLinks(t.Context(), access.Sweeper, time.Now().Add(-time.Hour)); err != nil || n != 1 {
		t.Errorf("%d were purged, %v", n, err)
	}
	for _, by := range []access.Actor{editor, access.Sweeper} {
		_, err := db.DueLinks(t.Context(), by, week, 9)
		for _, err := range []error{err, db.NoteLinks(t.Context(), by, nil)} {
			if _, is := errors.AsType[*access.DeniedError](err); !is {
				t.Errorf("%s: %v", by.ID, err)
			}
		}
	}
}
