package catalog

import (
	"slices"
	"strings"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// Filter narrows a list: a service must meet all that is set. Several values of
// one kind mean any of them.
type Filter struct {
	Query  []string        // all Words of one of these are in name, description, team or a tag
	Team   []string        // one of these, by Key
	Status []events.Status // one of these
	Tag    []string        // with one of these, by Key
	IDs    []string        // one of these, whatever their case
	Needs  []string        // needs one of these: ids, or names by NameKey
}

// All reports whether every service passes the filter.
func (f Filter) All() bool {
	return len(f.Query) == 0 && len(f.Team) == 0 && len(f.Status) == 0 && len(f.Tag) == 0 && len(f.IDs) == 0 && len(f.Needs) == 0
}

// Passes returns a function that reports whether a service passes the filter. It is for
// services that are not in the database as they are.
func (f Filter) Passes() func(*Service) bool {
	queries := make([][]string, len(f.Query))
	for i, text := range f.Query {
		queries[i] = Words(text)
	}
	teams, tags := keys(f.Team), keys(f.Tag)
	needed := make(map[string]bool, len(f.Needs))
	for _, one := range f.Needs {
		needed[NameKey(one)] = true // the key of an id is the id
	}
	return func(s *Service) bool {
		return (len(queries) == 0 || anyQuery(queries, s.SearchText())) &&
			(len(teams) == 0 || s.Team != "" && slices.Contains(teams, Key(s.Team))) &&
			(len(tags) == 0 || slices.ContainsFunc(s.Tags, func(tag string) bool { return slices.Contains(tags, Key(tag)) })) &&
			(len(f.Needs) == 0 || slices.ContainsFunc(s.DependsOn, func(d Dependency) bool { return d.among(needed) })) &&
			(len(f.Status) == 0 || slices.Contains(f.Status, s.Status)) &&
			(len(f.IDs) == 0 || slices.ContainsFunc(f.IDs, func(id string) bool { return strings.EqualFold(id, s.ID) }))
	}
}

func keys(texts []string) []string {
	list := make([]string, len(texts))
	for i, text := range texts {
		list[i] = Key(text)
	}
	return list
}

// anyQuery reports whether a text has all words of one of the queries.
func anyQuery(queries [][]string, text string) bool {
	return slices.ContainsFunc(queries, func(words []string) bool {
		return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, word) })
	})
}
