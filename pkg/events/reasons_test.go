package events_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// A result with a reason that is not on the list is not valid: its probe would be lost.
func TestEveryReasonIsOnTheList(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "status.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var declared []events.Reason
	for node := range ast.Preorder(file) {
		spec, is := node.(*ast.ValueSpec)
		if !is || len(spec.Values) == 0 {
			continue
		}
		typ, _ := spec.Type.(*ast.Ident)
		value, _ := spec.Values[0].(*ast.BasicLit)
		if typ == nil || typ.Name != "Reason" || value == nil {
			continue
		}
		word, err := strconv.Unquote(value.Value)
		if err != nil {
			t.Fatal(err)
		}
		declared = append(declared, events.Reason(word))
	}
	if len(declared) == 0 || !slices.Equal(declared, events.Reasons) {
		t.Errorf("Reasons is %q, and declared are %q", events.Reasons, declared)
	}
}
