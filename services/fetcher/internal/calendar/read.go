package calendar

import (
	"bytes"
	"strings"

	ical "github.com/arran4/golang-ical"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// The limits of what is read of a calendar.
const (
	maxDepth      = 8        // of components in components
	maxLine       = 32 << 10 // bytes of a property, unfolded
	maxParameters = 2 << 10  // bytes of it before its value: the parser takes the square of it
	maxProperties = 2_000    // of a component
	maxDates      = 5_000    // in the EXDATE, or RDATE, of an event
	maxEvents     = 20_000   // that are not over
	maxAllDates   = 20_000   // likewise, of all of them
	maxTimezones  = 100      // of a calendar
	maxChanges    = 50       // components of a time zone
)

// wanted has the properties that are read, by the components that have them. All else is passed
// over unread.
var wanted = map[string]map[string]bool{
	"VCALENDAR": set("X-WR-TIMEZONE", "TIMEZONE-ID"),
	"VEVENT": set("UID", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID",
		"SUMMARY", "ATTENDEE", "STATUS"),
	"VTIMEZONE": set("TZID"),
	"STANDARD":  set("DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "RRULE", "RDATE"),
	"DAYLIGHT":  set("DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "RRULE", "RDATE"),
}

func set(words ...string) map[string]bool {
	has := make(map[string]bool, len(words))
	for _, w := range words {
		has[w] = true
	}
	return has
}

// property is one of a component. Its parameters have names in upper case.
type property struct {
	name, value string
	parameters  map[string][]string
}

func (p property) parameter(name string) string {
	for key, values := range p.parameters {
		if strings.EqualFold(key, name) && len(values) > 0 {
			return values[0]
		}
	}
	return ""
}

// component is one that is being read.
type component struct {
	name       string
	properties []property
	changes    []observance // of a VTIMEZONE
	err        error        // of a property that can't be read
}

// text returns the value of the first property of that name, or "".
func (c *component) text(name string) string {
	for _, p := range c.properties {
		if p.name == name {
			return p.value
		}
	}
	return ""
}

// file is what was read of a calendar.
type file struct {
	zone      string // of times without one; "": UTC
	events    []event
	timezones map[string][]observance // of the calendar itself, by their names

	readable int   // events that could be read, also those that are over
	skipped  int   // events that could not
	why      error // the first of them could not
}

// reader reads the lines of a calendar. The nesting is its own work, not the parser's, which
// calls itself for each level.
type reader struct {
	file
	window span
	open   []*component // the innermost last
	began  bool         // a VCALENDAR
	dates  int          // in EXDATE and RDATE
}

// read reads a calendar. Events that were over before the window are left out.
func read(body []byte, window span) (*file, error) {
	r := reader{window: window, file: file{timezones: map[string][]observance{}}}
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	for line, rest := unfold(body); line != nil; line, rest = unfold(rest) {
		if err := r.take(line); err != nil {
			return nil, err
		}
	}
	if !r.began || len(r.open) > 0 {
		return nil, fault(events.FeedBadAnswer, "it is no calendar, or only the beginning of one")
	}
	return &r.file, nil
}

// unfold returns the first line, with those that continue it (RFC 5545, section 3.1), and the
// rest; nil: there is none.
func unfold(body []byte) (line, rest []byte) {
	if len(body) == 0 {
		return nil, nil
	}
	line, rest, _ = bytes.Cut(body, []byte("\n"))
	line = bytes.TrimSuffix(line, []byte("\r"))
	if len(rest) == 0 || rest[0] != ' ' && rest[0] != '\t' {
		return append([]byte{}, line...), rest // never nil
	}
	whole := append([]byte{}, line...)
	for len(rest) > 0 && (rest[0] == ' ' || rest[0] == '\t') {
		line, rest, _ = bytes.Cut(rest[1:], []byte("\n"))
		whole = append(whole, bytes.TrimSuffix(line, []byte("\r"))...)
	}
	return whole, rest
}

// take takes a line.
func (r *reader) take(line []byte) error {
	end := bytes.IndexAny(line, ":;")
	if end < 0 {
		if !r.began && len(bytes.TrimSpace(line)) > 0 {
			return fault(events.FeedBadAnswer, "it does not begin as a calendar does")
		}
		return nil // empty, or of a text that was broken into lines without folding it
	}
	name := strings.ToUpper(string(line[:end]))
	switch name {
	case "BEGIN":
		return r.begin(strings.ToUpper(strings.TrimSpace(string(line[end+1:]))))
	case "END":
		return r.end(strings.ToUpper(strings.TrimSpace(string(line[end+1:]))))
	}
	if len(r.open) == 0 {
		return fault(events.FeedBadAnswer, "there is something outside of the calendar")
	}
	top := r.open[len(r.open)-1]
	if !wanted[top.name][name] {
		return nil
	}
	return top.add(name, line[end:])
}

// begin takes the begin of a component.
func (r *reader) begin(name string) error {
	switch {
	case (name == "VCALENDAR") != (len(r.open) == 0):
		return fault(events.FeedBadAnswer, "%.40q begins at the wrong place", name)
	case len(r.open) >= maxDepth:
		return fault(events.FeedBadAnswer, "components are nested deeper than %d", maxDepth)
	}
	r.began = true
	r.open = append(r.open, &component{name: name})
	return nil
}

// end takes the end of a component.
func (r *reader) end(name string) error {
	if len(r.open) == 0 || r.open[len(r.open)-1].name != name {
		return fault(events.FeedBadAnswer, "%.40q ends at the wrong place", name)
	}
	c := r.open[len(r.open)-1]
	r.open = r.open[:len(r.open)-1]
	parent := ""
	if len(r.open) > 0 {
		parent = r.open[len(r.open)-1].name
	}
	switch {
	case name == "VCALENDAR":
		if r.zone == "" {
			r.zone = c.text("X-WR-TIMEZONE")
		}
		if r.zone == "" {
			r.zone = c.text("TIMEZONE-ID")
		}
	case name == "VEVENT" && parent == "VCALENDAR":
		return r.event(c)
	case name == "VTIMEZONE" && parent == "VCALENDAR":
		if len(r.timezones) < maxTimezones && c.err == nil {
			r.timezones[c.text("TZID")] = c.changes
		}
	case (name == "STANDARD" || name == "DAYLIGHT") && parent == "VTIMEZONE":
		in := r.open[len(r.open)-1]
		if o, err := newObservance(c); err == nil && len(in.changes) < maxChanges {
			in.changes = append(in.changes, o)
		} else if in.err == nil {
			in.err = err
		}
	}
	return nil
}

// add adds a property, of which line has all but the name.
func (c *component) add(name string, line []byte) error {
	value := valueAt(line)
	switch {
	case len(c.properties) >= maxProperties:
		return fault(events.FeedTooLarge, "a component has more than %d properties", maxProperties)
	case len(line) > maxLine || value > maxParameters:
		return fault(events.FeedTooLarge, "a property has %d bytes", len(line))
	}
	p, err := ical.ParseProperty(ical.ContentLine(name + string(line)))
	if err != nil || p == nil {
		if c.err == nil {
			c.err = fault(events.FeedBadAnswer, "its %s is not one", name)
		}
		return nil
	}
	c.properties = append(c.properties, property{name, p.Value, p.ICalParameters})
	return nil
}

// valueAt returns where the value begins: after the first colon that is not in quotes.
func valueAt(line []byte) int {
	quoted := false
	for i, b := range line {
		switch {
		case b == '"':
			quoted = !quoted
		case b == ':' && !quoted:
			return i
		}
	}
	return len(line)
}

// event adds an event, or notes that it can't be read.
func (r *reader) event(c *component) error {
	e, err := newEvent(c)
	switch {
	case err != nil:
		r.skipped++
		if r.why == nil {
			r.why = err
		}
	case e.over(r.window.from):
		r.readable++
	default:
		r.events = append(r.events, e)
		r.dates += len(e.except) + len(e.more)
	}
	if len(r.events) > maxEvents || r.dates > maxAllDates {
		return fault(events.FeedTooLarge, "it has more than %d events that are not over, or %d dates in them", maxEvents, maxAllDates)
	}
	return nil
}
