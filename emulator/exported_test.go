package emulator_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/cogfn/cogfn/"

// TestExportedTypes checks that users never have to import package gen: no exported field, parameter, result,
// variable or constant names a type of another package of the module. Types of gen that belong to the API have an
// alias in package emulator.
func TestExportedTypes(t *testing.T) {
	t.Parallel()
	fset := token.NewFileSet()
	for _, file := range parseFiles(t, fset) {
		for _, problem := range foreignTypes(fset, file) {
			t.Error(problem)
		}
	}
}

func TestForeignTypesFindsEachKind(t *testing.T) {
	t.Parallel()
	const source = `package p
import "github.com/cogfn/cogfn/gen"
import alias "github.com/cogfn/cogfn/emulator/internal/store"
import "time"
type Allowed = gen.CPURange
type Field struct { F []gen.A; hidden gen.B; D time.Duration }
type Defined gen.C
type Interface interface { M(map[string]*gen.D) }
type Func func(alias.E)
func F(gen.F) (x gen.G) { return gen.H{} }
func (Field) Method() gen.I { return nil }
func hidden(gen.J) {}
type internal struct{}
func (*internal) Method(gen.L) {}
var V gen.K
`
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "p.go", source, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	found := strings.Join(foreignTypes(fset, file), "\n")
	for name, want := range map[string]bool{
		"gen.CPURange": false, "gen.A": true, "gen.B": false, "time.Duration": false, "gen.C": true, "gen.D": true, "alias.E": true,
		"gen.F": true, "gen.G": true, "gen.H": false, "gen.I": true, "gen.J": false, "gen.K": true,
		"gen.L": false,
	} {
		if got := strings.Contains(found, name); got != want {
			t.Errorf("%s: found %t, want %t; all:\n%s", name, got, want, found)
		}
	}
}

// parseFiles returns the syntax trees of the files of package emulator without its tests.
func parseFiles(t *testing.T, fset *token.FileSet) []*ast.File {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil || len(names) == 0 {
		t.Fatalf("Go files %v, error %v", names, err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

// foreignTypes returns a message for each type of another package of the module in the exported declarations of a
// file, except in alias declarations. It changes the file.
func foreignTypes(fset *token.FileSet, file *ast.File) []string {
	imported := map[string]string{} // path by local name
	for _, spec := range file.Imports {
		importPath, _ := strconv.Unquote(spec.Path.Value) // the parser has checked it
		name := path.Base(importPath)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		if strings.HasPrefix(importPath, module) {
			imported[name] = importPath
		}
	}
	ast.FileExports(file)
	var problems []string
	ast.Inspect(file, func(node ast.Node) bool {
		switch n := node.(type) {
		case *ast.BlockStmt:
			return false
		case *ast.FuncDecl:
			return n.Recv == nil || receiverIsExported(n.Recv)
		case *ast.TypeSpec:
			return !n.Assign.IsValid()
		case *ast.SelectorExpr:
			if name, ok := n.X.(*ast.Ident); ok && imported[name.Name] != "" {
				problems = append(problems, fset.Position(n.Pos()).String()+": "+name.Name+"."+n.Sel.Name+" of "+imported[name.Name]+
					" is part of the exported API: declare an alias in package emulator")
			}
		}
		return true
	})
	return problems
}

func receiverIsExported(receiver *ast.FieldList) bool {
	kind := receiver.List[0].Type
	if pointer, ok := kind.(*ast.StarExpr); ok {
		kind = pointer.X
	}
	name, ok := kind.(*ast.Ident)
	return ok && name.IsExported()
}
