package main

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/types"
	"strings"
)

// field is a field of a generated struct.
type field struct{ name, typ, meaning string }

// fieldsOf returns the fields of the generated struct that a type embeds or renames.
func (l lists) fieldsOf(spec *ast.TypeSpec) ([]field, error) {
	name := generatedName(spec.Type)
	if object, ok := spec.Type.(*ast.StructType); ok {
		for _, f := range object.Fields.List {
			if of := generatedName(f.Type); len(f.Names) == 0 && of != "" {
				name = of
			}
		}
	}
	if l.generated[name] == nil {
		return nil, errors.New("the type neither embeds nor renames a generated struct")
	}
	object, ok := l.generated[name].Type.(*ast.StructType)
	if !ok {
		return nil, fmt.Errorf("gen.%s is not a struct", name)
	}
	var fields []field
	for _, f := range object.Fields.List {
		if f.Names[0].Name == "AdditionalProperties" {
			continue
		}
		_, meaning, ok := strings.Cut(f.Doc.Text(), ": ")
		if !ok {
			return nil, fmt.Errorf("the field %s of gen.%s has no comment", f.Names[0].Name, name)
		}
		fields = append(fields, field{f.Names[0].Name, types.ExprString(l.resolve(f.Type)), l.meaningOf(meaning, f.Type)})
	}
	return fields, nil
}

// resolve replaces the names of generated types: aliases by their types, the others by their names in the package.
func (l lists) resolve(typ ast.Expr) ast.Expr {
	switch typ := typ.(type) {
	case *ast.Ident:
		spec := l.generated[typ.Name]
		switch {
		case spec == nil:
			return typ
		case l.aliases[typ.Name] != "":
			return ast.NewIdent(l.aliases[typ.Name])
		case spec.Assign.IsValid():
			return l.resolve(spec.Type)
		}
	case *ast.StarExpr:
		return &ast.StarExpr{X: l.resolve(typ.X)}
	case *ast.ArrayType:
		return &ast.ArrayType{Len: typ.Len, Elt: l.resolve(typ.Elt)}
	case *ast.MapType:
		return &ast.MapType{Key: l.resolve(typ.Key), Value: l.resolve(typ.Value)}
	}
	return typ
}

// meaningOf returns the comment of a field as one line, without the example, and with the limits of its length.
func (l lists) meaningOf(comment string, typ ast.Expr) string {
	text, _, _ := strings.Cut(comment, "\n\nExample:")
	if pointer, ok := typ.(*ast.StarExpr); ok {
		typ = pointer.X
	}
	if name, ok := typ.(*ast.Ident); ok {
		if longest := l.constants[name.Name+"MaxLength"]; longest != "" {
			text += fmt.Sprintf(" Length: %s to %s characters.", cmp.Or(l.constants[name.Name+"MinLength"], "0"), longest)
		}
	}
	return strings.Join(strings.Fields(text), " ")
}

// maxWidth is the largest width of a line.
const maxWidth = 120

// replaceList replaces the list below the line "Fields:" of a comment.
func replaceList(comment string, fields []field) string {
	before, rest, _ := strings.Cut(comment, "// Fields:\n")
	lines := strings.SplitAfter(rest, "\n")
	after := 0
	for after < len(lines) && (strings.HasPrefix(lines[after], "//   ") || strings.TrimSpace(lines[after]) == "//" && after == 0) {
		after++
	}
	var b strings.Builder
	b.WriteString(before + "// Fields:\n//\n")
	for i, f := range fields {
		end := "\n"
		if i == len(fields)-1 && after == len(lines) {
			end = "" // the list ends the comment
		}
		b.WriteString(item(f) + end)
	}
	return b.String() + strings.Join(lines[after:], "")
}

// item returns the lines of a field in a list.
func item(f field) string {
	line, lines := "//   -", []string{}
	for word := range strings.FieldsSeq(fmt.Sprintf("%s (%s): %s", f.name, f.typ, f.meaning)) {
		if len(line)+1+len(word) > maxWidth {
			lines, line = append(lines, line), "//    "
		}
		line += " " + word
	}
	return strings.Join(append(lines, line), "\n")
}
