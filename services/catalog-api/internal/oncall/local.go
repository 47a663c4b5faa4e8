package oncall

import (
	"fmt"
	"strings"
	"time"
)

const (
	localForm = "2006-01-02T15:04"

	// firstYear and lastYear are of local times. In UTC they are a year that RFC 3339 can say.
	firstYear, lastYear = 1970, 9998

	day = 24 * time.Hour

	// widest is more than any zone's clocks differ from UTC.
	widest = 26 * time.Hour
)

// end is the first moment that no time of the API can say (RFC 3339, section 5.6).
var end = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)

// Local is a date and a time of day on the clocks of some zone, such as 2026-11-30T09:00. Later
// ones are greater, as texts.
type Local string

// Valid reports whether l is such a time, of the years 1970 to 9998.
func (l Local) Valid() bool {
	wall, err := time.Parse(localForm, string(l))
	return err == nil && wall.Format(localForm) == string(l) && firstYear <= wall.Year() && wall.Year() <= lastYear
}

// wall returns what the clocks show, as a time of UTC, in which every day has 24 hours.
func (l Local) wall() time.Time {
	wall, _ := time.Parse(localForm, string(l))
	return wall
}

// Zone returns the zone by its IANA name. It takes neither the machine's own zone nor names
// that only the files of zones have.
func Zone(name string) (*time.Location, error) {
	if name == "" || name == "Local" || name[0] < 'A' || name[0] > 'Z' || strings.Contains(name, "..") {
		return nil, fmt.Errorf("%.40q is no time zone", name)
	}
	return time.LoadLocation(name)
}

// clock tells the moments at which the clocks of a zone show something.
type clock struct{ zone *time.Location }

// shows returns what the clocks show at a moment, as a time of UTC.
func (c clock) shows(at time.Time) time.Time {
	_, offset := at.In(c.zone).Zone()
	return at.UTC().Add(time.Duration(offset) * time.Second)
}

// moment returns the first moment at which the clocks show this time or a later one: of a time
// that they show twice the first, and of one that they skip the moment at which they do.
func (c clock) moment(wall time.Time) time.Time {
	for at := wall.Add(-widest); ; {
		_, offset := at.In(c.zone).Zone()
		begin, over := at.In(c.zone).ZoneBounds()
		shown := wall.Add(-time.Duration(offset) * time.Second)
		switch {
		case shown.Before(begin): // at which they skipped it
			return begin.UTC()
		case over.IsZero() || shown.Before(over):
			return shown
		}
		at = over
	}
}
