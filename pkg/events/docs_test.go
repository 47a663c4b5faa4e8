package events_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// The Go code in docs/events.md must be that of the examples, and its data must be that
// of testdata.
func TestDocsMatchContract(t *testing.T) {
	doc := readText(t, "../../docs/events.md")
	example := readText(t, "stream/example_test.go")
	for line := range strings.Lines(strings.Join(codeBlocks(doc, "go"), "\n")) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		_, after, found := strings.Cut(example, strings.TrimRight(line, "\n"))
		if !found {
			t.Fatalf("the examples lack, in this order, %q", line)
		}
		example = after
	}
	var shown []string
	for _, block := range codeBlocks(doc, "json") {
		shown = append(shown, compact(t, []byte(block)))
	}
	for _, typ := range events.Types {
		if !slices.Contains(shown, compact(t, golden(t, typ))) {
			t.Errorf("there is no sample of %s as in testdata", typ)
		}
		if !strings.Contains(doc, "**`"+typ+"`**") {
			t.Errorf("%s is not explained", typ)
		}
	}
	if len(shown) != len(events.Types) {
		t.Errorf("%d samples, want %d", len(shown), len(events.Types))
	}
	words := []string{events.StreamPortal, events.StreamProbes, events.StreamResults}
	for _, s := range events.Statuses {
		words = append(words, string(s))
	}
	for _, r := range events.Reasons {
		words = append(words, string(r))
	}
	words = append(words, strings.TrimSuffix(events.AllDue, "*")+"<service id>")
	for _, e := range samples() {
		id := "<" + string(e.Key().Kind) + " id>"
		switch e.Key().Kind {
		case events.KindLocation:
			id = "<location>"
		case events.KindTeam:
			id = "<slug>"
		case events.KindPart:
			id = "<part>"
		}
		words = append(words, strings.TrimSuffix(e.Subject(), e.Key().ID)+id)
	}
	for _, word := range words {
		if !strings.Contains(doc, "`"+word+"`") {
			t.Errorf("%s is not mentioned", word)
		}
	}
}

func TestPackageCommentListsEveryType(t *testing.T) {
	comment, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, typ := range events.Types {
		if !strings.Contains(string(comment), " "+typ+" ") {
			t.Errorf("doc.go lacks %s", typ)
		}
	}
}

func codeBlocks(doc, language string) (blocks []string) {
	for _, part := range strings.Split(doc, "\n```"+language+"\n")[1:] {
		block, _, _ := strings.Cut(part, "\n```")
		blocks = append(blocks, block)
	}
	return blocks
}

func readText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
