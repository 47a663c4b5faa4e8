package events_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
)

const (
	billingID = "0199a3c2-8c1e-7d5a-9b42-3f1c8e6a7d10"
	ledgerID  = "0199a3c2-8c1f-7a01-8e55-64b0c2d9f3aa"
	source    = "/dev-portal/catalog-api"
)

// at is a moment of the samples' day.
func at(hour, minute, second, ms int) time.Time {
	return time.Date(2026, time.March, 14, hour, minute, second, ms*int(time.Millisecond), time.UTC)
}

// billing is a service with every field set.
func billing() events.Service {
	return events.Service{
		ID: billingID, Name: "billing", Description: "Invoices and payments", Team: "Payments",
		StatusURL: "https://billing.example.com/healthz", DocsURL: "https://docs.example.com/billing",
		GitHubURL: "https://github.com/example/billing", DashboardURL: "https://grafana.example.com/d/billing",
		Tags: []string{"go", "tier-1"}, Interval: "30s", Version: 4,
		Status: events.StatusHealthy, StatusSince: at(9, 26, 53, 589), StatusReason: events.ReasonOK,
		HTTPStatus: 200, LatencyMS: 12, LastCheckedAt: at(9, 31, 23, 590),
		CreatedAt: at(9, 0, 0, 0), UpdatedAt: at(9, 31, 40, 250),
	}
}

// ledger is a service with only what a service must have.
func ledger() events.Service {
	return events.Service{
		ID: ledgerID, Name: "ledger", Tags: []string{}, Interval: events.DefaultInterval, Version: 1,
		Status: events.StatusUnknown, StatusSince: at(9, 0, 0, 0), CreatedAt: at(9, 0, 0, 0), UpdatedAt: at(9, 0, 0, 0),
	}
}

// completed is the result of a probe with every field that was there at first.
func completed() events.ProbeCompleted {
	return events.ProbeCompleted{
		ServiceID: billingID, Version: 4, URL: "https://billing.example.com/healthz",
		Status: events.StatusDegraded, Reason: events.ReasonHTTP5xx, HTTPStatus: 503, LatencyMS: 87,
		PlannedAt: at(9, 35, 23, 0), CheckedAt: at(9, 35, 23, 41), Location: "default",
	}
}

// samples has one event of every type, in the order of Types. The payloads in
// testdata are these events as they were first published.
func samples() []events.Event {
	return []events.Event{
		completed(),
		events.ProbeDelayed{
			ServiceID: billingID, URL: "https://billing.example.com/healthz", RoundMS: 60_000,
			SaidAt: at(9, 35, 53, 0), Location: "default",
		},
		events.ProbePlanned{ServiceID: billingID, Version: 4, URL: "https://billing.example.com/healthz", Interval: "30s"},
		events.ProbesCompleted{Results: []events.ProbeCompleted{completed()}},
		events.ServiceCreated{Service: ledger()},
		events.ServiceDeleted{ID: billingID, Name: "billing", Team: "Payments", Version: 5, DeletedAt: at(17, 5, 0, 120)},
		events.ServiceUpdated{Service: billing()},
		events.StatusChanged{
			ServiceID: billingID, Name: "billing", Team: "Payments",
			From: events.StatusHealthy, To: events.StatusDegraded, Reason: events.ReasonHTTP5xx,
			Since: at(9, 35, 23, 41), CheckedAt: at(9, 35, 23, 41), LatencyMS: 87, HTTPStatus: 503, Location: "default",
		},
	}
}

func TestEveryTypeHasASample(t *testing.T) {
	var got []string
	for _, e := range samples() {
		got = append(got, e.Type())
	}
	if !slices.Equal(got, events.Types) {
		t.Errorf("samples are of %v, want %v", got, events.Types)
	}
}

// golden is the payload of a type as it was first published: never edit one.
func golden(tb testing.TB, typ string) []byte {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", typ+".json"))
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

// compact is the JSON without its white space.
func compact(tb testing.TB, data []byte) string {
	tb.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, data); err != nil {
		tb.Fatalf("%v in %s", err, data)
	}
	return b.String()
}
