package events

import (
	"errors"
	"slices"
	"time"
)

// TombstoneLife is how long a Tombstone stays in the stream. A reader that was away
// for longer must read a new snapshot.
const TombstoneLife = 7 * 24 * time.Hour

// Interval is the time between two probes of a service, as one of a fixed set
// that divides the minute or the hour evenly. Later versions may have more of them.
type Interval string

// DefaultInterval is the interval of a service that names none.
const DefaultInterval Interval = "1m"

const defaultDuration = time.Minute

// Intervals has every Interval, the shortest first.
var Intervals = []Interval{"10s", "15s", "20s", "30s", "1m", "2m", "5m", "10m", "15m", "30m", "1h"}

// Known reports whether i is in Intervals.
func (i Interval) Known() bool { return slices.Contains(Intervals, i) }

// Duration returns i as a duration, even if only a later version knows the interval.
// It returns the default's if i is no duration from a second to a day.
func (i Interval) Duration() time.Duration {
	if d, err := time.ParseDuration(string(i)); err == nil && d >= time.Second && d <= 24*time.Hour {
		return d
	}
	return defaultDuration
}

// Service is a service in the catalogue when the event was written. Its
// configuration is complete and final for its Version; its status is that of the
// same time, and later changes follow as StatusChanged.
type Service struct {
	ID          string `json:"id" jsonschema:"format=uuid"` // UUIDv7, given by the catalogue
	Name        string `json:"name"`                        // unique whatever its case, 1 to 100 characters
	Description string `json:"description,omitzero"`
	Team        string `json:"team,omitzero"`

	StatusURL    string `json:"status_url,omitzero" jsonschema:"format=uri"` // the probed URL; absent: the status is set by hand
	DocsURL      string `json:"docs_url,omitzero" jsonschema:"format=uri"`
	GitHubURL    string `json:"github_url,omitzero" jsonschema:"format=uri"`
	DashboardURL string `json:"dashboard_url,omitzero" jsonschema:"format=uri"`

	Tags     []string `json:"tags"` // never null; each once
	Interval Interval `json:"interval"`

	// DependsOn has the services that this one needs, in the order given, each once; absent:
	// none is declared.
	DependsOn []Dependency `json:"depends_on,omitzero"`

	// Version increases with every write that changes the configuration above or sets
	// the status by hand, never with a probe. The first is 1, none is reused.
	Version int64 `json:"version"`

	Status        Status    `json:"status"`
	StatusSince   time.Time `json:"status_since"`
	StatusReason  Reason    `json:"status_reason,omitzero"`   // absent: never probed and not set by hand
	HTTPStatus    int       `json:"http_status,omitzero"`     // of the last probe that was answered; absent when it was not
	LatencyMS     int64     `json:"latency_ms,omitzero"`      // of the last probe, rounded up; absent when it was not answered
	LastCheckedAt time.Time `json:"last_checked_at,omitzero"` // start of the last probe; absent: never probed

	// StatusWord is the original value if Status is one of a later version, which is
	// decoded as StatusUnknown. Otherwise it is empty.
	StatusWord string `json:"-"`

	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"` // of the configuration
}

func (s *Service) translate() {
	s.Status, s.StatusWord = s.Status.translate()
	if s.Tags == nil {
		s.Tags = []string{}
	}
	if len(s.DependsOn) == 0 {
		s.DependsOn = nil
	}
}

func (s Service) readable() error {
	return errors.Join(
		checkID("id", s.ID),
		check(s.Version > 0, "version is %d, the first is 1", s.Version),
		check(!s.StatusSince.IsZero(), "status_since is missing"),
		check(!s.CreatedAt.IsZero(), "created_at is missing"),
		check(!s.UpdatedAt.IsZero(), "updated_at is missing"),
	)
}

// Validate returns every rule that the service breaks, joined.
func (s Service) Validate() error {
	return errors.Join(
		s.readable(),
		check(s.Name != "", "name is empty"),
		check(s.Interval.Known(), "interval %.40q is not in the set", s.Interval),
		check(s.Status.Known(), "status %.40q is not a status", s.Status),
		check(s.Tags != nil, "tags is missing: none is an empty list"),
		check(s.HTTPStatus >= 0 && s.HTTPStatus <= 999, "http_status %d is out of range", s.HTTPStatus),
		check(s.LatencyMS >= 0, "latency_ms is negative"),
		checkReason("status_reason", s.StatusReason),
		checkDependencies(s.DependsOn),
	)
}

// ServiceCreated says that a service was added to the catalogue.
//
//	Type      dev.portal.service.created.v1
//	Subject   portal.catalog.<service id>, in stream PORTAL
//	Source    catalog-api, in the transaction that stored the service
//	Readers   health-worker, browsers (by Server-Sent Events), any system
//	Delivery  at least once; in order for each service. After the loss of the
//	          broker's data a service comes again as ServiceUpdated.
//	Errors    one that lacks its id, version or times is poison: readers terminate it, unretried
type ServiceCreated struct {
	Service
	Authorship
}

// Type is the CloudEvents type.
func (ServiceCreated) Type() string { return "dev.portal.service.created.v1" }

// Subject is where the event is published.
func (e ServiceCreated) Subject() string { return CatalogSubject(e.ID) }

// Key is the service's.
func (e ServiceCreated) Key() Key { return serviceKey(e.ID) }

// ServiceUpdated says that a service's configuration, or its status by hand,
// changed. A reader that has the same Version already may drop it.
//
//	Type      dev.portal.service.updated.v1
//	Subject   portal.catalog.<service id>, in stream PORTAL
//	else as ServiceCreated
type ServiceUpdated struct {
	Service
	Authorship
}

// Type is the CloudEvents type.
func (ServiceUpdated) Type() string { return "dev.portal.service.updated.v1" }

// Subject is where the event is published.
func (e ServiceUpdated) Subject() string { return CatalogSubject(e.ID) }

// Key is the service's.
func (e ServiceUpdated) Key() Key { return serviceKey(e.ID) }

// ServiceDeleted says that a service is gone. As a Tombstone it replaces all that
// the stream had of the service, and goes by itself after seven days. Ids are never
// used again.
//
//	Type      dev.portal.service.deleted.v1
//	Subject   portal.catalog.<service id>, in stream PORTAL
//	else as ServiceCreated
type ServiceDeleted struct {
	ID        string    `json:"id" jsonschema:"format=uuid"`
	Name      string    `json:"name"` // as it was at the end, as is Team
	Team      string    `json:"team,omitzero"`
	Version   int64     `json:"version"` // higher than any before
	DeletedAt time.Time `json:"deleted_at"`
	Actor     *Actor    `json:"actor,omitzero"` // who deleted it, as in Authorship
}

// Type is the CloudEvents type.
func (ServiceDeleted) Type() string { return "dev.portal.service.deleted.v1" }

// Subject is where the event is published.
func (e ServiceDeleted) Subject() string { return CatalogSubject(e.ID) }

// Key is the service's.
func (e ServiceDeleted) Key() Key { return serviceKey(e.ID) }

// Purges are the subjects of the service's status, deployments, releases, impact and scorecard.
func (e ServiceDeleted) Purges() []string {
	return []string{StatusSubject(e.ID), DeploymentSubject(e.ID), ReleaseSubject(e.ID), ImpactSubject(e.ID), ScorecardSubject(e.ID)}
}

func (e ServiceDeleted) readable() error {
	return errors.Join(
		checkID("id", e.ID),
		check(e.Version > 0, "version is %d, the first is 1", e.Version),
		check(!e.DeletedAt.IsZero(), "deleted_at is missing"),
	)
}

// Validate returns every rule that the event breaks, joined.
func (e ServiceDeleted) Validate() error {
	return errors.Join(e.readable(), check(e.Name != "", "name is empty"))
}
