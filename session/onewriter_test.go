package session

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// TestOneWriterOfSnapshots reads the package: nothing but apply (and newDevice, before
// anybody can see the device) stores a snapshot, and only apply and adopt tell of one.
// Whoever changed a device past apply would leave what is seen, what is told and what is
// stored of it apart.
func TestOneWriterOfSnapshots(t *testing.T) {
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	writers := map[string]map[string]bool{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			ast.Inspect(f.Body, func(n ast.Node) bool {
				if what := writes(n); what != "" {
					if writers[what] == nil {
						writers[what] = map[string]bool{}
					}
					writers[what][f.Name.Name] = true
				}
				return true
			})
		}
	}
	for what, want := range map[string][]string{
		"store":   {"apply", "newDevice"},
		"publish": {"apply", "adopt"},
		"change":  nil,
	} {
		for _, name := range want {
			if !writers[what][name] {
				t.Errorf("%s does not %s snapshots any more: this test looks for something else", name, what)
			}
			delete(writers[what], name)
		}
		for name := range writers[what] {
			t.Errorf("%s must not %s snapshots: that is apply's", name, what)
		}
	}
}

// writes says what a node does to a snapshot: it stores a new one ("store"), tells of
// one ("publish"), or writes into the one that everybody shares ("change").
func writes(n ast.Node) string {
	switch n := n.(type) {
	case *ast.CallExpr:
		sel, ok := n.Fun.(*ast.SelectorExpr)
		if !ok {
			return ""
		}
		if on, ok := sel.X.(*ast.SelectorExpr); ok {
			switch {
			case on.Sel.Name == "snap" && sel.Sel.Name != "Load":
				return "store"
			case on.Sel.Name == "hub" && sel.Sel.Name == "publish":
				return "publish"
			}
		}
	case *ast.AssignStmt:
		for _, left := range n.Lhs {
			for sel, ok := left.(*ast.SelectorExpr); ok; sel, ok = sel.X.(*ast.SelectorExpr) {
				if call, is := sel.X.(*ast.CallExpr); is {
					if of, is := call.Fun.(*ast.SelectorExpr); is && of.Sel.Name == "Load" {
						return "change"
					}
				}
			}
		}
	}
	return ""
}
