// Command fieldlists writes the field lists in the doc comments of a package. go doc does not show the fields of embedded
// types, so the comment of a type that embeds or renames a generated struct lists them below a line "Fields:".
//
//	fieldlists GENERATED.go DIR
package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: fieldlists GENERATED.go DIR")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "fieldlists:", err)
		os.Exit(1)
	}
}

func run(generated, dir string) error {
	files, err := updates(generated, dir)
	if err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(name, content, 0o644); err != nil { //nolint:gosec // source code is readable
			return err
		}
	}
	return nil
}

// updates returns the files of a directory whose field lists are out of date, with their new content.
func updates(generated, dir string) (map[string][]byte, error) {
	code, err := parser.ParseFile(token.NewFileSet(), generated, nil, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	l := lists{generated: typesOf(code), constants: constantsOf(code), aliases: map[string]string{}}
	sources := map[string][]byte{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		if sources[name], err = os.ReadFile(name); err != nil { //nolint:gosec // the directive names the directory
			return nil, err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, sources[name], parser.ParseComments)
		if err != nil {
			return nil, err
		}
		l.addAliases(file)
	}
	changed := map[string][]byte{}
	for name, source := range sources {
		updated, err := l.update(name, source)
		if err != nil {
			return nil, err
		}
		if !bytes.Equal(updated, source) {
			changed[name] = updated
		}
	}
	return changed, nil
}

// addAliases adds the aliases of generated types in a file.
func (l lists) addAliases(file *ast.File) {
	for name, spec := range typesOf(file) {
		if of := generatedName(spec.Type); spec.Assign.IsValid() && of != "" {
			l.aliases[of] = name
		}
	}
}

// typesOf returns the type declarations of a file. Their Doc is set.
func typesOf(file *ast.File) map[string]*ast.TypeSpec {
	types := map[string]*ast.TypeSpec{}
	for _, decl := range file.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, one := range group.Specs {
			if spec, ok := one.(*ast.TypeSpec); ok {
				if spec.Doc == nil {
					spec.Doc = group.Doc
				}
				types[spec.Name.Name] = spec
			}
		}
	}
	return types
}

// constantsOf returns the constants of a file whose values are literals.
func constantsOf(file *ast.File) map[string]string {
	constants := map[string]string{}
	for _, decl := range file.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, one := range group.Specs {
			spec, ok := one.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				continue
			}
			if literal, ok := spec.Values[0].(*ast.BasicLit); ok {
				constants[spec.Names[0].Name] = literal.Value
			}
		}
	}
	return constants
}

// generatedName returns X of the type gen.X, or "".
func generatedName(typ ast.Expr) string {
	if selector, ok := typ.(*ast.SelectorExpr); ok {
		if pkg, ok := selector.X.(*ast.Ident); ok && pkg.Name == "gen" {
			return selector.Sel.Name
		}
	}
	return ""
}

// lists makes the field lists.
type lists struct {
	generated map[string]*ast.TypeSpec
	constants map[string]string // generated constants
	aliases   map[string]string // names in the package by names of generated types
}

// update replaces the field lists in the comments of a file.
func (l lists) update(name string, source []byte) ([]byte, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, source, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	updated := string(source)
	for typeName, spec := range typesOf(file) {
		if spec.Doc == nil || !strings.Contains(spec.Doc.Text(), "\nFields:\n") {
			continue
		}
		fields, err := l.fieldsOf(spec)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", typeName, err)
		}
		comment := string(source[fset.Position(spec.Doc.Pos()).Offset:fset.Position(spec.Doc.End()).Offset])
		updated = strings.Replace(updated, comment, replaceList(comment, fields), 1)
	}
	return []byte(updated), nil
}
