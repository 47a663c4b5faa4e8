// Package testevents has one event of every type, for the tests of packages events and
// stream.
package testevents

import (
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// The ids of the samples' two services and of a deployment, and the source of the events.
const (
	BillingID    = "0199a3c2-8c1e-7d5a-9b42-3f1c8e6a7d10"
	LedgerID     = "0199a3c2-8c1f-7a01-8e55-64b0c2d9f3aa"
	DeploymentID = "0199a3c2-9a11-7b60-8d2f-0c5e7a9b1f42"
	Source       = "/dev-portal/catalog-api"
)

// At returns a time on the samples' day.
func At(hour, minute, second, ms int) time.Time {
	return time.Date(2026, time.March, 14, hour, minute, second, ms*int(time.Millisecond), time.UTC)
}

// Billing returns a service with every field of the first version. Later fields are not added: the samples stay as
// they were first published.
func Billing() events.Service {
	return events.Service{
		ID: BillingID, Name: "billing", Description: "Invoices and payments", Team: "Payments",
		StatusURL: "https://billing.example.com/healthz", DocsURL: "https://docs.example.com/billing",
		GitHubURL: "https://github.com/example/billing", DashboardURL: "https://grafana.example.com/d/billing",
		Tags: []string{"go", "tier-1"}, Interval: "30s", Version: 4,
		Status: events.StatusHealthy, StatusSince: At(9, 26, 53, 589), StatusReason: events.ReasonOK,
		HTTPStatus: 200, LatencyMS: 12, LastCheckedAt: At(9, 31, 23, 590),
		CreatedAt: At(9, 0, 0, 0), UpdatedAt: At(9, 31, 40, 250),
	}
}

// Ledger returns a service with only the required fields.
func Ledger() events.Service {
	return events.Service{
		ID: LedgerID, Name: "ledger", Tags: []string{}, Interval: events.DefaultInterval, Version: 1,
		Status: events.StatusUnknown, StatusSince: At(9, 0, 0, 0), CreatedAt: At(9, 0, 0, 0), UpdatedAt: At(9, 0, 0, 0),
	}
}

// Completed returns the result of a probe with every field of the first version.
func Completed() events.ProbeCompleted {
	return events.ProbeCompleted{
		ServiceID: BillingID, Version: 4, URL: "https://billing.example.com/healthz",
		Status: events.StatusDegraded, Reason: events.ReasonHTTP5xx, HTTPStatus: 503, LatencyMS: 87,
		PlannedAt: At(9, 35, 23, 0), CheckedAt: At(9, 35, 23, 41), Location: "default",
	}
}

// All returns one event of every type, in the order of their names. The payloads in
// testdata are these events as they were first published.
func All() []events.Event {
	return []events.Event{
		events.CallsFound{ReadAt: At(9, 31, 0, 0), Calls: []events.Call{
			{Client: "checkout", Server: "payments", CallsPerMinute: 412.6}, {Client: "user", Server: "checkout", CallsPerMinute: 0.2},
		}},
		events.ImpactChanged{
			ServiceID: LedgerID, Name: "ledger", Team: "Payments", RootCause: true,
			Status: events.StatusDown, Since: At(9, 35, 23, 41), Reason: events.ReasonConnectRefused, OnCall: []string{"Ada Lovelace"},
			Hits: 2, HitTeams: 2,
			Teams: []events.HitTeam{{Team: "Payments", Services: 1, OnCall: []string{"Ada Lovelace"}}, {Services: 1}},
			Services: []events.HitService{
				{ServiceID: BillingID, Name: "billing", Team: "Payments", Hops: 1}, {ServiceID: "0199a3c2-0000-7000-8000-000000000009", Name: "shop", Hops: 2},
			},
			ChangedAt: At(9, 35, 23, 50),
		},
		Completed(),
		events.ProbeDelayed{
			ServiceID: BillingID, URL: "https://billing.example.com/healthz", RoundMS: 60_000,
			SaidAt: At(9, 35, 53, 0), Location: "default",
		},
		events.ProbePlanned{ServiceID: BillingID, Version: 4, URL: "https://billing.example.com/healthz", Interval: "30s"},
		events.ProbesCompleted{Results: []events.ProbeCompleted{Completed()}},
		events.ReleasePublished{
			ServiceID: BillingID, Name: "billing", Team: "Payments", Tag: "v1.8.2", Title: "Faster invoices",
			URL: "https://github.com/example/billing/releases/tag/v1.8.2", Author: "ada", PublishedAt: At(9, 30, 0, 0), Prerelease: true,
			Repository: "https://github.com/example/billing",
		},
		events.ReleasesFound{
			ServiceID: BillingID, GitHubURL: "https://github.com/example/billing", CheckedAt: At(9, 31, 0, 0), Complete: true, Validator: `W/"1b2c"`,
			Releases: []events.Release{{
				Tag: "v1.8.2", Title: "Faster invoices", URL: "https://github.com/example/billing/releases/tag/v1.8.2", Author: "ada",
				PublishedAt: At(9, 30, 0, 0), Prerelease: true, Notes: "* a PDF takes 2 s, not 8", NotesCut: true,
			}},
		},
		events.ScorecardChanged{
			ServiceID: BillingID, Name: "billing", Team: "Payments", Level: events.LevelBronze, LevelBefore: events.LevelGold, Since: At(9, 35, 23, 41),
			Failing: []events.FailingRule{{Rule: "on_call", Reason: "Nobody is on call for Payments."}},
		},
		events.ServiceCreated{Service: Ledger()},
		events.ServiceDeleted{ID: BillingID, Name: "billing", Team: "Payments", Version: 5, DeletedAt: At(17, 5, 0, 120)},
		events.ServiceDeployed{
			DeploymentID: DeploymentID, ServiceID: BillingID, Name: "billing", Team: "Payments",
			Action: events.ActionUpgraded, Version: "v1.8.2", Environment: "production", URL: "https://ci.example.com/runs/4417",
			By: "payments pipeline", DeployedAt: At(9, 31, 20, 0),
			Actor: &events.Actor{Kind: "key", ID: "0199a3c2-0000-7000-8000-000000000002", Name: "ci"},
		},
		events.ServiceUpdated{Service: Billing()},
		events.ShiftsFound{
			Slug: "payments", URLDigest: "0682c5f2076f099c34cfdd15a9e063849ed437a49677e6fcc5b4198c76575be5",
			ReadAt: At(9, 31, 0, 0), CoversUntil: At(9, 31, 0, 0).AddDate(0, 0, 60),
			Shifts: []events.Shift{
				{Name: "Ada Lovelace", Email: "ada@example.com", From: At(8, 0, 0, 0), Until: At(20, 0, 0, 0)},
				{Name: "Grace Hopper", From: At(20, 0, 0, 0), Until: At(20, 0, 0, 0).AddDate(0, 0, 7)},
			},
		},
		events.StatusChanged{
			ServiceID: BillingID, Name: "billing", Team: "Payments",
			From: events.StatusHealthy, To: events.StatusDegraded, Reason: events.ReasonHTTP5xx,
			Since: At(9, 35, 23, 41), CheckedAt: At(9, 35, 23, 41), LatencyMS: 87, HTTPStatus: 503, Location: "default",
		},
		events.TeamCreated{Team: events.Team{
			Slug: "payments", Name: "Payments", Version: 1, CreatedAt: At(9, 20, 0, 0), UpdatedAt: At(9, 20, 0, 0),
		}},
		events.TeamDeleted{Slug: "payments", Name: "Payments", Version: 3, DeletedAt: At(17, 5, 0, 120)},
		events.TeamUpdated{
			Team: events.Team{
				Slug: "payments", Name: "Payments", Description: "Takes money in, and pays it out.",
				ChatURL: "https://chat.example.com/payments", Email: "payments@example.com",
				PageURL: "https://pager.example.com/payments", DocsURL: "https://handbook.example.com/payments",
				Version: 2, CreatedAt: At(9, 20, 0, 0), UpdatedAt: At(9, 31, 40, 250),
			},
			Authorship: events.Authorship{Actor: &events.Actor{Kind: "person", ID: "ada@example.com", Name: "Ada"}, Changed: []string{"description", "chat_url"}},
		},
	}
}
