package access

import (
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// Deed is what was done to a thing.
type Deed string

// The deeds.
const (
	Created  Deed = "created"
	Updated  Deed = "updated"
	Deleted  Deed = "deleted"
	Restored Deed = "restored" // after it was deleted
	Repaired Deed = "repaired" // its version was raised, after a loss of the database or of the stream

	SignedIn  Deed = "signed-in"
	SignedOut Deed = "signed-out" // by themselves, or because nobody vouches for them any more
)

// Deeds has every Deed.
var Deeds = []Deed{Created, Updated, Deleted, Restored, Repaired, SignedIn, SignedOut}

// Record is an entry of the trail. Entries are never changed.
type Record struct {
	Seq     int64 // grows with each entry
	At      time.Time
	Actor   Actor // without its role and teams
	Deed    Deed
	Thing   events.Key
	Name    string // the thing's, after the deed
	Changes []FieldChange
}

// FieldChange is a field before and after. nil: it was not set.
type FieldChange struct {
	Field  string `json:"field"`
	Before any    `json:"before"`
	After  any    `json:"after"`
}

// OfTeam selects what was done to a team and to services, but for what renamed the team in
// each of its services.
type OfTeam struct {
	Slug     string
	Services []string // their ids
}

// Search selects entries of the trail, the newest first. Zero fields select all.
type Search struct {
	Thing  events.Key // an empty id: all things of the kind
	Team   *OfTeam
	Actor  string // a kind of actor, or the id of one
	Deed   Deed
	Since  time.Time
	Until  time.Time
	Before int64 // entries with a smaller Seq; 0: from the newest
	Limit  int   // at most; above 0
}
