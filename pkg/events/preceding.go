package events

import (
	"errors"
	"time"
)

// The kinds of Preceding. Later versions may have more.
const (
	PrecedingDeployment = "deployment" // of the service
	PrecedingRelease    = "release"    // of the service's software
	PrecedingChange     = "change"     // of what is probed, or how often
)

// PrecedingWithin is how long before a change of a status what preceded it may be.
const PrecedingWithin = 30 * time.Minute

// Preceding is the last that was done to a service before its status changed. That it came
// first is known, that it is the cause is not.
type Preceding struct {
	// Kind is "deployment", "release" or "change". Later versions may have more.
	Kind string `json:"kind"`

	// At is when it was done: at most PrecedingWithin before. UTC.
	At time.Time `json:"at"`

	// By is who did it, for people; absent if nobody knows.
	By string `json:"by,omitzero"`

	// Action, Version, Environment and URL are those of a deployment, as in ServiceDeployed. A
	// release has a Version, which is its tag, and a URL.
	Action      DeploymentAction `json:"action,omitzero"`
	Version     string           `json:"version,omitzero"`
	Environment string           `json:"environment,omitzero"`
	URL         string           `json:"url,omitzero" jsonschema:"format=uri"`

	// Changed has the names of the fields that a change changed.
	Changed []string `json:"changed,omitzero"`
}

func (p *Preceding) validate() error {
	if p == nil {
		return nil
	}
	return errors.Join(
		checkWord("after.kind", p.Kind),
		check(!p.At.IsZero(), "after.at is missing"),
	)
}
