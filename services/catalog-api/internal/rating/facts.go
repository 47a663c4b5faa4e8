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
}

// Known is what services are judged by, besides themselves. It is never changed.
type Known struct {
	onCall   map[string]scorecard.OnCall // by the Key of the team's name
	released map[string]catalog.NewestRelease
	revision string // of released
}

// Facts returns what a service is judged by.
func (k *Known) Facts(svc *catalog.Service, at time.Time) scorecard.Facts {
	f := scorecard.Facts{Service: svc, At: at}
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
// was: then no release is read again.
func (r *Reader) Read(ctx context.Context, at time.Time) (*Known, error) {
	teams, err := r.Sources.Teams(ctx, "")
	if err != nil {
		return nil, err
	}
	read, err := r.Sources.Calendars(ctx, catalog.WithCalendar(teams))
	if err != nil {
		return nil, err
	}
	revision, err := r.Sources.ReleasesRevision(ctx)
	if err != nil {
		return nil, err
	}
	known := &Known{onCall: make(map[string]scorecard.OnCall, len(teams))}
	for i := range teams {
		known.onCall[catalog.Key(teams[i].Name)] = scorecard.OnCallOf(&teams[i], read[teams[i].Slug], at)
	}
	last := r.remembered()
	if last != nil && last.revision == revision {
		if maps.Equal(last.onCall, known.onCall) {
			return last, nil
		}
		known.released, known.revision = last.released, revision
	} else if known.released, known.revision, err = r.Sources.NewestReleases(ctx); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = known
	return known, nil
}

func (r *Reader) remembered() *Known {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}
