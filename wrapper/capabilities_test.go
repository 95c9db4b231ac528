package functions

import (
	"go/ast"
	"slices"
	"strings"
	"testing"

	"github.com/cogfn/cogfn/gen"
)

// Every exported method that sends requests names the capabilities of its operations and links the API reference.
func TestMethodsNameCapabilityAndReference(t *testing.T) {
	t.Parallel()
	functions := map[string]*ast.FuncDecl{}
	for _, file := range sources(t) {
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok {
				functions[receiver(f)+"."+f.Name.Name] = f
			}
		}
	}
	checked := 0
	for name, f := range functions {
		if !f.Name.IsExported() {
			continue
		}
		for _, operation := range operationsOf(f, functions, map[*ast.FuncDecl]bool{}) {
			checked++
			comment := f.Doc.Text()
			if capability := strings.Join(operation.Capabilities, " or "); !strings.Contains(comment, capability) {
				t.Errorf("the doc comment of %s does not name the capability %s of the operation %s", name, capability, operation.ID)
			}
			if !strings.Contains(comment, "\nReference: https://") {
				t.Errorf("the doc comment of %s does not link the API reference", name)
			}
		}
	}
	check(t, "the methods were found", checked > 25, true)
}

// Each linked operation of the API reference exists.
func TestReferencesExist(t *testing.T) {
	t.Parallel()
	for name, file := range sources(t) {
		for _, group := range file.Comments {
			for line := range strings.Lines(group.Text()) {
				_, id, ok := strings.Cut(strings.TrimSpace(line), "/operation/")
				known := slices.ContainsFunc(gen.Operations(), func(op gen.Operation) bool { return op.ID == id })
				if ok && !known {
					t.Errorf("wrapper/%s links the unknown operation %q", name, id)
				}
			}
		}
	}
}

// receiver returns the name of the type that has the method, or "" for a function.
func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	typ := f.Recv.List[0].Type
	if pointer, ok := typ.(*ast.StarExpr); ok {
		typ = pointer.X
	}
	if generic, ok := typ.(*ast.IndexListExpr); ok {
		typ = generic.X
	}
	name, _ := typ.(*ast.Ident)
	if name == nil {
		return ""
	}
	return name.Name
}

// operationsOf returns the operations that a function calls itself or through functions that are not exported.
func operationsOf(f *ast.FuncDecl, functions map[string]*ast.FuncDecl, seen map[*ast.FuncDecl]bool) []gen.Operation {
	if seen[f] {
		return nil
	}
	seen[f] = true
	var found []gen.Operation
	ast.Inspect(f.Body, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if of, ok := selector.X.(*ast.SelectorExpr); ok && of.Sel.Name == "api" {
			for _, op := range gen.Operations() {
				if strings.EqualFold(op.ID, selector.Sel.Name) {
					found = append(found, op)
				}
			}
		}
		// The receiver's own unexported methods. Other calls reach exported methods, which have their own comments.
		if x, ok := selector.X.(*ast.Ident); ok && f.Recv != nil && len(f.Recv.List[0].Names) == 1 && x.Name == f.Recv.List[0].Names[0].Name {
			if callee, ok := functions[receiver(f)+"."+selector.Sel.Name]; ok && !callee.Name.IsExported() {
				found = append(found, operationsOf(callee, functions, seen)...)
			}
		}
		return true
	})
	return found
}
