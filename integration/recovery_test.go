package integration

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
)

func TestTwoWorkersShareTheProbesWithoutDuplicates(t *testing.T) {
	t.Parallel()
	const services = 300
	s, target := start(t), serve(t, "127.0.0.1")
	workers := []*process{s.worker(), s.worker()}
	ids := make([]string, services)
	var wg sync.WaitGroup
	for part := range 10 {
		wg.Go(func() {
			for i := part; i < services; i += 10 {
				ids[i] = s.createAt(fmt.Sprintf("service %d", i), target.url(fmt.Sprintf("/%d", i)))
			}
		})
	}
	wg.Wait()
	for i := range services {
		eventually(t, "each has been probed four times", func() bool { return len(target.seen(fmt.Sprintf("/%d", i))) >= 4 })
	}
	for i, w := range workers {
		if n := w.probed(); n == 0 {
			t.Errorf("worker %d has no share", i)
		}
		w.stop() // the worker finishes its running probes
	}

	// Probes are identified by their slot: that needs no clock, and works however late a
	// busy machine probes.
	slots := map[string]map[time.Time]int{}
	for _, r := range s.results() {
		if slots[r.ServiceID] == nil {
			slots[r.ServiceID] = map[time.Time]int{}
		}
		slots[r.ServiceID][r.PlannedAt]++
	}
	for i, id := range ids {
		for slot, n := range slots[id] {
			if n > 1 {
				t.Errorf("service %d was probed %d times for its slot %v", i, n, slot)
			}
		}
		if asked, told := len(target.seen(fmt.Sprintf("/%d", i))), len(slots[id]); asked != told {
			t.Errorf("service %d was asked %d times for %d slots", i, asked, told)
		}
	}
}

// createAt creates a service that is probed every 10 s. Unlike create, it may be called
// from several goroutines.
func (s *system) createAt(name, url string) (id string) {
	code, body, err := s.try("POST", "/api/services", fields{"name": name, "status_url": url, "interval": "10s"})
	var svc service
	if err == nil {
		err = json.Unmarshal(body, &svc)
	}
	if err != nil || code != http.StatusCreated {
		s.t.Errorf("create %s: %d %s %v", name, code, body, err)
	}
	return svc.ID
}

// probed returns the number of probes in the worker's metrics.
func (p *process) probed() (n float64) {
	p.t.Helper()
	resp, err := http.Get("http://" + p.metrics + "/metrics")
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if name, value, _ := strings.Cut(lines.Text(), "} "); strings.HasPrefix(name, "portal_worker_probes_total{") {
			count, err := strconv.ParseFloat(value, 64)
			if err != nil {
				p.t.Fatal(err)
			}
			n += count
		}
	}
	return n
}

// results reads all probe results so far.
func (s *system) results() (list []events.ProbeCompleted) {
	s.t.Helper()
	stream, err := s.connect().Stream(s.t.Context(), events.StreamResults)
	if err != nil {
		s.t.Fatal(err)
	}
	for seq, state := uint64(1), stream.CachedInfo().State; seq <= state.LastSeq; seq++ {
		msg, err := stream.GetMsg(s.t.Context(), seq)
		if err != nil {
			s.t.Fatal(err)
		}
		results, err := events.DecodeResults(msg.Header, msg.Data)
		if err != nil {
			s.t.Fatal(err)
		}
		list = append(list, results...)
	}
	return list
}

func TestAnotherWorkerTakesOverTheProbeOfAKilledOne(t *testing.T) {
	t.Parallel()
	s, target := start(t), serve(t, "127.0.0.1")
	target.set(hang)
	doomed := s.worker("PORTAL_TIMEOUT=20s")
	svc := s.create(fields{"name": "billing", "status_url": target.url("/"), "interval": "1h"})
	target.next("/") // the probe is running now
	doomed.kill()
	target.set(status(http.StatusOK))
	s.worker()
	if e := s.becomes(svc.ID, events.StatusHealthy); e.From != events.StatusUnknown {
		t.Errorf("got %+v", e)
	}
}

func TestWritesSucceedWithoutNATSAndAreNotLost(t *testing.T) {
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
		if e.Version <= last { // the last event again, after the subscriber reconnected
			continue
		}
		last = e.Version
	}
}

func TestPortalRecoversFromARestartOfPostgres(t *testing.T) {
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
	target.next("/") // probed while the result cannot be stored
	pg.start()
	s.becomes(svc.ID, events.StatusDegraded)
	s.send("PATCH", "/api/services/"+svc.ID, fields{"team": "Payments"}, http.StatusOK)
	await(s, "the write after the restart", func(e events.ServiceUpdated) bool { return e.Team == "Payments" })
}

func TestEventIsPublishedAfterItsWriterWasKilled(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.create(fields{"name": "before"})
	await(s, "the first", func(e events.ServiceCreated) bool { return e.Name == "before" })

	// Without NATS, a write is committed but can't be published. The process is killed at
	// this point; the accepted write must still be published.
	s.broker.stop()
	svc := s.create(fields{"name": "between"})
	s.api.kill()
	s.broker.start()
	s.startAPI()
	await(s, "what was committed", func(e events.ServiceCreated) bool { return e.ID == svc.ID })
}

func TestBrokerDataIsRebuiltFromPostgres(t *testing.T) {
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
	// Plans and consumers are rebuilt too, so a change of the target is detected.
	target.set(status(http.StatusServiceUnavailable))
	s.becomes(svc.ID, events.StatusDegraded)
}
