// Package store keeps the catalogue in Postgres. Each method is one transaction. It
// uses the types and errors of package catalog, and adds the events of its changes to
// the outbox in the same transaction.
package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/dev-portal/dev-portal/pkg/events"
)

//go:embed migrations/*.sql
var migrations embed.FS

// The limits of a replica's connections. Requests have a pool of their own, so that they
// and the bulk work (results, events) don't wait for each other. Bulk work may take
// longer than anybody waits for an answer.
const (
	requestConnections = 12
	requestTimeout     = 4500 * time.Millisecond
	bulkConnections    = 4
	bulkTimeout        = 15 * time.Second
)

// Store is the catalogue's database.
type Store struct {
	pool // for requests

	bulk     pool       // for results, events, and work on all services
	apply    *sqlx.Stmt // applyResults in bulk; planning it takes as long as running it
	changed  *sqlx.Stmt // changedSince; each request for the list waits for it
	interval events.Interval
}

// Config configures a Store.
type Config struct {
	URL      string          // postgres://user:password@host:port/name?…
	Wait     time.Duration   // how long Open tries to reach a server that doesn't answer
	Interval events.Interval // of services that name none
	Log      *slog.Logger
}

// Open connects to the database and migrates its schema, under a lock so that
// replicas can start together. It retries while the server can't be reached; any
// other error is final.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	s := &Store{interval: cfg.Interval}
	for _, p := range []struct {
		*pool
		limits
	}{
		{&s.pool, limits{requestConnections, requestTimeout}}, {&s.bulk, limits{bulkConnections, bulkTimeout}},
	} {
		var err error
		if *p.pool, err = openPool(cfg.URL, p.limits); err != nil {
			return nil, err
		}
	}
	if err := s.reach(ctx, cfg.Wait, cfg.Log); err != nil {
		return nil, errors.Join(fmt.Errorf("reach the database: %w", err), s.Close())
	}
	if err := checkServer(ctx, s.db, cfg.Log); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if err := migrate(ctx, cfg, math.MaxInt64); err != nil {
		return nil, errors.Join(fmt.Errorf("migrate the database: %w", err), s.Close())
	}
	if err := s.preparePartitions(ctx, now()); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	var err error
	if s.apply, err = s.bulk.db.PreparexContext(ctx, applyResults); err != nil {
		return nil, errors.Join(fmt.Errorf("prepare the taking of results: %w", err), s.Close())
	}
	if _, err := s.db.ExecContext(ctx, resetForeignTxIDs); err != nil {
		return nil, errors.Join(fmt.Errorf("forget the transactions of another server: %w", err), s.Close())
	}
	if s.changed, err = s.db.PreparexContext(ctx, changedSince); err != nil {
		return nil, errors.Join(fmt.Errorf("prepare the question for changes: %w", err), s.Close())
	}
	return s, nil
}

// now returns the present time as it is stored: UTC, in microseconds, the precision of
// Postgres.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// Close closes the connections. That one was lost, as when the database was restarted, is no
// error: what it had prepared is gone with it.
func (s *Store) Close() error {
	var errs []error
	lost := func(err error) bool { return err != nil && transient(err) }
	for _, prepared := range []*sqlx.Stmt{s.apply, s.changed} {
		if prepared != nil {
			errs = append(errs, prepared.Close())
		}
	}
	return errors.Join(slices.DeleteFunc(append(errs, s.db.Close(), s.bulk.db.Close()), lost)...)
}

// DB returns the bulk connections, for the outbox's relay.
func (s *Store) DB() *sqlx.DB { return s.bulk.db }

// Ping returns an error unless the database answers.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.db.PingContext(ctx); err != nil {
		return fmt.Errorf("ping the database: %w", domainError(err))
	}
	return nil
}

func (s *Store) reach(ctx context.Context, wait time.Duration, log *slog.Logger) error {
	for end := time.Now().Add(wait); ; {
		err := s.db.PingContext(ctx)
		if !transient(err) || time.Now().After(end) {
			return err
		}
		log.WarnContext(ctx, "database does not answer; retrying", "error", err)
		select {
		case <-ctx.Done():
			return err
		case <-time.After(time.Second):
		}
	}
}

// migrate migrates the schema up to a version. It uses connections of its own without a
// timeout, because a migration may take long.
func migrate(ctx context.Context, cfg Config, version int64) (err error) {
	p, err := openPool(cfg.URL, limits{connections: 2})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.db.Close()) }()
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, p.db.DB, dir,
		goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true), goose.WithGoMigrations(keysMigration, namesMigration))
	if err != nil {
		return err
	}
	applied, err := provider.UpTo(ctx, version)
	for _, m := range applied {
		cfg.Log.InfoContext(ctx, "database migrated", "migration", m.Source.Version, "duration", m.Duration)
	}
	return err
}
