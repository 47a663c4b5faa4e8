package history_test

import (
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/history"
)

func TestStripHasTheWorstOfEachSegment(t *testing.T) {
	at := func(minute int) time.Time { return day.Add(time.Duration(minute) * time.Minute) }
	bounds := history.Segments(at(239), 8, 30*time.Minute) // 4 hours
	if !bounds[0].Equal(at(0)) || !bounds[8].Equal(at(240)) {
		t.Fatalf("the segments are from %v to %v", bounds[0], bounds[8])
	}
	spans := []history.Span{
		{From: at(-500), To: at(65), Status: events.StatusHealthy},
		{From: at(65), To: at(70), Status: events.StatusDown},
		{From: at(70), To: at(90), Status: events.StatusDegraded},
		{From: at(90), To: at(125), Status: events.StatusUnknown, Reason: events.ReasonStale},
		{From: at(125), To: at(150), Status: events.StatusHealthy, Reason: events.ReasonManual},
		{From: at(150), To: at(180), Status: events.StatusDegraded},
		{From: at(180), To: at(200), Status: events.StatusHealthy},
	}
	if got := history.Strip(spans, bounds); got != "hhx--dh-" {
		t.Errorf("got %q", got)
	}
	if got := history.Strip(nil, bounds); got != "--------" {
		t.Errorf("of nothing: %q", got)
	}
}

func TestDaysAreThoseOfAZone(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	bounds := history.Days(time.Date(2026, 3, 30, 22, 30, 0, 0, time.UTC), 3, berlin) // 00:30 of the 31st there
	want := []string{"2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", "2026-03-30T22:00:00Z", "2026-03-31T22:00:00Z"}
	for i, b := range bounds {
		if got := b.UTC().Format(time.RFC3339); got != want[i] {
			t.Errorf("day %d begins at %s, want %s", i, got, want[i])
		}
	}
}
