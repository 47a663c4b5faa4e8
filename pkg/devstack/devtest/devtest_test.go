package devtest_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"net"
	"os"
	"sync/atomic"
	"testing"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func TestMain(m *testing.M) { os.Exit(devtest.Main(m)) }

func TestDatabasesAreIsolated(t *testing.T) {
	for _, name := range []string{"one", "another"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, err := sql.Open("postgres", devtest.Database(t))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() })
			if _, err := db.ExecContext(t.Context(), `CREATE TABLE only_here (id int)`); err != nil {
				t.Errorf("create a table: %v", err)
			}
		})
	}
}

func TestPreparedDatabasesAreCopies(t *testing.T) {
	template := "things " + rand.Text() // a new one, also when the test runs again
	var made atomic.Int64
	prepare := func(ctx context.Context, url string) error {
		made.Add(1)
		db, err := sql.Open("postgres", url)
		if err != nil {
			return err
		}
		_, err = db.ExecContext(ctx, `CREATE TABLE things (id int PRIMARY KEY)`)
		return errors.Join(err, db.Close())
	}
	t.Run("both", func(t *testing.T) {
		for _, name := range []string{"one", "another"} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				db, err := sql.Open("postgres", devtest.Prepared(t, template, prepare))
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = db.Close() })
				if _, err := db.ExecContext(t.Context(), `INSERT INTO things VALUES (1)`); err != nil {
					t.Errorf("write to the table that was prepared: %v", err)
				}
			})
		}
	})
	if n := made.Load(); n != 1 {
		t.Errorf("it was prepared %d times", n)
	}
}

func TestDatabaseFoldsCaseOfEveryScript(t *testing.T) {
	db, err := sql.Open("postgres", devtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var got string
	if err := db.QueryRowContext(t.Context(), `SELECT lower('ÄΩЖ')`).Scan(&got); err != nil || got != "äωж" {
		t.Errorf("lower gave %q, %v; want äωж", got, err)
	}
}

func TestStreamsAreIsolated(t *testing.T) {
	for _, name := range []string{"one", "another"} {
		t.Run(name, func(t *testing.T) {
			nc, err := nats.Connect(devtest.NATS(t).URL())
			if err != nil {
				t.Fatal(err)
			}
			defer nc.Close()
			js, err := jetstream.New(nc)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "ONLY_HERE"}); err != nil {
				t.Fatal(err)
			}
			if info, err := js.AccountInfo(t.Context()); err != nil || info.Streams != 1 {
				t.Errorf("account: %+v, %v; want one stream", info, err)
			}
		})
	}
}

func TestFreeAddrIsUnique(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		addr, err := devtest.FreeAddr()
		if err != nil {
			t.Fatal(err)
		}
		if seen[addr] {
			t.Fatalf("%s was offered twice", addr)
		}
		seen[addr] = true
		ln, err := net.Listen("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = ln.Close() }()
	}
}
