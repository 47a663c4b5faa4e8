package catalog

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// The errors of the catalogue, beside *InvalidError. Those about a thing come as a *KindError.
var (
	ErrNotFound        = errors.New("not found")
	ErrNameTaken       = errors.New("the name is taken")
	ErrSlugTaken       = errors.New("the slug is taken") // of a team
	ErrVersionMismatch = errors.New("it has another version")
	ErrUnavailable     = errors.New("the database cannot be used at the moment")
)

// KindError is ErrNotFound, ErrNameTaken or ErrVersionMismatch of a kind of thing.
type KindError struct {
	Kind events.Kind
	Err  error
}

func (e *KindError) Error() string { return string(e.Kind) + ": " + e.Err.Error() }

// Unwrap returns the error without the kind.
func (e *KindError) Unwrap() error { return e.Err }

// Kinds of ErrUnavailable that ask a person to do something.
var (
	// ErrStorageFull means that the database has no room for a change.
	ErrStorageFull = fmt.Errorf("%w: its disk is full", ErrUnavailable)

	// ErrReadOnly means that it refuses changes: a standby always does, and many
	// databases do shortly before their disk is full.
	ErrReadOnly = fmt.Errorf("%w: it takes no changes", ErrUnavailable)

	// ErrInDoubt means that the connection was lost during a commit, so the change may
	// have been made.
	ErrInDoubt = fmt.Errorf("%w: it is not known whether the change was made", ErrUnavailable)
)

// InUseError reports that a team cannot be deleted.
type InUseError struct {
	Services int // that name it
}

func (e *InUseError) Error() string { return fmt.Sprintf("%d services name it", e.Services) }

// InvalidError reports the fields of a thing that break the rules.
type InvalidError struct {
	Fields []FieldError // never empty, in the order of the thing's fields
}

// FieldError is one broken rule.
type FieldError struct {
	Field   string // as in the API: "status_url", "tags[3]"
	Message string // what is wrong and what is right, for a person
	Value   any    // the value that was given
}

func (e *InvalidError) Error() string {
	var parts []string
	for _, f := range e.Fields {
		parts = append(parts, f.Field+": "+f.Message)
	}
	return "not valid: " + strings.Join(parts, "; ")
}
