package incident

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/impact"
)

const (
	compareEvery = 10 * time.Second
	lookTimeout  = 30 * time.Second
	failedPause  = time.Second
)

// Catalogue is what a Teller needs of the database.
type Catalogue interface {
	Duties

	// Changed reports whether the services have changed since a revision.
	Changed(ctx context.Context, at catalog.Revision) (bool, error)
	// Changes returns what has changed since a revision.
	Changes(ctx context.Context, at catalog.Revision, measured bool) (catalog.Changes, error)
	// TellIncidents adds the events of what find returns and was not told yet, unless another
	// replica is doing that: then it returns false.
	TellIncidents(ctx context.Context, by access.Actor, find func(ctx context.Context, told []Told) ([]News, error)) (bool, error)
}

// Teller publishes each incident: when it begins, when whom it hits changes, and when it is over.
// Every replica has one. It works for the active relay: that of an older version beside it could
// not publish what it tells.
type Teller struct {
	Catalogue Catalogue
	Noticed   <-chan struct{} // receives when something may have changed, and now and then
	Log       *slog.Logger

	nodes    map[string]*impact.Node // the services as last read, by id
	revision catalog.Revision        // of nodes
	picture  *impact.Picture         // of nodes
	told     catalog.Revision        // up to which all is told
	compared time.Time               // when that was compared with what events said
}

// Run tells until ctx ends. After a failure it tries again.
func (t *Teller) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.Noticed:
		}
		if err := t.look(ctx); err != nil && ctx.Err() == nil {
			t.Log.WarnContext(ctx, "what fell could not be told; retrying", "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(failedPause):
			}
		}
	}
}

// look tells what has changed since it was last told. Now and then it compares without a change:
// what events said may have been lost.
func (t *Teller) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	if time.Since(t.compared) < compareEvery {
		if changed, err := t.Catalogue.Changed(ctx, t.told); err != nil || !changed {
			return err
		}
	}
	done, err := t.Catalogue.TellIncidents(ctx, access.Teller, t.find)
	if err == nil && done {
		t.told, t.compared = t.revision, time.Now()
	}
	return err
}

// find reads what has changed, and returns the news.
func (t *Teller) find(ctx context.Context, told []Told) ([]News, error) {
	changes, err := t.Catalogue.Changes(ctx, t.revision, false)
	if err != nil {
		return nil, err
	}
	t.apply(changes)
	at := time.Now().UTC()
	onCall, err := OnCall(ctx, t.Log, t.Catalogue, Teams(t.picture.Incidents()), at)
	if err != nil {
		return nil, fmt.Errorf("who is on call: %w", err)
	}
	return Find(t.picture, told, onCall, at)
}

// apply brings the picture up to date.
func (t *Teller) apply(c catalog.Changes) {
	t.revision = c.Revision
	if t.picture != nil && !c.All && len(c.Services)+len(c.Deleted) == 0 {
		return
	}
	same := t.picture != nil // whether the same services need the same
	if c.All {
		t.nodes, same = make(map[string]*impact.Node, len(c.Services)), false
	}
	for _, id := range c.Deleted {
		_, was := t.nodes[id]
		delete(t.nodes, id)
		same = same && !was
	}
	for i := range c.Services {
		now := impact.NewNode(&c.Services[i].Service)
		was := t.nodes[now.ID]
		t.nodes[now.ID] = now
		same = same && was != nil && slices.Equal(was.Hard, now.Hard)
	}
	var before *impact.Picture
	if same {
		before = t.picture
	}
	nodes := make([]*impact.Node, 0, len(t.nodes))
	for _, n := range t.nodes {
		nodes = append(nodes, n)
	}
	t.picture = impact.NewPicture(nodes, before)
}
