// Package devtest provides tests with a real NATS server and real Postgres databases.
// A package that uses Database must run its tests by Main:
//
//	func TestMain(m *testing.M) { os.Exit(devtest.Main(m)) }
package devtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/dev-portal/dev-portal/pkg/devstack"
	"github.com/lib/pq"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// shared is the Postgres server of this process. It is set by Main, and by the first
// test that asks for a database.
var shared struct {
	sync.Mutex
	dir      string // empty if Main was not called
	postgres *devstack.Postgres
	err      error // why it did not start; returned to every test that asks
	made     atomic.Int64
	prepared map[string]func() error // by the names of the templates
}

// Main runs the tests and then stops the shared Postgres. It returns the exit code.
func Main(m *testing.M) int {
	dir, err := os.MkdirTemp("", "devtest-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "devtest:", err)
		return 1
	}
	shared.dir = dir
	code := m.Run()
	if shared.postgres != nil {
		err = shared.postgres.Close()
	}
	if err := errors.Join(err, os.RemoveAll(dir)); err != nil {
		fmt.Fprintln(os.Stderr, "devtest:", err)
		return 1
	}
	return code
}

// NATS starts a server with JetStream for this test alone, which takes about 10 ms,
// and stops it at the end of the test.
func NATS(tb testing.TB) *devstack.NATS {
	tb.Helper()
	cfg := devstack.NATSConfig{Addr: "127.0.0.1:0", Dir: tb.TempDir(), Log: slog.New(slog.NewTextHandler(tb.Output(), nil))}
	srv, err := devstack.StartNATS(tb.Context(), cfg)
	if err != nil {
		tb.Fatalf("devtest: %v", err)
	}
	tb.Cleanup(srv.Close)
	return srv
}

// JetStream connects to the server at a URL for as long as the test runs.
func JetStream(tb testing.TB, url string) jetstream.JetStream {
	tb.Helper()
	nc, err := nats.Connect(url)
	if err != nil {
		tb.Fatalf("devtest: %v", err)
	}
	tb.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		tb.Fatalf("devtest: %v", err)
	}
	return js
}

// Database creates an empty database for this test alone, in a Postgres that all
// tests of the process share, and drops it at the end of the test. It returns its URL.
// With -short the test is skipped, because the first call takes about two seconds.
func Database(tb testing.TB) string {
	tb.Helper()
	return copyOf(tb, started(tb), "template0")
}

// Prepared is Database with what prepare makes of an empty one, a schema for example. It is
// made once in the process for each name, and copied from then on, which takes a tenth of
// the time. prepare leaves no connection to it open.
func Prepared(tb testing.TB, name string, prepare func(ctx context.Context, url string) error) string {
	tb.Helper()
	pg := started(tb)
	shared.Lock()
	once := shared.prepared[name]
	if once == nil {
		once = sync.OnceValue(func() error {
			ctx := context.WithoutCancel(tb.Context())
			if err := execute(ctx, pg.DatabaseURL("postgres"), `CREATE DATABASE `+pq.QuoteIdentifier(name)+` TEMPLATE template0`); err != nil {
				return err
			}
			return prepare(ctx, pg.DatabaseURL(name))
		})
		if shared.prepared == nil {
			shared.prepared = map[string]func() error{}
		}
		shared.prepared[name] = once
	}
	shared.Unlock()
	if err := once(); err != nil {
		tb.Fatalf("devtest: prepare database %q: %v", name, err)
	}
	return copyOf(tb, pg, name)
}

// copyOf creates a database from a template, to which there are no connections. Copied file by
// file it takes two thirds of the time that it takes block by block through the log, which is
// Postgres' way since 15, and leaves nothing in memory to throw away again.
func copyOf(tb testing.TB, pg *devstack.Postgres, template string) string {
	tb.Helper()
	name := fmt.Sprintf("test_%d", shared.made.Add(1))
	admin := pg.DatabaseURL("postgres")
	ctx := context.WithoutCancel(tb.Context())
	if err := execute(ctx, admin, `CREATE DATABASE `+name+` TEMPLATE `+pq.QuoteIdentifier(template)+` STRATEGY FILE_COPY`); err != nil {
		tb.Fatalf("devtest: %v", err)
	}
	tb.Cleanup(func() {
		if err := execute(ctx, admin, `DROP DATABASE IF EXISTS `+name+` WITH (FORCE)`); err != nil {
			tb.Errorf("devtest: %v", err)
		}
	})
	return pg.DatabaseURL(name)
}

// started returns the shared server, or ends the test.
func started(tb testing.TB) *devstack.Postgres {
	tb.Helper()
	if testing.Short() {
		tb.Skip("starts Postgres")
	}
	pg, err := postgres()
	if err != nil {
		tb.Fatalf("devtest: %v", err)
	}
	return pg
}

// postgres starts the shared server at the first call.
func postgres() (*devstack.Postgres, error) {
	shared.Lock()
	defer shared.Unlock()
	if shared.dir == "" {
		return nil, errors.New("the package needs func TestMain(m *testing.M) { os.Exit(devtest.Main(m)) }")
	}
	if shared.postgres == nil && shared.err == nil {
		cfg := devstack.PostgresConfig{Dir: filepath.Join(shared.dir, "postgres"), Disposable: true}
		shared.postgres, shared.err = devstack.StartPostgres(context.Background(), cfg)
	}
	return shared.postgres, shared.err
}

func execute(ctx context.Context, url, query string) (err error) {
	db, err := sql.Open("postgres", url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.ExecContext(ctx, query); err != nil {
		return fmt.Errorf("%s: %w", query, err)
	}
	return nil
}
