package devstack_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/dev-portal/dev-portal/pkg/devstack"
	_ "github.com/lib/pq"
)

// holderDir is a variable that makes the test program start Postgres in that folder,
// write, and wait to be killed.
const holderDir = "DEVSTACK_TEST_HOLDER_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(holderDir); dir != "" {
		hold(dir)
	}
	os.Exit(m.Run())
}

func TestPostgresKeepsDataAndURLAcrossRestart(t *testing.T) {
	cfg := devstack.PostgresConfig{Dir: filepath.Join(dataDir(t), "pg")}
	first := startPostgres(t, cfg)
	query(t, first.URL(), `CREATE TABLE kept AS SELECT 42 AS n`)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := startPostgres(t, cfg)
	if second.URL() != first.URL() {
		t.Errorf("URL is %s, want %s as before", second.URL(), first.URL())
	}
	if got := query(t, second.URL(), `SELECT n FROM kept`); got != "42" {
		t.Errorf("kept %q, want 42", got)
	}
	if got := query(t, second.URL(), `SHOW fsync`); got != "on" {
		t.Errorf("fsync is %s", got)
	}
	if err := second.Close(); err != nil {
		t.Error(err)
	}
	select {
	case <-second.Done():
	default:
		t.Error("not done after Close")
	}
}

func TestPostgresOfKilledProcessIsReplaced(t *testing.T) {
	dir := filepath.Join(dataDir(t), "pg")
	holder := exec.Command(os.Args[0])
	holder.Env = append(os.Environ(), holderDir+"="+dir)
	holder.Stderr = t.Output()
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "written\n" {
		t.Fatalf("holder said %q, %v", line, err)
	}
	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = holder.Wait() // "signal: killed"

	pg := startPostgres(t, devstack.PostgresConfig{Dir: dir})
	defer closePostgres(t, pg)
	if got := query(t, pg.URL(), `SELECT n FROM held`); got != "7" {
		t.Errorf("found %q, want 7", got)
	}
}

// hold is the main function of the process that the test above kills.
func hold(dir string) {
	pg, err := devstack.StartPostgres(context.Background(), devstack.PostgresConfig{Dir: dir})
	if err == nil {
		var db *sql.DB
		if db, err = sql.Open("postgres", pg.URL()); err == nil {
			_, err = db.Exec(`CREATE TABLE held AS SELECT 7 AS n`)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("written")
	select {}
}

func TestPostgresStartsWhenPidIsReused(t *testing.T) {
	dir := filepath.Join(dataDir(t), "pg")
	closePostgres(t, startPostgres(t, devstack.PostgresConfig{Dir: dir}))
	stale := strconv.Itoa(os.Getpid()) + "\n/gone\n0\n5432\n\n\n\nready\n"
	if err := os.WriteFile(filepath.Join(dir, "cluster", "postmaster.pid"), []byte(stale), 0o600); err != nil {
		t.Fatal(err)
	}
	closePostgres(t, startPostgres(t, devstack.PostgresConfig{Dir: dir}))
}

func TestPostgresStartErrors(t *testing.T) {
	dir := filepath.Join(dataDir(t), "pg")
	closePostgres(t, startPostgres(t, devstack.PostgresConfig{Dir: dir}))
	cluster := filepath.Join(dir, "cluster")
	for name, tc := range map[string]struct{ file, text, want string }{
		"a wrong setting":    {"postgresql.auto.conf", "no_such_setting = 1\n", `unrecognized configuration parameter "no_such_setting"`},
		"of another version": {"PG_VERSION", "9.6\n", "is of PostgreSQL 9.6"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(cluster, tc.file)
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			put(t, path, tc.text)
			defer put(t, path, string(before))
			pg, err := devstack.StartPostgres(t.Context(), devstack.PostgresConfig{Dir: dir})
			if err == nil {
				closePostgres(t, pg)
				t.Fatal("it started")
			}
			if !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error is %q, want one line with %q", err, tc.want)
			}
		})
	}
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func startPostgres(t *testing.T, cfg devstack.PostgresConfig) *devstack.Postgres {
	t.Helper()
	pg, err := devstack.StartPostgres(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return pg
}

func closePostgres(t *testing.T, pg *devstack.Postgres) {
	t.Helper()
	if err := pg.Close(); err != nil {
		t.Error(err)
	}
}

// dataDir returns a folder that only this user may enter, like root's home.
func dataDir(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("starts Postgres")
	}
	return t.TempDir()
}

// query returns the first column of the only row, or "" if there is none.
func query(t *testing.T, url, q string) string {
	t.Helper()
	db, err := sql.Open("postgres", url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	rows, err := db.QueryContext(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var got string
	for rows.Next() {
		if err := rows.Scan(&got); err != nil {
			t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return got
}
