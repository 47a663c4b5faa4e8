package calendar

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// zone says how far the clocks of a place are ahead of UTC.
type zone interface {
	offset(at time.Time) time.Duration
}

// place is a zone of the system's, by the name that IANA gave it.
type place struct{ *time.Location }

func (p place) offset(at time.Time) time.Duration {
	_, seconds := at.In(p.Location).Zone()
	return time.Duration(seconds) * time.Second
}

// ruled is a zone that a calendar brings along.
type ruled struct {
	first   time.Duration // before the first change
	changes []change      // by their times
}

type change struct {
	at time.Time
	to time.Duration
}

func (z ruled) offset(at time.Time) time.Duration {
	i, found := slices.BinarySearchFunc(z.changes, at, func(c change, at time.Time) int { return c.at.Compare(at) })
	if found {
		i++
	}
	if i == 0 {
		return z.first
	}
	return z.changes[i-1].to
}

// instant returns when a clock shows a time. One that comes twice is the first. One that is
// skipped is by the offset from before (RFC 5545, section 3.3.5).
func instant(wall time.Time, z zone) time.Time {
	before, after := z.offset(wall.Add(-day)), z.offset(wall.Add(day))
	for _, offset := range []time.Duration{before, after} {
		if at := wall.Add(-offset); z.offset(at) == offset {
			return at
		}
	}
	return wall.Add(-before)
}

// maxNames is how many zones of a calendar are looked for.
const maxNames = 200

// zones finds the zones that a calendar names.
type zones struct {
	calendar *file
	known    map[string]zone // nil: there is none of that name
}

func newZones(f *file) *zones {
	return &zones{calendar: f, known: map[string]zone{utc: place{time.UTC}}}
}

// find returns the zone of that name; "" is the calendar's. The budget is for the rules of a zone
// that the calendar brings along.
func (z *zones) find(name string, x *expansion) (zone, error) {
	if name == "" {
		if name = z.calendar.zone; name == "" {
			name = utc
		}
	}
	found, known := z.known[name]
	if !known && len(z.known) < maxNames {
		var err error
		found, err = z.load(name, x)
		if tooLarge, is := errors.AsType[*Error](err); is {
			return nil, tooLarge
		}
		z.known[name] = found // nil after an error: its rules can't be followed
	}
	if found == nil {
		return nil, fmt.Errorf("no such time zone: %.100q", name)
	}
	return found, nil
}

// load returns nil if there is none.
func (z *zones) load(name string, x *expansion) (zone, error) {
	if loc := location(name); loc != nil {
		return place{loc}, nil // by the system, whose rules are newer than those in most calendars
	}
	if changes := z.calendar.timezones[name]; len(changes) > 0 {
		return x.ruled(changes)
	}
	// Such as /freeassociation.sourceforge.net/Europe/Zurich.
	for rest := name; strings.Contains(rest, "/"); {
		_, rest, _ = strings.Cut(rest, "/")
		if loc := location(rest); strings.Contains(rest, "/") && loc != nil {
			return place{loc}, nil
		}
	}
	return nil, nil
}

// location returns the system's, or nil.
func location(name string) *time.Location {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/"
	if name == "" || len(name) > 64 || strings.Trim(name, letters) != "" || name == "Local" {
		return nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	return loc
}

// observance is a STANDARD or DAYLIGHT of a time zone: when its clocks change, and from what to
// what.
type observance struct {
	start    time.Time // at the wall, by the offset from before
	from, to time.Duration
	rule     string
	more     []time.Time // at the wall
}

func newObservance(c *component) (o observance, err error) {
	if c.err != nil {
		return o, c.err
	}
	start, err := newStamp(c.text("DTSTART"), "")
	if err != nil {
		return o, err
	}
	if o.from, err = newOffset(c.text("TZOFFSETFROM")); err != nil {
		return o, err
	}
	if o.to, err = newOffset(c.text("TZOFFSETTO")); err != nil {
		return o, err
	}
	o.start, o.rule = start.wall, c.text("RRULE")
	if len(o.rule) > maxRule {
		return o, fmt.Errorf("a rule of %d bytes", len(o.rule))
	}
	for _, p := range c.properties {
		if p.name != "RDATE" {
			continue
		}
		for text := range strings.SplitSeq(p.value, ",") {
			s, err := newStamp(text, "")
			if err != nil {
				return o, err
			}
			if o.more = append(o.more, s.wall); len(o.more) > maxDates {
				return o, fmt.Errorf("more than %d times", maxDates)
			}
		}
	}
	return o, nil
}

// ruled returns the zone of a calendar's own.
func (x *expansion) ruled(list []observance) (zone, error) {
	var z ruled
	type begin struct {
		change
		from time.Duration
	}
	var all []begin
	for _, o := range list {
		walls := append([]time.Time{o.start}, o.more...)
		if o.rule != "" {
			start := o.start
			if year := start.Year(); year < firstYear { // Outlook's zones began in 1601
				start = start.AddDate(firstYear-year, 0, 0)
			}
			after, err := x.occurrences(recurrence{o.rule, start, fixed(o.from), span{start, x.window.until}})
			if err != nil {
				return nil, err
			}
			walls = append(walls, after...)
		}
		for _, wall := range walls {
			all = append(all, begin{change{wall.Add(-o.from), o.to}, o.from})
		}
	}
	slices.SortStableFunc(all, func(a, b begin) int { return a.at.Compare(b.at) })
	z.first = all[0].from
	for _, b := range all {
		z.changes = append(z.changes, b.change)
	}
	return z, nil
}

// fixed is a zone whose clocks never change.
type fixed time.Duration

func (f fixed) offset(time.Time) time.Duration { return time.Duration(f) }
