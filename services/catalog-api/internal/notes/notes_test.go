package notes_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/notes"
)

// shown writes a tree on one line: kind(children), kind"text".
func shown(list []notes.Node) string {
	var parts []string
	for _, n := range list {
		part := string(n.Kind)
		if n.Level > 0 {
			part += fmt.Sprint(n.Level)
		}
		if n.Ordered {
			part += "1"
		}
		switch {
		case n.Kind == notes.Text:
			part = fmt.Sprintf("%q", n.Text)
		case n.Text != "":
			part += fmt.Sprintf("%q", n.Text)
		case n.URL != "":
			part += "<" + n.URL + ">"
		}
		if n.Children != nil {
			part += "(" + shown(n.Children) + ")"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, " ")
}

func TestParse(t *testing.T) {
	for markdown, want := range map[string]string{
		"":                                             ``,
		"A **bold** *move* ~~back~~":                   `paragraph("A " strong("bold") " " emphasis("move") " " strikethrough("back"))`,
		"## What's *new*":                              `heading2("What's " emphasis("new"))`,
		"* one\n* two":                                 `list(item("one") item("two"))`,
		"1. one\n\n2. two":                             `list1(item(paragraph("one")) item(paragraph("two")))`,
		"* one\n  * inner":                             `list(item("one" list(item("inner"))))`,
		"> said":                                       `quote(paragraph("said"))`,
		"`a <b> & c`":                                  `paragraph(code"a <b> & c")`,
		"```go\nx := 1\n\ny\n```":                      `code_block"x := 1\n\ny"`,
		"    indented":                                 `code_block"indented"`,
		"first\nsecond  \nthird":                       `paragraph("first" break "second" break "third")`,
		"[docs](https://example.com/a)":                `paragraph(link<https://example.com/a>("docs"))`,
		"<https://example.com>":                        `paragraph(link<https://example.com>("https://example.com"))`,
		"see https://example.com/x.":                   `paragraph("see " link<https://example.com/x>("https://example.com/x") ".")`,
		"[up](../CHANGELOG.md)":                        `paragraph("up")`,
		"[run](javascript:alert(1))":                   `paragraph("run")`,
		"[mail](mailto:a@example.com)":                 `paragraph("mail")`,
		"[in](https://u:p@example.com)":                `paragraph("in")`,
		"![a graph](https://x.io/g.png)":               `paragraph(link<https://x.io/g.png>("a graph"))`,
		"![](https://x.io/g.png)":                      `paragraph(link<https://x.io/g.png>("x.io"))`,
		"[![build](https://x.io/b.svg)](https://x.io)": `paragraph(link<https://x.io>("build"))`,
		"![a graph](data:image/png;base64,AAAA)":       `paragraph("a graph")`,
		"a <script>alert(1)</script> b":                `paragraph("a alert(1) b")`,
		"<details><summary>x</summary>\n\nshown\n\n</details>": `paragraph("shown")`,
		"<img src=x onerror=alert(1)>":                         ``,
		"fish &amp; chips &#35; \\*not\\* \\&amp;":             `paragraph("fish & chips # *not* &amp;")`,
		"&lt;b&gt;":                              `paragraph("<b>")`,
		"a\n\n---\n\nb":                          `paragraph("a") paragraph("b")`,
		"[ref][1]\n\n[1]: https://example.com/r": `paragraph(link<https://example.com/r>("ref"))`,
		"|a|b|\n|-|-|\n|1|2|":                    `paragraph("|a|b|" break "|-|-|" break "|1|2|")`,
	} {
		if got := shown(notes.Parse(markdown)); got != want {
			t.Errorf("%q: got %s, want %s", markdown, got, want)
		}
	}
}

// A tree has no more nodes and levels than a page can bear, whatever was written.
func TestParseIsLimited(t *testing.T) {
	for name, markdown := range map[string]string{
		"quotes in quotes":   strings.Repeat(">", 8000) + " deep",
		"lists in lists":     strings.Repeat("- ", 5000) + "deep",
		"many paragraphs":    strings.Repeat("a\n\n", 5000),
		"many links":         strings.Repeat("<https://example.com/> ", 700),
		"emphasis all along": strings.Repeat("*a **a ", 2000),
		"open brackets":      strings.Repeat("[", 16000),
	} {
		nodes, depth := size(notes.Parse(markdown))
		if nodes > 4000 || depth > 14 {
			t.Errorf("%s: %d nodes, %d deep", name, nodes, depth)
		}
	}
}

func size(list []notes.Node) (nodes, depth int) {
	for _, n := range list {
		inner, deep := size(n.Children)
		nodes, depth = nodes+inner+1, max(depth, deep+1)
	}
	return nodes, depth
}

func FuzzParse(f *testing.F) {
	f.Add("# a\n\n* b [c](https://d)")
	f.Add("<https://\x00>")
	f.Fuzz(func(t *testing.T, markdown string) {
		list := notes.Parse(markdown)
		if _, err := json.Marshal(list); err != nil {
			t.Fatal(err)
		}
		var check func([]notes.Node)
		check = func(list []notes.Node) {
			for _, n := range list {
				if !slices.Contains(notes.Kinds, n.Kind) {
					t.Errorf("kind %q", n.Kind)
				}
				if n.URL != "" && !strings.HasPrefix(n.URL, "https://") && !strings.HasPrefix(n.URL, "http://") {
					t.Errorf("a link to %q", n.URL)
				}
				check(n.Children)
			}
		}
		check(list)
	})
}
