package catalogapi

import (
	"context"
	"log/slog"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
)

// The pauses between purges of the trail: a short one while there is more to purge.
const (
	purgeEvery = time.Hour
	purgePause = time.Second
)

// purgeTrail removes entries of the trail that are older than days, until ctx ends.
func purgeTrail(ctx context.Context, db *store.Store, days int, log *slog.Logger) error {
	for wait := purgePause; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
		wait = purgeEvery
		n, err := db.PurgeTrail(ctx, access.Sweeper, time.Now().AddDate(0, 0, -days))
		switch {
		case err != nil && ctx.Err() == nil:
			log.WarnContext(ctx, "old entries of the trail not removed; retrying", "error", err)
		case n > 0:
			wait = purgePause
		}
	}
}
