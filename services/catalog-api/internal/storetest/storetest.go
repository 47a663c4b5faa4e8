// Package storetest gives tests databases that have the catalogue's schema.
package storetest

import (
	"context"
	"log/slog"
	"testing"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
)

// Database is devtest.Database with this version's schema, which is as old as the first one
// of the process. A test of how a database gets its schema takes an empty one.
func Database(tb testing.TB) string {
	tb.Helper()
	return devtest.Prepared(tb, "catalogue", func(ctx context.Context, url string) error {
		db, err := store.Open(ctx, store.Config{URL: url, Interval: "1m", Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			return err
		}
		return db.Close()
	})
}
