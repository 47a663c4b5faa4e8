package httpapi

import (
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

// service is a service as clients read it. Fields that are not set are null.
type service struct {
	ID           string          `json:"id" format:"uuid" doc:"UUIDv7, given by the portal."`
	Name         string          `json:"name" minLength:"1" maxLength:"100" doc:"Unique; case and invisible characters make no difference." example:"billing"`
	Description  *string         `json:"description" maxLength:"2000" doc:"What it does, in a few lines."`
	Team         *string         `json:"team" maxLength:"100" doc:"Who owns it." example:"Payments"`
	Status       events.Status   `json:"status" enum:"healthy,unknown,degraded,down" doc:"How it is. Set by probes where there is a status_url."`
	StatusURL    *string         `json:"status_url" pattern:"^[Hh][Tt][Tt][Pp][Ss]?://\\S+$" maxLength:"2000" doc:"Its health URL, asked every interval; http or https, without user name." example:"https://billing.example/healthz"`
	DocsURL      *string         `json:"docs_url" pattern:"^[Hh][Tt][Tt][Pp][Ss]?://\\S+$" maxLength:"2000" doc:"Where its documentation is."`
	GitHubURL    *string         `json:"github_url" pattern:"^[Hh][Tt][Tt][Pp][Ss]?://\\S+$" maxLength:"2000" doc:"Where its code is."`
	DashboardURL *string         `json:"dashboard_url" pattern:"^[Hh][Tt][Tt][Pp][Ss]?://\\S+$" maxLength:"2000" doc:"Where its numbers are shown."`
	Tags         []string        `json:"tags" maxItems:"50" minLength:"1" maxLength:"63" nullable:"false" doc:"Each once, in the order given."`
	DependsOn    []need          `json:"depends_on" maxItems:"100" nullable:"false" doc:"The services that it needs, each once, in the order given."`
	Interval     events.Interval `json:"interval" enum:"10s,15s,20s,30s,1m,2m,5m,10m,15m,30m,1h" doc:"Time between two probes."`
	Version      int64           `json:"version" minimum:"1" doc:"Grows with each change by a client, never with a probe."`

	StatusSince   time.Time      `json:"status_since"`
	StatusReason  *events.Reason `json:"status_reason" doc:"Why it has its status, as a code." example:"ok"`
	HTTPStatus    *int           `json:"http_status" doc:"Of the last probe; null if it was not answered."`
	LatencyMS     *int64         `json:"latency_ms" doc:"Of the last probe, in milliseconds; null if it was not answered."`
	LastCheckedAt *time.Time     `json:"last_checked_at" doc:"When the last probe started; null: never."`
	CreatedAt     time.Time      `json:"created_at"`
	UpdatedAt     time.Time      `json:"updated_at" doc:"When a client last changed it. A probe doesn't."`

	// Impact is the last one: see item.
	Impact *nearestHit `json:"impact" doc:"What hits it through hard needs, in short; null: nothing does. Its own status stays what was measured."`
}

// TransformSchema says that nothing may hit a service.
func (service) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Properties["impact"] = rest.OrNull(s.Properties["impact"])
	return s
}

// newService returns s as clients read it, as if nothing hit it. The result has pointers into s.
func newService(s *catalog.Service) service {
	return service{
		ID: s.ID, Name: s.Name, Description: unlessEmpty(&s.Description), Team: unlessEmpty(&s.Team), Status: s.Status,
		StatusURL: unlessEmpty(&s.StatusURL), DocsURL: unlessEmpty(&s.DocsURL),
		GitHubURL: unlessEmpty(&s.GitHubURL), DashboardURL: unlessEmpty(&s.DashboardURL),
		Tags: append([]string{}, s.Tags...), DependsOn: newDependencies(s.DependsOn), Interval: s.Interval, Version: s.Version,
		StatusSince: s.StatusSince.UTC(), StatusReason: unlessEmpty(&s.StatusReason),
		HTTPStatus: unlessEmpty(&s.HTTPStatus), LatencyMS: unlessEmpty(&s.LatencyMS), LastCheckedAt: s.LastCheckedAt,
		CreatedAt: s.CreatedAt.UTC(), UpdatedAt: s.UpdatedAt.UTC(),
	}
}

// unlessEmpty returns value, or nil if it points to a zero value.
func unlessEmpty[T comparable](value *T) *T {
	if *value == *new(T) {
		return nil
	}
	return value
}

// serviceUpdate is the body of a write, and serviceCreate that of an addition.
type serviceUpdate struct {
	Name         rest.Field[string]          `json:"name,omitempty" nullable:"false" minLength:"1" maxLength:"100" doc:"Unique; case and invisible characters make no difference. Spaces around it are removed, and several in a row become one." example:"billing"`
	Description  rest.Field[string]          `json:"description,omitempty" maxLength:"2000" doc:"What it does, in a few lines."`
	Team         rest.Field[string]          `json:"team,omitempty" maxLength:"100" doc:"Who owns it." example:"Payments"`
	Status       rest.Field[events.Status]   `json:"status,omitempty" enum:"healthy,unknown,degraded,down" doc:"How it is. Of no effect beside a status_url: then the probe says it."`
	StatusURL    rest.Field[string]          `json:"status_url,omitempty" pattern:"^[Hh][Tt][Tt][Pp][Ss]?://\\S+$" maxLength:"2000" doc:"Its health URL: http or https, without user name." example:"https://billing.example/healthz"`
	DocsURL      rest.Field[string]          `json:"docs_url,omitempty" pattern:"^[Hh][Tt][Tt][Pp][Ss]?://\\S+$" maxLength:"2000" doc:"Where its documentation is."`
	GitHubURL    rest.Field[string]          `json:"github_url,omitempty" pattern:"^[Hh][Tt][Tt][Pp][Ss]?://\\S+$" maxLength:"2000" doc:"Where its code is."`
	DashboardURL rest.Field[string]          `json:"dashboard_url,omitempty" pattern:"^[Hh][Tt][Tt][Pp][Ss]?://\\S+$" maxLength:"2000" doc:"Where its numbers are shown."`
	Tags         rest.Field[[]string]        `json:"tags,omitempty" maxItems:"50" minLength:"1" maxLength:"63" doc:"Trimmed, and each kept once: spaces in a row and invisible characters make no new tag." example:"[\"go\"]"`
	DependsOn    dependsOn                   `json:"depends_on,omitempty" maxItems:"100" doc:"The services that it needs, each by its id or its name, in place of those before. One that is gone meanwhile may stay."`
	Interval     rest.Field[events.Interval] `json:"interval,omitempty" enum:"10s,15s,20s,30s,1m,2m,5m,10m,15m,30m,1h" doc:"Time between two probes; null: the portal's default."`
}

type serviceCreate serviceUpdate

// TransformSchema adds the fields that a new service must have.
func (serviceCreate) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Required = []string{"name"}
	return s
}

func (s serviceUpdate) change() catalog.Change {
	return catalog.Change{
		Name: s.Name.To, Description: s.Description.To, Team: s.Team.To, Status: s.Status.To,
		StatusURL: s.StatusURL.To, DocsURL: s.DocsURL.To, GitHubURL: s.GitHubURL.To, DashboardURL: s.DashboardURL.To,
		Tags: s.Tags.To, DependsOn: needs(s.DependsOn), Interval: s.Interval.To,
	}
}

// invalid returns the fields that the catalogue refuses.
func (s serviceUpdate) invalid() []rest.FieldError { return refused(s.change().Validate()) }

type (
	serviceCreateBody = rest.Body[serviceCreate, service]
	serviceUpdateBody = rest.Body[serviceUpdate, service]
)

// The examples in the description.
var (
	exampleWrite = map[string]any{
		"name": "billing", "team": "Payments", "status_url": "https://billing.example/healthz", "tags": []string{"go"},
	}
	examplePatch = map[string]any{"team": "Payments", "docs_url": nil}
)

func exampleService() service {
	at := time.Date(2026, 3, 14, 9, 30, 0, 0, time.UTC)
	checked := at.Add(time.Hour)
	return newService(&catalog.Service{
		ID: "019a0000-0000-7000-8000-000000000001", Name: "billing", Team: "Payments", StatusURL: "https://billing.example/healthz",
		Tags: []string{"go"}, Interval: events.DefaultInterval, Version: 1,
		DependsOn: []catalog.Dependency{{ID: "019a0000-0000-7000-8000-000000000002", Name: "Payments DB", Kind: events.DependencyHard, Note: "writes orders"}},
		Status:    events.StatusHealthy, StatusSince: at, StatusReason: events.ReasonOK, HTTPStatus: 200, LatencyMS: 12, LastCheckedAt: &checked,
		CreatedAt: at, UpdatedAt: at,
	})
}
