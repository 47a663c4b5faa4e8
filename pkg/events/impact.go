package events

import (
	"errors"
	"time"
)

// MaxHit is how many services, and how many teams, an ImpactChanged names.
const MaxHit = 20

// ImpactChanged says that a fallen service is a root cause, whom it hits and who is on call,
// or that it is a root cause no more. A service has fallen if it is degraded or down; it is a
// root cause if nothing that it needs hard, through however many others, has fallen. So there
// is one for each fault, however many services it drags along.
//
//	Type      dev.portal.impact.changed.v1
//	Subject   portal.impact.<service id>, in stream PORTAL: the last 100 are kept
//	Source    catalog-api, within moments after the change that caused it
//	Readers   browsers (by Server-Sent Events), and any system
//	Delivery  at least once; in order for each service. What changed and changed back within
//	          moments may have no event.
//	Errors    one that lacks its id or time is poison: readers terminate it, unretried
type ImpactChanged struct {
	ServiceID string `json:"service_id" jsonschema:"format=uuid"`
	Name      string `json:"name"`          // of the service, as is Team
	Team      string `json:"team,omitzero"` // absent if nobody owns the service

	RootCause bool `json:"root_cause"` // false: it is none any more

	Status Status    `json:"status,omitzero"`  // of the service, as it was measured; absent: the service is gone
	Since  time.Time `json:"since,omitzero"`   // since when it has that status, UTC
	Reason Reason    `json:"reason,omitzero"`  // why
	OnCall []string  `json:"on_call,omitzero"` // who was on call for its team, by name; absent: nobody, or it is not known

	Hits      int          `json:"hits"`              // how many services need it hard, whatever their own status is
	HitTeams  int          `json:"hit_teams"`         // whose those are: how many teams
	Teams     []HitTeam    `json:"teams,omitzero"`    // those with the most first, MaxHit at most
	Services  []HitService `json:"services,omitzero"` // the nearest first, MaxHit at most
	Causes    []HitBy      `json:"causes,omitzero"`   // of one that has fallen and is no root cause: what hits it, the nearest first
	ChangedAt time.Time    `json:"changed_at"`        // when catalog-api found it so, UTC
}

// HitTeam is how many services of a team a root cause hits.
type HitTeam struct {
	Team     string   `json:"team,omitzero"` // absent: they have no team
	Services int      `json:"services"`
	OnCall   []string `json:"on_call,omitzero"` // who was on call for it, by name
}

// HitService is a service that a root cause hits.
type HitService struct {
	ServiceID string `json:"service_id" jsonschema:"format=uuid"`
	Name      string `json:"name"`
	Team      string `json:"team,omitzero"`
	Hops      int    `json:"hops"` // the fewest hard needs between the two
}

// HitBy is a root cause that hits a service.
type HitBy struct {
	ServiceID string `json:"service_id" jsonschema:"format=uuid"`
	Name      string `json:"name"`
	Hops      int    `json:"hops"` // the fewest hard needs between the two
}

// Type is the CloudEvents type.
func (ImpactChanged) Type() string { return "dev.portal.impact.changed.v1" }

// Subject is where the event is published.
func (e ImpactChanged) Subject() string { return ImpactSubject(e.ServiceID) }

// Key is the service's.
func (e ImpactChanged) Key() Key { return serviceKey(e.ServiceID) }

func (e ImpactChanged) readable() error {
	return errors.Join(checkID("service_id", e.ServiceID), check(!e.ChangedAt.IsZero(), "changed_at is missing"))
}

// Validate returns every rule that the event breaks, joined.
func (e ImpactChanged) Validate() error {
	return errors.Join(
		e.readable(),
		check(e.Name != "", "name is empty"),
		check(e.Status == "" || e.Status.Known(), "status %.40q is not a status", e.Status),
		check(!e.RootCause || e.Status == StatusDegraded || e.Status == StatusDown, "a root cause is %.40q", e.Status),
		check(len(e.Teams) <= MaxHit && len(e.Services) <= MaxHit, "it names %d teams and %d services", len(e.Teams), len(e.Services)),
	)
}
