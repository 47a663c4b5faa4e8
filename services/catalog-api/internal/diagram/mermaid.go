package diagram

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

// MermaidType is the media type of what Mermaid returns, as IANA registered it.
const MermaidType = "application/vnd.mermaid"

// inMermaid makes a text a part of a quoted label of Mermaid, which may also read Markdown, HTML and
// its own comments there: all of ASCII but letters, digits, spaces and commas is written as an
// entity of Mermaid's, a number between # and ;.
func inMermaid(text string) string {
	var out strings.Builder
	for _, r := range text {
		switch {
		case r == '\n' || r == '\r':
			out.WriteByte(' ')
		case r == ' ' || r == ',' || unicode.IsLetter(r) || unicode.IsDigit(r) || r > unicode.MaxASCII:
			out.WriteRune(r)
		case !unicode.IsControl(r):
			out.WriteString("#" + strconv.Itoa(int(r)) + ";")
		}
	}
	return out.String()
}

// Mermaid returns the graph as a flowchart of Mermaid, with a subgraph for each team: soft needs
// are dotted, and those along which a fault comes are thick and red.
func Mermaid(g Graph) []byte {
	var out []byte
	add := func(format string, args ...any) { out = fmt.Appendf(out, format+"\n", args...) }
	add("flowchart LR")
	for i, team := range g.groups() {
		indent := "  "
		if team.team != "" {
			add("  subgraph team%d[\"%s\"]", i+1, inMermaid(team.team))
			indent = "    "
		}
		for _, n := range team.nodes {
			l := n.look()
			add("%s%s%s\"%s<br/>%s\"%s", indent, n.id(), l.begin, inMermaid(n.Name), n.says(), l.end)
		}
		if team.team != "" {
			add("  end")
		}
	}
	var hit []string
	for i, e := range g.Edges {
		arrow := "-->"
		switch {
		case e.Kind == events.DependencySoft:
			arrow = "-.->"
		case e.Kind == catalog.DependencyObserved:
			arrow = "-. seen .->"
		case e.Hit:
			arrow = "==>"
			hit = append(hit, strconv.Itoa(i))
		}
		add("  %s %s %s", g.Nodes[e.From].id(), arrow, g.Nodes[e.To].id())
	}
	for _, l := range looks {
		var ids []string
		for _, n := range g.Nodes {
			if n.look().word == l.word {
				ids = append(ids, n.id())
			}
		}
		if len(ids) > 0 {
			add("  classDef %s fill:%s,stroke:%s,color:%s%s", l.word, l.fill, l.line, textColor, l.dashed)
			add("  class %s %s", strings.Join(ids, ","), l.word)
		}
	}
	if len(hit) > 0 {
		add("  linkStyle %s stroke:%s", strings.Join(hit, ","), hitColor)
	}
	return out
}
