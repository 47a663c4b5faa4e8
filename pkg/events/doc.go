// Package events defines the portal's public contract: every message between its
// services, as a struct, and how it is encoded and decoded. It doesn't depend on a
// NATS client; package stream sends and follows the messages.
//
//	event            type                              subject                       stream   from           read by
//	ServiceCreated   dev.portal.service.created.v1     portal.catalog.<service id>   PORTAL   catalog-api    everyone
//	ServiceUpdated   dev.portal.service.updated.v1     portal.catalog.<service id>   PORTAL   catalog-api    everyone
//	ServiceDeleted   dev.portal.service.deleted.v1     portal.catalog.<service id>   PORTAL   catalog-api    everyone
//	ServiceDeployed  dev.portal.service.deployed.v1    portal.deployment.<service id> PORTAL  catalog-api    everyone
//	StatusChanged    dev.portal.status.changed.v1      portal.status.<service id>    PORTAL   catalog-api    everyone
//	ImpactChanged    dev.portal.impact.changed.v1      portal.impact.<service id>    PORTAL   catalog-api    everyone
//	ScorecardChanged dev.portal.scorecard.changed.v1   portal.scorecard.<service id> PORTAL   catalog-api    everyone
//	TeamCreated      dev.portal.team.created.v1        portal.team.<slug>           PORTAL   catalog-api    everyone
//	TeamUpdated      dev.portal.team.updated.v1        portal.team.<slug>           PORTAL   catalog-api    everyone
//	TeamDeleted      dev.portal.team.deleted.v1        portal.team.<slug>           PORTAL   catalog-api    everyone
//	ReleasePublished dev.portal.release.published.v1   portal.release.<service id>   PORTAL   catalog-api    everyone
//	ProbePlanned     dev.portal.probe.planned.v1       portal.probe.plan.<service id>   PROBES   health-worker  the broker, health-worker
//	ProbeCompleted   dev.portal.probe.completed.v1     portal.probe.result.<service id> RESULTS  health-worker  catalog-api
//	ProbesCompleted  dev.portal.probes.completed.v1    portal.probe.result.<location>   RESULTS  health-worker  catalog-api
//	ProbeDelayed     dev.portal.probe.delayed.v1       portal.probe.result.<service id> RESULTS  health-worker  catalog-api
//	ReleasesFound    dev.portal.releases.found.v1      portal.release.found.<service id> FETCHED fetcher      catalog-api
//	ShiftsFound      dev.portal.shifts.found.v1        portal.oncall.found.<slug>    FETCHED  fetcher        catalog-api
//	CallsFound       dev.portal.calls.found.v1         portal.calls.found.<part>     FETCHED  fetcher        catalog-api
//
// Messages are CloudEvents 1.0 in the binary mode of the NATS protocol binding:
// attributes are headers (ce-id, ce-type, …), the payload is the data itself as
// JSON. Encoding is strict, decoding is lenient: [Decode] accepts messages of later
// versions, see "Versions" in docs/events.md.
//
// Delivery is at least once and in order for each service and each team.
package events
