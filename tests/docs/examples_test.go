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

// exampleOf returns the code and the output of an example of a package. An example without output does not run.
func exampleOf(t *testing.T, dir, name string) (body, output string) {
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
			return string(source[fset.Position(example.Code.Pos()).Offset:fset.Position(example.Code.End()).Offset]), example.Output
		}
	}
	t.Errorf("package %s has no %s", dir, name)
	return "", ""
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
		body, _ := exampleOf(t, m[1], m[2])
		body = strings.ReplaceAll(body, "\n\t", "\n")
		if !strings.Contains(body, m[3]) {
			t.Errorf("this block is not a part of %s of package %s:\n%s\nthe example is\n%s", m[2], m[1], m[3], body)
		}
	}
}

// TestBeyondPythonShowsOutput checks the output blocks of the page against the output of the example above each of them.
func TestBeyondPythonShowsOutput(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "docs", "beyond-python.md"))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?sm)^<!-- example: (\\w+) (\\w+) -->\n```go\n.*?^```$|^```\n(.*?)^```$").FindAllStringSubmatch(string(text), -1)
	var dir, name string
	blocks := 0
	for _, m := range found {
		if m[1] != "" {
			dir, name = m[1], m[2]
			continue
		}
		blocks++
		if _, output := exampleOf(t, dir, name); !strings.Contains(output, m[3]) {
			t.Errorf("this block is not a part of the output of %s of package %s:\n%s\nthe output is\n%s", name, dir, m[3], output)
		}
	}
	if blocks < 2 {
		t.Errorf("found %d output blocks; want those of the sections on deployments and secrets", blocks)
	}
}
