package catalogapi

import (
	"context"
	"log/slog"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
)

// trashDays is for how many days a deleted service can be restored.
const trashDays = 30

// The pauses between purges: a short one while there is more to purge.
const (
	purgeEvery = time.Hour
	purgePause = time.Second
)

// purge removes what is older than days, again and again, until ctx ends. what is for the
// log; remove removes some of it, and returns how many.
func purge(
	ctx context.Context, log *slog.Logger, what string, days int, remove func(context.Context, access.Actor, time.Time) (int, error),
) error {
	for wait := purgePause; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
		wait = purgeEvery
		n, err := remove(ctx, access.Sweeper, time.Now().AddDate(0, 0, -days))
		switch {
		case err != nil && ctx.Err() == nil:
			log.WarnContext(ctx, "what is old is not removed; retrying", "what", what, "error", err)
		case n > 0:
			wait = purgePause
		}
	}
}
