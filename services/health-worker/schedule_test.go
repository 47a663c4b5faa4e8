package healthworker_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/service"
	healthworker "github.com/dev-portal/dev-portal/services/health-worker"
)

func TestEachIntervalHasOneProbe(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for two slots of 10 s")
	}
	t.Parallel()
	url := devtest.NATS(t).URL()
	b, target := connect(t, url), serve(t, status(200))
	results := b.results()
	start(t, healthworker.Config{Common: service.Common{NATSURL: url}})
	svc := newService(target.URL)
	svc.Interval = "10s"
	b.publish(events.ServiceCreated{Service: svc})
	next(t, results) // the first probe, at once

	first, second := next(t, results), next(t, results)
	if gap := second.PlannedAt.Sub(first.PlannedAt); gap != 10*time.Second {
		t.Errorf("the slots are %s apart, want 10s", gap)
	}
	if lag := second.CheckedAt.Sub(second.PlannedAt); lag < 0 || lag > 5*time.Second {
		t.Errorf("probed %s after the slot", lag)
	}

	b.publish(events.ServiceDeleted{ID: svc.ID, Name: svc.Name, Version: 2, DeletedAt: time.Now()})
	b.awaitNoPlan(svc.ID)
	select {
	case got := <-results:
		t.Errorf("probed after it was deleted: %+v", got)
	case <-time.After(11 * time.Second):
	}
}

func TestTwoWorkersShareTheServices(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for slots of 10 s")
	}
	t.Parallel()
	url := devtest.NATS(t).URL()
	b, target := connect(t, url), serve(t, status(200))
	results := b.results()
	for range 2 {
		start(t, healthworker.Config{Common: service.Common{NATSURL: url}})
	}
	const n = 300
	for range n {
		svc := newService(target.URL)
		svc.ID, svc.Interval = uuid.NewString(), "10s"
		b.publish(events.ServiceCreated{Service: svc})
	}
	b.awaitPlans(n)

	slots := map[string][]time.Time{}
	for end := time.After(16 * time.Second); ; {
		select {
		case got := <-results:
			slots[got.ServiceID] = append(slots[got.ServiceID], got.PlannedAt)
			continue
		case <-end:
		}
		break
	}
	if len(slots) != n {
		t.Errorf("%d services were probed, want %d", len(slots), n)
	}
	for id, at := range slots {
		slices.SortFunc(at, time.Time.Compare)
		if len(at) < 2 {
			t.Errorf("%s was probed only for %v", id, at)
		}
		for i := 2; i < len(at); i++ { // the first is the probe of a new service
			if gap := at[i].Sub(at[i-1]); gap != 10*time.Second {
				t.Errorf("%s was probed for slots that are %s apart", id, gap)
			}
		}
	}
}
