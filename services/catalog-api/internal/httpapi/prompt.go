package httpapi

import (
	"context"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

// promptly is what the catalogue may take. A person waits for it: who is told
// soon that it does not answer can do something else.
const promptly = 4 * time.Second

// prompt is a catalogue that answers or fails soon.
type prompt struct{ of Catalog }

func (p prompt) List(ctx context.Context, f catalog.Filter) ([]catalog.Service, error) {
	ctx, cancel := context.WithTimeout(ctx, promptly)
	defer cancel()
	return p.of.List(ctx, f)
}

func (p prompt) ByID(ctx context.Context, id string) (catalog.Service, error) {
	ctx, cancel := context.WithTimeout(ctx, promptly)
	defer cancel()
	return p.of.ByID(ctx, id)
}

func (p prompt) Changed(ctx context.Context, at catalog.Revision) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, promptly)
	defer cancel()
	return p.of.Changed(ctx, at)
}

func (p prompt) Changes(ctx context.Context, at catalog.Revision, measured bool) (catalog.Changes, error) {
	ctx, cancel := context.WithTimeout(ctx, promptly)
	defer cancel()
	return p.of.Changes(ctx, at, measured)
}

func (p prompt) Create(ctx context.Context, c catalog.Change) (catalog.Service, error) {
	ctx, cancel := context.WithTimeout(ctx, promptly)
	defer cancel()
	return p.of.Create(ctx, c)
}

func (p prompt) Update(ctx context.Context, id string, ifVersion int64, c catalog.Change) (catalog.Service, error) {
	ctx, cancel := context.WithTimeout(ctx, promptly)
	defer cancel()
	return p.of.Update(ctx, id, ifVersion, c)
}

func (p prompt) Delete(ctx context.Context, id string, ifVersion int64) error {
	ctx, cancel := context.WithTimeout(ctx, promptly)
	defer cancel()
	return p.of.Delete(ctx, id, ifVersion)
}
