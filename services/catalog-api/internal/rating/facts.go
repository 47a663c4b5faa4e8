// Package rating reads what services are judged by, besides themselves, and tells when the level
// of one changes.
package rating

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/oncall"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/scorecard"
)

// Sources reads what is known of teams and releases. Each method is one query, however many
// services there are.
type Sources interface {
	// Teams returns all teams, or those that match a text.
	Teams(ctx context.Context, query string) ([]catalog.Team, error)
	// Calendars returns what was read of the calendars of these teams, by their slugs.
	Calendars(ctx context.Context, slugs []string) (map[string]oncall.Reading, error)
	// ReleasesRevision returns a text that is another one whenever releases were read anew.
	ReleasesRevision(ctx context.Context) (string, error)
	// NewestReleases returns the newest release of each service that has one, by the service's id,
	// and the revision of that.
	NewestReleases(ctx context.Context) (newest map[string]catalog.NewestRelease, revision string, err error)
	// LinksRevision returns a text that is another one whenever links were checked.
	LinksRevision(ctx context.Context) (string, error)
	// Links returns what became of links, and the revision of that.
	Links(ctx context.Context) (links map[catalog.LinkDigest]catalog.Link, revision string, err error)
}

// Known is what services are judged by, besides themselves. It is never changed.
type Known struct {
	onCall   map[string]scorecard.OnCall // by the Key of the team's name
	released map[string]catalog.NewestRelease
	links    map[catalog.LinkDigest]catalog.Link
	revision revisions
}

// revisions are those of what is read again only when it has changed.
type revisions struct{ releases, links string }

// Facts returns what a service is judged by.
func (k *Known) Facts(svc *catalog.Service, at time.Time) scorecard.Facts {
	f := scorecard.Facts{Service: svc, Links: scorecard.LinksOf(svc, k.links), At: at}
	if newest := k.released[svc.ID]; newest.Repository == svc.GitHubURL {
		f.Released = newest.PublishedAt
	}
	if duty, there := k.onCall[catalog.Key(svc.Team)]; there && svc.Team != "" {
		f.OnCall = &duty
	}
	return f
}

// Reader reads what is known, and remembers it. It serves any number of goroutines.
type Reader struct {
	Sources Sources

	mu   sync.Mutex
	last *Known
}

// Read returns what is known at a time. It returns the same pointer as before if that is as it
// was: then no release and no link is read again.
func (r *Reader) Read(ctx context.Context, at time.Time) (*Known, error) {
	teams, err := r.Sources.Teams(ctx, "")
	if err != nil {
		return nil, err
	}
	read, err := r.Sources.Calendars(ctx, catalog.WithCalendar(teams))
	if err != nil {
		return nil, err
	}
	known := &Known{onCall: make(map[string]scorecard.OnCall, len(teams))}
	for i := range teams {
		known.onCall[catalog.Key(teams[i].Name)] = scorecard.OnCallOf(&teams[i], read[teams[i].Slug], at)
	}
	last := r.remembered()
	if err := r.readReleases(ctx, known, last); err != nil {
		return nil, err
	}
	if err := r.readLinks(ctx, known, last); err != nil {
		return nil, err
	}
	if last != nil && known.revision == last.revision && maps.Equal(last.onCall, known.onCall) {
		return last, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = known
	return known, nil
}

// readReleases sets what is known of releases: what was known last, if that is as it was.
func (r *Reader) readReleases(ctx context.Context, known, last *Known) error {
	revision, err := r.Sources.ReleasesRevision(ctx)
	if err != nil {
		return err
	}
	if last != nil && last.revision.releases == revision {
		known.released, known.revision.releases = last.released, revision
		return nil
	}
	known.released, known.revision.releases, err = r.Sources.NewestReleases(ctx)
	return err
}

// readLinks does so for links.
func (r *Reader) readLinks(ctx context.Context, known, last *Known) error {
	revision, err := r.Sources.LinksRevision(ctx)
	if err != nil {
		return err
	}
	if last != nil && last.revision.links == revision {
		known.links, known.revision.links = last.links, revision
		return nil
	}
	known.links, known.revision.links, err = r.Sources.Links(ctx)
	return err
}

func (r *Reader) remembered() *Known {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}
