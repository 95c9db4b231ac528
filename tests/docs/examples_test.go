package docs

import (
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// exampleBody returns the code of an example of a package, as it is in the source. An example without output does not run.
func exampleBody(t *testing.T, dir, name string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		fset := token.NewFileSet()
		parsed, err := parser.ParseFile(fset, file, source, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, example := range doc.Examples(parsed) {
			if "Example"+example.Name != name {
				continue
			}
			if example.Output == "" && !example.EmptyOutput {
				t.Errorf("%s of %s has no output, so it does not run", name, dir)
			}
			return string(source[fset.Position(example.Code.Pos()).Offset:fset.Position(example.Code.End()).Offset])
		}
	}
	t.Errorf("package %s has no %s", dir, name)
	return ""
}

func TestBeyondPythonShowsExamples(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "docs", "beyond-python.md"))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?sm)^<!-- example: (\\w+) (\\w+) -->\n```go\n(.*?)^```$").FindAllStringSubmatch(string(text), -1)
	if all := strings.Count(string(text), "```go"); len(found) < 10 || all != len(found) {
		t.Errorf("%d of %d Go blocks name their example; put a comment such as <!-- example: batch ExampleMap --> before each block", len(found), all)
	}
	for _, m := range found {
		body := strings.ReplaceAll(exampleBody(t, m[1], m[2]), "\n\t", "\n")
		if !strings.Contains(body, m[3]) {
			t.Errorf("this block is not a part of %s of package %s:\n%s\nthe example is\n%s", m[2], m[1], m[3], body)
		}
	}
}
