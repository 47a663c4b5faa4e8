package healthworker_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/service"
	healthworker "github.com/dev-portal/dev-portal/services/health-worker"
)

func TestNewServiceIsProbedAtOnce(t *testing.T) {
	url := devtest.NATS(t).URL()
	b, healthy := connect(t, url), serve(t, status(204))
	results := b.results()
	start(t, healthworker.Config{Common: service.Common{NATSURL: url}})

	svc := newService(healthy.URL + "/healthz")
	before := time.Now()
	b.publish(events.ServiceCreated{Service: svc})

	got := next(t, results)
	if got.ServiceID != svc.ID || got.Status != events.StatusHealthy || got.Reason != events.ReasonOK || got.HTTPStatus != 204 {
		t.Errorf("result is %+v, want %s to be healthy", got, svc.ID)
	}
	if got.Version != 1 || got.URL != svc.StatusURL || got.Location != "default" || got.LatencyMS < 1 {
		t.Errorf("result is %+v, want what was planned, and how long it took", got)
	}
	if got.CheckedAt.Before(before) || got.PlannedAt.After(got.CheckedAt) || got.CheckedAt.Sub(before) > 2*time.Second {
		t.Errorf("planned at %s and checked at %s, want both just after %s", got.PlannedAt, got.CheckedAt, before)
	}
}

func TestChangesOfAServiceReachItsPlan(t *testing.T) {
	url := devtest.NATS(t).URL()
	b, one, two := connect(t, url), serve(t, status(200)), serve(t, status(503))
	results := b.results()
	start(t, healthworker.Config{Common: service.Common{NATSURL: url}})

	svc := newService(one.URL)
	b.publish(events.ServiceCreated{Service: svc})
	next(t, results)

	svc.Version, svc.Name = 2, "payments"
	svc.DependsOn = []events.Dependency{{ServiceID: newService("").ID, Name: "ledger", Kind: events.DependencyHard}}
	b.publish(events.ServiceUpdated{Service: svc})
	b.awaitPlan(svc.ID, 2)

	svc.Version, svc.Interval = 3, "30m"
	b.publish(events.ServiceUpdated{Service: svc})
	b.awaitPlan(svc.ID, 3)

	svc.Version, svc.StatusURL = 4, two.URL
	b.publish(events.ServiceUpdated{Service: svc})
	if got := next(t, results); got.Version != 4 || got.Reason != events.ReasonHTTP5xx {
		t.Errorf("got %+v, want the new URL probed at once, and nothing for a new name, need or interval", got)
	}

	svc.Version, svc.StatusURL = 5, ""
	b.publish(events.ServiceUpdated{Service: svc})
	b.awaitNoPlan(svc.ID)

	svc.Version, svc.StatusURL = 6, one.URL
	b.publish(events.ServiceUpdated{Service: svc})
	if got := next(t, results); got.Version != 6 || got.Reason != events.ReasonOK {
		t.Errorf("got %+v, want the URL that came back probed at once", got)
	}
	b.awaitPlan(svc.ID, 6)

	b.publish(events.ServiceDeleted{ID: svc.ID, Name: svc.Name, Version: 7, DeletedAt: time.Now()})
	b.awaitNoPlan(svc.ID)
}

func TestManyServicesAddedAtOnce(t *testing.T) {
	url := devtest.NATS(t).URL()
	b, target := connect(t, url), serve(t, status(200))
	const n = 2_000
	b.addMany(n, target.URL)
	results := b.results()
	start(t, healthworker.Config{Common: service.Common{NATSURL: url}, PerHost: 64})

	b.awaitPlans(n)
	type probe struct {
		id   string
		slot time.Time
	}
	probed, seen := map[string]bool{}, map[probe]bool{}
	for len(probed) < n { // some may have their first slot meanwhile
		got := next(t, results)
		p := probe{got.ServiceID, got.PlannedAt}
		if seen[p] {
			t.Errorf("%s was probed twice for the slot %s", p.id, p.slot)
		}
		probed[got.ServiceID], seen[p] = true, true
	}
}

func TestReconciliationRepairsPlans(t *testing.T) {
	url := devtest.NATS(t).URL()
	b, target := connect(t, url), serve(t, status(200))
	results := b.results()
	first := start(t, healthworker.Config{Common: service.Common{NATSURL: url}})

	kept, lost, wrong := newService(target.URL), newService(target.URL), newService(target.URL)
	for _, svc := range []events.Service{kept, lost, wrong} {
		b.publish(events.ServiceCreated{Service: svc})
		next(t, results)
	}
	for _, svc := range []events.Service{kept, lost, wrong} {
		b.awaitPlan(svc.ID, 1)
	}
	b.awaitSettled()
	first.stop()

	before := b.plan(kept.ID).Sequence
	b.purge(events.PlanSubject(lost.ID))
	b.purge(events.PlanSubject(wrong.ID))
	foreign := events.ProbePlanned{ServiceID: newService("").ID, Version: 1, URL: target.URL, Interval: "1h"}
	b.publish(foreign) // of a service that is not in the catalogue
	b.publish(events.ProbePlanned{ServiceID: wrong.ID, Version: 1, URL: target.URL, Interval: "10s"})

	second := start(t, healthworker.Config{Common: service.Common{NATSURL: url}})
	b.awaitPlan(lost.ID, 1)
	b.awaitNoPlan(foreign.ServiceID)
	eventually(t, "mended", func() (bool, string) {
		plan, err := events.DecodeAs[events.ProbePlanned](b.plan(wrong.ID).Header, b.plan(wrong.ID).Data)
		return err == nil && plan.Interval == "1h", fmt.Sprintf("%+v %v", plan, err)
	})
	if after := b.plan(kept.ID).Sequence; after != before {
		t.Errorf("the plan that was right was written again, as %d in place of %d", after, before)
	}
	eventually(t, "counted", func() (bool, string) {
		_, body := second.get("/metrics")
		return strings.Contains(body, "portal_worker_reconcile_drift_total 3"), "no 3 in the metrics"
	})
}
