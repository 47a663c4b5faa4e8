package rating

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/scorecard"
)

const (
	// compareEvery is how often levels are computed though nothing has changed: some rules ask how
	// long ago something was, and what was told may have been lost.
	compareEvery = 10 * time.Second
	lookTimeout  = 30 * time.Second
	pause        = time.Second // after each look: what comes meanwhile is looked at together
)

// Catalogue is what a Teller needs of the database.
type Catalogue interface {
	Sources

	// Changed reports whether the services have changed since a revision.
	Changed(ctx context.Context, at catalog.Revision) (bool, error)
	// Changes returns what has changed since a revision.
	Changes(ctx context.Context, at catalog.Revision, measured bool) (catalog.Changes, error)
	// TellLevels notes and tells what find returns, unless another replica is doing that: then it
	// returns false.
	TellLevels(ctx context.Context, by access.Actor, find func(ctx context.Context, noted map[string]Noted) ([]News, error)) (bool, error)
}

// Teller notes the level of each service, and publishes each change of one. Every replica has
// one. It works for the active relay, as incident.Teller does: that of an older version beside it
// could not publish what it tells.
type Teller struct {
	Catalogue Catalogue
	Rules     scorecard.Rules
	Noticed   <-chan struct{} // receives when something may have changed, and now and then
	Log       *slog.Logger

	reader   Reader
	services map[string]*catalog.Service // as last read, by id
	revision catalog.Revision            // of services
	stale    bool                        // services have changed in a way that rules look at, and it was not told
	known    *Known                      // by which was told
	compared time.Time                   // when levels were computed
}

// Run tells until ctx ends. After a failure it tries again.
func (t *Teller) Run(ctx context.Context) error {
	t.reader.Sources = t.Catalogue
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.Noticed:
		}
		if err := t.look(ctx); err != nil && ctx.Err() == nil {
			t.Log.WarnContext(ctx, "levels of scorecards could not be told; retrying", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// look tells what has changed since it was last told, and now and then without a change.
func (t *Teller) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	if time.Since(t.compared) < compareEvery {
		changed, err := t.changed(ctx)
		if err != nil || !changed {
			return err
		}
	}
	done, err := t.Catalogue.TellLevels(ctx, access.Teller, t.find)
	if err == nil && done {
		t.stale, t.compared = false, time.Now()
	}
	return err
}

// changed reads what has changed, and reports whether rules look at any of it.
func (t *Teller) changed(ctx context.Context) (bool, error) {
	if err := t.read(ctx); err != nil {
		return false, err
	}
	known, err := t.reader.Read(ctx, time.Now().UTC())
	return t.stale || known != t.known, err
}

// read brings the services up to date.
func (t *Teller) read(ctx context.Context) error {
	if changed, err := t.Catalogue.Changed(ctx, t.revision); err != nil || !changed {
		return err
	}
	c, err := t.Catalogue.Changes(ctx, t.revision, false)
	if err != nil {
		return err
	}
	t.revision = c.Revision
	if c.All {
		t.services, t.stale = make(map[string]*catalog.Service, len(c.Services)), true
	}
	for _, id := range c.Deleted {
		delete(t.services, id)
		t.stale = true
	}
	for i := range c.Services {
		svc := c.Services[i].Service // a copy, so that the others that were read with it can be forgotten
		was := t.services[svc.ID]
		t.services[svc.ID] = &svc
		// A new status is no news here.
		t.stale = t.stale || was == nil || was.Version != svc.Version || was.Name != svc.Name || was.Team != svc.Team || !slices.Equal(was.DependsOn, svc.DependsOn)
	}
	return nil
}

// find reads what has changed, and returns the news.
func (t *Teller) find(ctx context.Context, noted map[string]Noted) ([]News, error) {
	if err := t.read(ctx); err != nil {
		return nil, err
	}
	at := time.Now().UTC().Truncate(time.Microsecond)
	known, err := t.reader.Read(ctx, at)
	if err != nil {
		return nil, err
	}
	t.known = known
	return Find(t.services, known, t.Rules, noted, at), nil
}
