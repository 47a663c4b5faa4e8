// Package scorecard judges how well services are kept in the catalogue: each rule passes, fails
// with a reason and the way to mend it, or does not apply, and together they give a service its
// level. It uses no database, no network and no clock.
package scorecard

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

// Level is how well a service is kept: the highest one of which no rule fails, and none of those
// below it.
type Level int

// The levels, the lowest first.
const (
	None Level = iota
	Bronze
	Silver
	Gold
)

// Levels are all levels, the lowest first.
var Levels = []Level{None, Bronze, Silver, Gold}

var levelNames = []string{"none", "bronze", "silver", "gold"}

// String returns the level's word in the API and in events.
func (l Level) String() string { return levelNames[l] }

// ParseLevel returns the level of a word, and whether it is one.
func ParseLevel(word string) (l Level, known bool) {
	i := slices.Index(levelNames, word)
	return Level(max(0, i)), i >= 0
}

// Facts is what the rules look at.
type Facts struct {
	Service  *catalog.Service
	OnCall   *OnCall   // for its team; nil: it has no team, or one that is not there yet
	Released time.Time // when the newest release of the code that it links to was published; zero: none is known
	Links    *Links    // nil: they were not checked yet
	At       time.Time // when it is judged
}

// OnCall is whether somebody is on call for a team.
type OnCall struct {
	Slug    string
	Planned bool   // the team has a plan
	Anybody bool   // somebody is on call
	Problem string // why its calendar could not be read the last time; "": it could
	Unknown string // why it is not known whether somebody is on call, as a sentence; "": it is
}

// Links is what was found when the links of a service were followed.
type Links struct{ Broken []Broken }

// Broken is a link that leads nowhere.
type Broken struct {
	Text  string // with why: "Docs (404)"
	Field string // of the service, as in the API
}

// Outcome is what a rule says of a service.
type Outcome string

// The outcomes.
const (
	Passed        Outcome = "passed"
	Failed        Outcome = "failed"
	NotApplicable Outcome = "not_applicable"
	Off           Outcome = "off" // the rule is switched off
)

// Outcomes are all outcomes.
var Outcomes = []Outcome{Passed, Failed, NotApplicable, Off}

// Result is what a rule says of a service, and why.
type Result struct {
	Outcome Outcome
	Reason  string // a sentence; "" if it has passed
	Mend    Mend   // of a failure
}

// Mend is the way to mend a failure. Where nothing in the portal mends it, it only has its text.
type Mend struct {
	Text  string // a sentence
	Field string // of the service, as in the API; "": it is not mended there
	Link  string // the page in the portal on which it is mended; ""
}

// Rules are those by which services are judged: all, but for those that are switched off. The
// zero value has none off.
type Rules struct{ off failing }

// failing is a set of rules: bit n is rule n of All.
type failing uint32

func (f failing) has(n int) bool { return f&(1<<n) != 0 }

// ParseOff returns the rules without those whose ids a text has, with commas between. Its error
// names the ids that are of no rule.
func ParseOff(text string) (Rules, error) {
	var rules Rules
	var unknown []string
	for id := range strings.SplitSeq(text, ",") {
		id = strings.TrimSpace(id)
		switch n := Index(id); {
		case id == "":
		case n < 0:
			unknown = append(unknown, fmt.Sprintf("%.40q", id))
		default:
			rules.off |= 1 << n
		}
	}
	if unknown != nil {
		return Rules{}, fmt.Errorf("%s is not a rule; the rules are %s", strings.Join(unknown, ", "), strings.Join(IDs(), ", "))
	}
	return rules, nil
}

// IsOff reports whether rule n of All is switched off.
func (r Rules) IsOff(n int) bool { return r.off.has(n) }

// Card returns what each rule of All says of a service.
func (r Rules) Card(f Facts) []Result {
	card := make([]Result, len(All))
	for n, rule := range All {
		if r.IsOff(n) {
			card[n] = Result{Outcome: Off, Reason: "It is switched off in the portal's settings."}
			continue
		}
		card[n] = rule.judge(f)
	}
	return card
}

// Score is the level of a service, and which rules it fails.
type Score struct {
	Level  Level
	failed failing
}

// Score returns the level of a service.
func (r Rules) Score(f Facts) Score {
	s := Score{Level: Gold}
	for n, rule := range All {
		if r.IsOff(n) || rule.judge(f).Outcome != Failed {
			continue
		}
		s.failed |= 1 << n
		s.Level = min(s.Level, rule.Level-1)
	}
	return s
}

// Fails reports whether the service fails rule n of All.
func (s Score) Fails(n int) bool { return s.failed.has(n) }

// Failing returns the ids of the rules that the service fails, in the order of All.
func (s Score) Failing() []string {
	ids := []string{}
	for n, rule := range All {
		if s.Fails(n) {
			ids = append(ids, rule.ID)
		}
	}
	return ids
}
