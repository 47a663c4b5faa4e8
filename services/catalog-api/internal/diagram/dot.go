package diagram

import (
	"fmt"
	"strings"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

// DOTType is the media type of what DOT returns.
const DOTType = "text/vnd.graphviz"

// inDOT makes a text a part of a quoted string of DOT, where a backslash begins an escape, and
// Graphviz reads entities of HTML. The other characters mean nothing there.
var inDOT = strings.NewReplacer(`\`, `\\`, `"`, `\"`, `&`, `&amp;`, "\n", " ", "\r", " ", "\x00", "")

// DOT returns the graph in the language of Graphviz, with a cluster for each team: soft needs are
// dashed, those that were only seen dotted, and those along which a fault comes are thick and red.
func DOT(g Graph) []byte {
	var out []byte
	add := func(format string, args ...any) { out = fmt.Appendf(out, format+"\n", args...) }
	add("digraph services {")
	add("  charset=\"UTF-8\"; rankdir=LR;")
	add("  node [style=filled, fontname=\"sans-serif\", fontcolor=%q];", textColor)
	add("  edge [color=\"#546e7a\"];")
	for i, team := range g.groups() {
		indent := "  "
		if team.team != "" {
			add("  subgraph cluster_%d {", i+1)
			add("    label=\"%s\"; style=rounded; color=\"#90a4ae\"; fontname=\"sans-serif\"; fontcolor=%q;", inDOT.Replace(team.team), textColor)
			indent = "    "
		}
		for _, n := range team.nodes {
			l, style := n.look(), ""
			if n.Status == "" {
				style = `, style="filled,dashed"`
			}
			add("%s%s [label=\"%s\\n%s\", shape=%s, fillcolor=%q, color=%q%s];", indent, n.id(), inDOT.Replace(n.Name), n.says(), l.shape, l.fill, l.line, style)
		}
		if team.team != "" {
			add("  }")
		}
	}
	for _, e := range g.Edges {
		var styles []string
		switch e.Kind {
		case events.DependencyHard:
		case events.DependencySoft:
			styles = append(styles, "style=dashed")
		case catalog.DependencyObserved:
			styles = append(styles, "style=dotted")
		}
		if e.Hit {
			styles = append(styles, fmt.Sprintf("color=%q", hitColor), "penwidth=2")
		}
		line := fmt.Sprintf("  %s -> %s", g.Nodes[e.From].id(), g.Nodes[e.To].id())
		if len(styles) > 0 {
			line += " [" + strings.Join(styles, ", ") + "]"
		}
		add("%s;", line)
	}
	add("}")
	return out
}
