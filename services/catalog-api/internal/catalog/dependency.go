package catalog

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// The limits of what a service needs; lengths are in characters.
const (
	MaxDependencies = 100
	MaxNote         = 200
)

// Dependency is a service that another one needs, as people declared it. Its JSON is that of
// the trail.
type Dependency struct {
	ID   string                `json:"id"`   // of the needed service; empty in a change: its name decides
	Name string                `json:"name"` // as it is now; of a service that is gone, its last one
	Kind events.DependencyKind `json:"kind"`
	Note string                `json:"note,omitempty"` // what for

	Missing bool `json:"-"` // the needed service is gone; in a change: it may be
}

// same reports whether two entries say the same. A new name of the needed service is no
// change of the one that needs it.
func (d Dependency) same(other Dependency) bool {
	return d.ID == other.ID && d.Kind == other.Kind && d.Note == other.Note
}

// among reports whether the keys have the id or the name of the needed service. One that is gone
// is found by its id alone: others may have its name now.
func (d Dependency) among(keys map[string]bool) bool {
	return keys[d.ID] || !d.Missing && keys[NameKey(d.Name)]
}

// Text returns the entry as people read it in the trail: "Payments DB (soft): invoices".
func (d Dependency) Text() string {
	text := cmp.Or(d.Name, d.ID)
	if d.Kind != events.DependencyHard {
		text += " (" + string(d.Kind) + ")"
	}
	if d.Note != "" {
		text += ": " + d.Note
	}
	return text
}

// Event returns the entry as events contain it.
func (d Dependency) Event() events.Dependency {
	return events.Dependency{ServiceID: d.ID, Name: d.Name, Kind: d.Kind, Note: d.Note}
}

func dependencyEvents(list []Dependency) (told []events.Dependency) {
	for _, d := range list {
		told = append(told, d.Event())
	}
	return told
}

// normalDependencies returns the entries in the form in which they are compared, in their order.
func normalDependencies(list []Dependency) []Dependency {
	out := slices.Clone(list)
	for i, d := range out {
		out[i].ID, out[i].Kind, out[i].Note = strings.ToLower(d.ID), cmp.Or(d.Kind, events.DependencyHard), Label(d.Note)
	}
	return out
}

// dependencies checks what a service needs.
func (v *validator) dependencies(s Service) {
	if n := len(s.DependsOn); n > MaxDependencies {
		v.add("depends_on", fmt.Sprintf("At most %d services are allowed, but there are %d.", MaxDependencies, n), nil)
		return
	}
	ids, names := map[string]bool{"": false}, map[string]bool{}
	for i, d := range s.DependsOn {
		field, name := fmt.Sprintf("depends_on[%d]", i), NameKey(d.Name)
		// A service that is not written yet has no id in the database, only its name.
		itself := s.ID != "" && (d.ID == s.ID || d.ID == "" && name == NameKey(s.Name))
		switch {
		case d.ID == "" && strings.TrimSpace(d.Name) == "":
			v.add(field, "Name the service that is needed, by its id or its name.", nil)
		case d.ID != "" && (len(d.ID) != 36 || uuid.Validate(d.ID) != nil):
			v.add(field, "This is not the id of a service: it has the form 0198c0de-….", nil)
		case itself:
			v.add(field, "A service cannot need itself: remove this entry.", nil)
		case ids[d.ID] || d.ID == "" && names[name]:
			v.add(field, "This service is given twice: remove one of the two.", nil)
		}
		if d.ID != "" {
			ids[d.ID] = true
		} else {
			names[name] = true
		}
		if !d.Kind.Known() {
			v.add(field+".kind", "The kind must be one of "+events.Names(events.DependencyKinds)+".", d.Kind)
		}
		v.label(field+".note", d.Note, MaxNote)
	}
}

// dependsOn is the name of the field, as in the API.
const dependsOn = "depends_on"

// Needed is what is known of the services that a change names as needed.
type Needed struct {
	ByID    map[string]string     // the name of each that is there, by its id
	ByName  map[string]Dependency // id and name of each that is there, by the key of its name
	Present []Dependency          // the entries that the service has already
}

// Resolve returns the entries of a change with the ids and names of the services that they mean. Where both are given,
// the id decides. An entry that the service has already may stay if its service is gone.
// The error is an *InvalidError that names each service that is not there.
func (n Needed) Resolve(list []Dependency) ([]Dependency, error) {
	var v validator
	out := normalDependencies(list)
	for i, d := range out {
		switch name, there := n.ByID[d.ID]; {
		case there:
			out[i].Name, out[i].Missing = name, false
		case d.ID == "" && n.ByName[NameKey(d.Name)].ID != "":
			found := n.ByName[NameKey(d.Name)]
			out[i].ID, out[i].Name, out[i].Missing = found.ID, found.Name, false
		default:
			gone, known := n.gone(d)
			if !known {
				v.add(fmt.Sprintf("depends_on[%d]", i), unknownService(d), nil)
				continue
			}
			out[i].ID, out[i].Name, out[i].Missing = gone.ID, gone.Name, true
		}
	}
	if len(v.fields) > 0 {
		return nil, &InvalidError{Fields: v.fields}
	}
	return out, nil
}

// gone returns the entry whose service is known to be gone: one that the service has already, or
// had before.
func (n Needed) gone(d Dependency) (Dependency, bool) {
	i := slices.IndexFunc(n.Present, func(p Dependency) bool {
		return d.ID == p.ID || d.ID == "" && p.Missing && NameKey(d.Name) == NameKey(p.Name)
	})
	switch {
	case i >= 0:
		return n.Present[i], true
	case d.Missing && d.ID != "":
		d.Name = cmp.Or(d.Name, d.ID)
		return d, true
	}
	return d, false
}

func unknownService(d Dependency) string {
	if d.ID != "" {
		return "No service has the id " + d.ID + ". Use the id of one that is there, or restore it if it was deleted."
	}
	return fmt.Sprintf("No service has the name %q. Add it first, or correct the name.", d.Name)
}

// NeededError reports that a service cannot be deleted, as others need it.
type NeededError struct {
	Services int      // that need it
	First    []string // the names of some of them
}

func (e *NeededError) Error() string { return fmt.Sprintf("%d services need it", e.Services) }

// Neighbours are the services that one needs, and those that need it.
type Neighbours struct {
	Needs, NeededBy []Neighbour // by name
	NeededByTotal   int         // how many need it, also those that NeededBy has no room for

	// Calls and CalledBy are those that it was seen calling, or that were seen calling it, although nobody
	// declared that they need each other: the busiest first.
	Calls, CalledBy []Neighbour
}

// Neighbour is a service that another one needs, or that needs the other.
type Neighbour struct {
	ID      string                `db:"id"`
	Name    string                `db:"name"`
	Team    string                `db:"team"`
	Status  events.Status         `db:"status"` // empty if it is missing
	Kind    events.DependencyKind `db:"kind"`   // of the need, as is Note
	Note    string                `db:"note"`
	Missing bool                  `db:"missing"` // it is gone: Name is its last one

	// What was seen of the calls between the two; nil: nothing.
	PerMinute *float64   `db:"per_minute"`
	FirstSeen *time.Time `db:"first_seen"`
	LastSeen  *time.Time `db:"last_seen"`
	Hidden    bool       `db:"hidden"` // of Calls and CalledBy: somebody does not want to see it
}

// dependenciesOf returns a value of the trail as entries: nil if there are none.
func dependenciesOf(value any) (list []Dependency) {
	if there, is := value.([]Dependency); is {
		return there
	}
	entries, _ := value.([]any)
	for _, entry := range entries {
		fields, _ := entry.(map[string]any)
		text := func(name string) string { s, _ := fields[name].(string); return s }
		list = append(list, Dependency{ID: text("id"), Name: text("name"), Kind: events.DependencyKind(text("kind")), Note: text("note")})
	}
	return list
}

// DependencyTexts returns a value of the field depends_on, as the trail has it, as people read
// it: a list of texts, or nil.
func DependencyTexts(value any) any {
	var texts []string
	for _, d := range dependenciesOf(value) {
		texts = append(texts, d.Text())
	}
	if texts == nil {
		return nil
	}
	return texts
}

// equal reports whether two values of a field are the same, whichever comes from JSON.
func (s setting) equal(a, b any) bool {
	if s.name == dependsOn {
		return slices.EqualFunc(dependenciesOf(a), dependenciesOf(b), Dependency.same)
	}
	return reflect.DeepEqual(fromJSON(a), fromJSON(b))
}
