package store_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/notes"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
)

const repository = "https://github.com/example/billing"

// looked is when the forge was asked first, in these tests.
var looked = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

// released returns a release of so many hours before looked.
func released(tag string, hours int) events.Release {
	return events.Release{
		Tag: tag, Title: "Release " + tag, URL: repository + "/releases/tag/" + tag, Author: "ada",
		PublishedAt: looked.Add(-time.Duration(hours) * time.Hour), Notes: "*notes* of " + tag,
	}
}

// stored returns a release as the catalogue has it.
func stored(r events.Release) catalog.Release {
	return catalog.Release{
		Tag: r.Tag, Title: r.Title, URL: r.URL, Author: r.Author, PublishedAt: r.PublishedAt, Prerelease: r.Prerelease, NotesCut: r.NotesCut,
		Notes: notes.Parse(r.Notes),
	}
}

// found returns what the forge said so many minutes after looked.
func found(svc catalog.Service, minutes int, releases ...events.Release) events.ReleasesFound {
	return events.ReleasesFound{
		ServiceID: svc.ID, GitHubURL: svc.GitHubURL, CheckedAt: looked.Add(time.Duration(minutes) * time.Minute), Releases: releases,
	}
}

func applyFound(t *testing.T, db *store.Store, f events.ReleasesFound) bool {
	t.Helper()
	applied, err := db.ApplyReleases(t.Context(), access.Fetcher, f)
	if err != nil {
		t.Fatal(err)
	}
	return applied
}

// tags returns the tags of the releases in the outbox, which is emptied.
func tags(t *testing.T, db *store.Store) (list []string) {
	t.Helper()
	for _, e := range takeOutbox(t, db) {
		if e, is := e.(events.ReleasePublished); is {
			list = append(list, e.Tag)
		}
	}
	return list
}

func kept(t *testing.T, db *store.Store, svc catalog.Service) (list []string) {
	t.Helper()
	all, err := db.Releases(t.Context(), svc.ID, 50)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all.Items {
		list = append(list, r.Tag)
	}
	return list
}

func wantTags(t *testing.T, what string, got []string, want string) {
	t.Helper()
	if strings.Join(got, " ") != want {
		t.Errorf("%s: got %v, want %s", what, got, want)
	}
}

func linked(t *testing.T) (*store.Store, catalog.Service) {
	t.Helper()
	db := open(t)
	return db, create(t, db, catalog.Change{Name: ptr("billing"), Team: ptr("Payments"), GitHubURL: ptr(repository)})
}

func TestReleasesAreStored(t *testing.T) {
	db, svc := linked(t)
	none, err := db.Releases(t.Context(), svc.ID, 10)
	if want := (catalog.Releases{Repository: repository, Items: []catalog.Release{}}); err != nil || !reflect.DeepEqual(none, want) {
		t.Errorf("before anybody looked: %+v, %v", none, err)
	}
	v2, v1 := released("v2", 1), released("v1", 100)
	v2.Prerelease, v2.NotesCut = true, true
	applyFound(t, db, found(svc, 0, v2, v1))
	got, err := db.Releases(t.Context(), svc.ID, 10)
	want := catalog.Releases{Repository: repository, CheckedAt: looked, Items: []catalog.Release{stored(v2), stored(v1)}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if one, err := db.Releases(t.Context(), svc.ID, 1); err != nil || len(one.Items) != 1 || one.Items[0].Tag != "v2" {
		t.Errorf("one is %+v, %v", one, err)
	}
	if _, err := db.Releases(t.Context(), "019a0000-0000-7000-8000-000000000001", 1); !errors.Is(err, catalog.ErrNotFound) {
		t.Errorf("of a service that is not there: %v", err)
	}
}

// What a repository had before is no news, nor is what was found late; each other release is
// told of once.
func TestNewReleasesArePublishedOnce(t *testing.T) {
	db, svc := linked(t)
	takeOutbox(t, db)
	applyFound(t, db, found(svc, 0, released("v1", 1)))
	wantTags(t, "at the first look", tags(t, db), "")

	late, v2, v3 := released("late", 30), released("v2", -1), released("v3", -2)
	news := found(svc, 180, v3, v2, released("v1", 1), late)
	applyFound(t, db, news)
	list := takeOutbox(t, db)
	want := events.ReleasePublished{
		ServiceID: svc.ID, Name: "billing", Team: "Payments", Tag: "v2", Title: "Release v2", URL: v2.URL, Author: "ada",
		PublishedAt: v2.PublishedAt, Repository: repository,
	}
	if len(list) != 2 || !reflect.DeepEqual(list[0], events.Event(want)) || list[1].(events.ReleasePublished).Tag != "v3" {
		t.Errorf("published are %+v", list)
	}
	if !applyFound(t, db, news) {
		t.Error("the same again was not taken")
	}
	wantTags(t, "the same again", tags(t, db), "")
	news.Releases[0].Title, news.CheckedAt = "Edited", news.CheckedAt.Add(time.Minute)
	applyFound(t, db, news)
	wantTags(t, "an edited one", tags(t, db), "")
	if all, err := db.Releases(t.Context(), svc.ID, 1); err != nil || all.Items[0].Title != "Edited" {
		t.Errorf("the edited one is %+v, %v", all, err)
	}
}

func TestReleasesThatAreNotWantedAreDropped(t *testing.T) {
	db, svc := linked(t)
	applyFound(t, db, found(svc, 10, released("v1", 1)))
	elsewhere, gone, older := found(svc, 20), found(svc, 20), found(svc, 5, released("v0", 9))
	elsewhere.GitHubURL = repository + "-of-old"
	gone.ServiceID = "019a0000-0000-7000-8000-000000000001"
	for what, f := range map[string]events.ReleasesFound{"of another link": elsewhere, "of a service that is gone": gone, "an older answer": older} {
		if applyFound(t, db, f) {
			t.Errorf("%s was taken", what)
		}
	}
	wantTags(t, "kept", kept(t, db, svc), "v1")
	if _, err := db.ApplyReleases(t.Context(), editor, found(svc, 30)); err == nil {
		t.Error("an editor may say what forges have")
	}
}

func TestReleasesFollowTheForge(t *testing.T) {
	db, svc := linked(t)
	applyFound(t, db, found(svc, 0, released("v3", 1), released("v2", 2), released("v1", 3)))
	problem := found(svc, 1)
	problem.Problem = events.ProblemUnreachable
	applyFound(t, db, problem)
	wantTags(t, "while the forge is away", kept(t, db, svc), "v3 v2 v1")
	if all, err := db.Releases(t.Context(), svc.ID, 1); err != nil || all.Problem != events.ProblemUnreachable || !all.CheckedAt.Equal(problem.CheckedAt) {
		t.Errorf("the problem is %+v, %v", all, err)
	}
	applyFound(t, db, found(svc, 2, released("v4", 0), released("v2", 2)))
	wantTags(t, "after v3 was withdrawn", kept(t, db, svc), "v4 v2 v1")
	complete := found(svc, 3, released("v4", 0))
	complete.Complete = true
	applyFound(t, db, complete)
	wantTags(t, "when there is no other", kept(t, db, svc), "v4")
	for i := range 60 {
		applyFound(t, db, found(svc, 4+i, released(fmt.Sprint("w", i), -1-i)))
	}
	if got := kept(t, db, svc); len(got) != 50 || got[0] != "w59" || got[49] != "w10" {
		t.Errorf("kept are %d: %v", len(got), got)
	}
}

// A changed link shows nothing of the repository before, and what that one had is no news in
// the new one either.
func TestChangedLinkHasOtherReleases(t *testing.T) {
	db, svc := linked(t)
	applyFound(t, db, found(svc, 0, released("v1", 1)))
	moved, err := db.UpdateService(t.Context(), editor, svc.ID, 0, catalog.Change{GitHubURL: ptr(repository + "-ng")})
	if err != nil {
		t.Fatal(err)
	}
	takeOutbox(t, db)
	moments := func() []catalog.Release {
		list, err := db.ReleasesBetween(t.Context(), []string{svc.ID}, looked.AddDate(0, 0, -9), looked.AddDate(0, 0, 9), 9)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	if got, err := db.Releases(t.Context(), svc.ID, 9); err != nil || len(got.Items) > 0 || !got.CheckedAt.IsZero() || len(moments()) > 0 {
		t.Errorf("of the new link: %+v, %v, %v", got, moments(), err)
	}
	applyFound(t, db, found(moved, 1, released("v2", 1)))
	wantTags(t, "told of the new one", tags(t, db), "")
	wantTags(t, "kept of the new one", kept(t, db, svc), "v2")
	if err := db.DeleteService(t.Context(), editor, svc.ID, 0); err != nil {
		t.Fatal(err)
	}
	if got := moments(); len(got) != 1 || got[0].Tag != "v2" || got[0].Notes != nil {
		t.Errorf("of the deleted service: %+v", got)
	}
	if n, err := db.PurgeTrash(t.Context(), access.Sweeper, time.Now().Add(time.Minute)); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	if got := moments(); len(got) > 0 {
		t.Errorf("of one that cannot be restored: %+v", got)
	}
}

// A clock that was ahead keeps nothing out once it is right.
func TestReleasesOfAClockThatIsAhead(t *testing.T) {
	db, svc := linked(t)
	ahead := found(svc, 0, released("v1", 1))
	ahead.CheckedAt = time.Now().AddDate(0, 0, 3).UTC()
	applyFound(t, db, ahead)
	later := found(svc, 0, released("v2", 0), released("v1", 1))
	later.CheckedAt = time.Now().Add(time.Second).UTC()
	if !applyFound(t, db, later) {
		t.Error("what came later was dropped")
	}
	wantTags(t, "kept", kept(t, db, svc), "v2 v1")
}
