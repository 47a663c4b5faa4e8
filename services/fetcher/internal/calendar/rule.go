package calendar

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/teambition/rrule-go"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// The limits of what is computed of a calendar.
const (
	maxTried    = 200_000 // occurrences of all rules, from their beginnings
	maxRules    = 500     // that have not ended
	maxInterval = 10_000
	maxParts    = 60  // of a list in a rule
	maxPlaces   = 12  // of BYSETPOS, for each of which the library looks at a whole year
	maxTimes    = 100 // of a day
)

// errRule wraps the errors of rules that can't be read.
var errRule = errors.New("its rule of recurrence can't be followed")

// recurrence is a rule with where it begins.
type recurrence struct {
	rule  string
	start time.Time // at the wall
	zone  zone
	in    span // what begins outside does not matter, and may be left out
}

// The library looks for the next occurrence until the year 9999, at each day if there is none. The
// calendar repeats itself after 400 years, weekdays included: what is computed that many years
// later has an end that is near.
const (
	daysIn400Years = 146_097
	ahead          = 19 * daysIn400Years
)

// occurrences returns when it occurs, at the wall. Its error is an *Error if that is too much,
// and else wraps errRule.
func (x *expansion) occurrences(r recurrence) (list []time.Time, err error) {
	defer func() {
		if cause := recover(); cause != nil { // in the library
			list, err = nil, fmt.Errorf("%w: %v", errRule, cause)
		}
	}()
	option, until, err := parseRule(r.rule, r.zone)
	if err == nil && !reached(option, r.start.Hour()) {
		err = errors.New("it never comes to its hours")
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errRule, err)
	}
	last := r.in.until.Add(r.zone.offset(r.in.until))
	if !until.IsZero() && until.Before(last) {
		last = until
	}
	if last.Before(r.start) || last.Before(r.in.from.Add(-day)) {
		return nil, nil
	}
	if x.rules--; x.rules < 0 {
		return nil, fault(events.FeedTooLarge, "more than %d events recur", maxRules)
	}
	option.Dtstart, option.Until = r.start.AddDate(0, 0, ahead), last.AddDate(0, 0, ahead)
	rule, err := rrule.NewRRule(option)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errRule, err)
	}
	next := rule.Iterator()
	for at, ok := next(); ok; at, ok = next() {
		if err := x.spend(1); err != nil {
			return nil, err
		}
		list = append(list, at.AddDate(0, 0, -ahead))
	}
	if len(list) == 0 { // the library has looked at each day of four centuries
		return nil, x.spend(maxTried / 100)
	}
	return list, nil
}

// spend takes from what may be computed of the calendar.
func (x *expansion) spend(n int) error {
	if x.left -= n; x.left < 0 {
		return fault(events.FeedTooLarge, "events recur more than %d times", maxTried)
	}
	return nil
}

// parseRule reads a rule, without its end, which is at the wall; zero: it has none.
func parseRule(text string, z zone) (option rrule.ROption, until time.Time, err error) {
	var parts []string
	for part := range strings.SplitSeq(strings.ToUpper(strings.TrimSpace(text)), ";") {
		name, value, _ := strings.Cut(part, "=")
		switch {
		case part == "": // of a semicolon at the end
		case name == "UNTIL":
			if until, err = end(value, z); err != nil {
				return option, until, err
			}
		case name == "BYEASTER" || name == "DTSTART" || strings.HasPrefix(part, "RRULE"): // the library's own
			return option, until, fmt.Errorf("%.20q is of no rule", part)
		default:
			parts = append(parts, part)
		}
	}
	parsed, err := rrule.StrToROption(strings.Join(parts, ";"))
	if err != nil {
		return option, until, err
	}
	return *parsed, until, bounded(*parsed)
}

// end returns the end of a rule: the last time at the wall that is in it.
func end(value string, z zone) (time.Time, error) {
	s, err := newStamp(value, "")
	switch {
	case err != nil:
		return time.Time{}, err
	case s.date:
		return s.wall.Add(day - time.Second), nil
	case s.zone == utc:
		return s.wall.Add(z.offset(s.wall)), nil
	}
	return s.wall, nil
}

// bounded returns an error if a rule takes the library too long, or for ever.
func bounded(o rrule.ROption) error {
	for _, list := range [][]int{o.Bymonth, o.Bymonthday, o.Byyearday, o.Byweekno, o.Byhour, o.Byminute, o.Bysecond} {
		if len(list) > maxParts {
			return fmt.Errorf("it has a list of %d", len(list))
		}
	}
	times := max(1, len(o.Byhour)) * max(1, len(o.Byminute)) * max(1, len(o.Bysecond))
	switch {
	case len(o.Byweekday) > maxParts || len(o.Bysetpos) > maxPlaces:
		return fmt.Errorf("it has a list of %d", max(len(o.Byweekday), len(o.Bysetpos)))
	case times > maxTimes:
		return fmt.Errorf("it has %d times a day", times)
	case o.Interval < 0 || o.Interval > maxInterval:
		return fmt.Errorf("its interval is %d", o.Interval)
	case o.Freq > rrule.HOURLY:
		return errors.New("it recurs more often than once an hour")
	}
	return nil
}

// reached reports whether an hourly rule ever comes to one of its hours: the library looks for
// that for ever.
func reached(o rrule.ROption, hour int) bool {
	if o.Freq != rrule.HOURLY || len(o.Byhour) == 0 {
		return true
	}
	for step := range 24 {
		if slices.Contains(o.Byhour, (hour+step*max(1, o.Interval))%24) {
			return true
		}
	}
	return false
}
