package catalogapi_test

import (
	"path/filepath"
	"testing"

	"github.com/dev-portal/dev-portal/pkg/devstack"
	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
)

// NATS never recovers from a full disk without a restart.
func TestHealthAfterFullDiskOfNATS(t *testing.T) {
	t.Parallel()
	disk := devtest.NewDisk(t, 32<<20)
	addr, err := devtest.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	cfg := devstack.NATSConfig{Addr: addr, Dir: filepath.Join(disk.Dir, "nats")}
	nats, err := devstack.StartNATS(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nats.Close() })
	p := start(t, nats.URL())
	p.waitHealthy()

	disk.Fill()
	p.add(`{"name":"billing"}`)
	p.waitBroken("outbox", "Changes have waited", "restart it")
	disk.Free()
	nats.Close()
	if nats, err = devstack.StartNATS(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	p.waitHealthy()
	p.add(`{"name":"search"}`)
	p.waitAnnounced(nats.URL(), "billing", "search")
}
