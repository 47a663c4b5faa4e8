// Package catalog has the types and rules of the catalogue: what a service is, which
// changes of it are legal, and how they affect its status. It uses no database and no
// network.
package catalog

import (
	"slices"
	"strings"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// Service is one entry of the catalogue. An empty string or a zero number means that the
// field is not set.
type Service struct {
	ID           string          `db:"id"` // UUIDv7
	Name         string          `db:"name"`
	Description  string          `db:"description"`
	Team         string          `db:"team"`
	StatusURL    string          `db:"status_url"` // what is probed; empty: the status is set by hand
	DocsURL      string          `db:"docs_url"`
	GitHubURL    string          `db:"github_url"`
	DashboardURL string          `db:"dashboard_url"`
	Tags         []string        `db:"-"` // in the order given, each once by its Key
	DependsOn    []Dependency    `db:"-"` // the services that it needs, in the order given, each once
	Interval     events.Interval `db:"probe_interval"`
	Version      int64           `db:"version"` // grows with each change by a client, never with a probe

	Status        events.Status `db:"status"`
	StatusSince   time.Time     `db:"status_since"`
	StatusReason  events.Reason `db:"status_reason"`
	HTTPStatus    int           `db:"http_status"`     // of the last probe; 0: not answered
	LatencyMS     int64         `db:"latency_ms"`      // of the last probe, milliseconds; 0: not answered
	LastCheckedAt *time.Time    `db:"last_checked_at"` // start of the last probe; nil: never

	CreatedAt time.Time `db:"created_at"`
	UpdatedAt time.Time `db:"updated_at"` // of the last change by a client
}

// Change is what a client wants changed: nil leaves a field as it is, an empty
// value clears it.
type Change struct {
	Name, Description, Team                     *string
	StatusURL, DocsURL, GitHubURL, DashboardURL *string
	Tags                                        *[]string
	DependsOn                                   *[]Dependency
	Interval                                    *events.Interval // empty: the default
	Status                                      *events.Status   // empty: unknown; ignored if there is a health URL
}

// text is a field of a service that is plain text.
type text struct {
	name   string  // as in the API
	value  *string // the service's
	to     *string // the new value of a change; nil: unchanged
	normal func(string) string
	check  func(v *validator, field, value string)
}

// texts returns all fields that are plain text, in their order, with their new values in c.
func (s *Service) texts(c Change) []text {
	return []text{
		{"name", &s.Name, c.Name, Label, (*validator).name},
		{"description", &s.Description, c.Description, strings.TrimSpace, (*validator).description},
		{"team", &s.Team, c.Team, Label, (*validator).team},
		{"status_url", &s.StatusURL, c.StatusURL, strings.TrimSpace, (*validator).healthURL},
		{"docs_url", &s.DocsURL, c.DocsURL, strings.TrimSpace, (*validator).url},
		{"github_url", &s.GitHubURL, c.GitHubURL, strings.TrimSpace, (*validator).url},
		{"dashboard_url", &s.DashboardURL, c.DashboardURL, strings.TrimSpace, (*validator).url},
	}
}

// Validate returns an *InvalidError with every rule that c breaks regardless of the
// service it is applied to, or nil.
func (c Change) Validate() error {
	svc := Service{Name: "any", Interval: events.DefaultInterval, Status: events.StatusUnknown}
	if c.Interval != nil && *c.Interval == "" {
		c.Interval = nil
	}
	svc.Apply(c, time.Time{})
	return svc.Validate()
}

// Apply applies the change at now, and reports whether the service changed. A new health
// URL sets the status to unknown until the first probe. Without a health URL, the client
// sets the status. The result may be invalid.
func (s *Service) Apply(c Change, now time.Time) bool {
	before := *s
	for _, t := range s.texts(c) {
		if t.to != nil {
			*t.value = t.normal(*t.to)
		}
	}
	if c.Tags != nil {
		s.Tags = normalTags(*c.Tags)
	}
	if c.DependsOn != nil {
		s.DependsOn = normalDependencies(*c.DependsOn)
	}
	if c.Interval != nil {
		s.Interval = *c.Interval
	}
	s.applyStatus(before, c.Status, now)

	same := slices.EqualFunc(before.texts(c), s.texts(c), func(a, b text) bool { return *a.value == *b.value })
	same = same && slices.EqualFunc(before.DependsOn, s.DependsOn, Dependency.same)
	if same && slices.Equal(before.Tags, s.Tags) && before.Interval == s.Interval && before.Status == s.Status {
		*s = before
		return false
	}
	s.Version++
	s.UpdatedAt = now
	return true
}

// applyStatus sets the status after a change of the health URL or by the client.
func (s *Service) applyStatus(before Service, given *events.Status, now time.Time) {
	moved := s.StatusURL != before.StatusURL
	if moved {
		s.forgetProbe(now)
	}
	if given != nil {
		status := *given
		if status == "" {
			status = events.StatusUnknown
		}
		// An unknown status is always set, so that Validate refuses it.
		if s.StatusURL == "" || !status.Known() {
			s.setStatus(status, events.ReasonManual, now)
		}
	}
	if moved && s.Status == before.Status {
		s.StatusSince = before.StatusSince
	}
}

// forgetProbe makes the status that of a service that was never probed.
func (s *Service) forgetProbe(now time.Time) {
	s.HTTPStatus, s.LatencyMS, s.LastCheckedAt = 0, 0, nil
	s.setStatus(events.StatusUnknown, "", now)
}

// setStatus sets the status. StatusSince stays if the status stays.
func (s *Service) setStatus(status events.Status, reason events.Reason, now time.Time) {
	if s.Status != status {
		s.Status, s.StatusSince = status, now
	}
	s.StatusReason = reason
}

// New returns an empty service with an id, for a first Apply.
func New(id string, interval events.Interval, now time.Time) Service {
	return Service{
		ID: id, Tags: []string{}, Interval: interval,
		Status: events.StatusUnknown, StatusSince: now,
		CreatedAt: now, UpdatedAt: now,
	}
}

// Event returns s as events contain it.
func (s Service) Event() events.Service {
	e := events.Service{
		ID: s.ID, Name: s.Name, Description: s.Description, Team: s.Team,
		StatusURL: s.StatusURL, DocsURL: s.DocsURL, GitHubURL: s.GitHubURL, DashboardURL: s.DashboardURL,
		Tags: s.Tags, DependsOn: dependencyEvents(s.DependsOn), Interval: s.Interval, Version: s.Version,
		Status: s.Status, StatusSince: s.StatusSince, StatusReason: s.StatusReason,
		HTTPStatus: s.HTTPStatus, LatencyMS: s.LatencyMS,
		CreatedAt: s.CreatedAt, UpdatedAt: s.UpdatedAt,
	}
	if s.LastCheckedAt != nil {
		e.LastCheckedAt = *s.LastCheckedAt
	}
	return e
}

// StatusChanged returns the event of the change from another status to that of s.
func (s Service) StatusChanged(from events.Status, location string) events.StatusChanged {
	e := events.StatusChanged{
		ServiceID: s.ID, Name: s.Name, Team: s.Team,
		From: from, To: s.Status, Reason: s.StatusReason, Since: s.StatusSince,
		LatencyMS: s.LatencyMS, HTTPStatus: s.HTTPStatus, Location: location,
	}
	if location != "" && s.LastCheckedAt != nil {
		e.CheckedAt = *s.LastCheckedAt
	}
	return e
}

// normalTags returns the tags without duplicates by Key. The first spelling stays.
func normalTags(tags []string) []string {
	out := make([]string, 0, len(tags))
	there := make(map[string]bool, len(tags))
	for _, tag := range tags {
		tag = Label(tag)
		if key := Key(tag); key == "" || !there[key] {
			there[key] = true
			out = append(out, tag)
		}
	}
	return out
}
