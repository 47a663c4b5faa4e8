package devtest_test

import (
	"database/sql"
	"net"
	"os"
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
