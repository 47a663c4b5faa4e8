package httpapi_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/lib/pq"

	"github.com/dev-portal/dev-portal/pkg/devstack"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/httpapi"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
)

// clientTimeout is longer than the portal takes to give up. It is shorter than a check may
// take, for which a hanging database must not hold a request.
const clientTimeout = 12 * time.Second

// callWithTimeout is call with clientTimeout.
func (p *portal) callWithTimeout(t *testing.T, method, path, body string) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), clientTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, p.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	return p.send(req)
}

// wantRetryLater checks for the answer to an outage: 503 with Retry-After.
func wantRetryLater(t *testing.T, what string, a answer) {
	t.Helper()
	if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
		t.Errorf("%s: %d %s, Retry-After %q; want 503 and when to try again", what, a.status, a.raw, a.header.Get("Retry-After"))
	}
}

func TestDatabaseErrorsAreUnavailable(t *testing.T) {
	p := start(t, nil)
	path, _ := p.create(`{"name":"billing"}`)
	db := p.store.DB()
	for _, table := range []string{"services", "outbox"} {
		for code, word := range map[string]string{
			"53100": "disk", "25006": "disk",
			"53200": "again", "53300": "again", "57P03": "again", "57014": "again", "08006": "again",
			"40P01": "again", "55P03": "again", "58030": "again",
		} {
			db.MustExecContext(t.Context(), fmt.Sprintf(`CREATE OR REPLACE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql AS
				'BEGIN RAISE EXCEPTION USING ERRCODE = %s, MESSAGE = ''trouble''; END'`, strings.ReplaceAll(pq.QuoteLiteral(code), "'", "''")))
			db.MustExecContext(t.Context(), `CREATE TRIGGER trouble BEFORE INSERT OR UPDATE OR DELETE ON `+table+` FOR EACH ROW EXECUTE FUNCTION trouble()`)
			for what, a := range map[string]answer{
				"create": p.call("POST", "/api/services", `{"name":"search"}`),
				"change": p.call("PATCH", path, `{"team":"Payments"}`),
				"delete": p.call("DELETE", path, ""),
			} {
				what := table + " " + code + " " + what
				wantRetryLater(t, what, a)
				if detail, _ := a.body["detail"].(string); !strings.Contains(detail, word) {
					t.Errorf("%s: %q does not say %q", what, detail, word)
				}
			}
			db.MustExecContext(t.Context(), `DROP TRIGGER trouble ON `+table)
		}
	}
}

func TestConnectionsCutDuringWritesAreUnavailable(t *testing.T) {
	p := start(t, nil)
	admin := p.store.DB()
	var (
		writers sync.WaitGroup
		cut     = make(chan struct{}) // closed after the last connection was cut
		kept    sync.Map
	)
	for w := range 6 {
		writers.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-cut:
					return
				default:
				}
				name := fmt.Sprintf("service %d-%d", w, n)
				switch a := p.call("POST", "/api/services", `{"name":"`+name+`"}`); a.status {
				case http.StatusCreated:
					kept.Store(name, true)
				default:
					wantRetryLater(t, name, a)
				}
			}
		})
	}
	const others = `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
		WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`
	for killed := 0; killed < 100; {
		var n int
		if err := admin.GetContext(t.Context(), &n, others); err == nil {
			killed += n
		}
	}
	close(cut)
	writers.Wait()

	list := p.call("GET", "/api/services", "")
	for list.status == http.StatusServiceUnavailable { // on a connection that was cut
		list = p.call("GET", "/api/services", "")
	}
	have := map[string]bool{}
	for _, item := range list.body["items"].([]any) {
		have[item.(map[string]any)["name"].(string)] = true
	}
	kept.Range(func(name, _ any) bool {
		if !have[name.(string)] {
			t.Errorf("%s was acknowledged and is lost", name)
		}
		return true
	})
}

// wantOutage sends each kind of request that needs the database, and wants an outage.
func (p *portal) wantOutage(t *testing.T, path string) {
	t.Helper()
	var all sync.WaitGroup
	for _, r := range [][3]string{
		{"GET", "/api/services", ""},
		{"GET", "/api/services?q=bill", ""},
		{"GET", path, ""},
		{"POST", "/api/services", `{"name":"search"}`},
		{"PATCH", path, `{"team":"Payments"}`},
		{"DELETE", path, ""},
		{"POST", path + "/check", ""},
	} {
		for range 3 { // some wait for others
			all.Go(func() { wantRetryLater(t, r[0]+" "+r[1], p.callWithTimeout(t, r[0], r[1], r[2])) })
		}
	}
	all.Wait()
}

func TestLockedTableIsReportedSoon(t *testing.T) {
	p := start(t, nil)
	path, _ := p.create(`{"name":"billing"}`)
	tx := p.store.DB().MustBeginTx(t.Context(), nil)
	tx.MustExecContext(t.Context(), `LOCK TABLE services IN ACCESS EXCLUSIVE MODE`)
	p.wantOutage(t, path)
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if a := p.call("GET", path, ""); a.status != http.StatusOK {
		t.Errorf("afterwards: %d %s", a.status, a.raw)
	}
}

func TestHangingDatabaseIsReportedSoon(t *testing.T) {
	pg, err := devstack.StartPostgres(t.Context(), devstack.PostgresConfig{Dir: filepath.Join(t.TempDir(), "postgres"), Disposable: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pg.Close() })
	db, err := store.Open(t.Context(), store.Config{URL: pg.URL(), Wait: 10 * time.Second, Interval: "1m", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	p := (&portal{tb: t, store: db}).replica(func(*httpapi.API) {})
	path, _ := p.create(`{"name":"billing"}`)

	var pids []int
	const processes = `SELECT split_part(pg_read_file('postmaster.pid'), E'\n', 1)::int UNION ALL SELECT pid FROM pg_stat_activity`
	if err := db.DB().SelectContext(t.Context(), &pids, processes); err != nil {
		t.Fatal(err)
	}
	signal := func(s syscall.Signal) {
		for _, pid := range pids {
			_ = syscall.Kill(pid, s) // fails if the process has ended
		}
	}
	t.Cleanup(func() { signal(syscall.SIGCONT) })
	signal(syscall.SIGSTOP)
	p.wantOutage(t, path)
	signal(syscall.SIGCONT)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for a := (answer{}); a.status != http.StatusOK; {
		if ctx.Err() != nil {
			t.Fatalf("it does not come back: %d %s", a.status, a.raw)
		}
		a = p.call("GET", "/api/services?q=bill", "")
	}
}
