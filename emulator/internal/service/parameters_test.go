package service

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// unusedParameters are query parameters and headers that the emulator ignores, with the reason.
var unusedParameters = map[string]string{
	"InitFileUpload.Origin": "uploads are accepted from every origin",
}

// The generated interface has a struct of parameters, so operations compile without using a new parameter.
func TestEveryParameterIsUsed(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range sources {
		for _, decl := range parsed(t, name).Decls {
			if method, ok := decl.(*ast.FuncDecl); ok {
				for _, field := range parametersIn(method) {
					used[method.Name.Name+"."+field] = true
				}
			}
		}
	}
	found := 0
	for _, decl := range parsed(t, "../../../gen/gen.gen.go").Decls {
		for operation, fields := range parameterStructs(decl) {
			for _, field := range fields {
				found++
				name := operation + "." + field
				if _, unused := unusedParameters[name]; !used[name] && !unused {
					t.Errorf("emulator/internal/service: %s ignores its parameter; apply request.Params.%s there", operation, field)
				}
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d generated parameters were found", found)
	}
}

func parsed(t *testing.T, name string) *ast.File {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// parametersIn returns the fields that a method reads from request.Params.
func parametersIn(method *ast.FuncDecl) []string {
	var fields []string
	ast.Inspect(method, func(n ast.Node) bool {
		if outer, ok := n.(*ast.SelectorExpr); ok {
			if inner, ok := outer.X.(*ast.SelectorExpr); ok && inner.Sel.Name == "Params" {
				fields = append(fields, outer.Sel.Name)
			}
		}
		return true
	})
	return fields
}

// parameterStructs returns the fields of generated parameter structs, by operation.
func parameterStructs(decl ast.Decl) map[string][]string {
	found := map[string][]string{}
	types, ok := decl.(*ast.GenDecl)
	if !ok {
		return nil
	}
	for _, one := range types.Specs {
		spec, ok := one.(*ast.TypeSpec)
		if !ok || !strings.HasSuffix(spec.Name.Name, "Params") {
			continue
		}
		if object, ok := spec.Type.(*ast.StructType); ok {
			for _, field := range object.Fields.List {
				operation := strings.TrimSuffix(spec.Name.Name, "Params")
				found[operation] = append(found[operation], field.Names[0].Name)
			}
		}
	}
	return found
}
