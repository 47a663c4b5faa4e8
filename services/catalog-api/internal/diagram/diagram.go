// Package diagram writes services and what they need of each other in the languages of programs
// that draw: DOT of Graphviz, and Mermaid. Names are text whatever they contain.
package diagram

import (
	"slices"
	"strings"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// Graph is what is drawn.
type Graph struct {
	Nodes []Node
	Edges []Edge
}

// Node is a service.
type Node struct {
	ID        string // a UUID
	Name      string
	Team      string        // "": nobody owns it
	Status    events.Status // "": it was deleted
	RootCause bool
	Hit       bool // a root cause hits it
}

// Edge is a need.
type Edge struct {
	From, To int // the indexes in Nodes: From needs To
	Kind     events.DependencyKind
	Hit      bool // a root cause hits From along this need
}

// gone is the word for a service that was deleted.
const gone = "gone"

// look is how a service with some status is drawn. Shapes and words differ too, for those who see no
// difference between the colours.
type look struct {
	word               string
	fill, line         string // colours
	shape              string // of DOT
	begin, end, dashed string // the brackets of Mermaid's shape, and its style of dashes
}

var looks = []look{
	{word: string(events.StatusHealthy), fill: "#e3f4e6", line: "#2e7d32", shape: "box", begin: "[", end: "]"},
	{word: string(events.StatusUnknown), fill: "#eceff1", line: "#546e7a", shape: "ellipse", begin: "(", end: ")"},
	{word: string(events.StatusDegraded), fill: "#fff3d6", line: "#b26a00", shape: "hexagon", begin: "{{", end: "}}"},
	{word: string(events.StatusDown), fill: "#fde0de", line: "#b3261e", shape: "octagon", begin: "[[", end: "]]"},
	{word: gone, fill: "#ffffff", line: "#757575", shape: "box", begin: "[", end: "]", dashed: ",stroke-dasharray:4 3"},
}

// textColor is that of names, and hitColor that of the needs along which a fault comes.
const (
	textColor = "#1a1a1a"
	hitColor  = "#b3261e"
)

func (n Node) look() look {
	i := slices.IndexFunc(looks, func(l look) bool { return l.word == string(n.Status) })
	if i < 0 {
		i = len(looks) - 1
	}
	return looks[i]
}

// says is the line below the name.
func (n Node) says() string {
	switch word := n.look().word; {
	case n.RootCause:
		return word + ", root cause"
	case n.Hit:
		return word + ", hit"
	default:
		return word
	}
}

// id is the name of the node within the text. It is the same in each drawing, so that two of them can
// be compared line by line.
func (n Node) id() string { return "s" + strings.ReplaceAll(n.ID, "-", "") }

// group is the services of a team.
type group struct {
	team  string
	nodes []Node
}

// groups returns the services by team, those that nobody owns last. Within a team they are in the
// order in which they are given.
func (g Graph) groups() (list []group) {
	of := map[string]int{}
	for _, n := range g.Nodes {
		i, there := of[n.Team]
		if !there {
			i = len(list)
			of[n.Team], list = i, append(list, group{team: n.Team})
		}
		list[i].nodes = append(list[i].nodes, n)
	}
	slices.SortFunc(list, func(a, b group) int {
		if (a.team == "") != (b.team == "") {
			return len(b.team) - len(a.team)
		}
		return strings.Compare(a.team, b.team)
	})
	return list
}
