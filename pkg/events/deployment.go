package events

import (
	"errors"
	"time"
)

// DeploymentAction is what a deployment did, in the words of CDEvents' predicates for a
// service.
type DeploymentAction string

// The actions.
const (
	ActionDeployed   DeploymentAction = "deployed"
	ActionUpgraded   DeploymentAction = "upgraded"
	ActionRolledBack DeploymentAction = "rolledback" // to a version that it had before
)

// DeploymentActions has every DeploymentAction.
var DeploymentActions = []DeploymentAction{ActionDeployed, ActionUpgraded, ActionRolledBack}

// ServiceDeployed says that a version of a service came into an environment, as a
// pipeline or a person told the portal.
//
//	Type      dev.portal.service.deployed.v1
//	Subject   portal.deployment.<service id>, in stream PORTAL: the last 100 are kept
//	Source    catalog-api, in the transaction that stored the deployment
//	Readers   browsers (by Server-Sent Events), and any system
//	Delivery  at least once; in order for each service, in which they were told. One that
//	          was told late has an earlier DeployedAt.
//	Errors    one that lacks its ids or time is poison: readers terminate it, unretried
type ServiceDeployed struct {
	// DeploymentID is a UUIDv7, given by the catalogue. One that is told twice has one id.
	DeploymentID string `json:"deployment_id" jsonschema:"format=uuid"`

	ServiceID string `json:"service_id" jsonschema:"format=uuid"`
	Name      string `json:"name"`          // of the service at that time, as is Team
	Team      string `json:"team,omitzero"` // absent if nobody owns the service

	Action      DeploymentAction `json:"action"`
	Version     string           `json:"version"`              // as the pipeline calls it: "v1.8.2"
	Environment string           `json:"environment,omitzero"` // "production"; absent: nobody said
	URL         string           `json:"url,omitzero" jsonschema:"format=uri"`
	By          string           `json:"by,omitzero"` // who or what deployed it, for people
	DeployedAt  time.Time        `json:"deployed_at"` // UTC

	Actor *Actor `json:"actor,omitzero"` // who told the portal
}

// Type is the CloudEvents type.
func (ServiceDeployed) Type() string { return "dev.portal.service.deployed.v1" }

// Subject is where the event is published.
func (e ServiceDeployed) Subject() string { return DeploymentSubject(e.ServiceID) }

// Key is the service's.
func (e ServiceDeployed) Key() Key { return serviceKey(e.ServiceID) }

func (e ServiceDeployed) readable() error {
	return errors.Join(
		checkID("deployment_id", e.DeploymentID),
		checkID("service_id", e.ServiceID),
		check(!e.DeployedAt.IsZero(), "deployed_at is missing"),
	)
}

// Validate returns every rule that the event breaks, joined.
func (e ServiceDeployed) Validate() error {
	return errors.Join(
		e.readable(),
		check(e.Name != "", "name is empty"),
		check(e.Version != "", "version is empty"),
		checkWord("action", string(e.Action)),
	)
}
