package catalog

import "github.com/dev-portal/dev-portal/pkg/events"

// Filter narrows a list: a service must meet all that is set. Several values of
// one kind mean any of them.
type Filter struct {
	Query  []string        // all Words of one of these are in name, description, team or a tag
	Team   []string        // one of these, by Key
	Status []events.Status // one of these
	Tag    []string        // with one of these, by Key
	IDs    []string        // one of these
}

// All reports whether every service passes the filter.
func (f Filter) All() bool {
	return len(f.Query) == 0 && len(f.Team) == 0 && len(f.Status) == 0 && len(f.Tag) == 0 && len(f.IDs) == 0
}
