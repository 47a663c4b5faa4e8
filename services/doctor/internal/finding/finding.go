// Package finding has what is found out about a hop, and says it.
package finding

import "fmt"

// State is how a hop is.
type State string

// The states of a hop. A hop is skipped when it could not be looked at: that says
// nothing about how it is.
const (
	OK      State = "ok"
	Broken  State = "broken"
	Skipped State = "skipped"
)

// Finding is what was found out about one hop.
type Finding struct {
	Hop   string `json:"hop"`
	State State  `json:"state"`
	What  string `json:"what"`          // what was seen
	Why   string `json:"why,omitempty"` // what that means, if it is broken
	Fix   string `json:"fix,omitempty"` // what to do about it, if it is broken
}

// Fine is a hop that is as it should be.
func Fine(format string, args ...any) Finding {
	return Finding{State: OK, What: fmt.Sprintf(format, args...)}
}

// Skip is a hop that could not be looked at.
func Skip(format string, args ...any) Finding {
	return Finding{State: Skipped, What: fmt.Sprintf(format, args...)}
}

// Fault is a hop that is broken. Because says what that means.
func Fault(format string, args ...any) Finding {
	return Finding{State: Broken, What: fmt.Sprintf(format, args...)}
}

// Because adds what it means and what to do about it.
func (f Finding) Because(why, fix string) Finding {
	f.Why, f.Fix = why, fix
	return f
}

// Plus adds more to why.
func (f Finding) Plus(more string) Finding {
	if more != "" {
		f.Why += " " + more
	}
	return f
}

// Plural is a number with its noun.
func Plural(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}
