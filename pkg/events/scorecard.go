package events

import (
	"errors"
	"slices"
	"time"
)

// Level is how well a service is kept in the catalogue, by the rules of its scorecard.
type Level string

// The levels, the lowest first.
const (
	LevelNone   Level = "none"
	LevelBronze Level = "bronze"
	LevelSilver Level = "silver"
	LevelGold   Level = "gold"
)

// Levels has every Level, the lowest first.
var Levels = []Level{LevelNone, LevelBronze, LevelSilver, LevelGold}

// Known reports whether l is a level of this version.
func (l Level) Known() bool { return slices.Contains(Levels, l) }

// ScorecardChanged says that a service has another level than before: a rule of its scorecard
// passes that failed, or the other way round, as the service, its team or its releases changed,
// as time went by, or as rules were switched off or on.
//
//	Type      dev.portal.scorecard.changed.v1
//	Subject   portal.scorecard.<service id>, in stream PORTAL: the last 100 are kept
//	Source    catalog-api, within moments after the change that caused it
//	Readers   browsers (by Server-Sent Events), and any system
//	Delivery  at least once; in order for each service. What changed and changed back within
//	          moments may have no event; the first level of a service has none.
//	Errors    one that lacks its id or time is poison: readers terminate it, unretried
type ScorecardChanged struct {
	ServiceID string `json:"service_id" jsonschema:"format=uuid"`
	Name      string `json:"name"`          // of the service, as is Team
	Team      string `json:"team,omitzero"` // absent if nobody owns the service

	Level       Level         `json:"level"`
	LevelBefore Level         `json:"level_before"`
	Since       time.Time     `json:"since"`            // since when it has the level, UTC
	Failing     []FailingRule `json:"failing,omitzero"` // the rules that it fails, those of the lowest level first
}

// FailingRule is a rule that a service fails.
type FailingRule struct {
	Rule   string `json:"rule"`   // its id, such as on_call
	Reason string `json:"reason"` // why, as a sentence
}

// Type is the CloudEvents type.
func (ScorecardChanged) Type() string { return "dev.portal.scorecard.changed.v1" }

// Subject is where the event is published.
func (e ScorecardChanged) Subject() string { return ScorecardSubject(e.ServiceID) }

// Key is the service's.
func (e ScorecardChanged) Key() Key { return serviceKey(e.ServiceID) }

func (e ScorecardChanged) readable() error {
	return errors.Join(checkID("service_id", e.ServiceID), check(!e.Since.IsZero(), "since is missing"))
}

// Validate returns every rule that the event breaks, joined.
func (e ScorecardChanged) Validate() error {
	return errors.Join(
		e.readable(),
		check(e.Name != "", "name is empty"),
		check(e.Level.Known(), "level %.40q is not a level", e.Level),
		check(e.LevelBefore.Known(), "level_before %.40q is not a level", e.LevelBefore),
	)
}
