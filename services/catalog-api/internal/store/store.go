// Package store keeps the catalogue in Postgres. A method is one transaction,
// speaks the catalogue's own words, and writes the events of what it changed
// into the outbox beside the change.
package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

//go:embed migrations/*.sql
var migrations embed.FS

// maxConnections bounds a replica's share of the server's connections.
const maxConnections = 16

// Store is the catalogue's database.
type Store struct {
	db       *sqlx.DB
	interval events.Interval
}

// Config says which database a Store is.
type Config struct {
	URL      string          // postgres://user:password@host:port/name?…
	Wait     time.Duration   // how long Open tries to reach a server that doesn't answer
	Interval events.Interval // of services that name none
	Log      *slog.Logger
}

// Open connects to the database and brings its schema up to date, under a lock
// so that replicas can start together. While the server can't be reached it
// tries again; any other error is final.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	connector, err := pq.NewConnector(cfg.URL)
	if err != nil {
		// The error of a URL that can't be parsed repeats it, password and all.
		return nil, errors.New("the database URL is not valid: it must look like postgres://user:password@host:5432/name")
	}
	db := sqlx.NewDb(sql.OpenDB(connector), "postgres")
	db.SetMaxOpenConns(maxConnections)
	db.SetMaxIdleConns(maxConnections)
	db.SetConnMaxIdleTime(5 * time.Minute)

	s := &Store{db: db, interval: cfg.Interval}
	if err := s.reach(ctx, cfg.Wait, cfg.Log); err != nil {
		return nil, errors.Join(fmt.Errorf("reach the database: %w", err), db.Close())
	}
	if err := s.migrate(ctx, cfg.Log); err != nil {
		return nil, errors.Join(fmt.Errorf("migrate the database: %w", err), db.Close())
	}
	return s, nil
}

// now is the time as it is written: UTC, in microseconds, which is what Postgres
// keeps.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// Close closes the connections.
func (s *Store) Close() error { return s.db.Close() }

// DB is the pool, for the outbox's relay.
func (s *Store) DB() *sqlx.DB { return s.db }

// Ping says whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.db.PingContext(ctx); err != nil {
		return fmt.Errorf("ping the database: %w", domainError(err))
	}
	return nil
}

func (s *Store) reach(ctx context.Context, wait time.Duration, log *slog.Logger) error {
	for end := time.Now().Add(wait); ; {
		err := s.db.PingContext(ctx)
		if !errors.Is(domainError(err), catalog.ErrUnavailable) || time.Now().After(end) {
			return err
		}
		log.WarnContext(ctx, "the database does not answer; trying again", "error", err)
		select {
		case <-ctx.Done():
			return err
		case <-time.After(time.Second):
		}
	}
}

func (s *Store) migrate(ctx context.Context, log *slog.Logger) error {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, s.db.DB, dir,
		goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true), goose.WithGoMigrations(keysMigration))
	if err != nil {
		return err
	}
	applied, err := provider.Up(ctx)
	for _, m := range applied {
		log.InfoContext(ctx, "migrated the database", "migration", m.Source.Path, "duration", m.Duration)
	}
	return err
}

// inTx runs fn in a transaction, which it commits if fn returns nil.
func (s *Store) inTx(ctx context.Context, fn func(*sqlx.Tx) error) (err error) {
	tx, err := s.db.BeginTxx(ctx, nil)
	if err != nil {
		return domainError(err)
	}
	defer func() {
		if err != nil {
			_ = tx.Rollback() // the error that led here says more
		}
	}()
	if err := fn(tx); err != nil {
		return err
	}
	return domainError(tx.Commit())
}

// domainError says in the catalogue's words what Postgres said in its own.
func domainError(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, sql.ErrNoRows) {
		return catalog.ErrNotFound
	}
	if e := pq.As(err, pqerror.UniqueViolation); e != nil && e.Constraint == "services_name_key" {
		return catalog.ErrNameTaken
	}
	if unavailable(err) {
		return fmt.Errorf("%w: %w", catalog.ErrUnavailable, err)
	}
	return err
}

// unavailable tells a database that can't be reached, or is just stopping or
// starting, from one that refuses.
func unavailable(err error) bool {
	if e, ok := errors.AsType[*pq.Error](err); ok {
		switch e.Code.Class() {
		case "08", "53", "57": // connection, resources, operator intervention
			return true
		}
		return false
	}
	_, network := errors.AsType[net.Error](err)
	return network && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone)
}

// ignoreNotFound is for what may be gone by the time it is looked at.
func ignoreNotFound(err error) error {
	if errors.Is(err, catalog.ErrNotFound) {
		return nil
	}
	return err
}
