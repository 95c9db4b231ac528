package functions

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/cogfn/cogfn/gen"
)

// filterFields are the fields of a generated filter, and how the filter of this package is sent.
type filterFields struct {
	generated reflect.Type
	filter    reflect.Type
	// list sends a list with a filter, which is a value of the type filter.
	list func(t *testing.T, c *Client, filter reflect.Value) error
}

var filters = []filterFields{
	{reflect.TypeFor[gen.FunctionFilter](), reflect.TypeFor[Filter](), func(t *testing.T, c *Client, filter reflect.Value) error {
		t.Helper()
		_, err := c.List(t.Context(), as[Filter](t, filter))
		return err
	}},
	{reflect.TypeFor[gen.FunctionCallFilter](), reflect.TypeFor[CallsFilter](), func(t *testing.T, c *Client, filter reflect.Value) error {
		t.Helper()
		_, err := c.Calls.List(t.Context(), ID(42), as[CallsFilter](t, filter))
		return err
	}},
	{reflect.TypeFor[gen.FunctionScheduleFilter](), reflect.TypeFor[SchedulesFilter](), func(t *testing.T, c *Client, filter reflect.Value) error {
		t.Helper()
		_, err := c.Schedules.List(t.Context(), as[SchedulesFilter](t, filter))
		return err
	}},
	{reflect.TypeFor[gen.ListSessionsParams](), reflect.TypeFor[SessionsFilter](), func(t *testing.T, c *Client, filter reflect.Value) error {
		t.Helper()
		_, err := c.Sessions.List(t.Context(), as[SessionsFilter](t, filter))
		return err
	}},
}

func as[T any](t *testing.T, v reflect.Value) T {
	t.Helper()
	typed, ok := reflect.TypeAssert[T](v)
	if !ok {
		t.Fatalf("%v is no %v", v.Type(), reflect.TypeFor[T]())
	}
	return typed
}

// paging are the generated fields that are not part of a filter.
var paging = map[string]bool{"limit": true, "cursor": true}

// Callers can filter by every field of the generated filters, and every field of the filters of this package is sent.
func TestEveryFilterFieldIsSent(t *testing.T) {
	t.Parallel()
	for _, f := range filters {
		t.Run(f.filter.Name(), func(t *testing.T) {
			t.Parallel()
			sent := map[string]bool{}
			for field := range f.filter.Fields() {
				names := f.namesSentFor(t, field)
				if len(names) == 0 {
					t.Errorf("the field %s of %s is not sent", field.Name, f.filter.Name())
				}
				for _, name := range names {
					sent[name] = true
				}
			}
			declared, set := declarationOf(t, f.filter.Name()), usesOf(t, f.generated.Name())
			for field := range f.generated.Fields() {
				if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); !sent[name] && !paging[name] {
					t.Errorf("wrapper/%s: add a field for %q to %s and set it in %s", declared, name, f.filter.Name(), set)
				}
			}
		})
	}
}

// namesSentFor returns the names that a list sends for one field of a filter.
func (f filterFields) namesSentFor(t *testing.T, field reflect.StructField) []string {
	t.Helper()
	var names []string
	service := transportFunc(func(req *http.Request) (*http.Response, error) {
		var body struct{ Filter map[string]json.RawMessage }
		if text := recordRequest(req).Body; text != "" {
			if err := json.Unmarshal([]byte(text), &body); err != nil {
				return nil, err
			}
		}
		for name := range body.Filter {
			names = append(names, name)
		}
		for name := range req.URL.Query() {
			if !paging[name] {
				names = append(names, name)
			}
		}
		return respond(200, `{"items":[]}`)(req)
	})
	values := []reflect.Value{sampleOf(t, field.Type)}
	if field.Type == reflect.TypeFor[Identifier]() {
		values = append(values, reflect.ValueOf(ExternalID("a")))
	}
	for _, value := range values {
		filter := reflect.New(f.filter).Elem()
		filter.FieldByIndex(field.Index).Set(value)
		if err := f.list(t, newTestClient(t, service, Config{}), filter); err != nil {
			t.Fatal(err)
		}
	}
	return names
}

// sampleOf returns a value that is not zero.
func sampleOf(t *testing.T, of reflect.Type) reflect.Value {
	t.Helper()
	value := reflect.New(of).Elem()
	switch {
	case of == reflect.TypeFor[Identifier]():
		return reflect.ValueOf(ID(7))
	case of == reflect.TypeFor[TimeRange]():
		return reflect.ValueOf(TimeRange{From: time.UnixMilli(1), To: time.UnixMilli(2)})
	default:
		fill(value, new(int))
	}
	return value
}

// sources returns the files of this package without its tests, by name.
func sources(t *testing.T) map[string]*ast.File {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]*ast.File{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		if files[name], err = parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// declarationOf returns the file that declares a type.
func declarationOf(t *testing.T, name string) string {
	t.Helper()
	for file, source := range sources(t) {
		for spec := range specs[*ast.TypeSpec](source) {
			if spec.Name.Name == name {
				return file
			}
		}
	}
	t.Fatalf("no file declares %s", name)
	return ""
}

// usesOf returns the functions that make a value of a generated type.
func usesOf(t *testing.T, generated string) string {
	t.Helper()
	var found []string
	for _, source := range sources(t) {
		for _, decl := range source.Decls {
			function, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			ast.Inspect(function, func(n ast.Node) bool {
				if literal, ok := n.(*ast.CompositeLit); ok && isGenerated(literal.Type, generated) {
					found = append(found, methodName(function))
				}
				return true
			})
		}
	}
	if len(found) == 0 {
		t.Fatalf("no function makes a gen.%s", generated)
	}
	return strings.Join(found, ", ")
}

// isGenerated reports whether an expression is gen.NAME.
func isGenerated(e ast.Expr, name string) bool {
	selector, ok := e.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	pkg, ok := selector.X.(*ast.Ident)
	return ok && pkg.Name == "gen" && selector.Sel.Name == name
}

func methodName(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return f.Name.Name
	}
	receiver := f.Recv.List[0].Type
	if pointer, ok := receiver.(*ast.StarExpr); ok {
		receiver = pointer.X
	}
	if named, ok := receiver.(*ast.Ident); ok {
		return named.Name + "." + f.Name.Name
	}
	return f.Name.Name
}
