package store_test

import (
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/storetest"
)

func TestMain(m *testing.M) { os.Exit(devtest.Main(m)) }

func ptr[T any](v T) *T { return &v }

// open opens a store on a new, migrated database of its own.
func open(t *testing.T) *store.Store {
	t.Helper()
	return openAt(t, storetest.Database(t))
}

func openAt(t *testing.T, url string) *store.Store {
	t.Helper()
	db, err := store.Open(t.Context(), store.Config{
		URL: url, Wait: 10 * time.Second, Interval: "1m", Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func create(t *testing.T, db *store.Store, c catalog.Change) catalog.Service {
	t.Helper()
	svc, err := db.CreateService(t.Context(), editor, c)
	if err != nil {
		t.Fatal(err)
	}
	return svc
}

// takeOutbox returns the events in the outbox, in order, and empties it.
func takeOutbox(t *testing.T, db *store.Store) []events.Event {
	t.Helper()
	var rows []struct {
		Header []byte `db:"header"`
		Data   []byte `db:"data"`
	}
	err := sqlx.SelectContext(t.Context(), db.DB(), &rows,
		`WITH gone AS (DELETE FROM outbox RETURNING *) SELECT header, data FROM gone ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	var list []events.Event
	for _, row := range rows {
		env, err := events.Decode(header(t, row.Header), row.Data)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, env.Event)
	}
	return list
}

func TestReplicasMigrateTogether(t *testing.T) {
	url := devtest.Database(t)
	done := make(chan error)
	for range 4 {
		go func() {
			db, err := store.Open(t.Context(), store.Config{URL: url, Interval: "1m", Log: slog.New(slog.DiscardHandler)})
			if err == nil {
				err = db.Close()
			}
			done <- err
		}()
	}
	for range 4 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestOpenDoesNotRepeatThePassword(t *testing.T) {
	_, err := store.Open(t.Context(), store.Config{URL: "postgres://me:hunter2@[bad/x", Log: slog.New(slog.DiscardHandler)})
	if err == nil {
		t.Fatal("a URL that can't be read is accepted")
	}
	if got := err.Error(); got == "" || contains(got, "hunter2") {
		t.Errorf("the error is %q", got)
	}
}

// editor may write every service.
var editor = access.Actor{Kind: access.Key, ID: "k1", Name: "tests", Role: access.Editor, Address: "192.0.2.7", RequestID: "r1"}
