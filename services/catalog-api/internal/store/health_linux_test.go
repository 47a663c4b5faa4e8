package store_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/dev-portal/dev-portal/pkg/devstack"
	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

// Writes succeed while they fit into existing pages, so they would fail late.
func TestUsableReportsFullDiskBeforeWritesFail(t *testing.T) {
	if testing.Short() {
		t.Skip("starts Postgres")
	}
	disk := devtest.NewDisk(t, 256<<20)
	pg, err := devstack.StartPostgres(t.Context(), devstack.PostgresConfig{Dir: filepath.Join(disk.Dir, "postgres"), Disposable: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pg.Close() })
	db := openAt(t, pg.URL())
	if err := db.Usable(t.Context()); err != nil {
		t.Fatal(err)
	}
	disk.Fill()
	if err := db.Usable(t.Context()); !errors.Is(err, catalog.ErrStorageFull) {
		t.Errorf("got %v, want %v", err, catalog.ErrStorageFull)
	}
	disk.Free()
	if err := db.Usable(t.Context()); err != nil {
		t.Error(err)
	}
}
