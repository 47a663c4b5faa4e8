package healthworker_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/service"
	healthworker "github.com/dev-portal/dev-portal/services/health-worker"
)

func TestMetrics(t *testing.T) {
	url := devtest.NATS(t).URL()
	b, target := connect(t, url), serve(t, status(503))
	results := b.results()
	w := start(t, healthworker.Config{Common: service.Common{NATSURL: url, Version: "1.2.3"}, Location: "eu"})
	svc := newService(target.URL)
	b.publish(events.ServiceCreated{Service: svc})
	next(t, results)
	b.awaitPlan(svc.ID, 1)

	for _, want := range []string{
		`portal_worker_info{location="eu",version="1.2.3"} 1`,
		`portal_worker_probes_total{reason="http_5xx",status="degraded"} 1`,
		`portal_worker_probe_duration_seconds_count 1`,
		`portal_worker_probe_lag_seconds_count 1`,
		`portal_worker_due_dropped_total{why="late"} 0`,
		`portal_worker_due_handed_back_total{why="host_busy"} 0`,
		`portal_worker_probes_in_flight 0`,
		`portal_worker_result_publish_failures_total 0`,
		`portal_worker_plans_written_total 1`,
		`portal_worker_plans_removed_total 0`,
		`portal_worker_first_probes_total 1`,
		`portal_worker_reconcile_drift_total 0`,
	} {
		eventually(t, "counted", func() (bool, string) {
			_, body := w.get("/metrics")
			return strings.Contains(body, "\n"+want+"\n"), want
		})
	}
	_, body := w.get("/metrics")
	if strings.Contains(body, svc.ID) || strings.Contains(body, target.URL) || strings.Contains(body, svc.Name) {
		t.Error("a label names a service or its host")
	}
	for _, name := range regexp.MustCompile(`(?m)^portal_worker_\w+`).FindAllString(body, -1) {
		if !strings.Contains(body, "# HELP "+strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_sum"), "_count")) {
			t.Errorf("%s has no help", name)
		}
	}
}
