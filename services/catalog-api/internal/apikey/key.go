package apikey

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

// Kind is the kind of keys in the trail. Events are never about one.
const Kind events.Kind = "key"

// The limits of keys.
const (
	MaxKeys  = 1000 // of a portal
	MaxTeams = 50   // of a key
	MaxYears = 10   // until it expires
)

// Errors about a key that is there, or about all of them.
var (
	ErrTooMany  = errors.New("there are too many keys")
	ErrFromFile = errors.New("the key is in the file of keys")
)

// Key is what the portal knows of a key: everything but its secret.
type Key struct {
	Draft

	ID         string // a UUIDv7
	Hash       Hash
	FromFile   bool // the file of keys has it, and nothing else changes it
	CreatedAt  time.Time
	LastUsedAt time.Time // to the minute, and up to a minute late; zero: never
}

// Actor returns who uses the key.
func (k Key) Actor() access.Actor {
	return access.Actor{Kind: access.Key, ID: k.ID, Name: k.Name, Role: k.Role, Teams: k.Teams}
}

// Grants reports whether k allows the same as other.
func (k Key) Grants(other Key) bool { return k.Hash == other.Hash && k.Equal(other.Draft) }

// Draft is what somebody decides about a key.
type Draft struct {
	Name      string      // unique, by catalog.NameKey
	Role      access.Role // Viewer, Editor or Admin
	Teams     []string    // whose services an editor may write; empty: all
	ExpiresAt time.Time   // zero: never
}

// Equal reports whether two drafts decide the same.
func (d Draft) Equal(other Draft) bool {
	return d.Name == other.Name && d.Role == other.Role && slices.Equal(d.Teams, other.Teams) && d.ExpiresAt.Equal(other.ExpiresAt)
}

// Normal returns d with its texts as they are stored, and a time that Postgres can keep.
func (d Draft) Normal() Draft {
	d.Name = catalog.Label(d.Name)
	d.Teams = slices.Clone(d.Teams)
	for i, team := range d.Teams {
		d.Teams[i] = catalog.Label(team)
	}
	slices.Sort(d.Teams)
	d.Teams = slices.Compact(d.Teams)
	d.ExpiresAt = d.ExpiresAt.UTC().Truncate(time.Microsecond)
	return d
}

// Validate returns a *catalog.InvalidError with every rule that d breaks at a time, or nil.
func (d Draft) Validate(now time.Time) error {
	var wrong []catalog.FieldError
	add := func(field, message string, value any) {
		if message != "" {
			wrong = append(wrong, catalog.FieldError{Field: field, Message: message, Value: value})
		}
	}
	if d.Name == "" {
		add("name", "A key needs a name, such as that of the program that uses it.", d.Name)
	}
	add("name", catalog.WrongLabel(d.Name, catalog.MaxName), nil)
	if d.Role < access.Viewer || d.Role > access.Admin {
		add("role", "The role must be viewer, editor or admin.", nil)
	}
	if len(d.Teams) > MaxTeams {
		add("teams", fmt.Sprintf("At most %d teams are allowed, but there are %d.", MaxTeams, len(d.Teams)), nil)
	}
	for i, team := range d.Teams[:min(len(d.Teams), MaxTeams)] {
		field := fmt.Sprintf("teams[%d]", i)
		if team == "" {
			add(field, "A team must not be empty.", team)
		}
		add(field, catalog.WrongLabel(team, catalog.MaxTeam), nil)
	}
	switch {
	case d.ExpiresAt.IsZero():
	case !d.ExpiresAt.After(now):
		add("expires_at", "This time is past.", d.ExpiresAt)
	case d.ExpiresAt.After(now.AddDate(MaxYears, 0, 0)):
		add("expires_at", fmt.Sprintf("A key may be valid for %d years at most. Leave it out for one that does not expire.", MaxYears), d.ExpiresAt)
	}
	if len(wrong) > 0 {
		return &catalog.InvalidError{Fields: wrong}
	}
	return nil
}
