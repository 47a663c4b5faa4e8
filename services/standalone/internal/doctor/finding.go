package doctor

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

// Report is what was found out about a portal, in the order of the hops.
type Report struct {
	URL    string    `json:"url"`
	Broken string    `json:"broken,omitempty"` // the first hop that is
	Hops   []Finding `json:"hops"`
}

func ok(format string, args ...any) Finding {
	return Finding{State: OK, What: fmt.Sprintf(format, args...)}
}

func skipped(format string, args ...any) Finding {
	return Finding{State: Skipped, What: fmt.Sprintf(format, args...)}
}

func broken(format string, args ...any) Finding {
	return Finding{State: Broken, What: fmt.Sprintf(format, args...)}
}

// because adds what it means and what to do about it.
func (f Finding) because(why, fix string) Finding {
	f.Why, f.Fix = why, fix
	return f
}

// plus adds more to why.
func (f Finding) plus(more string) Finding {
	if more != "" {
		f.Why += " " + more
	}
	return f
}
