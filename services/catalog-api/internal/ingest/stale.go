package ingest

import (
	"context"
	"log/slog"
	"time"
)

// sweepEvery is how late a status can be found stale, beyond its three intervals.
const sweepEvery = 5 * time.Second

// Sweeper makes those statuses unknown that no result has confirmed for three
// intervals, or three rounds of a busy host. Several replicas may do so beside each other.
type Sweeper struct {
	Statuses Statuses
	Log      *slog.Logger
	Metrics  *Metrics
}

// Run sweeps until ctx ends. No status is called stale within three intervals
// of its start: the portal wasn't there to listen before.
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
		try, cancel := context.WithTimeout(ctx, applyMost)
		n, err := s.Statuses.MarkStale(try, started)
		cancel()
		switch {
		case err != nil && ctx.Err() == nil:
			s.Log.WarnContext(ctx, "stale statuses could not be looked for; trying again", "error", err)
		case n > 0:
			s.Log.InfoContext(ctx, "no result for three intervals; the statuses are unknown now", "services", n)
			s.Metrics.stale.Add(float64(n))
		}
	}
}
