package catalogapi

import (
	"context"
	"log/slog"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/history"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
)

// trashDays is for how many days a deleted service can be restored.
const trashDays = 30

// linkDays is for how long it is kept what became of a link: those of services are checked again before.
const linkDays = 60

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

// historyEvery is how often the history is looked after: a day's results become buckets so
// long after they are due at the latest.
const historyEvery = 10 * time.Minute

// keepHistory looks after the history until ctx ends.
func keepHistory(ctx context.Context, log *slog.Logger, db *store.Store, kept history.Kept) error {
	ticker := time.NewTicker(historyEvery)
	defer ticker.Stop()
	for {
		began := time.Now()
		err := db.KeepHistory(ctx, access.Sweeper, began, kept)
		switch took := time.Since(began); {
		case err != nil && ctx.Err() == nil:
			log.WarnContext(ctx, "history not rolled up; retrying", "error", err)
		case took > time.Minute:
			log.InfoContext(ctx, "history rolled up", "duration", took)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// adoptEvery is how often teams are looked for that a version without them left out.
const adoptEvery = 10 * time.Minute

// adoptTeams adds teams that services name and that are not there, until ctx ends.
func adoptTeams(ctx context.Context, log *slog.Logger, db *store.Store) error {
	ticker := time.NewTicker(adoptEvery)
	defer ticker.Stop()
	for {
		n, err := db.AdoptTeams(ctx, access.Sweeper)
		switch {
		case err != nil && ctx.Err() == nil:
			log.WarnContext(ctx, "teams that services name are not added; retrying", "error", err)
		case n > 0:
			log.InfoContext(ctx, "teams added that services name", "teams", n)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}
