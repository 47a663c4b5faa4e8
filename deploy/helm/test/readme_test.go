package chart

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

const tableBegin, tableEnd = "<!-- values: made of the comments in values.yaml -->\n", "<!-- end of values -->"

func TestReadmeHasTheValuesAsTheyAre(t *testing.T) {
	path := filepath.Join(chartDir, "README.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), tableBegin)
	_, after, okEnd := strings.Cut(rest, tableEnd)
	if !ok || !okEnd {
		t.Fatalf("%s lacks the marks around the table of values", path)
	}
	golden(t, path, before+tableBegin+valueTable(t)+tableEnd+after)
}

// valueTable is a row for each value, from values.yaml.
func valueTable(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(chartDir, "values.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("| value | default | |\n|---|---|---|\n")
	if err := rows(&b, "", root.Content[0]); err != nil {
		t.Error(err)
	}
	return b.String()
}

// rows writes a row for each documented value of a mapping, and goes into those
// that aren't documented themselves.
func rows(b *strings.Builder, prefix string, mapping *yaml.Node) error {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		key, value := mapping.Content[i], mapping.Content[i+1]
		path := prefix + key.Value
		_, doc, documented := strings.Cut(key.HeadComment, "# -- ")
		switch {
		case documented:
			fmt.Fprintf(b, "| `%s` | `%s` | %s |\n", path, inline(value), strings.ReplaceAll(doc, "\n# ", " "))
		case value.Kind == yaml.MappingNode:
			if err := rows(b, path+".", value); err != nil {
				return err
			}
		default:
			return fmt.Errorf("values.yaml: %s has no comment that begins with # --", path)
		}
	}
	return nil
}

// inline is the value on one line.
func inline(value *yaml.Node) string {
	copied := *value
	copied.Style |= yaml.FlowStyle
	copied.HeadComment, copied.LineComment, copied.FootComment = "", "", ""
	if copied.Kind != yaml.ScalarNode {
		copied.Content = nil
		for _, c := range value.Content {
			plain := *c
			plain.HeadComment, plain.LineComment, plain.FootComment = "", "", ""
			copied.Content = append(copied.Content, &plain)
		}
	}
	text, err := yaml.Marshal(&copied)
	if err != nil {
		return err.Error()
	}
	return strings.Join(strings.Fields(string(text)), " ")
}
