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

// documentation returns the documentation of the package, as go doc reads it.
func documentation(t *testing.T) *doc.Package {
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
	p := documentation(t)
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
	check(t, "names are checked", len(funcs) > 50 && len(values) > 5, true)
}

// checkComment fails the test unless the comment of a name is a sentence.
func checkComment(t *testing.T, name, text string) {
	t.Helper()
	if len(strings.Fields(text)) < 3 || !strings.HasSuffix(strings.TrimSpace(text), ".") && !strings.Contains(text, "\n\n") {
		t.Errorf("comment of %s = %q, want a sentence", name, text)
	}
}

// withUnit matches the names of fields that need a comment with a unit or a meaning.
var withUnit = regexp.MustCompile(`(Time|Timeout|Delay|After|Memory|Bytes|Retries|Attempts|Limit|Page|Status|From|To)$`)

// checkFields fails the test unless the fields that match withUnit have comments.
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
					t.Errorf("%s.%s has no comment with its unit or meaning", spec.Name.Name, name.Name)
				}
			}
		}
	}
}

// The package comment has a section for each topic.
func TestPackageCommentSections(t *testing.T) {
	t.Parallel()
	p := documentation(t)
	var headings []string
	for _, block := range p.Parser().Parse(p.Doc).Content {
		if h, ok := block.(*comment.Heading); ok {
			text, ok := h.Text[0].(comment.Plain)
			check(t, "the heading is plain text", ok, true)
			headings = append(headings, string(text))
		}
	}
	for _, want := range []string{
		"Overview", "Identifiers", "Authentication", "Sessions", "Lists and limits", "Waiting", "Schedules", "Reading and creating again",
		"Retries", "Errors", "Generated client",
	} {
		if !slices.Contains(headings, want) {
			t.Errorf("sections = %q, want one named %q", headings, want)
		}
	}
}

// The names in the package comment exist.
func TestPackageCommentNames(t *testing.T) {
	t.Parallel()
	p := documentation(t)
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
			t.Errorf("the package comment names %s, which does not exist", name)
		}
	}
}
