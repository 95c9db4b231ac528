package functions

import (
	"go/ast"
	"go/parser"
	"go/token"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestKnown(t *testing.T) {
	t.Parallel()
	for value, want := range map[interface{ Valid() bool }]bool{
		FunctionReady: true, FunctionStatus("not a status"): false, FunctionStatus(""): false, CallTimeout: true, CallStatus("Cancelled"): false,
		RuntimePy313: true, Runtime("py399"): false, FunctionClassic: true, FunctionType("modern"): false, StatusActivated: true,
		SessionReady: true, SessionStatus("ready"): false, SessionTypeTokenExchange: true, SessionType("MAGIC"): false,
	} {
		if got := Known(value); got != want {
			t.Errorf("Known(%T(%q)) = %v, want %v", value, value, got, want)
		}
	}
}

// enum is a generated enum: its constants by name, and the values that the service has withdrawn.
type enum struct {
	values    map[string]string
	withdrawn []string
}

// Each known value of an enum has a constant in this package, unless the service has withdrawn it.
func TestEveryKnownValueHasAConstant(t *testing.T) {
	t.Parallel()
	generated := enums(t)
	checked := 0
	for file, source := range sources(t) {
		for alias, of := range aliases(source) {
			e, ok := generated[of]
			if !ok {
				continue
			}
			constants := constantsOf(source)
			checked++
			named := slices.Collect(maps.Values(constants))
			for constant, value := range e.values {
				if !slices.Contains(named, constant) && !slices.Contains(e.withdrawn, value) {
					t.Errorf("wrapper/%s: add %s%s = gen.%s to the constants of %s",
						file, prefixOf(of, constants), strings.TrimPrefix(constant, of), constant, alias)
				}
			}
		}
	}
	check(t, "at least 7 enums are checked", checked >= 7, true)
}

// prefixOf returns the prefix that the constants of this package have instead of the name of a generated type.
func prefixOf(generated string, constants map[string]string) string {
	longest := ""
	for own, constant := range constants {
		value, ok := strings.CutPrefix(constant, generated)
		if prefix, same := strings.CutSuffix(own, value); ok && same && len(prefix) > len(longest) {
			longest = prefix
		}
	}
	return longest
}

// enums returns the generated enums by the names of their types.
func enums(t *testing.T) map[string]enum {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../gen/gen.gen.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]enum{}
	for spec := range specs[*ast.ValueSpec](file) {
		of, typed := spec.Type.(*ast.Ident)
		if values := stringsIn(spec); typed && len(values) == 1 {
			if found[of.Name].values == nil {
				found[of.Name] = enum{values: map[string]string{}}
			}
			found[of.Name].values[spec.Names[0].Name] = values[0]
		}
	}
	for _, decl := range file.Decls {
		function, ok := decl.(*ast.FuncDecl)
		if !ok {
			continue
		}
		if of, ok := strings.CutSuffix(function.Name.Name, "Withdrawn"); ok {
			e := found[of]
			e.withdrawn = stringsIn(function)
			found[of] = e
		}
	}
	check(t, "py38 is withdrawn", slices.Contains(found["FunctionRuntime"].withdrawn, "py38"), true)
	return found
}

// stringsIn returns the string literals below a node.
func stringsIn(n ast.Node) []string {
	var values []string
	ast.Inspect(n, func(n ast.Node) bool {
		if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			if value, err := strconv.Unquote(literal.Value); err == nil {
				values = append(values, value)
			}
		}
		return true
	})
	return values
}

// aliases returns the generated types that a file declares aliases of, by the name of the alias.
func aliases(file *ast.File) map[string]string {
	found := map[string]string{}
	for spec := range specs[*ast.TypeSpec](file) {
		if selector, ok := spec.Type.(*ast.SelectorExpr); ok && spec.Assign.IsValid() && isGenerated(selector, selector.Sel.Name) {
			found[spec.Name.Name] = selector.Sel.Name
		}
	}
	return found
}

// constantsOf returns the generated values that a file declares constants of, by the name of the constant.
func constantsOf(file *ast.File) map[string]string {
	found := map[string]string{}
	for spec := range specs[*ast.ValueSpec](file) {
		for i, value := range spec.Values {
			if selector, ok := value.(*ast.SelectorExpr); ok && isGenerated(selector, selector.Sel.Name) {
				found[spec.Names[i].Name] = selector.Sel.Name
			}
		}
	}
	return found
}

// specs returns the types, or the constants and variables, that a file declares.
func specs[T ast.Spec](file *ast.File) iter.Seq[T] {
	return func(yield func(T) bool) {
		for _, decl := range file.Decls {
			group, ok := decl.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, one := range group.Specs {
				if spec, ok := one.(T); ok && !yield(spec) {
					return
				}
			}
		}
	}
}
