package healthworker_test

import (
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/pkg/events"
	healthworker "github.com/dev-portal/dev-portal/services/health-worker"
)

func TestNewServiceIsProbedAtOnce(t *testing.T) {
	url := devtest.NATS(t).URL()
	b, healthy := connect(t, url), serve(t, status(204))
	results := b.results()
	start(t, healthworker.Config{NATSURL: url})

	svc := service(healthy.URL + "/healthz")
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
