package handlers_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"wadah/views"
	auditviews "wadah/views/audit"
)

// sources parses the Go files of a package, tests aside.
func sources(t *testing.T, dir string) []*ast.File {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, entry := range entries {
		if name := entry.Name(); strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, name), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, file)
		}
	}
	return files
}

// sourcesBelow parses those of a package and of the rooms in it.
func sourcesBelow(t *testing.T, root string) (files []*ast.File) {
	t.Helper()
	for _, dir := range rooms(t, root) {
		files = append(files, sources(t, dir)...)
	}
	return files
}

func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}

// TestEveryReasonHasASentence compares what session can report with what the panel
// can say.
func TestEveryReasonHasASentence(t *testing.T) {
	var reasons []string
	for _, file := range sources(t, "../session") {
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == "Reason" {
				for _, v := range spec.Values {
					if text, ok := literal(v); ok {
						reasons = append(reasons, text)
					}
				}
			}
			return true
		})
	}
	slices.Sort(reasons)
	if known := views.Reasons(); len(reasons) < 15 || !slices.Equal(known, reasons) {
		t.Errorf("views knows %q,\nsession reports %q", known, reasons)
	}
}

// TestEveryRefusalHasASentence finds the codes that models and session give for what
// people type, and the codes this package uses itself.
func TestEveryRefusalHasASentence(t *testing.T) {
	codes := []string{
		"signin_failed", "signin_slow", "password_wrong", "password_mismatch", "already_linked", "not_linking", "not_linked", "rate_limited",
		"bad_number", "bad_passkey", "banned", "busy", "proxy_failed", "phone_number", "qr_expired", "name_taken",
	}
	// No form of the panel has these fields.
	unseen := []string{"chat", "jid", "lang", "sender", "theme"}
	for root, least := range map[string]int{"../models": 20, "../session": 6, ".": 5} {
		found := 0
		for _, file := range sourcesBelow(t, root) {
			ast.Inspect(file, func(n ast.Node) bool {
				if field, code := refusal(n); code != "" && !slices.Contains(unseen, field) {
					found++
					codes = append(codes, code)
				}
				return true
			})
		}
		if found < least {
			t.Errorf("only %d codes found in %s; the search for them is broken", found, root)
		}
	}
	known := views.InvalidCodes()
	for _, code := range codes {
		if !slices.Contains(known, code) {
			t.Errorf("the panel has no sentence for %s", code)
		}
	}
}

// refusal is the field and the code of rules.Refuse(field, code, message), of what
// session.ParseProxy refuses with refuse(code, message), and of a literal models.Invalid.
func refusal(n ast.Node) (field, code string) {
	switch n := n.(type) {
	case *ast.CallExpr:
		name := ""
		switch fun := n.Fun.(type) {
		case *ast.Ident:
			name = fun.Name
		case *ast.SelectorExpr:
			name = fun.Sel.Name
		}
		switch {
		case name == "Refuse" && len(n.Args) == 3:
			field, _ = literal(n.Args[0])
			code, _ = literal(n.Args[1])
		case name == "refuse" && len(n.Args) == 2:
			code, _ = literal(n.Args[0])
		}
	case *ast.CompositeLit:
		if name, ok := n.Type.(*ast.SelectorExpr); !ok || name.Sel.Name != "Invalid" {
			return "", ""
		}
		for _, e := range n.Elts {
			pair, isPair := e.(*ast.KeyValueExpr)
			if !isPair {
				continue
			}
			if key, ok := pair.Key.(*ast.Ident); ok && key.Name == "Code" {
				code, _ = literal(pair.Value)
			}
		}
	}
	return field, code
}

// TestEveryActionHasAWord compares the vocabulary of the audit with what the panel has words
// for, and finds entries that would be made in other words.
func TestEveryActionHasAWord(t *testing.T) {
	var actions []string
	for _, file := range sources(t, "audit") {
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok {
				if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == "Action" {
					text, _ := literal(spec.Values[0])
					actions = append(actions, text)
				}
			}
			return true
		})
	}
	slices.Sort(actions)
	if known := auditviews.AuditActions(); len(actions) < 30 || !slices.Equal(actions, known) {
		t.Errorf("the audit speaks of\n%q, the panel has words for\n%q", actions, known)
	}
	for _, dir := range append(rooms(t, "."), "../cmd/wadah") {
		for _, file := range sources(t, dir) {
			ast.Inspect(file, func(n ast.Node) bool {
				e, ok := n.(ast.Expr)
				if !ok {
					return true
				}
				if text, ok := literal(e); ok && dir != "audit" && strings.Contains(text, ".") && slices.Contains(actions, text) {
					t.Errorf("%s says %q itself: the vocabulary is in the room of the audit", dir, text)
				}
				return true
			})
		}
	}
}

// rooms are a folder and those below it.
func rooms(t *testing.T, root string) []string {
	t.Helper()
	var dirs []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && entry.Name() != "testdata" {
			dirs = append(dirs, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return dirs
}
