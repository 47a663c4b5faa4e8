package events

import "strconv"

// The streams, see docs/events.md. Only PORTAL is public.
const (
	StreamPortal  = "PORTAL"
	StreamProbes  = "PROBES"
	StreamResults = "RESULTS"
	StreamFetched = "FETCHED"
)

// AllPortal is every subject of stream PORTAL: portal.<what it tells of>.<id>. A new kind
// of event needs no change of the stream, of rights in NATS, or of those who read all of
// it. Subjects of other streams have more parts or fewer.
const AllPortal = "portal.*.*"

// Subject filters over all services, or all teams.
const (
	AllCatalog = "portal.catalog.*"
	AllStatus  = "portal.status.*"

	AllDeployments = "portal.deployment.*"
	AllImpacts     = "portal.impact.*"
	AllReleases    = "portal.release.*"
	AllScorecards  = "portal.scorecard.*"
	AllTeams       = "portal.team.*"

	AllPlans   = "portal.probe.plan.*"
	AllDue     = "portal.probe.due.*"
	AllResults = "portal.probe.result.*"
	AllFound   = "portal.release.found.*"
	AllShifts  = "portal.oncall.found.*"
	AllCalls   = "portal.calls.found.*"
)

// CatalogSubject is where the configuration of the service is published.
func CatalogSubject(id string) string { return "portal.catalog." + id }

// StatusSubject is where the changes of the service's status are published.
func StatusSubject(id string) string { return "portal.status." + id }

// DeploymentSubject is where the deployments of the service are published.
func DeploymentSubject(id string) string { return "portal.deployment." + id }

// ImpactSubject is where it is published whether the service is a root cause, and whom it hits.
func ImpactSubject(id string) string { return "portal.impact." + id }

// ScorecardSubject is where the changes of the level of the service's scorecard are published.
func ScorecardSubject(id string) string { return "portal.scorecard." + id }

// ReleaseSubject is where new releases of the service's software are published.
func ReleaseSubject(id string) string { return "portal.release." + id }

// TeamSubject is where the team is published.
func TeamSubject(slug string) string { return "portal.team." + slug }

// ReleasesFoundSubject is where the releases in the service's repository are published.
func ReleasesFoundSubject(id string) string { return "portal.release.found." + id }

// ShiftsFoundSubject is where the shifts in the team's calendar are published.
func ShiftsFoundSubject(slug string) string { return "portal.oncall.found." + slug }

// CallsFoundSubject is where the calls in a part of a reading are published, from part 0.
func CallsFoundSubject(part int) string { return "portal.calls.found." + strconv.Itoa(part) }

// PlanSubject is where the service's probe plan is kept.
func PlanSubject(id string) string { return "portal.probe.plan." + id }

// DueSubject is where the broker sends the service's due messages.
func DueSubject(id string) string { return "portal.probe.due." + id }

// ResultSubject is where the results of probes are published, by service or location.
func ResultSubject(of string) string { return "portal.probe.result." + of }
