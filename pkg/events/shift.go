package events

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// FeedsSubject is where the fetcher asks catalog-api for the feeds that it is to read: a
// FeedsRequest as JSON, answered by Feeds as JSON. It is a request on core NATS, in no stream.
const FeedsSubject = "portal.feeds"

// FeedsReplies begins the subjects that the answers are sent to, and only to those: they have
// secrets, and whoever else is in the account may not listen there.
const FeedsReplies = "_FEEDS."

// The limits of what is told of a calendar.
const (
	MaxShifts    = 500 // of a ShiftsFound
	maxShiftName = 100 // characters
	maxShiftMail = 254 // characters: RFC 5321, section 4.5.3.1.3
)

// FeedsRequest asks for feeds.
type FeedsRequest struct {
	After string `json:"after,omitzero"` // the slug that the answer before ended with; absent: from the first
}

// Feeds has calendars to read, in the order of their slugs.
type Feeds struct {
	Feeds []Feed `json:"feeds"`
	More  bool   `json:"more,omitzero"` // there are others, after the last of these
}

// Feed is the calendar of a team's duty.
type Feed struct {
	Slug string `json:"slug"`
	URL  string `json:"url"` // a secret: whoever has it can read the calendar
}

// FeedProblem is the code of why a calendar could not be read. Later versions may have more of
// them than FeedProblems.
type FeedProblem string

// The problems of reading calendars.
const (
	FeedNotFound    FeedProblem = "not_found"    // there is no such calendar
	FeedDenied      FeedProblem = "denied"       // its server wants another secret
	FeedRateLimited FeedProblem = "rate_limited" // its server takes no more requests for now
	FeedUnreachable FeedProblem = "unreachable"  // no answer in time, or an error of the server
	FeedBadAnswer   FeedProblem = "bad_answer"   // the answer is no calendar, or none of its events can be read
	FeedTooLarge    FeedProblem = "too_large"    // it has more than is read of a calendar
	FeedBlocked     FeedProblem = "blocked"      // its address is one that the portal does not dial
)

// FeedProblems has every FeedProblem.
var FeedProblems = []FeedProblem{FeedNotFound, FeedDenied, FeedRateLimited, FeedUnreachable, FeedBadAnswer, FeedTooLarge, FeedBlocked}

// Known reports whether p is in FeedProblems.
func (p FeedProblem) Known() bool { return slices.Contains(FeedProblems, p) }

// Shift is a time in which somebody is on call.
type Shift struct {
	Name  string    `json:"name"`           // as the calendar has it, 1 to 100 characters
	Email string    `json:"email,omitzero"` // absent if the calendar has none
	From  time.Time `json:"from"`           // UTC
	Until time.Time `json:"until"`          // UTC; the shift ends before it
}

func (s Shift) readable() error {
	return errors.Join(
		checkText("name", s.Name, 1, maxShiftName*utf8.UTFMax), checkText("email", s.Email, 0, maxShiftMail*utf8.UTFMax),
		check(utf8.ValidString(s.Name) && utf8.ValidString(s.Email), "name or email is not UTF-8"),
		check(!s.From.IsZero() && s.Until.After(s.From), "until %s is not after from %s", s.Until, s.From),
	)
}

// ShiftsFound has the shifts in the calendar of a team, or says why there are none. It is sent
// after each reading, as the age of what is known is shown.
//
//	Type      dev.portal.shifts.found.v1
//	Subject   portal.oncall.found.<slug>, in stream FETCHED: one is kept, for a week
//	Source    fetcher
//	Readers   catalog-api, which drops it if the team has another calendar now
//	Delivery  at least once; the last one of each team
//	Errors    one that lacks its slug, digest or times is poison: the reader terminates it
type ShiftsFound struct {
	Slug string `json:"slug" jsonschema:"pattern=^[a-z0-9]+(-+[a-z0-9]+)*$,maxLength=63"`

	// URLDigest is the SHA-256 of the calendar's URL, in hexadecimal: the URL is a secret.
	URLDigest string `json:"url_digest" jsonschema:"pattern=^[0-9a-f]{64}$"`

	ReadAt time.Time `json:"read_at"` // when its server answered, by the fetcher's clock

	// Shifts are those of yesterday to CoversUntil, by their beginnings, at most MaxShifts.
	Shifts []Shift `json:"shifts,omitzero"`

	// CoversUntil is until when all shifts of the calendar are known; absent after a problem.
	CoversUntil time.Time `json:"covers_until,omitzero"`

	// Problem is why the calendar could not be read; absent if it could.
	Problem FeedProblem `json:"problem,omitzero"`
}

// Type is the CloudEvents type.
func (ShiftsFound) Type() string { return "dev.portal.shifts.found.v1" }

// Subject is where the event is published.
func (e ShiftsFound) Subject() string { return ShiftsFoundSubject(e.Slug) }

// Key is the team's.
func (e ShiftsFound) Key() Key { return teamKey(e.Slug) }

func (e ShiftsFound) readable() error {
	errs := []error{
		checkSlug("slug", e.Slug),
		check(len(e.URLDigest) == 64 && strings.Trim(e.URLDigest, "0123456789abcdef") == "", "url_digest %.70q is not a digest", e.URLDigest),
		check(!e.ReadAt.IsZero(), "read_at is missing"),
		check(len(e.Shifts) <= MaxShifts, "there are %d shifts, at most %d are read", len(e.Shifts), MaxShifts),
	}
	if e.Problem != "" {
		errs = append(errs, checkWord("problem", string(e.Problem)))
	} else {
		errs = append(errs, check(!e.CoversUntil.IsZero(), "covers_until is missing"))
	}
	for i, s := range e.Shifts {
		if err := s.readable(); err != nil {
			errs = append(errs, fmt.Errorf("shift %d: %w", i, err))
		}
		errs = append(errs, check(i == 0 || !s.From.Before(e.Shifts[i-1].From), "shift %d begins before the one before it", i))
	}
	return errors.Join(errs...)
}

// Validate returns every rule that the event breaks, joined.
func (e ShiftsFound) Validate() error {
	errs := []error{
		e.readable(),
		check(e.Problem == "" || e.Problem.Known(), "problem %.40q is not on the list", e.Problem),
		check(e.Problem == "" || len(e.Shifts) == 0 && e.CoversUntil.IsZero(), "there are shifts and the problem %.40q", e.Problem),
	}
	for i, s := range e.Shifts {
		errs = append(errs, check(utf8.RuneCountInString(s.Name) <= maxShiftName && utf8.RuneCountInString(s.Email) <= maxShiftMail, "shift %d: name or email is too long", i))
	}
	return errors.Join(errs...)
}
