package integration

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
)

func TestTwoWorkersShareTheProbesAndDoubleNone(t *testing.T) {
	t.Parallel()
	const services, interval = 300, 10 * time.Second
	s, target := start(t), serve(t, "127.0.0.1")
	s.worker()
	s.worker()
	path := func(i int) string { return fmt.Sprintf("/%d", i) }
	var wg sync.WaitGroup
	for part := range 10 {
		wg.Go(func() {
			for i := part; i < services; i += 10 {
				f := fields{"name": fmt.Sprintf("service %d", i), "status_url": target.url(path(i)), "interval": "10s"}
				if code, body, err := s.try("POST", "/api/services", f); err != nil || code != http.StatusCreated {
					t.Errorf("create: %d %s %v", code, body, err)
				}
			}
		})
	}
	wg.Wait()
	for i := range services {
		eventually(t, "each has been probed four times", func() bool { return len(target.seen(path(i))) >= 4 })
	}
	for i := range services {
		seen := target.seen(path(i))
		// The first probe is at once, the second in the service's slot: from then
		// on they are an interval apart. What is late is not made up for.
		for n := 2; n < len(seen); n++ {
			if gap := seen[n].Sub(seen[n-1]); gap < interval/2 {
				t.Errorf("service %d was probed twice within %v: %v", i, gap, seen)
			}
		}
	}
}

func TestTheProbeOfAKilledWorkerIsDoneByAnother(t *testing.T) {
	t.Parallel()
	s, target := start(t), serve(t, "127.0.0.1")
	target.set(hang)
	doomed := s.worker("PORTAL_TIMEOUT=20s")
	svc := s.create(fields{"name": "billing", "status_url": target.url("/"), "interval": "1h"})
	target.next("/") // it is being probed now
	doomed.kill()
	target.set(status(http.StatusOK))
	s.worker()
	if e := s.becomes(svc.ID, events.StatusHealthy); e.From != events.StatusUnknown {
		t.Errorf("got %+v", e)
	}
}

func TestWritesGoOnWithoutNATSAndNoneIsLost(t *testing.T) {
	t.Parallel()
	s := start(t)
	svc := s.create(fields{"name": "billing"})
	const writes = 60
	for i := 1; i <= writes; i++ {
		switch i {
		case 20:
			s.broker.stop()
		case 40:
			s.broker.start()
		}
		s.send("PATCH", "/api/services/"+svc.ID, fields{"description": fmt.Sprint(i)}, http.StatusOK)
	}
	var last int64
	for last < writes+1 {
		e := await(s, fmt.Sprintf("version %d", last+1), func(e events.ServiceUpdated) bool { return e.ID == svc.ID })
		if e.Version > last+1 && last > 0 {
			t.Fatalf("version %d came after %d", e.Version, last)
		}
		if e.Version <= last { // the last one again, after the subscriber came back
			continue
		}
		last = e.Version
	}
}

func TestThePortalOutlivesARestartOfPostgres(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts Postgres and NATS")
	}
	pg := parts.postgres(t)
	s, target := start(t, pg.url()), serve(t, "127.0.0.1")
	s.worker()
	svc := s.create(fields{"name": "billing", "status_url": target.url("/"), "interval": "10s"})
	s.becomes(svc.ID, events.StatusHealthy)

	pg.stop()
	if code, body := s.call("GET", "/api/services/"+svc.ID, nil); code < 500 {
		t.Errorf("without Postgres: got %d: %s", code, body)
	}
	target.set(status(http.StatusServiceUnavailable))
	target.next("/") // seen while there is nobody to tell
	pg.start()
	s.becomes(svc.ID, events.StatusDegraded)
	s.send("PATCH", "/api/services/"+svc.ID, fields{"team": "Payments"}, http.StatusOK)
	await(s, "the write after the restart", func(e events.ServiceUpdated) bool { return e.Team == "Payments" })
}

func TestAnEventOutlivesTheProcessThatWroteIt(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.create(fields{"name": "before"})
	await(s, "the first", func(e events.ServiceCreated) bool { return e.Name == "before" })

	// Without NATS a write is committed and can't be published: there the
	// process is killed, and what was accepted must still be told.
	s.broker.stop()
	svc := s.create(fields{"name": "between"})
	s.api.kill()
	s.broker.start()
	s.startAPI()
	await(s, "what was committed", func(e events.ServiceCreated) bool { return e.ID == svc.ID })
}

func TestTheBrokersDataIsRebuiltFromPostgres(t *testing.T) {
	t.Parallel()
	s, target := start(t), serve(t, "127.0.0.1")
	s.worker()
	svc := s.create(fields{"name": "billing", "status_url": target.url("/"), "interval": "10s"})
	manual := s.create(fields{"name": "manual", "status": "healthy"})
	s.becomes(svc.ID, events.StatusHealthy)

	s.broker.stop()
	s.broker.wipe()
	s.broker.start()
	found := map[string]bool{}
	for len(found) < 2 {
		e := await(s, "both services again", func(e events.ServiceUpdated) bool { return true })
		found[e.ID] = true
	}
	if !found[svc.ID] || !found[manual.ID] {
		t.Errorf("got %v", found)
	}
	// Plans and consumers are there again too: what happens is seen.
	target.set(status(http.StatusServiceUnavailable))
	s.becomes(svc.ID, events.StatusDegraded)
}
