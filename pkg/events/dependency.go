package events

import (
	"errors"
	"slices"
)

// DependencyKind says what becomes of a service without one that it needs. Later versions may
// have more kinds; treat one that you don't know as hard.
type DependencyKind string

// The kinds of dependency.
const (
	DependencyHard DependencyKind = "hard" // it does not work without
	DependencySoft DependencyKind = "soft" // it works on, with less
)

// DependencyKinds has every DependencyKind.
var DependencyKinds = []DependencyKind{DependencyHard, DependencySoft}

// Known reports whether k is in DependencyKinds.
func (k DependencyKind) Known() bool { return slices.Contains(DependencyKinds, k) }

// Dependency is a service that another one needs, as people declared it. The service may be
// gone: then no event of it is in the stream but its tombstone.
type Dependency struct {
	ServiceID string         `json:"service_id" jsonschema:"format=uuid"` // of the needed service
	Name      string         `json:"name"`                                // of the needed service when the event was written; a later one is in its own events
	Kind      DependencyKind `json:"kind"`
	Note      string         `json:"note,omitzero"` // what for
}

// checkDependencies returns every rule that the dependencies of a service break, joined.
func checkDependencies(list []Dependency) error {
	var broken []error
	for _, d := range list {
		broken = append(broken,
			checkID("depends_on: service_id", d.ServiceID),
			check(d.Name != "", "depends_on: name of %s is empty", d.ServiceID),
			check(d.Kind.Known(), "depends_on: kind %.40q is not a kind", d.Kind),
		)
	}
	return errors.Join(broken...)
}
