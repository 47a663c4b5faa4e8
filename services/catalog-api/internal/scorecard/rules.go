package scorecard

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Rule is one thing that a well-kept service has.
type Rule struct {
	ID    string // in the API and in settings; never changed
	Title string // what it asks for
	Level Level  // which it counts for; with those above it

	judge func(Facts) Result
}

// All are the rules: those of the lowest level first. Their ids are public; a new one goes to the
// end of its level.
var All = []Rule{
	{"owner", "Owner", Bronze, owner},
	{"health_url", "Health URL", Bronze, healthURL},
	{"dependencies", "Needs that are there", Bronze, dependencies},
	{"description", "Description", Silver, description},
	{"docs", "Documentation", Silver, docs},
	{"code", "Code link", Silver, code},
	{"on_call", "Somebody on call", Silver, onCall},
	{"dashboard", "Dashboard", Gold, dashboard},
	{"links", "Links that answer", Gold, links},
	{"changed", "Entry changed within a year", Gold, changed},
	{"releases", "Release within a year", Gold, releases},
}

// Index returns the number in All of the rule with an id; -1: there is none.
func Index(id string) int { return slices.IndexFunc(All, func(r Rule) bool { return r.ID == id }) }

// IDs returns the ids of All.
func IDs() []string {
	ids := make([]string, len(All))
	for n, rule := range All {
		ids[n] = rule.ID
	}
	return ids
}

// year is the age at which what nobody touches counts as left alone.
const year = 365 * 24 * time.Hour

func passed() Result { return Result{Outcome: Passed} }

func failed(reason string, mend Mend) Result { return Result{Failed, reason, mend} }

func notApplicable(reason string) Result { return Result{Outcome: NotApplicable, Reason: reason} }

// filled returns the result of a rule that a field is filled in.
func filled(value, reason string, mend Mend) Result {
	if value != "" {
		return passed()
	}
	return failed(reason, mend)
}

func owner(f Facts) Result {
	return filled(f.Service.Team, "Nobody owns it: it has no team.", Mend{Text: "Name the team that owns it.", Field: "team"})
}

func healthURL(f Facts) Result {
	return filled(f.Service.StatusURL, "Nobody measures whether it is up: it has no health URL.",
		Mend{Text: "Give the URL that answers while it works.", Field: "status_url"})
}

func dependencies(f Facts) Result {
	var gone []string
	for _, d := range f.Service.DependsOn {
		if d.Missing {
			gone = append(gone, d.Name)
		}
	}
	switch n := len(gone); {
	case len(f.Service.DependsOn) == 0:
		return notApplicable("It names no service that it needs.")
	case n == 0:
		return passed()
	case n == 1:
		return failed("It needs "+gone[0]+", which is gone.", Mend{Text: "Remove the need, or restore the service.", Field: "depends_on"})
	default:
		return failed("It needs "+list(gone)+", which are gone.", Mend{Text: "Remove the needs, or restore the services.", Field: "depends_on"})
	}
}

// list names the first few of several: "a, b and 3 more".
func list(names []string) string {
	const most = 3
	last, rest := len(names)-1, names[len(names)-1]
	if len(names) > most {
		last, rest = most, strconv.Itoa(len(names)-most)+" more"
	}
	return strings.Join(names[:last], ", ") + " and " + rest
}

func description(f Facts) Result {
	return filled(f.Service.Description, "Nobody has written what it does.", Mend{Text: "Say in a sentence what it does and for whom.", Field: "description"})
}

func docs(f Facts) Result {
	return filled(f.Service.DocsURL, "It has no link to its documentation.", Mend{Text: "Give the URL of its documentation.", Field: "docs_url"})
}

func code(f Facts) Result {
	return filled(f.Service.GitHubURL, "It has no link to its code.", Mend{Text: "Give the URL of its repository.", Field: "github_url"})
}

func dashboard(f Facts) Result {
	return filled(f.Service.DashboardURL, "It has no link to a dashboard.", Mend{Text: "Give the URL that shows its numbers.", Field: "dashboard_url"})
}

func onCall(f Facts) Result {
	team := f.Service.Team
	if team == "" {
		return failed("Nobody is on call: it has no team.", Mend{Text: "Name the team that owns it.", Field: "team"})
	}
	duty := f.OnCall
	if duty == nil {
		return failed("Nobody is on call for "+team+": nothing is known of that team.", Mend{Text: "Name a team that is there.", Field: "team"})
	}
	page := "/teams/" + duty.Slug
	switch {
	case duty.Anybody:
		return passed()
	case duty.Unknown != "":
		return notApplicable(duty.Unknown)
	case !duty.Planned:
		return failed("Nobody is on call for "+team+".", Mend{Text: "Give the team a contact, a rotation or a calendar.", Link: page})
	case duty.Problem != "":
		return failed("Nobody is known to be on call for "+team+": its calendar cannot be read ("+duty.Problem+").",
			Mend{Text: "Correct the address of the team's calendar.", Link: page})
	}
	return failed("Nobody is on call for "+team+" at present: its plan has a gap.", Mend{Text: "Close the gap in the team's rotation or calendar.", Link: page})
}

func links(f Facts) Result {
	s := f.Service
	switch {
	case s.DocsURL == "" && s.GitHubURL == "" && s.DashboardURL == "":
		return notApplicable("It has no links.")
	case f.Links == nil:
		return notApplicable("Its links were not checked yet.")
	case len(f.Links.Broken) == 0:
		return passed()
	}
	broken := f.Links.Broken
	if len(broken) == 1 {
		return failed("A link does not answer: "+broken[0].Text+".", Mend{Text: "Correct the link.", Field: broken[0].Field})
	}
	texts := make([]string, len(broken))
	for i, b := range broken {
		texts[i] = b.Text
	}
	return failed("Links do not answer: "+list(texts)+".", Mend{Text: "Correct the links.", Field: broken[0].Field})
}

func changed(f Facts) Result {
	if f.At.Sub(f.Service.UpdatedAt) < year {
		return passed()
	}
	return failed("Nobody has changed its entry since "+day(f.Service.UpdatedAt)+".",
		Mend{Text: "Read the entry, and correct what is no longer so; say in the description what still holds.", Field: "description"})
}

func releases(f Facts) Result {
	switch {
	case f.Service.GitHubURL == "":
		return notApplicable("It has no link to its code.")
	case f.Released.IsZero():
		return notApplicable("No release of its code is known.")
	case f.At.Sub(f.Released) < year:
		return passed()
	}
	return failed("Its newest release is of "+day(f.Released)+".", Mend{Text: "Release what has changed since, or say in the description that it is at rest."})
}

func day(at time.Time) string { return at.UTC().Format("2 January 2006") }
