package catalog

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// ErrNoUndo says that a change is of a kind that cannot be taken back.
var ErrNoUndo = errors.New("this kind of change cannot be undone")

// OverriddenError says that a change cannot be undone, because what it changed was changed
// again.
type OverriddenError struct {
	Fields []string // as in the API; never empty
}

func (e *OverriddenError) Error() string {
	return "changed again since: " + strings.Join(e.Fields, ", ")
}

// Undo returns the change that takes back the differences, whose values may come from JSON.
// Its error is *OverriddenError if a field has another value now than they gave it. A
// status that is measured by now is no such field.
func (s *Service) Undo(differences []Difference) (Change, error) {
	var (
		back       Change
		overridden []string
		now        = map[string]setting{}
	)
	for _, field := range s.settings() {
		now[field.name] = field
	}
	texts := map[string]**string{
		"name": &back.Name, "description": &back.Description, "team": &back.Team, "status_url": &back.StatusURL,
		"docs_url": &back.DocsURL, "github_url": &back.GitHubURL, "dashboard_url": &back.DashboardURL,
	}
	for _, d := range differences {
		field, known := now[d.Field]
		measured := d.Field == "status" && field.value == nil
		if !measured && (!known || !field.equal(field.value, d.After)) {
			overridden = append(overridden, d.Field)
			continue
		}
		before, _ := fromJSON(d.Before).(string) // "" clears
		switch to := texts[d.Field]; {
		case to != nil:
			*to = &before
		case d.Field == "tags":
			tags, _ := fromJSON(d.Before).([]string)
			back.Tags = &tags
		case d.Field == dependsOn:
			back.DependsOn = onceNeeded(d.Before)
		case d.Field == "interval":
			interval := events.Interval(before)
			back.Interval = &interval
		case d.Field == "status" && before != "":
			status := events.Status(before)
			back.Status = &status
		}
	}
	if len(overridden) > 0 {
		return Change{}, &OverriddenError{Fields: overridden}
	}
	return back, nil
}

// onceNeeded returns what a service needed, as the trail has it. Some of it may be gone by now.
func onceNeeded(value any) *[]Dependency {
	list := slices.Clone(dependenciesOf(value))
	for i := range list {
		list[i].Missing = true
	}
	return &list
}

// fromJSON returns a list of any strings as []string, and any other value as it is.
func fromJSON(value any) any {
	list, is := value.([]any)
	if !is {
		return value
	}
	texts := make([]string, len(list))
	for i, one := range list {
		texts[i], _ = one.(string)
	}
	return texts
}

// Restored makes s, as it was when it was deleted, one that is there again: its version is
// above that of its deletion, and nobody knows its status if that was measured.
func (s *Service) Restored(now time.Time) {
	s.Version += 2
	s.UpdatedAt, s.StatusSince = now, now
	s.Tags, s.DependsOn = slices.Clone(s.Tags), slices.Clone(s.DependsOn)
	if s.StatusURL != "" {
		s.forgetProbe(now)
	}
}
