package events_test

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/internal/testevents"
)

// testdata/future has events of an imagined later version, with fields, reasons,
// intervals and statuses that this one doesn't know.
func TestDecodeLaterVersion(t *testing.T) {
	service := ledger()
	service.ID, service.Name, service.Interval, service.Version = billingID, "billing", "45s", 4
	service.Status, service.StatusWord, service.StatusReason = events.StatusUnknown, "maintenance", "planned_work"
	service.StatusSince, service.UpdatedAt = at(9, 26, 53, 589), at(9, 31, 40, 250)
	service.DependsOn = []events.Dependency{{ServiceID: ledgerID, Name: "ledger", Kind: "standby"}, {}}
	result := completed()
	result.Status, result.StatusWord, result.Reason = events.StatusUnknown, "on_fire", "http_6xx"
	result.URL, result.HTTPStatus, result.LatencyMS = "grpc://billing.example.com:443", 0, 0
	want := map[string]events.Event{}
	for _, e := range []events.Event{
		events.ServiceCreated{Service: service},
		events.ServiceUpdated{Service: service},
		events.ServiceDeleted{ID: billingID, Version: 5, DeletedAt: at(17, 5, 0, 120)},
		events.StatusChanged{
			ServiceID: billingID, Name: "billing", From: events.StatusUnknown, FromWord: "maintenance",
			To: events.StatusUnknown, ToWord: "on_fire", Reason: "http_6xx", Since: at(9, 35, 23, 41),
			After: &events.Preceding{Kind: "eclipse", At: at(9, 31, 20, 0)},
		},
		events.ServiceDeployed{DeploymentID: testevents.DeploymentID, ServiceID: billingID, Action: "promoted", DeployedAt: at(9, 31, 20, 0)},
		events.ImpactChanged{
			ServiceID: testevents.LedgerID, Name: "ledger", RootCause: true, Status: "melting", Since: at(9, 35, 23, 41),
			Hits: 2, HitTeams: 1, Teams: []events.HitTeam{{Team: "Payments", Services: 2}}, ChangedAt: at(9, 35, 23, 50),
		},
		events.ScorecardChanged{
			ServiceID: billingID, Name: "billing", Level: "platinum", LevelBefore: events.LevelGold, Since: at(9, 35, 23, 41),
			Failing: []events.FailingRule{{Rule: "slo"}},
		},
		events.ProbePlanned{ServiceID: billingID, Version: 4, URL: result.URL, Interval: "3h"},
		result,
		events.ProbesCompleted{Results: []events.ProbeCompleted{result}},
		events.ProbeDelayed{ServiceID: billingID, URL: result.URL, RoundMS: 60_000, SaidAt: at(9, 35, 53, 0), Location: "default"},
		events.ReleasePublished{ServiceID: billingID, Name: "billing", Tag: "v1.8.2", URL: "ipfs://bafybeigdyrzt", PublishedAt: at(9, 30, 0, 0)},
		events.TeamCreated{Team: events.Team{Slug: "payments", Version: 1, CreatedAt: at(9, 20, 0, 0), UpdatedAt: at(9, 20, 0, 0)}},
		events.TeamUpdated{Team: events.Team{
			Slug: "payments", Name: "Payments", ChatURL: "xmpp:payments@example.com", OnCall: events.OnCall{Kind: "oracle"},
			Version: 2, CreatedAt: at(9, 20, 0, 0), UpdatedAt: at(9, 31, 40, 250),
		}},
		events.TeamDeleted{Slug: "payments", Version: 3, DeletedAt: at(17, 5, 0, 120)},
		events.ShiftsFound{
			Slug: "payments", URLDigest: "0682c5f2076f099c34cfdd15a9e063849ed437a49677e6fcc5b4198c76575be5", ReadAt: at(9, 31, 0, 0), Problem: "expired",
		},
		events.CallsFound{Part: 4_000, ReadAt: at(9, 31, 0, 0), Calls: []events.Call{{Client: "checkout", Server: "checkout"}}},
		events.ReleasesFound{ServiceID: billingID, GitHubURL: "git+ssh://forge.example.com/billing", CheckedAt: at(9, 31, 0, 0), Problem: "archived"},
	} {
		want[e.Type()] = e
	}
	for _, e := range samples() {
		t.Run(e.Type(), func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join("testdata", "future", e.Type()+".json"))
			if err != nil {
				t.Fatal(err)
			}
			got, err := events.Decode(encode(t, e).Header, data)
			if err != nil || !reflect.DeepEqual(got.Event, want[e.Type()]) {
				t.Errorf("got %+v, %v; want %+v", got.Event, err, want[e.Type()])
			}
		})
	}
}

// Decoding is more lenient than encoding, but rejects events that lack fields that a
// reader needs, or that have values that would fail its database writes.
func TestDecodeRejectsUnusableEvents(t *testing.T) {
	for name, data := range map[string]string{
		"no id":              `{"version":4,"deleted_at":"2026-03-14T17:05:00Z"}`,
		"no version":         `{"id":"` + billingID + `","deleted_at":"2026-03-14T17:05:00Z"}`,
		"no time":            `{"id":"` + billingID + `","version":4}`,
		"an id that matches": `{"id":"*","version":4,"deleted_at":"2026-03-14T17:05:00Z"}`,
	} {
		if got, err := events.Decode(encode(t, sample[events.ServiceDeleted](t)).Header, []byte(data)); err == nil {
			t.Errorf("%s: got %+v", name, got.Event)
		}
	}
	for name, change := range map[string]func(*events.ProbeCompleted){
		"a reason with a zero byte":   func(e *events.ProbeCompleted) { e.Reason = "a\x00" },
		"a reason without end":        func(e *events.ProbeCompleted) { e.Reason = events.Reason(make([]byte, 1000)) },
		"a location with a zero byte": func(e *events.ProbeCompleted) { e.Location = "a\x00" },
		"a location with two tokens":  func(e *events.ProbeCompleted) { e.Location = "a.b" },
		"a negative round":            func(e *events.ProbeCompleted) { e.RoundMS = -1 },
	} {
		e := completed()
		change(&e)
		verdict(t, name, e, " ")
	}
}

func TestUnknownIntervalDuration(t *testing.T) {
	for interval, want := range map[events.Interval]string{"45s": "45s", "3h": "3h0m0s", "never": "1m0s", "-5s": "1m0s", "9999h": "1m0s"} {
		if got := interval.Duration().String(); got != want {
			t.Errorf("%s lasts %s, want %s", interval, got, want)
		}
	}
}
