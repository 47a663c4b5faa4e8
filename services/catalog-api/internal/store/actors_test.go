package store_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// There is no other way to write: a method that changes a table takes an actor, and asks
// whether it may.
func TestEveryWriteHasAnActor(t *testing.T) {
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var sources []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, file)
	}
	writes := regexp.MustCompile(`(?i)\b(INSERT INTO|UPDATE \w|DELETE FROM|TRUNCATE)`)
	direct, calls, actor, asks := map[string]bool{}, map[string][]string{}, map[string]bool{}, map[string]bool{}
	constants := map[string]bool{} // package-level SQL that writes
	for _, file := range sources {
		for _, decl := range file.Decls {
			if values, is := decl.(*ast.GenDecl); is {
				for _, spec := range values.Specs {
					if value, is := spec.(*ast.ValueSpec); is && mentions(value, writes.MatchString) {
						for _, name := range value.Names {
							constants[name.Name] = true
						}
					}
				}
			}
		}
	}
	for _, file := range sources {
		for _, decl := range file.Decls {
			fn, is := decl.(*ast.FuncDecl)
			if !is {
				continue
			}
			name := fn.Name.Name
			for _, param := range fn.Type.Params.List {
				if sel, is := param.Type.(*ast.SelectorExpr); is && sel.Sel.Name == "Actor" {
					actor[name] = true
				}
			}
			direct[name] = direct[name] || mentions(fn, writes.MatchString)
			ast.Inspect(fn, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.Ident:
					direct[name] = direct[name] || constants[n.Name]
				case *ast.CallExpr:
					switch called := n.Fun.(type) {
					case *ast.Ident:
						calls[name] = append(calls[name], called.Name)
					case *ast.SelectorExpr:
						calls[name] = append(calls[name], called.Sel.Name)
						asks[name] = asks[name] || called.Sel.Name == "May"
					}
				}
				return true
			})
		}
	}
	var reaches func(what map[string]bool, name string, seen map[string]bool) bool
	reaches = func(what map[string]bool, name string, seen map[string]bool) bool {
		if what[name] {
			return true
		}
		seen[name] = true
		for _, called := range calls[name] {
			if !seen[called] && reaches(what, called, seen) {
				return true
			}
		}
		return false
	}
	// Open migrates, and forgets the transaction ids of another server.
	exempt := map[string]bool{"Open": true}
	checked := 0
	for name := range calls {
		if !ast.IsExported(name) || exempt[name] || !reaches(direct, name, map[string]bool{}) {
			continue
		}
		checked++
		if asked := reaches(asks, name, map[string]bool{}); !actor[name] || !asked {
			t.Errorf("%s writes: it takes an actor: %t, and asks the rules: %t", name, actor[name], asked)
		}
	}
	if checked < 7 {
		t.Errorf("only %d methods write", checked)
	}
}

// mentions reports whether a node has a string that matches.
func mentions(node ast.Node, matches func(string) bool) (found bool) {
	ast.Inspect(node, func(n ast.Node) bool {
		if text, is := n.(*ast.BasicLit); is && text.Kind == token.STRING && matches(text.Value) {
			found = true
		}
		return !found
	})
	return found
}
