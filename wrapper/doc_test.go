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

	"github.com/google/go-cmp/cmp"
)

// packageDoc returns the documentation of the package, as go doc reads it.
func packageDoc(t *testing.T) *doc.Package {
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
	p := packageDoc(t)
	values, funcs := slices.Concat(p.Consts, p.Vars), slices.Clone(p.Funcs)
	for _, typ := range p.Types {
		checkComment(t, typ.Name, typ.Doc)
		values = append(append(values, typ.Consts...), typ.Vars...)
		funcs = append(append(funcs, typ.Funcs...), typ.Methods...)
		checkFields(t, typ)
	}
	for _, f := range funcs {
		checkComment(t, f.Recv+" "+f.Name, f.Doc)
	}
	for _, v := range values {
		for _, s := range v.Decl.Specs {
			if spec, ok := s.(*ast.ValueSpec); ok && spec.Names[0].IsExported() {
				checkComment(t, spec.Names[0].Name, v.Doc+spec.Doc.Text())
			}
		}
	}
	check(t, "found the exported names", len(funcs) > 50 && len(values) > 5, true)
}

// checkComment fails the test if the doc comment of a name is not a sentence.
func checkComment(t *testing.T, name, text string) {
	t.Helper()
	if len(strings.Fields(text)) < 3 || !strings.HasSuffix(strings.TrimSpace(text), ".") && !strings.Contains(text, "\n\n") {
		t.Errorf("the comment of %s is not a sentence: %q", name, text)
	}
}

// needsUnit matches the names of fields whose comment must state a unit or a range.
var needsUnit = regexp.MustCompile(`(Time|Timeout|Delay|After|Memory|Bytes|Retries|Attempts|Limit|Page|Status|From|To)$`)

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
				if name.IsExported() && needsUnit.MatchString(name.Name) && len(strings.Fields(field.Doc.Text()+field.Comment.Text())) < 3 {
					t.Errorf("%s.%s has no comment that states its unit and meaning", spec.Name.Name, name.Name)
				}
			}
		}
	}
}

// The headings are the table of contents that pkg.go.dev shows.
func TestHeadingsOfThePackageComment(t *testing.T) {
	t.Parallel()
	p := packageDoc(t)
	var headings []string
	for _, block := range p.Parser().Parse(p.Doc).Content {
		if h, ok := block.(*comment.Heading); ok {
			text, ok := h.Text[0].(comment.Plain)
			check(t, "heading is plain text", ok, true)
			headings = append(headings, string(text))
		}
	}
	want := []string{
		"Overview", "Identifiers", "Authentication", "Sessions", "Lists and limits", "Waiting", "Schedules", "Reading and creating again",
		"Retries", "Errors", "Generated client",
	}
	if diff := cmp.Diff(want, headings); diff != "" {
		t.Errorf("headings (-want +got):\n%s", diff)
	}
}

func TestNamesInThePackageCommentExist(t *testing.T) {
	t.Parallel()
	p := packageDoc(t)
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
			t.Errorf("the package comment mentions %s, which does not exist", name)
		}
	}
}
