package calendar

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The years that are read. Rules of recurrence that began earlier take too long.
const (
	firstYear = 1970
	lastYear  = 9999
)

const day = 24 * time.Hour

// maxDays is how long an event lasts at most, by its DURATION: a century.
const maxDays = 36_525

// stamp is a DATE or a DATE-TIME as it is written (RFC 5545, sections 3.3.4 and 3.3.5).
type stamp struct {
	wall time.Time // what a clock at the wall shows, as if it was UTC
	zone string    // its name; "": the calendar's
	date bool      // it is the whole day
}

const utc = "UTC"

// newStamp reads one. Its zone is that of the property, or "".
func newStamp(text, zone string) (stamp, error) {
	text = strings.TrimSpace(text)
	s := stamp{zone: zone}
	var err error
	switch {
	case len(text) == len("20060102"):
		s.wall, err = time.Parse("20060102", text)
		s.date, s.zone = true, "" // a day has no zone
	case strings.HasSuffix(text, "Z"):
		s.wall, err = time.Parse("20060102T150405Z", text)
		s.zone = utc
	default:
		s.wall, err = time.Parse("20060102T150405", text)
	}
	if err != nil {
		return stamp{}, fmt.Errorf("%.40q is no time", text)
	}
	return s, nil
}

// stampOf returns that of a property.
func stampOf(p property) (stamp, error) { return newStamp(p.value, p.parameter("TZID")) }

// length is a DURATION (RFC 5545, section 3.3.6): days are those of the wall's calendar, and
// may have 23 hours or 25.
type length struct {
	days  int
	exact time.Duration
}

// newLength reads one. It is not negative.
func newLength(text string) (l length, err error) {
	bad := fmt.Errorf("%.40q is no duration", text)
	rest, ok := strings.CutPrefix(strings.TrimPrefix(strings.TrimSpace(text), "+"), "P")
	if !ok || rest == "" {
		return l, bad
	}
	inDay := false
	for rest != "" {
		if !inDay && rest[0] == 'T' {
			inDay, rest = true, rest[1:]
		}
		end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
		if end < 1 || end > 6 {
			return l, bad
		}
		n, err := strconv.Atoi(rest[:end])
		if err != nil {
			return l, bad
		}
		switch unit := rest[end]; {
		case unit == 'W' && !inDay:
			l.days += 7 * n
		case unit == 'D' && !inDay:
			l.days += n
		case unit == 'H' && inDay:
			l.exact += time.Duration(n) * time.Hour
		case unit == 'M' && inDay:
			l.exact += time.Duration(n) * time.Minute
		case unit == 'S' && inDay:
			l.exact += time.Duration(n) * time.Second
		default:
			return l, bad
		}
		rest = rest[end+1:]
		if l.days > maxDays || l.exact > maxDays*day {
			return l, bad
		}
	}
	return l, nil
}

// newOffset reads a UTC offset such as +0100 or -023015 (RFC 5545, section 3.3.14).
func newOffset(text string) (time.Duration, error) {
	text = strings.TrimSpace(text)
	if len(text) != 5 && len(text) != 7 || text[0] != '+' && text[0] != '-' {
		return 0, fmt.Errorf("%.40q is no offset", text)
	}
	n, err := strconv.ParseUint(text[1:], 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%.40q is no offset", text)
	}
	if len(text) == 5 {
		n *= 100
	}
	offset := time.Duration(n/10_000)*time.Hour + time.Duration(n/100%100)*time.Minute + time.Duration(n%100)*time.Second
	if offset > 18*time.Hour {
		return 0, errors.New("an offset of more than 18 hours")
	}
	if text[0] == '-' {
		return -offset, nil
	}
	return offset, nil
}
