package catalog

import "slices"

// Difference is a field that differs between two states of a thing. nil: it is not set.
type Difference struct {
	Field         string // as in the API
	Before, After any
}

// Differences returns the fields that a client can set and that differ between two states
// of a service, in their order. Before its creation and after its deletion it is nil.
func Differences(before, after *Service) []Difference {
	return differencesOf(before.settings(), after.settings())
}

// differencesOf returns the settings that differ between two states of a thing, which have
// the same ones.
func differencesOf(was, is []setting) (list []Difference) {
	for i, field := range is {
		if !field.equal(was[i].value, field.value) {
			list = append(list, Difference{field.name, was[i].value, field.value})
		}
	}
	return list
}

// setting is the value of a field that a client can set; nil: it is not set.
type setting struct {
	name  string
	value any // string, []string, []Dependency, *oncall.Plan or nil
}

// settings returns the fields that a client can set, always the same ones. The status is
// one of them only without a health URL.
func (s *Service) settings() (list []setting) {
	there := s != nil
	if !there {
		s = &Service{}
	}
	for _, t := range s.texts(Change{}) {
		list = append(list, setting{t.name, unlessZero(*t.value)})
	}
	var tags, needs, status any
	if len(s.Tags) > 0 {
		tags = slices.Clone(s.Tags)
	}
	if len(s.DependsOn) > 0 {
		needs = slices.Clone(s.DependsOn)
	}
	if there && s.StatusURL == "" {
		status = string(s.Status)
	}
	return append(list, setting{"tags", tags}, setting{dependsOn, needs}, setting{"interval", unlessZero(string(s.Interval))}, setting{"status", status})
}

func unlessZero(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// FieldNames returns the names of the fields that differ.
func FieldNames(list []Difference) (names []string) {
	for _, d := range list {
		names = append(names, d.Field)
	}
	return names
}
