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

// faultRun is a portal that goes through all faults, one after the other, while a writer keeps
// writing.
type faultRun struct {
	*system
	broker *natsServer
	disk   *devtest.Disk // of the broker
	pgDisk *devtest.Disk // of Postgres
	worker *process
	target *target
	wrote  *writer
}

func TestHealthIsRedDuringFaultsAndGreenAfterwards(t *testing.T) {
	r := &faultRun{disk: devtest.NewDisk(t, 64<<20), pgDisk: devtest.NewDisk(t, 256<<20), target: serve(t, "127.0.0.1")}
	pg, err := devstack.StartPostgres(t.Context(), devstack.PostgresConfig{
		Dir: filepath.Join(r.pgDisk.Dir, "postgres"), Restart: true, // as in a deployment
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { must(t, pg.Close()) })
	r.broker = newNATSServer(t, filepath.Join(r.disk.Dir, "nats"))
	r.system = startOn(t, r.broker, pg.URL())
	r.worker = r.system.worker()
	probed := make([]service, 40)
	for i := range probed {
		probed[i] = r.create(fields{"name": fmt.Sprint("probed ", i), "status_url": r.target.url(fmt.Sprint("/", i)), "interval": "10s"})
	}
	r.green(recoveryTimeout)
	r.wrote = write(r.system)

	for _, f := range r.faults() {
		if !t.Run(f.name, func(t *testing.T) { r.with(t).goThrough(t, f) }) {
			t.FailNow() // the next fault needs a working portal
		}
	}

	r.wrote.stop()
	r.target.set(status(http.StatusServiceUnavailable))
	for _, svc := range probed {
		eventually(t, svc.Name+" is degraded", func() bool { return r.get(svc.ID).Status == "degraded" })
	}
	r.nothingIsLost()
}

// with returns the same portal for a subtest.
func (r *faultRun) with(t *testing.T) *faultRun {
	own, portal := *r, *r.system
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
func (r *faultRun) goThrough(t *testing.T, f fault) {
	began := time.Now()
	f.breaks(t)
	if f.mended != nil {
		r.awaitHealth(detectTimeout, f.check+" fails, or it is mended", func(now health) bool { return now.says(f.check, f.words) || f.mended() })
	} else {
		r.red(detectTimeout, f.check, f.words)
	}
	r.t.Logf("told after %s", time.Since(began).Round(100*time.Millisecond))
	if f.mended == nil {
		r.staysRed(faultDuration)
	}
	if f.later != "" {
		r.red(recoveryTimeout, f.later, "")
	}
	if f.mends != nil {
		f.mends(t)
	}
	r.t.Logf("all is well after %s", r.green(recoveryTimeout))
	r.works(t)
}

// staysRed checks that health is never ok for so long.
func (r *faultRun) staysRed(long time.Duration) {
	r.t.Helper()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(long); time.Now().Before(end); <-tick.C {
		if now := r.health(); now.ok() {
			r.t.Fatal("health says ok while it does not work")
		}
	}
}

// works checks the whole flow: a service is registered, published, probed, and gets its
// result.
func (r *faultRun) works(t *testing.T) {
	t.Helper()
	svc := r.create(fields{"name": "after " + t.Name(), "status_url": r.target.url("/after"), "interval": "10s"})
	r.becomes(svc.ID, events.StatusHealthy)
	if now := r.health(); !now.ok() {
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
func (r *faultRun) nothingIsLost() {
	r.t.Helper()
	seen := r.follow()
	eventually(r.t, "a new subscriber has what the API has", func() bool { return seen.same(r.all()) })
	all := r.all()
	for id, name := range r.wrote.services {
		if all[id].Name != name {
			r.t.Errorf("%s was acknowledged, and is %+v", name, all[id])
		}
	}
	if n, err := strconv.Atoi(all[r.wrote.counter].Description); err != nil || n < r.wrote.counted {
		r.t.Errorf("the counter was acknowledged as %d, and is %q", r.wrote.counted, all[r.wrote.counter].Description)
	}
	r.t.Logf("%d services, %d writes were acknowledged, and a new subscriber has them all", len(all), len(r.wrote.services)+r.wrote.counted)
}

// listed is a service in the list.
type listed struct {
	ID, Name, Description, Status string
	Version                       int64
}

func (r *faultRun) all() map[string]listed {
	r.t.Helper()
	code, body := r.call("GET", "/api/services", nil)
	var list struct{ Items []listed }
	if err := json.Unmarshal(body, &list); err != nil || code != http.StatusOK {
		r.t.Fatalf("GET /api/services: %d %v", code, err)
	}
	by := map[string]listed{}
	for _, svc := range list.Items {
		by[svc.ID] = svc
	}
	return by
}
