package plan

import (
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
)

func await(t *testing.T, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(30 * time.Second)
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("it did not happen within 30 s")
		}
	}
}

func failures(t *testing.T, p *Planner) float64 {
	t.Helper()
	var m dto.Metric
	if err := p.Metrics.PlanFailures.Write(&m); err != nil {
		t.Fatal(err)
	}
	return m.GetCounter().GetValue()
}
