package events

import (
	"errors"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"
)

// The limits of what is told of calls.
const (
	MaxCalls    = 500  // of a CallsFound
	maxCallName = 200  // characters
	maxCallPart = 999  // the number of the last part of a reading
	maxCallRate = 1e12 // a minute: more than there are
)

// Call is that one service calls another, by the names that they have in traces. The portal may
// have no services of these names.
type Call struct {
	Client         string  `json:"client"`           // 1 to 200 characters
	Server         string  `json:"server"`           // 1 to 200 characters, another name
	CallsPerMinute float64 `json:"calls_per_minute"` // from 0 to 10¹², on average over the last minutes
}

func (c Call) readable() error {
	return errors.Join(
		checkText("client", c.Client, 1, maxCallName*utf8.UTFMax), checkText("server", c.Server, 1, maxCallName*utf8.UTFMax),
		check(utf8.ValidString(c.Client) && utf8.ValidString(c.Server), "client or server is not UTF-8"),
		check(c.CallsPerMinute >= 0 && c.CallsPerMinute <= maxCallRate, "calls_per_minute is %v", c.CallsPerMinute),
	)
}

// Validate returns every rule that the call breaks, joined.
func (c Call) Validate() error {
	return errors.Join(
		c.readable(),
		check(utf8.RuneCountInString(c.Client) <= maxCallName && utf8.RuneCountInString(c.Server) <= maxCallName, "client or server is too long"),
		check(c.Client != c.Server, "client and server are the same"),
	)
}

// CallsFound has which services call which others, as traces show it: one part of a reading. A
// later reading replaces the parts of the same numbers. If it has fewer, the others stay, with
// their time.
//
//	Type      dev.portal.calls.found.v1
//	Subject   portal.calls.found.<part>, in stream FETCHED: one is kept, for a week
//	Source    fetcher
//	Readers   catalog-api, which drops a call that it knows from a later reading
//	Delivery  at least once; the last one of each part
//	Errors    one that lacks its time or a name is poison: the reader terminates it
type CallsFound struct {
	Part   int       `json:"part" jsonschema:"minimum=0"` // of the reading, from 0
	ReadAt time.Time `json:"read_at"`                     // when the server answered, by the fetcher's clock

	// Calls are 1 to MaxCalls, each pair of client and server once.
	Calls []Call `json:"calls"`
}

// Type is the CloudEvents type.
func (CallsFound) Type() string { return "dev.portal.calls.found.v1" }

// Subject is where the event is published.
func (e CallsFound) Subject() string { return CallsFoundSubject(e.Part) }

// Key is that of the part.
func (e CallsFound) Key() Key { return Key{KindPart, strconv.Itoa(e.Part)} }

func (e CallsFound) readable() error {
	errs := []error{
		check(e.Part >= 0, "part is %d, the first is 0", e.Part),
		check(!e.ReadAt.IsZero(), "read_at is missing"),
		check(len(e.Calls) > 0 && len(e.Calls) <= MaxCalls, "there are %d calls, want 1 to %d", len(e.Calls), MaxCalls),
	}
	type pair struct{ client, server string }
	seen := make(map[pair]bool, len(e.Calls))
	for i, c := range e.Calls {
		if err := c.readable(); err != nil {
			errs = append(errs, fmt.Errorf("call %d: %w", i, err))
		}
		p := pair{c.Client, c.Server}
		errs = append(errs, check(!seen[p], "call %d comes twice", i))
		seen[p] = true
	}
	return errors.Join(errs...)
}

// Validate returns every rule that the event breaks, joined.
func (e CallsFound) Validate() error {
	errs := []error{e.readable(), check(e.Part <= maxCallPart, "part is %d, at most %d", e.Part, maxCallPart)}
	for i, c := range e.Calls {
		if err := c.Validate(); err != nil {
			errs = append(errs, fmt.Errorf("call %d: %w", i, err))
		}
	}
	return errors.Join(errs...)
}
