// Package servicegraph reads which services call which others. Tempo and the OpenTelemetry
// Collector's servicegraph connector count the calls in traces, and Prometheus, or what answers
// as it does, keeps the counts: a query in, in an interval; numbered messages out.
//
// An answer has what programs call themselves, so all that it costs has a bound.
package servicegraph

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// The limits of what is taken from a reading.
const (
	MaxPairs     = 10_000    // of client and server
	maxPartBytes = 256 << 10 // of a message as JSON: NATS takes 1 MB, and readers half of it
)

// Problem is the code of why calls could not be read.
type Problem string

// The problems.
const (
	NotFound    Problem = "not_found"    // there is no Prometheus at the URL
	NoToken     Problem = "no_token"     // the file of the token cannot be read
	Denied      Problem = "denied"       // it wants another token, or a tenant
	RateLimited Problem = "rate_limited" // it takes no more requests for now
	Rejected    Problem = "rejected"     // it does not answer this query: it is too much for it
	Unreachable Problem = "unreachable"  // no answer in time, or an error of the server
	BadAnswer   Problem = "bad_answer"   // the answer is not one of Prometheus
	TooLarge    Problem = "too_large"    // the answer is larger than what is read
	Blocked     Problem = "blocked"      // its address is one that the portal does not dial
)

// Problems has every Problem.
var Problems = []Problem{NotFound, NoToken, Denied, RateLimited, Rejected, Unreachable, BadAnswer, TooLarge, Blocked}

// Error is why calls could not be read.
type Error struct {
	Problem Problem
	Wait    time.Duration // until the server takes requests again, if it said so; else 0
	Err     error         // never has the token
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %v", e.Problem, e.Err) }

func (e *Error) Unwrap() error { return e.Err }

// fault returns the error of a reading that failed.
func fault(problem Problem, format string, args ...any) error {
	return &Error{Problem: problem, Err: fmt.Errorf(format, args...)}
}

// Found is what a reading has.
type Found struct {
	Calls []events.Call // the busiest first, each pair once, at most MaxPairs
	Left  int           // pairs that are too many
	Unfit int           // pairs of names that are too long, or none, or of an impossible number of calls
}

// newFound returns what is taken of samples.
func newFound(samples []sample) Found {
	slices.SortFunc(samples, func(a, b sample) int {
		return cmp.Or(cmp.Compare(b.value, a.value), strings.Compare(a.client, b.client), strings.Compare(a.server, b.server))
	})
	type pair struct{ client, server string }
	seen := make(map[pair]bool, min(len(samples), MaxPairs))
	var found Found
	for _, s := range samples {
		c, p := s.call(), pair{s.client, s.server}
		switch {
		case c.Client == "" || c.Server == "" || c.Client == c.Server || seen[p]:
		case c.Validate() != nil:
			found.Unfit++
		case len(found.Calls) == MaxPairs:
			found.Left++
		default:
			seen[p] = true
			found.Calls = append(found.Calls, c)
		}
	}
	return found
}

// parts returns the messages that say what was found, each of which NATS takes.
func parts(calls []events.Call, readAt time.Time) (list []events.CallsFound) {
	size := 0
	for _, c := range calls {
		encoded, err := json.Marshal(c)
		if err != nil {
			continue // impossible: it is valid
		}
		last := len(list) - 1
		if last < 0 || len(list[last].Calls) == events.MaxCalls || size+len(encoded) > maxPartBytes {
			list = append(list, events.CallsFound{Part: last + 1, ReadAt: readAt})
			last, size = last+1, 0
		}
		list[last].Calls = append(list[last].Calls, c)
		size += len(encoded) + 1
	}
	return list
}
