package healthworker_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/devstack"
	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	"github.com/dev-portal/dev-portal/pkg/service"
	healthworker "github.com/dev-portal/dev-portal/services/health-worker"
)

// startNATS starts a server that the test can stop, and start again.
func startNATS(t *testing.T, addr, dir string) *devstack.NATS {
	t.Helper()
	srv, err := devstack.StartNATS(t.Context(), devstack.NATSConfig{Addr: addr, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	return srv
}

func freeAddr(t *testing.T) string {
	t.Helper()
	addr, err := devtest.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	return addr
}

func TestWorkerAndNATSStartInAnyOrder(t *testing.T) {
	t.Parallel()
	addr := freeAddr(t)
	w := start(t, healthworker.Config{Common: service.Common{NATSURL: "nats://" + addr}})
	eventually(t, "alive, but not ready", func() (bool, string) {
		live, _ := w.get("/livez")
		ready, body := w.get("/readyz")
		return live == http.StatusOK && ready == http.StatusServiceUnavailable, body
	})

	startNATS(t, addr, t.TempDir())
	catalogue(t, "nats://"+addr)
	w.awaitReady()
	b, target := connect(t, "nats://"+addr), serve(t, status(200))
	results := b.results()
	b.publish(events.ServiceCreated{Service: newService(target.URL)})
	next(t, results)
}

func TestWorkerReconnectsAfterNATSRestart(t *testing.T) {
	t.Parallel()
	addr, dir := freeAddr(t), t.TempDir()
	srv := startNATS(t, addr, dir)
	catalogue(t, "nats://"+addr)
	w := start(t, healthworker.Config{Common: service.Common{NATSURL: "nats://" + addr}})
	w.awaitReady()

	// NATS goes away while a probe runs: its result is stored when NATS is back.
	asked, release := make(chan bool, 1), make(chan bool)
	target := serve(t, func(http.ResponseWriter, *http.Request) {
		asked <- true
		<-release
	})
	b, svc := connect(t, "nats://"+addr), newService(target.URL)
	b.publish(events.ServiceCreated{Service: svc})
	b.awaitPlan(svc.ID, 1)
	<-asked
	srv.Close()
	close(release)
	eventually(t, "unready", func() (bool, string) {
		code, body := w.get("/readyz")
		return code == http.StatusServiceUnavailable, body
	})

	startNATS(t, addr, dir)
	w.awaitReady()
	b = connect(t, "nats://"+addr)
	eventually(t, "stored", func() (bool, string) {
		state := b.stream(events.StreamResults).CachedInfo().State
		return state.Msgs == 1, fmt.Sprintf("%d results", state.Msgs)
	})
	if n := target.asked.Load(); n != 1 {
		t.Errorf("the target was asked %d times, want once", n)
	}
}

func TestWorkerRecoversWhenNATSLosesItsData(t *testing.T) {
	t.Parallel()
	addr, dirs := freeAddr(t), t.TempDir()
	srv := startNATS(t, addr, filepath.Join(dirs, "old"))
	catalogue(t, "nats://"+addr)
	start(t, healthworker.Config{Common: service.Common{NATSURL: "nats://" + addr}}).awaitReady()
	b, target := connect(t, "nats://"+addr), serve(t, status(200))
	svc := newService(target.URL)
	b.publish(events.ServiceCreated{Service: svc})
	b.awaitPlan(svc.ID, 1)
	srv.Close()

	startNATS(t, addr, filepath.Join(dirs, "new"))
	b = connect(t, "nats://"+addr)
	results := b.results()
	svc.Version = 2
	b.publish(events.ServiceUpdated{Service: svc}) // as catalog-api does then
	if got := next(t, results); got.ServiceID != svc.ID || got.Version != 2 {
		t.Errorf("got %+v, want a probe of what is in the catalogue now", got)
	}
	b.awaitPlan(svc.ID, 2)
}

func TestLostPlansAreRecreated(t *testing.T) {
	t.Parallel()
	url := devtest.NATS(t).URL()
	b, target := connect(t, url), serve(t, status(200))
	catalogue(t, url)
	start(t, healthworker.Config{Common: service.Common{NATSURL: url}}).awaitReady()
	svc := newService(target.URL)
	b.publish(events.ServiceCreated{Service: svc})
	b.awaitPlan(svc.ID, 1)

	if err := b.js.DeleteStream(t.Context(), events.StreamProbes); err != nil {
		t.Fatal(err)
	}
	eventually(t, "planned again", func() (bool, string) {
		probes, err := b.js.Stream(t.Context(), events.StreamProbes)
		if err != nil {
			return false, err.Error()
		}
		_, err = probes.GetLastMsgForSubject(t.Context(), events.PlanSubject(svc.ID))
		return err == nil, fmt.Sprint(err)
	})
}

func TestPlanningIsHandedOverOnStop(t *testing.T) {
	t.Parallel()
	url := devtest.NATS(t).URL()
	b, target := connect(t, url), serve(t, status(200))
	first := start(t, healthworker.Config{Common: service.Common{NATSURL: url}})
	before := newService(target.URL)
	b.publish(events.ServiceCreated{Service: before})
	b.awaitPlan(before.ID, 1)
	b.awaitSettled()

	start(t, healthworker.Config{Common: service.Common{NATSURL: url}}).awaitReady()
	first.stop()
	info, err := b.consumer(events.StreamPortal, "planner").Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if pinned := info.PriorityGroups[0].PinnedClientID; pinned != "" {
		t.Errorf("%s is still pinned", pinned)
	}
	after := newService(target.URL)
	b.publish(events.ServiceCreated{Service: after})
	b.awaitPlan(after.ID, 1)
}

func TestPlanningFailsOverWhenPinnedWorkerDies(t *testing.T) {
	if testing.Short() {
		t.Skip("waits until the broker has missed a worker for 10 s")
	}
	t.Parallel()
	url := devtest.NATS(t).URL()
	b, target := connect(t, url), serve(t, status(200))
	consumer, err := stream.Planner(t.Context(), b.js)
	if err != nil {
		t.Fatal(err)
	}
	// The pinned worker holds an event when it dies.
	held, svc := newService(target.URL), newService(target.URL)
	b.publish(events.ServiceCreated{Service: held})
	batch, err := consumer.Fetch(1, jetstream.FetchPriorityGroup(stream.PlannerGroup))
	if err != nil {
		t.Fatal(err)
	}
	<-batch.Messages()

	start(t, healthworker.Config{Common: service.Common{NATSURL: url}})
	b.publish(events.ServiceCreated{Service: svc})
	b.awaitPlan(svc.ID, 1)
	b.awaitPlan(held.ID, 1) // by reconciliation, or when it is redelivered
}

func TestStopsWithoutNATS(t *testing.T) {
	t.Parallel()
	addr := freeAddr(t)
	w := start(t, healthworker.Config{Common: service.Common{NATSURL: "nats://" + addr}})
	eventually(t, "alive", func() (bool, string) {
		code, body := w.get("/livez")
		return code == http.StatusOK, body
	})
	w.stop()
}

func TestInvalidConfigIsRefused(t *testing.T) {
	err := healthworker.Run(context.Background(), healthworker.Config{Location: "not one.token", Timeout: time.Minute})
	if err == nil || !strings.Contains(err.Error(), "PORTAL_LOCATION") || !strings.Contains(err.Error(), "PORTAL_TIMEOUT") {
		t.Errorf("got %v, want both mistakes", err)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if err := healthworker.Run(context.Background(), healthworker.Config{Common: service.Common{MetricsAddr: taken.Addr().String()}}); err == nil {
		t.Error("no error for an address that is taken")
	}
}
