package plan

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	"github.com/dev-portal/dev-portal/services/health-worker/internal/metrics"
)

// planner returns a planner of which only the mirror of the catalogue runs.
func planner(t *testing.T, url string) *Planner {
	t.Helper()
	js := devtest.JetStream(t, url)
	if err := stream.Ensure(t.Context(), js, 1); err != nil {
		t.Fatal(err)
	}
	p := New(Config{
		JS: js, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
		Metrics: metrics.New(prometheus.NewRegistry(), "test", "default"),
	})
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- p.catalogue.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("mirror: %v", err)
		}
	})
	return p
}

func service(url string, version int64) events.Service {
	now := time.Now()
	return events.Service{
		ID: uuid.NewString(), Name: "billing", StatusURL: url, Interval: "1h", Version: version, Tags: []string{},
		Status: events.StatusUnknown, StatusSince: now, CreatedAt: now, UpdatedAt: now,
	}
}

// publish stores the event, and returns its entry.
func publish(t *testing.T, p *Planner, e events.Event) entry {
	t.Helper()
	msg, err := stream.Encode("/test", e)
	if err != nil {
		t.Fatal(err)
	}
	ack, err := p.JS.PublishMsg(t.Context(), msg)
	if err != nil {
		t.Fatal(err)
	}
	read, err := newEntry(ack.Sequence, msg.Header, msg.Data)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func converge(t *testing.T, p *Planner, e entry) (changed int) {
	t.Helper()
	changed, err := p.converge(t.Context(), map[string]entry{e.id: e})
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

// last returns the last message of a subject of stream PROBES, or nil.
func last(t *testing.T, p *Planner, subject string) *jetstream.RawStreamMsg {
	t.Helper()
	probes, err := p.JS.Stream(t.Context(), events.StreamProbes)
	if err != nil {
		t.Fatal(err)
	}
	msg, err := probes.GetLastMsgForSubject(t.Context(), subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	return msg
}

func TestDecide(t *testing.T) {
	const id, url = "0199d8a0-7c00-7000-8000-000000000001", "http://billing.example/"
	plan := func(version int64, url string, interval events.Interval) *events.ProbePlanned {
		return &events.ProbePlanned{ServiceID: id, Version: version, URL: url, Interval: interval}
	}
	have := func(p *events.ProbePlanned) stored {
		return stored{seq: 7, schedule: schedule(id, p.Interval), plan: *p}
	}
	foreign := have(plan(2, url, "1m"))
	foreign.schedule = "0 * * * * *"

	for name, tc := range map[string]struct {
		want                 *events.ProbePlanned
		have                 stored
		seq                  uint64
		write, probe, remove bool
	}{
		"a new service is planned and probed":              {want: plan(1, url, "1m"), seq: 1, write: true, probe: true},
		"what is planned stays":                            {want: plan(2, url, "1m"), have: have(plan(2, url, "1m")), seq: 1},
		"a new version is planned":                         {want: plan(3, url, "1m"), have: have(plan(2, url, "1m")), seq: 1, write: true},
		"a new interval is planned":                        {want: plan(3, url, "5m"), have: have(plan(2, url, "1m")), seq: 1, write: true},
		"a new URL is planned and probed":                  {want: plan(3, url+"x", "1m"), have: have(plan(2, url, "1m")), seq: 1, write: true, probe: true},
		"a schedule of another making is replaced":         {want: plan(2, url, "1m"), have: foreign, seq: 1, write: true},
		"a plan that can't be read is replaced and probed": {want: plan(2, url, "1m"), have: stored{seq: 7}, seq: 1, write: true, probe: true},
		"a newer plan stays":                               {want: plan(2, url+"x", "1m"), have: have(plan(3, url, "1m")), seq: 1},
		"without a URL there is no plan":                   {have: have(plan(2, url, "1m")), seq: 1, remove: true},
		"without a service there is no plan":               {have: have(plan(2, url, "1m")), remove: true},
		"nothing wanted, nothing there":                    {seq: 1},
	} {
		e := entry{id: id, seq: tc.seq, version: 9, want: tc.want}
		if tc.want != nil {
			e.version = tc.want.Version
		}
		got := decide(e, tc.have)
		if got.write != tc.write || got.probe != tc.probe || got.remove != tc.remove {
			t.Errorf("%s: write %t, probe %t, remove %t", name, got.write, got.probe, got.remove)
		}
	}
}

func TestLateRedeliveryChangesNothing(t *testing.T) {
	p := planner(t, devtest.NATS(t).URL())
	svc := service("http://old.example/", 1)
	created := publish(t, p, events.ServiceCreated{Service: svc})
	converge(t, p, created)

	svc.Version, svc.StatusURL = 2, "http://new.example/"
	converge(t, p, publish(t, p, events.ServiceUpdated{Service: svc}))
	plan := last(t, p, events.PlanSubject(svc.ID))
	if n := converge(t, p, created); n != 0 || last(t, p, events.PlanSubject(svc.ID)).Sequence != plan.Sequence {
		t.Errorf("the event of version 1 changed %d plans after version 2", n)
	}

	converge(t, p, publish(t, p, events.ServiceDeleted{ID: svc.ID, Name: "x", Version: 3, DeletedAt: time.Now()}))
	if n := converge(t, p, created); n != 0 || last(t, p, events.PlanSubject(svc.ID)) != nil {
		t.Errorf("the event of version 1 brought back the plan of a deleted service")
	}
	if last(t, p, events.DueSubject(svc.ID)) != nil {
		t.Errorf("a probe of a deleted service is still due")
	}
}

func TestRedeliveredEventAsksForOneProbe(t *testing.T) {
	p := planner(t, devtest.NATS(t).URL())
	created := publish(t, p, events.ServiceCreated{Service: service("http://billing.example/", 1)})
	converge(t, p, created)
	due := last(t, p, events.DueSubject(created.id))

	// As if the worker had died between the due message and the plan.
	probes, err := p.JS.Stream(t.Context(), events.StreamProbes)
	if err != nil {
		t.Fatal(err)
	}
	if err := probes.Purge(t.Context(), jetstream.WithPurgeSubject(events.PlanSubject(created.id))); err != nil {
		t.Fatal(err)
	}
	if n := converge(t, p, created); n != 1 {
		t.Errorf("%d plans changed, want the one that was missing", n)
	}
	if again := last(t, p, events.DueSubject(created.id)); again.Sequence != due.Sequence {
		t.Errorf("a second probe was asked for, as message %d after %d", again.Sequence, due.Sequence)
	}
}

func TestConcurrentWorkersWriteEachPlanOnce(t *testing.T) {
	url := devtest.NATS(t).URL()
	one, two := planner(t, url), planner(t, url)
	entries := map[string]entry{}
	for range 100 {
		e := publish(t, one, events.ServiceCreated{Service: service("http://billing.example/", 1)})
		entries[e.id] = e
	}
	var wg sync.WaitGroup
	var changed [2]int
	for i, p := range []*Planner{one, two} {
		wg.Go(func() {
			var err error
			if changed[i], err = p.converge(t.Context(), entries); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if changed[0]+changed[1] != 100 {
		t.Errorf("%d and %d plans were changed, want 100 in all", changed[0], changed[1])
	}
	probes, err := one.JS.Stream(t.Context(), events.StreamProbes)
	if err != nil {
		t.Fatal(err)
	}
	if got := probes.CachedInfo().State; got.Msgs != 200 || got.LastSeq != 200 {
		t.Errorf("stream has %d messages up to %d, want 100 plans and 100 due ones, each written once", got.Msgs, got.LastSeq)
	}
}

func TestInvalidEventKeepsPlan(t *testing.T) {
	p := planner(t, devtest.NATS(t).URL())
	created := publish(t, p, events.ServiceCreated{Service: service("http://billing.example/", 1)})
	converge(t, p, created)
	if _, err := p.JS.Publish(t.Context(), events.CatalogSubject(created.id), []byte("not an event")); err != nil {
		t.Fatal(err)
	}
	converge(t, p, entry{id: created.id})
	if err := p.reconcile(t.Context()); err != nil {
		t.Fatal(err)
	}
	if last(t, p, events.PlanSubject(created.id)) == nil {
		t.Error("the plan is gone")
	}
}

func TestUnknownEventTypeKeepsPlan(t *testing.T) {
	p := planner(t, devtest.NATS(t).URL())
	created := publish(t, p, events.ServiceCreated{Service: service("http://billing.example/", 1)})
	converge(t, p, created)
	later, err := stream.Encode(source, events.ServiceUpdated{Service: service("http://billing.example/", 2)})
	if err != nil {
		t.Fatal(err)
	}
	later.Header["ce-type"] = []string{"dev.portal.service.updated.v2"}
	if _, err := p.JS.PublishMsg(t.Context(), later); err != nil {
		t.Fatal(err)
	}
	if err := p.reconcile(t.Context()); err != nil {
		t.Fatal(err)
	}
	if last(t, p, events.PlanSubject(created.id)) == nil {
		t.Error("the plan is gone")
	}
}

func TestLostCatalogueKeepsPlans(t *testing.T) {
	p := planner(t, devtest.NATS(t).URL())
	created := publish(t, p, events.ServiceCreated{Service: service("http://billing.example/", 1)})
	converge(t, p, created)
	portal, err := p.JS.Stream(t.Context(), events.StreamPortal)
	if err != nil {
		t.Fatal(err)
	}
	if err := portal.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.reconcile(t.Context()); err != nil {
		t.Fatal(err)
	}
	if last(t, p, events.PlanSubject(created.id)) == nil {
		t.Error("the plan is gone, and nothing would be probed until the catalogue is told again")
	}
}

func TestFailedBatchIsRedelivered(t *testing.T) {
	srv := devtest.NATS(t)
	p := planner(t, srv.URL())
	consumer, err := stream.Planner(t.Context(), p.JS)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.JS.DeleteStream(t.Context(), events.StreamProbes); err != nil {
		t.Fatal(err)
	}
	created := publish(t, p, events.ServiceCreated{Service: service("http://billing.example/", 1)})

	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.follow(ctx, consumer) }()
	await(t, func() bool { return failures(t, p) > 0 })
	if err := stream.Ensure(t.Context(), p.JS, 1); err != nil {
		t.Fatal(err)
	}
	await(t, func() bool { return last(t, p, events.PlanSubject(created.id)) != nil })
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
