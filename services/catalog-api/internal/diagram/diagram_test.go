package diagram

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

var update = flag.Bool("update", false, "write the drawings in testdata anew")

func id(n int) string { return fmt.Sprintf("019a0000-0000-7000-8000-%012d", n) }

const (
	hard = events.DependencyHard
	soft = events.DependencySoft
)

// shop is a graph with everything in it that is drawn.
func shop() Graph {
	return Graph{
		Nodes: []Node{
			{ID: id(1), Name: "Checkout", Team: "Web", Status: events.StatusDegraded, Hit: true},
			{ID: id(2), Name: "Ledger", Team: "Payments", Status: events.StatusHealthy, Hit: true},
			{ID: id(3), Name: "Mail", Status: events.StatusUnknown},
			{ID: id(4), Name: "Old search"},
			{ID: id(5), Name: "Payments DB", Team: "Payments", Status: events.StatusDown, RootCause: true},
			{ID: id(6), Name: "Status page", Team: "Web", Status: events.StatusHealthy},
		},
		Edges: []Edge{{0, 1, hard, true}, {0, 2, soft, false}, {0, 3, hard, false}, {1, 4, hard, true}, {5, 1, catalog.DependencyObserved, false}, {5, 2, hard, false}},
	}
}

// hostile are names that would mean something to one of the languages, or to a page with the drawing.
var hostile = []string{
	`a"] --> b["c`, `\`, `\"`, `ends with \`, `\N \G \l \n`, `]`, `-->`, `;`, `#`, `#quot;`, `#34;`, `&quot;`, `&lt;b&gt;`, `"`, `""`, "`", "`**bold**`", `%%{init: {"theme":"dark"}}%%`, `%% comment`,
	`end`, `subgraph x`, `click s1 href "javascript:alert(1)"`, `style a fill:#f00;`, `classDef down fill:#fff;x`, `<script>alert(1)</script>`, `<img src=x onerror=alert(1)>`, `<<b>>`, `{a|b}`, `1. one`, `- one`, `# head`,
	`/* x`, `*/`, `// x`, `}`, `{`, `|x|`, `x ==> y`, `a:::down`, `@{ shape: x }`, `---`, `graph TD`, `strict`, "$$x^2$$", "fa:fa-user", "👩‍💻 Ümläut 東京", "שירות", "خدمة", strings.Repeat(`"`, 200), strings.Repeat("ü", 200),
	"a\nb\r\nc", `a'b`, `(x)`, `_x_`, `~x~`, `!x!`, `?`,
}

// hostileGraph has those names, of services and of teams.
func hostileGraph() (g Graph) {
	for i, name := range hostile {
		g.Nodes = append(g.Nodes, Node{ID: id(i), Name: name, Team: hostile[(i+1)%len(hostile)], Status: events.Statuses[i%len(events.Statuses)]})
		if i > 0 {
			g.Edges = append(g.Edges, Edge{From: i - 1, To: i, Kind: events.DependencyKinds[(i+1)%2], Hit: i%3 == 0})
		}
	}
	return g
}

func TestDrawings(t *testing.T) {
	for name, drawing := range map[string][]byte{
		"shop.dot": DOT(shop()), "shop.mmd": Mermaid(shop()), "hostile.dot": DOT(hostileGraph()), "hostile.mmd": Mermaid(hostileGraph()),
	} {
		path := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(path, drawing, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if want, err := os.ReadFile(path); err != nil || string(want) != string(drawing) {
			t.Errorf("%s differs (%v): look at it with Graphviz or Mermaid, then run go test with -update. It is now\n%s", path, err, drawing)
		}
	}
}

// The lines of which a drawing consists, where a label is a quoted string of each language.
var (
	dotLabel  = `"(?:[^"\\\n]|\\.)*"`
	dotLine   = regexp.MustCompile(`^(?:digraph services \{|\}|  \}|  charset="UTF-8"; rankdir=LR;|  (?:node|edge) \[[^\]]*\];|  subgraph cluster_\d+ \{|    label=` + dotLabel + `; style=rounded; color="#90a4ae"; fontname="sans-serif"; fontcolor="#[0-9a-f]+";|  (?:  )?s[0-9a-f]{32} \[label=` + dotLabel + `, shape=[a-z]+, fillcolor="#[0-9a-f]+", color="#[0-9a-f]+"(?:, style="filled,dashed")?\];|  s[0-9a-f]{32} -> s[0-9a-f]{32}(?: \[[a-z0-9=#", ]+\])?;)$`)
	merLabel  = `"(?:[^\x00-\x7f]|[A-Za-z0-9 ,]|#\d+;|<br/>)*"`
	merLine   = regexp.MustCompile(`^(?:flowchart LR|  end|  subgraph team\d+\[` + merLabel + `\]|  (?:  )?s[0-9a-f]{32}(?:\[|\(|\{\{|\[\[)` + merLabel + `(?:\]|\)|\}\}|\]\])|  s[0-9a-f]{32} (?:-->|-\.->|-\. seen \.->|==>) s[0-9a-f]{32}|  classDef [a-z]+ [a-z0-9:#, -]+|  class [s0-9a-f,]+ [a-z]+|  linkStyle [0-9,]+ stroke:#[0-9a-f]+)$`)
	merEntity = regexp.MustCompile(`#\d+;`)
)

func TestNoNameBreaksOut(t *testing.T) {
	g := hostileGraph()
	for what, tc := range map[string]struct {
		drawing []byte
		line    *regexp.Regexp
	}{"DOT": {DOT(g), dotLine}, "Mermaid": {Mermaid(g), merLine}} {
		nodes := 0
		for line := range strings.Lines(string(tc.drawing)) {
			line = strings.TrimSuffix(line, "\n")
			if !tc.line.MatchString(line) {
				t.Errorf("%s has the line %s", what, line)
			}
			if strings.HasPrefix(line, "    s") {
				nodes++
			}
		}
		if nodes != len(g.Nodes) {
			t.Errorf("%s has %d services of %d", what, nodes, len(g.Nodes))
		}
	}
	for _, name := range hostile {
		read := merEntity.ReplaceAllStringFunc(inMermaid(name), func(entity string) string {
			var r rune
			_, _ = fmt.Sscanf(entity, "#%d;", &r) // 0, if it is none: then the texts differ
			return string(r)
		})
		want := strings.NewReplacer("\n", " ", "\r", " ").Replace(name)
		if read != want {
			t.Errorf("of Mermaid's label %q is read %q, want %q", inMermaid(name), read, want)
		}
		if read := strings.NewReplacer(`\\`, `\`, `\"`, `"`, `&amp;`, `&`).Replace(inDOT.Replace(name)); read != want {
			t.Errorf("of DOT's label %q is read %q, want %q", inDOT.Replace(name), read, want)
		}
	}
}

func TestEmptyDrawings(t *testing.T) {
	for what, drawing := range map[string][]byte{"digraph": DOT(Graph{}), "flowchart": Mermaid(Graph{})} {
		if !strings.HasPrefix(string(drawing), what+" ") {
			t.Errorf("%s", drawing)
		}
	}
}
