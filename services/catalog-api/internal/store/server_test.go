package store_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
)

func TestOpenLogsAnUnsupportedServer(t *testing.T) {
	var log bytes.Buffer
	db, err := store.Open(t.Context(), store.Config{URL: devtest.Database(t), Interval: "1m", Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var version int
	if err := db.DB().GetContext(t.Context(), &version, `SELECT current_setting('server_version_num')::int / 10000`); err != nil {
		t.Fatal(err)
	}
	if warned := strings.Contains(log.String(), "older than the supported versions"); warned != (version < 16) {
		t.Errorf("of PostgreSQL %d it says %s", version, log.String())
	}
}
