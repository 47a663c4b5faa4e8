package httpapi

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

// hanging is a catalogue that hangs after the first read.
type hanging struct{ Catalog }

func (hanging) Changed(ctx context.Context, _ catalog.Revision) (bool, error) {
	<-ctx.Done()
	return false, ctx.Err()
}

func (hanging) Changes(context.Context, catalog.Revision, bool) (catalog.Changes, error) {
	return catalog.Changes{All: true}, nil
}

// A request that waits for the check of another, and then for a catalogue that hangs,
// has the same time limit as one that waits for the catalogue alone.
func TestRequestBehindHangingCheckTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newListCache(hanging{})
		if _, err := c.fresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.refreshing.Store(true) // so that the list is never stale
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				began := time.Now()
				if _, err := c.fresh(t.Context()); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 4*time.Second {
					t.Errorf("after %s: %v", time.Since(began), err)
				}
			})
			time.Sleep(time.Second)
		}
		all.Wait()
	})
}
