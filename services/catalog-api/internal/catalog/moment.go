package catalog

import (
	"fmt"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// Moment is the catalogue as it was at a time. Of the measurements it has the status alone:
// neither latencies nor when the last probe was.
type Moment struct {
	Services []Listed // in the order of their keys, which are of that moment

	// KnownFrom is from when on every change is known; zero: since ever. At an earlier moment
	// services have the fields that they had then, and those deleted before are missing.
	KnownFrom time.Time
}

// BeforeRecordError says that a moment is before the first of which anything is known.
type BeforeRecordError struct {
	Begin time.Time // of what is known; zero: nothing is
}

func (e *BeforeRecordError) Error() string {
	return fmt.Sprintf("the record begins at %s", e.Begin.Format(time.RFC3339))
}

// Rewind makes the fields that a client can set what they were before a change, whose values
// may come from JSON. The status stays: where it is measured, no change has it.
func (s *Service) Rewind(changes []Difference) {
	texts := map[string]*string{}
	for _, t := range s.texts(Change{}) {
		texts[t.name] = t.value
	}
	for _, c := range changes {
		value := fromJSON(c.Before)
		text, _ := value.(string) // nil: it was not set
		switch to := texts[c.Field]; {
		case to != nil:
			*to = text
		case c.Field == "tags":
			tags, _ := value.([]string)
			s.Tags = append([]string{}, tags...)
		case c.Field == dependsOn:
			s.DependsOn = dependenciesOf(c.Before)
		case c.Field == "interval":
			s.Interval = events.Interval(text)
		}
	}
}
