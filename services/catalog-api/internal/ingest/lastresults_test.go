package ingest

import (
	"testing"

	"github.com/dev-portal/dev-portal/pkg/events"
)

func TestLastResultsReportChanges(t *testing.T) {
	last := lastResults{}
	for i, c := range []struct {
		service string
		status  events.Status
		reason  events.Reason
		changed bool
	}{
		{"a", events.StatusHealthy, events.ReasonOK, true}, // the first of a service
		{"a", events.StatusHealthy, events.ReasonOK, false},
		{"b", events.StatusHealthy, events.ReasonOK, true},
		{"a", events.StatusDown, events.ReasonTimeout, true},
		{"a", events.StatusDown, events.ReasonConnectRefused, true},
		{"a", events.StatusDown, events.ReasonConnectRefused, false},
		{"b", events.StatusHealthy, events.ReasonOK, false},
		{"a", events.StatusHealthy, events.ReasonOK, true},
	} {
		r := events.ProbeCompleted{ServiceID: c.service, Status: c.status, Reason: c.reason}
		if got := last.update(r); got != c.changed {
			t.Errorf("result %d, %s %s of %s: changed is %v, want %v", i, c.status, c.reason, c.service, got, c.changed)
		}
	}
}
