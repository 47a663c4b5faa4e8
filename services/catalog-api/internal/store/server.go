package store

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/jmoiron/sqlx"
)

// The major versions of PostgreSQL: from supported on all is tested; from oldest on it
// works, which lets the one process run where the machine has nothing newer.
const (
	supported = 16
	oldest    = 15
)

// checkServer returns an error for a server that is too old, and logs one that is
// not supported.
func checkServer(ctx context.Context, db *sqlx.DB, log *slog.Logger) error {
	var number int
	if err := db.GetContext(ctx, &number, `SELECT current_setting('server_version_num')::int`); err != nil {
		return fmt.Errorf("ask the database for its version: %w", err)
	}
	major := number / 10_000
	if major < oldest {
		return fmt.Errorf("the database is PostgreSQL %d, which is too old: use %d or newer", major, supported)
	}
	if major < supported {
		log.InfoContext(ctx, "PostgreSQL is older than the supported versions; fit for a trial only",
			"version", major, "supported", supported)
	}
	return nil
}
