package catalog

import "github.com/dev-portal/dev-portal/pkg/events"

// Filter narrows a list: a service must meet all that is set.
type Filter struct {
	Query  string        // a literal part of name, description, team or a tag, whatever its case
	Team   string        // exact
	Status events.Status // exact
	Tag    string        // exact
	IDs    []string      // one of these; empty: all
}

// All says whether the filter leaves the list as it is.
func (f Filter) All() bool {
	return f.Query == "" && f.Team == "" && f.Status == "" && f.Tag == "" && len(f.IDs) == 0
}
