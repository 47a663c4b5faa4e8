package check_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/check"
)

const id, otherID = "0199aaaa-0000-7000-8000-00000000000a", "0199aaaa-0000-7000-8000-00000000000b"

func billing() catalog.Service {
	svc := catalog.New(id, "1m", time.Now())
	svc.Name, svc.StatusURL, svc.Version = "billing", "http://billing.example/healthz", 3
	return svc
}

// catalogue is a fake with one service, which can fail.
type catalogue struct {
	svc     catalog.Service
	fail    error
	applied []events.ProbeCompleted
}

func (c *catalogue) apply(_ context.Context, results []events.ProbeCompleted) error {
	c.applied = append(c.applied, results...)
	c.svc.Status = results[0].Status
	return c.fail
}

func (c *catalogue) byID(context.Context, string) (catalog.Service, error) { return c.svc, nil }

func connect(t *testing.T, url string) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect(url, nats.MaxReconnects(-1), nats.ReconnectWait(10*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

// startWorker starts a worker that serves checks by answer.
func startWorker(t *testing.T, nc *nats.Conn, answer func(micro.Request, events.ProbePlanned)) {
	t.Helper()
	svc, err := micro.AddService(nc, micro.Config{Name: "worker", Version: "1.0.0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = svc.Stop() })
	err = svc.AddEndpoint("check", micro.HandlerFunc(func(r micro.Request) {
		plan, err := events.DecodeAs[events.ProbePlanned](nats.Header(r.Headers()), r.Data())
		if err != nil {
			t.Errorf("the request: %v", err)
		}
		answer(r, plan)
	}), micro.WithEndpointSubject(events.CheckSubject))
	if err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
}

func completed(plan events.ProbePlanned) events.ProbeCompleted {
	return events.ProbeCompleted{
		ServiceID: plan.ServiceID, Version: plan.Version, URL: plan.URL, Status: events.StatusDegraded,
		Reason: events.ReasonHTTP5xx, HTTPStatus: 503, LatencyMS: 2, PlannedAt: time.Now(), CheckedAt: time.Now(), Location: "default",
	}
}

func respond(t *testing.T, r micro.Request, e events.Event) {
	t.Helper()
	msg, err := stream.Encode("/test", e)
	if err == nil {
		err = r.Respond(msg.Data, micro.WithHeaders(micro.Headers(msg.Header)))
	}
	if err != nil {
		t.Error(err)
	}
}

func TestCheckStoresResult(t *testing.T) {
	srv := devtest.NATS(t)
	startWorker(t, connect(t, srv.URL()), func(r micro.Request, plan events.ProbePlanned) {
		want := events.ProbePlanned{ServiceID: id, Version: 3, URL: "http://billing.example/healthz", Interval: "1m"}
		if plan != want {
			t.Errorf("asked for %+v, want %+v", plan, want)
		}
		respond(t, r, completed(plan))
	})
	kept := &catalogue{svc: billing()}
	c := &check.Checker{NATS: connect(t, srv.URL()), Apply: kept.apply, ByID: kept.byID}

	got, err := c.Check(t.Context(), billing())
	if err != nil || got.Status != events.StatusDegraded || len(kept.applied) != 1 || kept.applied[0].HTTPStatus != 503 {
		t.Errorf("%+v, applied %+v, %v", got, kept.applied, err)
	}
}

func TestInvalidAnswer(t *testing.T) {
	for name, answer := range map[string]func(*testing.T, micro.Request, events.ProbePlanned){
		"an error of the worker": func(t *testing.T, r micro.Request, _ events.ProbePlanned) {
			if err := r.Error("500", "no room", nil); err != nil {
				t.Error(err)
			}
		},
		"another service's": func(t *testing.T, r micro.Request, plan events.ProbePlanned) {
			other := completed(plan)
			other.ServiceID = otherID
			respond(t, r, other)
		},
		"another event": func(t *testing.T, r micro.Request, plan events.ProbePlanned) { respond(t, r, plan) },
		"nothing in it": func(t *testing.T, r micro.Request, _ events.ProbePlanned) {
			if err := r.Respond(nil); err != nil {
				t.Error(err)
			}
		},
		"none at all": func(*testing.T, micro.Request, events.ProbePlanned) {},
	} {
		t.Run(name, func(t *testing.T) {
			srv := devtest.NATS(t)
			startWorker(t, connect(t, srv.URL()), func(r micro.Request, plan events.ProbePlanned) { answer(t, r, plan) })
			kept := &catalogue{svc: billing()}
			c := &check.Checker{NATS: connect(t, srv.URL()), Apply: kept.apply, ByID: kept.byID, Timeout: 300 * time.Millisecond}

			if _, err := c.Check(t.Context(), billing()); !errors.Is(err, check.ErrWorker) || len(kept.applied) > 0 {
				t.Errorf("%v, applied %+v", err, kept.applied)
			}
		})
	}
}

// A timeout has another error.
func TestNoWorkerFailsAtOnce(t *testing.T) {
	srv := devtest.NATS(t)
	nc := connect(t, srv.URL())
	kept := &catalogue{svc: billing()}
	c := &check.Checker{NATS: nc, Apply: kept.apply, ByID: kept.byID}

	ask := func(why string) {
		t.Helper()
		if _, err := c.Check(t.Context(), billing()); !errors.Is(err, check.ErrNoWorker) {
			t.Errorf("%s: %v", why, err)
		}
	}
	ask("no worker")
	if workers, err := check.Workers(t.Context(), nc); len(workers) > 0 || err != nil {
		t.Errorf("there are workers: %v, %v; want none", workers, err)
	}
	lost := nc.StatusChanged(nats.RECONNECTING)
	srv.Close()
	<-lost
	ask("no NATS")
	nc.Close()
	ask("closed")
}

func TestCheckNeedsAHealthURL(t *testing.T) {
	svc := billing()
	svc.StatusURL = ""
	if _, err := (&check.Checker{}).Check(t.Context(), svc); !errors.Is(err, check.ErrNoURL) {
		t.Errorf("%v", err)
	}
}

func TestCheckFailsWithTheDatabase(t *testing.T) {
	srv := devtest.NATS(t)
	startWorker(t, connect(t, srv.URL()), func(r micro.Request, plan events.ProbePlanned) { respond(t, r, completed(plan)) })
	kept := &catalogue{svc: billing(), fail: catalog.ErrUnavailable}
	c := &check.Checker{NATS: connect(t, srv.URL()), Apply: kept.apply, ByID: kept.byID}

	if _, err := c.Check(t.Context(), billing()); !errors.Is(err, catalog.ErrUnavailable) {
		t.Errorf("%v", err)
	}
}

func TestCheckEndsWithItsContext(t *testing.T) {
	srv := devtest.NATS(t)
	ctx, cancel := context.WithCancel(t.Context())
	startWorker(t, connect(t, srv.URL()), func(micro.Request, events.ProbePlanned) { cancel() })
	kept := &catalogue{svc: billing()}
	c := &check.Checker{NATS: connect(t, srv.URL()), Apply: kept.apply, ByID: kept.byID}

	if _, err := c.Check(ctx, billing()); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
