package calendar

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	maxPeople = 20 // of an event
	maxName   = 100
	maxEmail  = 254
	maxRule   = 1 << 10
)

// person is who is on call, as a calendar names them.
type person struct{ name, email string }

// event is a VEVENT. One with an instance is the change of another one, of which it takes the
// place of one occurrence.
type event struct {
	uid       string
	start     stamp
	end       *stamp // or …
	length    length
	rule      string   // RRULE; "": it does not recur by a rule
	more      []period // RDATE
	except    []stamp  // EXDATE
	instance  *stamp   // RECURRENCE-ID
	people    []person // nobody: all of them declined
	cancelled bool
}

// period is an RDATE.
type period struct {
	start  stamp
	end    *stamp
	length *length // both nil: as long as the event
}

// newEvent returns the event that a component has.
func newEvent(c *component) (event, error) {
	if c.err != nil {
		return event{}, c.err
	}
	e := event{uid: c.text("UID"), cancelled: strings.EqualFold(strings.TrimSpace(c.text("STATUS")), "CANCELLED"), people: peopleOf(c)}
	hasStart, hasLength := false, false
	for _, p := range c.properties {
		var err error
		switch p.name {
		case "DTSTART":
			hasStart = true
			e.start, err = stampOf(p)
		case "DTEND":
			e.end, err = pointer(stampOf(p))
		case "DURATION":
			hasLength = true
			e.length, err = newLength(p.value)
		case "RRULE":
			if e.rule != "" || len(p.value) > maxRule {
				err = errors.New("it has two rules of recurrence, or a long one") // two: RFC 5545 has no use for them
			}
			e.rule = p.value
		case "RDATE":
			err = e.addMore(p)
		case "EXDATE":
			err = e.addExceptions(p)
		case "RECURRENCE-ID":
			e.instance, err = pointer(stampOf(p))
		}
		if err != nil {
			return event{}, fmt.Errorf("%s: %w", p.name, err)
		}
	}
	switch {
	case !hasStart:
		return event{}, errors.New("it has no DTSTART")
	case e.start.wall.Year() < firstYear:
		return event{}, fmt.Errorf("it began before %d", firstYear)
	case e.end == nil && !hasLength && e.start.date:
		e.length.days = 1
	}
	e.settle()
	return e, nil
}

// settle gives the zone of the beginning to the times without one that name occurrences: some
// programs write it only there.
func (e *event) settle() {
	for i, s := range e.except {
		if s.zone == "" && !s.date {
			e.except[i].zone = e.start.zone
		}
	}
	if s := e.instance; s != nil && s.zone == "" && !s.date {
		s.zone = e.start.zone
	}
}

func pointer(s stamp, err error) (*stamp, error) { return &s, err }

func (e *event) addMore(p property) error {
	for text := range strings.SplitSeq(p.value, ",") {
		from, to, isPeriod := strings.Cut(text, "/")
		var one period
		var err error
		if one.start, err = newStamp(from, p.parameter("TZID")); err != nil {
			return err
		}
		if isPeriod && strings.HasPrefix(to, "P") {
			l, err := newLength(to)
			if err != nil {
				return err
			}
			one.length = &l
		} else if isPeriod {
			if one.end, err = pointer(newStamp(to, p.parameter("TZID"))); err != nil {
				return err
			}
		}
		if e.more = append(e.more, one); len(e.more) > maxDates {
			return fmt.Errorf("more than %d times", maxDates)
		}
	}
	return nil
}

func (e *event) addExceptions(p property) error {
	for text := range strings.SplitSeq(p.value, ",") {
		s, err := newStamp(text, p.parameter("TZID"))
		if err != nil {
			return err
		}
		if e.except = append(e.except, s); len(e.except) > maxDates {
			return fmt.Errorf("more than %d times", maxDates)
		}
	}
	return nil
}

// over reports whether all of it was over before a moment, in any zone. What takes the place of
// an occurrence is never over: that one must not be shown.
func (e event) over(at time.Time) bool {
	if e.rule != "" || len(e.more) > 0 || e.instance != nil {
		return false
	}
	return e.start.wall.Add(e.lasts()).Before(at.Add(-2 * day))
}

// lasts returns how long it lasts, give or take a day.
func (e event) lasts() time.Duration {
	if e.end != nil {
		return e.end.wall.Sub(e.start.wall)
	}
	return time.Duration(e.length.days)*day + e.length.exact
}

// peopleOf returns who is on call in an event: its attendees, and if it has none, whom its
// summary names.
func peopleOf(c *component) []person {
	summary := label(c.text("SUMMARY"), maxName)
	var attendees []property
	for _, p := range c.properties {
		if p.name == "ATTENDEE" && !slices.Contains([]string{"GROUP", "RESOURCE", "ROOM"}, strings.ToUpper(p.parameter("CUTYPE"))) {
			attendees = append(attendees, p)
		}
	}
	if len(attendees) == 0 {
		return named(nil, person{name: summary})
	}
	var people []person
	for _, p := range attendees {
		if strings.EqualFold(p.parameter("PARTSTAT"), "DECLINED") {
			continue
		}
		who := person{name: label(p.parameter("CN"), maxName), email: address(p.value)}
		if who.name == "" && len(attendees) == 1 {
			who.name = summary // PagerDuty names people there, and has only the addresses of attendees
		}
		if who.name == "" {
			who.name = label(who.email, maxName)
		}
		if people = named(people, who); len(people) == maxPeople {
			break
		}
	}
	return people
}

// named adds who has a name.
func named(people []person, who person) []person {
	if who.name == "" || slices.Contains(people, who) {
		return people
	}
	return append(people, who)
}

// address returns the address in a CAL-ADDRESS such as mailto:ada@example.com, or "".
func address(uri string) string {
	text := strings.TrimSpace(uri)
	if len(text) > len("mailto:") && strings.EqualFold(text[:len("mailto:")], "mailto:") {
		text = text[len("mailto:"):]
	}
	clean := label(text, maxEmail+1)
	if clean != text || strings.ContainsAny(text, " <>:/") || strings.Count(text, "@") != 1 || utf8.RuneCountInString(text) > maxEmail {
		return ""
	}
	return text
}

// label returns a text in one line, of so many characters at most.
func label(text string, most int) string {
	if len(text) > 8<<10 {
		text = text[:8<<10]
	}
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > most {
		text = strings.TrimSpace(string(runes[:most]))
	}
	return text
}
