package architecture

import (
	"bytes"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// publicPackages are the packages that users import.
var publicPackages = []string{"wrapper", "emulator"}

// TestNoGeneratedTypeInPublicAPI checks that users never have to name a type of gen: a generated type that they can reach
// through an exported name has a name in the package or in the wrapper, as an alias, as a type of its own or embedded in
// one.
func TestNoGeneratedTypeInPublicAPI(t *testing.T) {
	t.Parallel()
	imported := importPackages(t)
	named := map[string]bool{}
	for _, path := range publicPackages {
		for of := range generatedTypesNamedBy(imported[path]) {
			named[of] = true
		}
	}
	for _, path := range publicPackages {
		r := reach{generated: map[string]string{}, seen: map[types.Type]bool{}}
		scope := imported[path].Scope()
		for _, name := range scope.Names() {
			// Client.Gen returns the generated client on purpose.
			if object := scope.Lookup(name); object.Exported() {
				r.object(object, path+"."+name)
			}
		}
		if len(r.seen) < 10 {
			t.Errorf("%s: only %d types were checked", path, len(r.seen))
		}
		for of, where := range r.generated {
			if !named[of] {
				t.Errorf("%s: users reach gen.%s, but no package that they import has a name for it; add an alias", where, of)
			}
		}
	}
}

// importPackages type-checks the public packages by their compiled export data.
func importPackages(t *testing.T) map[string]*types.Package {
	t.Helper()
	args := []string{"list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}"}
	for _, path := range publicPackages {
		args = append(args, module+"/"+path)
	}
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	exports := map[string]string{}
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		exports[path] = file
	}
	gc := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	packages := map[string]*types.Package{}
	for _, path := range publicPackages {
		if packages[path], err = gc.Import(module + "/" + path); err != nil {
			t.Fatal(err)
		}
	}
	return packages
}

func isGenerated(object types.Object) bool {
	return object.Pkg() != nil && object.Pkg().Path() == module+"/gen"
}

// generatedTypesNamedBy returns the generated types that a package aliases, redefines or embeds.
func generatedTypesNamedBy(p *types.Package) map[string]bool {
	names := map[string]bool{}
	add := func(typ types.Type) {
		if n, ok := types.Unalias(typ).(*types.Named); ok && isGenerated(n.Obj()) {
			names[n.Obj().Name()] = true
		}
	}
	for _, name := range p.Scope().Names() {
		object, ok := p.Scope().Lookup(name).(*types.TypeName)
		if !ok || !object.Exported() {
			continue
		}
		add(object.Type())
		if s, ok := object.Type().Underlying().(*types.Struct); ok {
			for f := range s.Fields() {
				if f.Embedded() {
					add(f.Type())
				}
			}
		}
	}
	return names
}

// reach collects the generated types that exported names lead to.
type reach struct {
	generated map[string]string // by name, with a place that leads there
	seen      map[types.Type]bool
}

func (r *reach) object(object types.Object, where string) {
	r.typ(object.Type(), where)
	if n, ok := types.Unalias(object.Type()).(*types.Named); ok && !isGenerated(n.Obj()) {
		for m := range n.Methods() {
			if m.Exported() && m.Name() != "Gen" {
				r.typ(m.Type(), where+"."+m.Name())
			}
		}
	}
}

func (r *reach) typ(typ types.Type, where string) {
	typ = types.Unalias(typ)
	if r.seen[typ] {
		return
	}
	r.seen[typ] = true
	switch typ := typ.(type) {
	case *types.Named:
		path := ""
		if typ.Obj().Pkg() != nil {
			path = typ.Obj().Pkg().Path()
		}
		if !strings.HasPrefix(path, module) {
			return
		}
		if isGenerated(typ.Obj()) {
			r.generated[typ.Obj().Name()] = where
		}
		r.typ(typ.Underlying(), where)
	case *types.Struct:
		for f := range typ.Fields() {
			if f.Exported() {
				r.typ(f.Type(), fmt.Sprintf("%s.%s", where, f.Name()))
			}
		}
	case *types.Signature:
		for _, tuple := range []*types.Tuple{typ.Params(), typ.Results()} {
			for v := range tuple.Variables() {
				r.typ(v.Type(), where)
			}
		}
	case *types.Map:
		r.typ(typ.Key(), where)
		r.typ(typ.Elem(), where)
	case interface{ Elem() types.Type }: // pointer, slice, array, channel
		r.typ(typ.Elem(), where)
	}
}
