//go:build faults

package integration

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/devstack"
	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/pkg/events"
)

const (
	detectTimeout   = 15 * time.Second // within which health reports a fault
	recoveryTimeout = time.Minute      // within which everything works again after a fault
	faultDuration   = 12 * time.Second // how long a fault lasts after it was reported, at least
)

// hour is a portal that goes through all faults, one after the other, while a writer keeps
// writing.
type hour struct {
	*system
	broker *natsServer
	disk   *devtest.Disk // of the broker
	pgDisk *devtest.Disk // of Postgres
	worker *process
	target *target
	wrote  *writer
}

func TestHealthIsRedDuringFaultsAndGreenAfterwards(t *testing.T) {
	h := &hour{disk: devtest.NewDisk(t, 64<<20), pgDisk: devtest.NewDisk(t, 256<<20), target: serve(t, "127.0.0.1")}
	pg, err := devstack.StartPostgres(t.Context(), devstack.PostgresConfig{
		Dir: filepath.Join(h.pgDisk.Dir, "postgres"), Restart: true, // as in a deployment
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { must(t, pg.Close()) })
	h.broker = newNATSServer(t, filepath.Join(h.disk.Dir, "nats"))
	h.system = startOn(t, h.broker, pg.URL())
	h.worker = h.system.worker()
	probed := make([]service, 40)
	for i := range probed {
		probed[i] = h.create(fields{"name": fmt.Sprint("probed ", i), "status_url": h.target.url(fmt.Sprint("/", i)), "interval": "10s"})
	}
	h.green(recoveryTimeout)
	h.wrote = write(h.system)

	for _, f := range h.faults() {
		if !t.Run(f.name, func(t *testing.T) { h.with(t).goThrough(t, f) }) {
			t.FailNow() // the next fault needs a working portal
		}
	}

	h.wrote.stop()
	h.target.set(status(http.StatusServiceUnavailable))
	for _, svc := range probed {
		eventually(t, svc.Name+" is degraded", func() bool { return h.get(svc.ID).Status == "degraded" })
	}
	h.nothingIsLost()
}

// with returns the same portal for a subtest.
func (h *hour) with(t *testing.T) *hour {
	own, portal := *h, *h.system
	portal.t = t
	own.system = &portal
	return &own
}

// fault is one way to break the portal.
type fault struct {
	name   string
	breaks func(t *testing.T)
	mends  func(t *testing.T)
	check  string // the check that fails
	words  string // contained in its detail or cure
	later  string // another check that fails later, or ""

	// mended reports whether the portal has repaired the fault. If set, the portal may do so
	// before health reports the fault.
	mended func() bool
}

// goThrough causes a fault, and repairs it.
func (h *hour) goThrough(t *testing.T, f fault) {
	began := time.Now()
	f.breaks(t)
	if f.mended != nil {
		h.turns(detectTimeout, f.check+" fails, or it is mended", func(now health) bool { return now.says(f.check, f.words) || f.mended() })
	} else {
		h.red(detectTimeout, f.check, f.words)
	}
	h.t.Logf("told after %s", time.Since(began).Round(100*time.Millisecond))
	if f.mended == nil {
		h.staysRed(faultDuration)
	}
	if f.later != "" {
		h.red(recoveryTimeout, f.later, "")
	}
	if f.mends != nil {
		f.mends(t)
	}
	h.t.Logf("all is well after %s", h.green(recoveryTimeout))
	h.works(t)
}

// staysRed checks that health is never ok for so long.
func (h *hour) staysRed(long time.Duration) {
	h.t.Helper()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(long); time.Now().Before(end); <-tick.C {
		if now := h.health(); now.ok() {
			h.t.Fatal("health says ok while it does not work")
		}
	}
}

// works checks the whole flow: a service is registered, published, probed, and gets its
// result.
func (h *hour) works(t *testing.T) {
	t.Helper()
	svc := h.create(fields{"name": "after " + t.Name(), "status_url": h.target.url("/after"), "interval": "10s"})
	h.becomes(svc.ID, events.StatusHealthy)
	if now := h.health(); !now.ok() {
		t.Errorf("all works, and health is %s", now)
	}
}

// writer writes continuously, and records the acknowledged writes.
type writer struct {
	s        *system
	done     chan struct{}
	finished sync.WaitGroup

	services map[string]string // id to name; read it after stop
	counter  string            // id of a service whose description is a number
	counted  int               // the highest acknowledged number
}

func write(s *system) *writer {
	w := &writer{s: s, done: make(chan struct{}), services: map[string]string{}, counter: s.create(fields{"name": "counter"}).ID}
	w.finished.Go(w.run)
	s.t.Cleanup(func() {
		select {
		case <-w.done:
		default:
			w.stop()
		}
	})
	return w
}

func (w *writer) run() {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for n := 1; ; n++ {
		select {
		case <-w.done:
			return
		case <-tick.C:
		}
		name := fmt.Sprint("written ", n)
		var svc service
		code, body, err := w.s.try("POST", "/api/services", fields{"name": name})
		if err == nil && code == http.StatusCreated && json.Unmarshal(body, &svc) == nil {
			w.services[svc.ID] = name
		}
		code, _, err = w.s.try("PATCH", "/api/services/"+w.counter, fields{"description": fmt.Sprint(n)})
		if err == nil && code == http.StatusOK {
			w.counted = n
		}
	}
}

func (w *writer) stop() {
	close(w.done)
	w.finished.Wait()
}

// nothingIsLost compares the acknowledged writes with the API, and with the data of a new
// subscriber.
func (h *hour) nothingIsLost() {
	h.t.Helper()
	seen := h.follow()
	eventually(h.t, "a new subscriber has what the API has", func() bool { return seen.same(h.all()) })
	all := h.all()
	for id, name := range h.wrote.services {
		if all[id].Name != name {
			h.t.Errorf("%s was acknowledged, and is %+v", name, all[id])
		}
	}
	if n, err := strconv.Atoi(all[h.wrote.counter].Description); err != nil || n < h.wrote.counted {
		h.t.Errorf("the counter was acknowledged as %d, and is %q", h.wrote.counted, all[h.wrote.counter].Description)
	}
	h.t.Logf("%d services, %d writes were acknowledged, and a new subscriber has them all", len(all), len(h.wrote.services)+h.wrote.counted)
}

// listed is a service in the list.
type listed struct {
	ID, Name, Description, Status string
	Version                       int64
}

func (h *hour) all() map[string]listed {
	h.t.Helper()
	code, body := h.call("GET", "/api/services", nil)
	var list struct{ Items []listed }
	if err := json.Unmarshal(body, &list); err != nil || code != http.StatusOK {
		h.t.Fatalf("GET /api/services: %d %v", code, err)
	}
	by := map[string]listed{}
	for _, svc := range list.Items {
		by[svc.ID] = svc
	}
	return by
}
