package functions

import (
	"go/ast"
	"go/doc"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// documented reads the package's source as go doc does.
func documented(t *testing.T) *doc.Package {
	t.Helper()
	fset := token.NewFileSet()
	names, err := fs.Glob(os.DirFS("."), "*.go")
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	p, err := doc.NewFromFiles(fset, files, "github.com/cogfn/cogfn/wrapper")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestEveryExportedNameIsDocumented(t *testing.T) {
	t.Parallel()
	p := documented(t)
	values, funcs := slices.Concat(p.Consts, p.Vars), slices.Clone(p.Funcs)
	for _, typ := range p.Types {
		explains(t, typ.Name, typ.Doc)
		values = append(append(values, typ.Consts...), typ.Vars...)
		funcs = append(append(funcs, typ.Funcs...), typ.Methods...)
		checkFields(t, typ)
	}
	for _, f := range funcs {
		explains(t, f.Recv+" "+f.Name, f.Doc)
	}
	for _, v := range values {
		for _, s := range v.Decl.Specs {
			if spec, ok := s.(*ast.ValueSpec); ok && spec.Names[0].IsExported() {
				explains(t, spec.Names[0].Name, v.Doc+spec.Doc.Text())
			}
		}
	}
	check(t, "the names were found", len(funcs) > 50 && len(values) > 5, true)
}

// explains wants a sentence that begins with the name, as go doc shows them, or with an article for groups.
func explains(t *testing.T, name, text string) {
	t.Helper()
	if len(strings.Fields(text)) < 3 || !strings.HasSuffix(strings.TrimSpace(text), ".") && !strings.Contains(text, "\n\n") {
		t.Errorf("%s has no sentence as its comment: %q", name, text)
	}
}

// withUnit are the fields that nobody can use without knowing a unit or how far a number counts.
var withUnit = regexp.MustCompile(`(Time|Timeout|Delay|After|Memory|Bytes|Retries|Attempts|Limit|Page|Status|From|To)$`)

func checkFields(t *testing.T, typ *doc.Type) {
	t.Helper()
	for _, s := range typ.Decl.Specs {
		spec, ok := s.(*ast.TypeSpec)
		if !ok {
			continue
		}
		object, ok := spec.Type.(*ast.StructType)
		if !ok {
			continue
		}
		for _, field := range object.Fields.List {
			for _, name := range field.Names {
				if name.IsExported() && withUnit.MatchString(name.Name) && len(strings.Fields(field.Doc.Text()+field.Comment.Text())) < 3 {
					t.Errorf("%s.%s has no comment with its unit and meaning", spec.Name.Name, name.Name)
				}
			}
		}
	}
}

// The package's comment reads like a manual: these are its chapters.
func TestPackageCommentHasItsChapters(t *testing.T) {
	t.Parallel()
	p := documented(t)
	var headings []string
	for _, block := range p.Parser().Parse(p.Doc).Content {
		if h, ok := block.(*comment.Heading); ok {
			text, ok := h.Text[0].(comment.Plain)
			check(t, "a heading is plain text", ok, true)
			headings = append(headings, string(text))
		}
	}
	for _, want := range []string{
		"Names and identifiers", "Authentication", "Sessions", "Lists and limits", "Waiting", "Schedules", "Reading and creating again",
		"Repeating", "Errors",
	} {
		if !slices.Contains(headings, want) {
			t.Errorf("no chapter is called %q; there are %q", want, headings)
		}
	}
}

// What looks like a name of the package in its comment is one.
func TestPackageCommentNamesWhatExists(t *testing.T) {
	t.Parallel()
	p := documented(t)
	exists := map[string]bool{}
	values := slices.Concat(p.Consts, p.Vars)
	for _, typ := range p.Types {
		exists[typ.Name] = true
		values = append(append(values, typ.Consts...), typ.Vars...)
		for _, f := range slices.Concat(typ.Funcs, typ.Methods) {
			exists[f.Name], exists[typ.Name+"."+f.Name] = true, true
		}
	}
	for _, f := range p.Funcs {
		exists[f.Name] = true
	}
	for _, v := range values {
		for _, name := range v.Names {
			exists[name] = true
		}
	}
	for _, name := range regexp.MustCompile(`\b(?:Err[A-Z]\w+|With[A-Z]\w+|\w+Error\b|Session[A-Z]\w+|[A-Z]\w+List)`).FindAllString(p.Doc, -1) {
		if !exists[name] {
			t.Errorf("the package's comment speaks of %s, which does not exist", name)
		}
	}
}
