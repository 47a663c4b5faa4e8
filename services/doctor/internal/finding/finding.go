// Package finding describes the result of checking a hop.
package finding

import "fmt"

// State is the state of a hop.
type State string

// The states of a hop. A hop is skipped when it could not be checked; that says nothing
// about its state.
const (
	OK      State = "ok"
	Broken  State = "broken"
	Skipped State = "skipped"
)

// Finding is the result of checking one hop.
type Finding struct {
	Hop   string `json:"hop"`
	State State  `json:"state"`
	What  string `json:"what"`          // the observation
	Why   string `json:"why,omitempty"` // the cause, if it is broken
	Fix   string `json:"fix,omitempty"` // the remedy, if it is broken
}

// Fine returns the finding of a hop that works.
func Fine(format string, args ...any) Finding {
	return Finding{State: OK, What: fmt.Sprintf(format, args...)}
}

// Skip returns the finding of a hop that could not be checked.
func Skip(format string, args ...any) Finding {
	return Finding{State: Skipped, What: fmt.Sprintf(format, args...)}
}

// Fault returns the finding of a broken hop. WithCause adds the cause.
func Fault(format string, args ...any) Finding {
	return Finding{State: Broken, What: fmt.Sprintf(format, args...)}
}

// WithCause sets the cause and the fix.
func (f Finding) WithCause(why, fix string) Finding {
	f.Why, f.Fix = why, fix
	return f
}

// WithDetail appends a detail to the cause.
func (f Finding) WithDetail(detail string) Finding {
	if detail != "" {
		f.Why += " " + detail
	}
	return f
}

// Plural formats a number with its noun.
func Plural(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}
