package devstack_test

import (
	"context"
	"database/sql"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/devstack"
	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// recovery is the time within which a server must store again once its disk has room.
const recovery = 30 * time.Second

func TestNATSRecoversFromFullDisk(t *testing.T) {
	disk := devtest.NewDisk(t, 8<<20)
	srv := startNATS(t, devstack.NATSConfig{
		Addr: "127.0.0.1:0", Dir: filepath.Join(disk.Dir, "nats"), Restart: true, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	defer srv.Close()
	url := srv.URL()
	nc, err := nats.Connect(url, nats.MaxReconnects(-1), nats.ReconnectWait(20*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "KEPT", Subjects: []string{"kept"}}); err != nil {
		t.Fatal(err)
	}
	store(t, js, "before")
	disk.Fill()
	eventually(t, "a message is refused", func(ctx context.Context) bool {
		_, err := js.Publish(ctx, "kept", make([]byte, 100<<10))
		return err != nil
	})
	disk.Free()
	eventually(t, "a message is stored", func(ctx context.Context) bool {
		_, err := js.Publish(ctx, "kept", []byte("after"))
		return err == nil
	})
	stream, err := js.Stream(t.Context(), "KEPT")
	if err != nil {
		t.Fatal(err)
	}
	if msg, err := stream.GetMsg(t.Context(), 1); err != nil || string(msg.Data) != "before" {
		t.Errorf("the first message is %+v, %v; want what was stored before", msg, err)
	}
	if srv.URL() != url {
		t.Errorf("the server is at %s now, and was at %s", srv.URL(), url)
	}
}

func TestKilledPostgresIsRestarted(t *testing.T) {
	dir := filepath.Join(dataDir(t), "pg")
	pg := startPostgres(t, devstack.PostgresConfig{Dir: dir, Restart: true, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	defer closePostgres(t, pg)
	query(t, pg.URL(), `CREATE TABLE kept AS SELECT 42 AS n`)
	for range 2 {
		if err := syscall.Kill(postmaster(t, dir), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the table is read", func(ctx context.Context) bool { return answers(ctx, t, pg.URL(), `SELECT n FROM kept`) })
	}
	select {
	case <-pg.Done():
		t.Errorf("it is said to have ended: %v", pg.Err())
	default:
	}
}

func TestPostgresRecoversFromFullDisk(t *testing.T) {
	dataDir(t) // skips a short run
	disk := devtest.NewDisk(t, 160<<20)
	pg := startPostgres(t, devstack.PostgresConfig{
		Dir: filepath.Join(disk.Dir, "pg"), Restart: true, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	defer closePostgres(t, pg)
	query(t, pg.URL(), `CREATE TABLE kept (n int, text text)`)
	disk.Fill()
	const insert = `INSERT INTO kept SELECT n, repeat(md5(n::text), 30) FROM generate_series(1, 20000) n`
	eventually(t, "a write is refused", func(ctx context.Context) bool { return !answers(ctx, t, pg.URL(), insert) })
	disk.Free()
	eventually(t, "a write is taken", func(ctx context.Context) bool {
		return answers(ctx, t, pg.URL(), `INSERT INTO kept VALUES (1, 'after')`)
	})
}

func TestPostgresWithDeletedDataEnds(t *testing.T) {
	dir := filepath.Join(dataDir(t), "pg")
	pg := startPostgres(t, devstack.PostgresConfig{Dir: dir, Restart: true})
	pid := postmaster(t, dir)
	if err := os.Rename(filepath.Join(dir, "cluster"), filepath.Join(dir, "elsewhere")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := pg.Err(); err == nil || !strings.Contains(err.Error(), "its data is gone") {
		t.Errorf("ended with %v", err)
	}
	closePostgres(t, pg)
}

func store(t *testing.T, js jetstream.JetStream, text string) {
	t.Helper()
	if _, err := js.Publish(t.Context(), "kept", []byte(text)); err != nil {
		t.Fatal(err)
	}
}

// postmaster returns the pid of the server.
func postmaster(t *testing.T, dir string) int {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "cluster", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(data), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func answers(ctx context.Context, t *testing.T, url, q string) bool {
	t.Helper()
	db, err := sql.Open("postgres", url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	_, err = db.ExecContext(ctx, q)
	return err == nil
}

// eventually polls until the function returns true. Each call may take 2 s.
func eventually(t *testing.T, what string, yes func(context.Context) bool) {
	t.Helper()
	all, cancel := context.WithTimeout(t.Context(), recovery)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		one, cancel := context.WithTimeout(all, 2*time.Second)
		ok := yes(one)
		cancel()
		if ok {
			return
		}
		select {
		case <-tick.C:
		case <-all.Done():
			t.Fatalf("not within %s: %s", recovery, what)
		}
	}
}
