// Package access has the rules of who may do what: actors, their roles, and the trail of
// what they did. It uses no database and no network.
package access

import (
	"fmt"
	"slices"
	"strings"
)

// Role is what an actor may do. Each role may do what the one before it may.
type Role int

// The roles.
const (
	None   Role = iota // nothing
	Viewer             // read
	Editor             // write services and teams: its own, or all if it has no teams
	Admin              // everything: also keys, settings and the trail
)

var roleNames = []string{"none", "viewer", "editor", "admin"}

// String returns the role's word in settings and problems.
func (r Role) String() string { return roleNames[r] }

// ParseRole returns the role of a word.
func ParseRole(word string) (Role, error) {
	i := slices.Index(roleNames, word)
	if i < 0 {
		return None, fmt.Errorf("%.20q is not a role; it must be one of %s", word, strings.Join(roleNames, ", "))
	}
	return Role(i), nil
}

// ActorKind is a kind of actor.
type ActorKind string

// The kinds of actor.
const (
	Anonymous ActorKind = "anonymous" // nobody said who it is
	Person    ActorKind = "person"
	Key       ActorKind = "key" // a program with an API key
	System    ActorKind = "system"
)

// Actor is who does something.
type Actor struct {
	Kind ActorKind
	ID   string // of a person or key; of a system actor its name
	Name string // for people; "" if nobody knows it
	Role Role

	// Teams are those that, with their services, an editor may write; empty: all.
	Teams []string

	Address   string // the network address of the request; "" for a system actor
	RequestID string // "" for a system actor
}

// The system actors: parts of the portal itself.
var (
	Prober  = Actor{Kind: System, ID: "prober", Name: "Prober"}   // stores what was measured
	Sweeper = Actor{Kind: System, ID: "sweeper", Name: "Sweeper"} // marks statuses that nobody measures, and clears up
	Relay   = Actor{Kind: System, ID: "relay", Name: "Relay"}     // brings the stream in line with the database
	Teller  = Actor{Kind: System, ID: "teller", Name: "Teller"}   // tells what fell, and which levels changed

	Fetcher = Actor{Kind: System, ID: "fetcher", Name: "Fetcher"} // stores what was read elsewhere

	Doorkeeper  = Actor{Kind: System, ID: "doorkeeper", Name: "Doorkeeper"}     // notes who is there, and puts out who may no longer be
	Operator    = Actor{Kind: System, ID: "operator", Name: "Operator"}         // starts the portal, with its settings
	KeyFile     = Actor{Kind: System, ID: "key-file", Name: "File of keys"}     // brings the keys in line with it
	CommandLine = Actor{Kind: System, ID: "command-line", Name: "Command line"} // whoever may connect to the database
)

// Nobody returns the actor that did not say who it is, with the role that the portal gives it.
func Nobody(role Role) Actor { return Actor{Kind: Anonymous, Role: role} }

// Action is something that the rules decide about.
type Action string

// The actions.
const (
	Read           Action = "read"            // the catalogue, its statuses and events
	CheckService   Action = "check service"   // probe it now
	WriteService   Action = "write service"   // add, change or delete it
	WriteTeam      Action = "write team"      // add, change or delete it
	AdoptTeams     Action = "adopt teams"     // add those that services name
	TellDeployment Action = "tell deployment" // of a service
	ObserveCalls   Action = "observe calls"   // of one service to another, as traces show them
	ReadTrail      Action = "read trail"      // of everything, with addresses
	StoreMeasured  Action = "store measured"  // results of probes, and their absence
	StoreFetched   Action = "store fetched"   // releases, as forges have them, and shifts, as calendars have them
	RepairEvents   Action = "repair events"   // after a loss of the stream
	TellIncidents  Action = "tell incidents"  // as events
	TellLevels     Action = "tell levels"     // of scorecards, as events
	PurgeTrail     Action = "purge trail"     // of what is older than it is kept
	PurgeTrash     Action = "purge trash"     // of what can no longer be restored
	ManageKeys     Action = "manage keys"     // list, make and revoke them
	NoteKeyUse     Action = "note key use"    // when one was used last
	SignIn         Action = "sign in"         // and out: whoever can prove who they are
	KeepSessions   Action = "keep sessions"   // of those who signed in
	NoteSettings   Action = "note settings"   // with which the portal starts
	PurgeSessions  Action = "purge sessions"  // of those that have expired
	KeepHistory    Action = "keep history"    // make its buckets, and drop what is old
)

// rule is what an action needs: a role, or to be one of the system actors.
type rule struct {
	role    Role
	ofTeam  bool        // an editor with teams needs to be of the thing's
	kinds   []ActorKind // of actors who may whatever their role
	systems []string    // ids of system actors
}

var rules = map[Action]rule{
	Read:           {role: Viewer},
	CheckService:   {role: Editor, ofTeam: true},
	WriteService:   {role: Editor, ofTeam: true},
	WriteTeam:      {role: Editor, ofTeam: true},
	AdoptTeams:     {role: None, systems: []string{Sweeper.ID}},
	TellDeployment: {role: Editor, ofTeam: true},
	ObserveCalls:   {role: Editor, ofTeam: true, systems: []string{Fetcher.ID}},
	ReadTrail:      {role: Admin},
	StoreMeasured:  {role: None, systems: []string{Prober.ID, Sweeper.ID}},
	StoreFetched:   {role: None, systems: []string{Fetcher.ID}},
	RepairEvents:   {role: None, systems: []string{Relay.ID}},
	TellIncidents:  {role: None, systems: []string{Teller.ID}},
	TellLevels:     {role: None, systems: []string{Teller.ID}},
	PurgeTrail:     {role: None, systems: []string{Sweeper.ID}},
	PurgeTrash:     {role: None, systems: []string{Sweeper.ID}},
	ManageKeys:     {role: Admin, systems: []string{KeyFile.ID, CommandLine.ID}},
	NoteKeyUse:     {role: None, systems: []string{Doorkeeper.ID}},
	SignIn:         {role: None, kinds: []ActorKind{Person, Key}, systems: []string{Doorkeeper.ID}},
	KeepSessions:   {role: None, systems: []string{Doorkeeper.ID}},
	NoteSettings:   {role: None, systems: []string{Operator.ID}},
	PurgeSessions:  {role: None, systems: []string{Sweeper.ID}},
	KeepHistory:    {role: None, systems: []string{Sweeper.ID}},
}

// Needs returns the role that an action needs of people and keys; None: it is for the
// portal itself.
func (a Action) Needs() Role { return rules[a].role }

// May returns nil if the actor may do the action to a thing of the teams, or a
// *DeniedError. A thing that goes from one team to another has both; one without a team
// has the team "".
func (a Actor) May(action Action, teams ...string) error {
	r := rules[action] // that of an unknown action allows it to nobody
	allowed := r.role != None && a.Role >= r.role || slices.Contains(r.kinds, a.Kind)
	if a.Kind == System {
		allowed = slices.Contains(r.systems, a.ID)
	}
	if !allowed {
		return &DeniedError{Actor: a, Action: action, Needs: r.role}
	}
	if r.ofTeam && a.Role == Editor && len(a.Teams) > 0 {
		for _, team := range teams {
			if !slices.Contains(a.Teams, team) {
				return &DeniedError{Actor: a, Action: action, Needs: r.role, Team: &team}
			}
		}
	}
	return nil
}

// DeniedError says that an actor may not do something.
type DeniedError struct {
	Actor  Actor
	Action Action
	Needs  Role    // None: it is for the portal itself
	Team   *string // that the actor is not of; nil: its role is not enough
}

func (e *DeniedError) Error() string {
	who := strings.TrimSpace(string(e.Actor.Kind) + " " + e.Actor.ID)
	switch {
	case e.Team != nil:
		return fmt.Sprintf("%s may not %s of team %q", who, e.Action, *e.Team)
	case e.Needs == None:
		return fmt.Sprintf("%s may not %s", who, e.Action)
	}
	return fmt.Sprintf("%s has role %s, and needs %s to %s", who, e.Actor.Role, e.Needs, e.Action)
}
