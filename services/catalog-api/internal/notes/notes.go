// Package notes parses the Markdown of other people, such as release notes, into a small tree
// of which a page builds its own elements. Nothing of it is HTML: what is HTML in the source is
// left out, and of an image there is its text.
package notes

import (
	"net/url"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// The limits of a tree. What is deeper is put into the level above it, and what comes after
// the last node is left out.
const (
	maxDepth = 12
	maxNodes = 2000
	maxLink  = 2048 // bytes
)

// Kind is a kind of Node.
type Kind string

// The kinds: Text and Code have Text, CodeBlock too; Break has nothing; all others have
// Children.
const (
	Paragraph Kind = "paragraph"
	Heading   Kind = "heading" // with Level
	List      Kind = "list"    // of Items, with Ordered
	Item      Kind = "item"
	Quote     Kind = "quote"
	CodeBlock Kind = "code_block"
	Link      Kind = "link" // with URL
	Emphasis  Kind = "emphasis"
	Strong    Kind = "strong"
	Strike    Kind = "strikethrough"
	Code      Kind = "code"
	Break     Kind = "break"
	Text      Kind = "text"
)

// Kinds has every Kind.
var Kinds = []Kind{Paragraph, Heading, List, Item, Quote, CodeBlock, Link, Emphasis, Strong, Strike, Code, Break, Text}

// Node is a part of a text. As JSON it is in the database.
type Node struct {
	Kind     Kind   `json:"kind"`
	Text     string `json:"text,omitzero"`
	URL      string `json:"url,omitzero"`     // of a Link: http or https
	Level    int    `json:"level,omitzero"`   // of a Heading: 1 to 6
	Ordered  bool   `json:"ordered,omitzero"` // of a List: its items are numbered
	Children []Node `json:"children,omitzero"`
}

var parser = goldmark.New(goldmark.WithExtensions(extension.Strikethrough, extension.Linkify)).Parser()

// Parse returns the tree of a Markdown text (CommonMark, with strikethrough and bare links). A
// line's end is a Break, as the forges show it. Parse it once: a text of 16 KiB that is made for
// it takes a fifth of a second.
func Parse(markdown string) []Node {
	b := builder{source: []byte(markdown), left: maxNodes}
	return b.children(parser.Parse(text.NewReader(b.source)), 0, false)
}

// builder is the state of a Parse.
type builder struct {
	source []byte
	left   int // nodes that the tree may still get
}

// children returns the nodes of what is in parent.
func (b *builder) children(parent ast.Node, depth int, inLink bool) (list []Node) {
	for n := parent.FirstChild(); n != nil && b.left > 0; n = n.NextSibling() {
		for _, node := range b.nodes(n, depth, inLink) {
			last := len(list) - 1
			if node.Kind == Text && last >= 0 && list[last].Kind == Text {
				list[last].Text += node.Text
				continue
			}
			list = append(list, node)
		}
	}
	return list
}

// nodes returns what a node of the parser becomes: one node, several, or none.
func (b *builder) nodes(n ast.Node, depth int, inLink bool) []Node {
	b.left--
	switch n := n.(type) {
	case *ast.Text:
		return b.text(n)
	case *ast.String:
		return texts(string(n.Value))
	case *ast.CodeSpan:
		return []Node{{Kind: Code, Text: strings.ReplaceAll(b.raw(n), "\n", " ")}}
	case *ast.FencedCodeBlock, *ast.CodeBlock:
		return []Node{{Kind: CodeBlock, Text: strings.TrimSuffix(string(n.Lines().Value(b.source)), "\n")}}
	case *ast.HTMLBlock, *ast.RawHTML, *ast.ThematicBreak, *ast.LinkReferenceDefinition:
		return nil
	case *ast.AutoLink:
		label := texts(string(n.Label(b.source)))
		return link(string(n.URL(b.source)), label, inLink)
	case *ast.Link:
		return link(string(n.Destination), b.children(n, depth, true), inLink)
	case *ast.Image:
		return link(string(n.Destination), b.children(n, depth, true), inLink)
	}
	made, known := container(n)
	if !known || depth == maxDepth {
		return b.children(n, depth, inLink)
	}
	if made.Children = b.children(n, depth+1, inLink); len(made.Children) == 0 {
		return nil // it had nothing but HTML
	}
	return []Node{made}
}

// container returns the node for one that has others, without them.
func container(n ast.Node) (node Node, known bool) {
	switch n := n.(type) {
	case *ast.Paragraph:
		return Node{Kind: Paragraph}, true
	case *ast.Heading:
		return Node{Kind: Heading, Level: n.Level}, true
	case *ast.List:
		return Node{Kind: List, Ordered: n.IsOrdered()}, true
	case *ast.ListItem:
		return Node{Kind: Item}, true
	case *ast.Blockquote:
		return Node{Kind: Quote}, true
	case *ast.Emphasis:
		if n.Level == 2 {
			return Node{Kind: Strong}, true
		}
		return Node{Kind: Emphasis}, true
	case *extast.Strikethrough:
		return Node{Kind: Strike}, true
	}
	return Node{}, false // such as the text of a tight list's item
}

// text returns a piece of text, and the break after it.
func (b *builder) text(n *ast.Text) []Node {
	value := string(n.Segment.Value(b.source))
	if !n.IsRaw() {
		value = plain(value)
	}
	list := texts(value)
	if n.SoftLineBreak() || n.HardLineBreak() {
		list = append(list, Node{Kind: Break})
	}
	return list
}

// raw returns the text in a code span.
func (b *builder) raw(n ast.Node) string {
	var all strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if t, is := c.(*ast.Text); is {
			all.Write(t.Segment.Value(b.source))
		}
	}
	return all.String()
}

func texts(value string) []Node {
	if value == "" {
		return nil
	}
	return []Node{{Kind: Text, Text: value}}
}

// link returns a link to a page, or only its children where it leads elsewhere or is in another.
func link(to string, children []Node, inLink bool) []Node {
	u, err := url.Parse(to)
	if inLink || err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || len(to) > maxLink {
		return children
	}
	if len(children) == 0 { // an image without a text
		children = texts(u.Host)
	}
	return []Node{{Kind: Link, URL: u.String(), Children: children}}
}

// plain resolves the escapes and the entities of a text.
func plain(value string) string {
	if !strings.ContainsAny(value, `\&`) {
		return value
	}
	var all strings.Builder
	entities := func(part string) {
		all.Write(util.ResolveEntityNames(util.ResolveNumericReferences([]byte(part))))
	}
	from := 0
	for i := 0; i+1 < len(value); i++ {
		if value[i] == '\\' && util.IsPunct(value[i+1]) {
			entities(value[from:i])
			all.WriteByte(value[i+1])
			i++
			from = i + 1
		}
	}
	entities(value[from:])
	return all.String()
}
