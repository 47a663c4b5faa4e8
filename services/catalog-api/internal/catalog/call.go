package catalog

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// The limits of calls that are told.
const (
	MaxCalls    = 500                           // at once
	MaxCallName = 200                           // characters
	MaxCallRate = 1e12                          // a minute
	CallsKept   = CallDaysKept * 24 * time.Hour // after they were seen last; then they are forgotten

	CallDaysKept = 30

	maxClockAhead = 10 * time.Minute // of who tells
)

// DependencyObserved is the kind of a need that nobody declared: traces show that one service calls the
// other. It is no kind of an entry of depends_on, and carries no impact.
const DependencyObserved events.DependencyKind = "observed"

// Call says that a service was seen calling another one.
type Call struct {
	Client, Server string  // as traces name them
	PerMinute      float64 // how often
	SeenAt         time.Time
}

// ValidateCalls returns an *InvalidError that names each call that breaks a rule by its place.
func ValidateCalls(calls []Call, now time.Time) error {
	var v validator
	if n := len(calls); n == 0 || n > MaxCalls {
		v.add("calls", fmt.Sprintf("Send from 1 to %d calls at once; there are %d.", MaxCalls, n), nil)
		return v.err()
	}
	for i, c := range calls {
		field := fmt.Sprintf("calls[%d]", i)
		v.callName(field+".client", c.Client)
		v.callName(field+".server", c.Server)
		if math.IsNaN(c.PerMinute) || c.PerMinute < 0 || c.PerMinute > MaxCallRate {
			v.add(field+".calls_per_minute", "It must be a number from 0 to 1,000,000,000,000.", nil)
		}
		switch {
		case c.SeenAt.After(now.Add(maxClockAhead)):
			v.add(field+".last_seen", "It is in the future: send when the calls were seen, or leave it out for now.", c.SeenAt)
		case now.Sub(c.SeenAt) > CallsKept:
			v.add(field+".last_seen", "It is more than 30 days ago: what was not seen for so long is forgotten.", c.SeenAt)
		}
	}
	return v.err()
}

func (v *validator) callName(field, name string) {
	if strings.TrimSpace(name) == "" {
		v.add(field, "Name the service as traces do.", nil)
		return
	}
	v.label(field, name, MaxCallName)
}

// Observed is that a service was seen calling another one.
type Observed struct {
	ClientID  string    `db:"client_id"`
	ServerID  string    `db:"server_id"`
	PerMinute float64   `db:"per_minute"` // when it was seen last
	FirstSeen time.Time `db:"first_seen"`
	LastSeen  time.Time `db:"last_seen"`
	Hidden    bool      `db:"hidden"` // somebody does not want to see it
}

// spelling removes what the names of one service differ by in traces and in the catalogue.
var spelling = strings.NewReplacer(" ", "", "-", "", "_", "", ".", "", "/", "")

// SpokenKey returns a key that is equal for names that are pronounced the same, such as
// "payments-db" and "Payments DB". An index of the database makes it of the NameKey by translate.
func SpokenKey(name string) string { return spelling.Replace(NameKey(name)) }
