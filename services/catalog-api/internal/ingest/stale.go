package ingest

import (
	"context"
	"log/slog"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
)

// sweepEvery is how long a status can be stale before it is noticed.
const sweepEvery = 5 * time.Second

// Sweeper sets statuses to unknown that no result has confirmed for three intervals, or
// three rounds of a busy host. Several replicas may sweep concurrently.
type Sweeper struct {
	Statuses Statuses
	Log      *slog.Logger
	Metrics  *Metrics
}

// Run sweeps until ctx ends. No status becomes stale within three intervals after the
// start, because the portal received no results before.
func (s *Sweeper) Run(ctx context.Context) error {
	started := time.Now().UTC()
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		try, cancel := context.WithTimeout(ctx, applyTimeout)
		n, err := s.Statuses.MarkStale(try, access.Sweeper, started)
		cancel()
		switch {
		case err != nil && ctx.Err() == nil:
			s.Log.WarnContext(ctx, "search for stale statuses failed; retrying", "error", err)
		case n > 0:
			s.Log.InfoContext(ctx, "no results for three intervals; statuses set to unknown", "services", n)
			s.Metrics.stale.Add(float64(n))
		}
	}
}
