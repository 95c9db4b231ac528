package architecture

import (
	"bytes"
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// root is the directory of the module.
const root = "../.."

// file is a file of the repository. Its path is relative to root, with forward slashes.
type file struct {
	path    string
	content []byte
}

// skipped are directories without files of the repository: build results, installed tools, and inputs of fuzz tests.
var skipped = []string{".git", "bin", "node_modules", "fuzz", "rapid", "__pycache__"}

// handwritten returns the files of the repository that people write. Recordings and generated code are left out.
func handwritten(t *testing.T) []file {
	t.Helper()
	var all []file
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && slices.Contains(skipped, entry.Name()) {
			return filepath.SkipDir
		}
		if !entry.Type().IsRegular() {
			return nil
		}
		relative, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		relative = filepath.ToSlash(relative)
		recording := strings.HasPrefix(relative, "tests/recorded/") && strings.HasSuffix(relative, ".yaml")
		if recording || strings.HasSuffix(relative, ".gen.go") {
			return nil
		}
		content, err := os.ReadFile(path)
		all = append(all, file{relative, content})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// goFiles returns the handwritten Go files.
func goFiles(t *testing.T) []file {
	t.Helper()
	return slices.DeleteFunc(handwritten(t), func(f file) bool { return !strings.HasSuffix(f.path, ".go") })
}

// TestSizes checks how much code a person has to read. Raise a limit only with a reason in docs/design.md.
func TestSizes(t *testing.T) {
	t.Parallel()
	const (
		wrapperLines   = 4_500 // without comments and blank lines
		wrapperFiles   = 35
		generatedLines = 8_000
		fileLines      = 400
	)
	lines, files := 0, 0
	for _, f := range goFiles(t) {
		if n := bytes.Count(f.content, []byte("\n")); n > fileLines {
			t.Errorf("%s has %d lines, more than %d; split it by topic", f.path, n, fileLines)
		}
		if strings.HasPrefix(f.path, "wrapper/") && !strings.HasSuffix(f.path, "_test.go") {
			lines += codeLines(f.content)
			files++
		}
	}
	if lines > wrapperLines {
		t.Errorf("wrapper/ has %d lines of code, more than %d; move what is not an API client to another package", lines, wrapperLines)
	}
	if files > wrapperFiles {
		t.Errorf("wrapper/ has %d files of code, more than %d; join small files by topic", files, wrapperFiles)
	}
	generated, err := os.ReadFile(filepath.Join(root, "gen/gen.gen.go"))
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(generated, []byte("\n")); n > generatedLines {
		t.Errorf("gen/gen.gen.go has %d lines, more than %d; generate less in api/templates", n, generatedLines)
	}
}

// codeLines counts the lines of Go code that contain more than comments and spaces.
func codeLines(code []byte) int {
	var s scanner.Scanner
	fset := token.NewFileSet()
	f := fset.AddFile("", fset.Base(), len(code))
	s.Init(f, code, nil, 0)
	lines := map[int]bool{}
	for {
		pos, tok, literal := s.Scan()
		if tok == token.EOF {
			return len(lines)
		}
		if tok == token.SEMICOLON && literal == "\n" {
			continue // inserted by the scanner
		}
		first := f.Line(pos)
		for i := range 1 + strings.Count(literal, "\n") { // a raw string can have many lines
			lines[first+i] = true
		}
	}
}

func TestCodeLines(t *testing.T) {
	t.Parallel()
	code := "// Package p.\npackage p\n\n/* one\ntwo */\nvar a = `x\ny` // z\n\nfunc f() {\n\t// nothing\n}\n"
	if got := codeLines([]byte(code)); got != 5 {
		t.Errorf("codeLines = %d; want 5", got)
	}
}

// vague are names that do not say what a file or package contains.
var vague = regexp.MustCompile(`^(util|utils|helper|helpers|common|misc)(_test)?(\.go)?$`)

func TestNames(t *testing.T) {
	t.Parallel()
	for _, f := range handwritten(t) {
		for name := range strings.SplitSeq(f.path, "/") {
			if strings.HasSuffix(f.path, ".go") && vague.MatchString(name) {
				t.Errorf("%s: the name %s does not say what it contains; name it after its content", f.path, name)
			}
		}
		if strings.HasSuffix(f.path, ".fail") {
			t.Errorf("%s is a failed run of a property test; fix the failure, add the input as a test, and delete the file", f.path)
		}
	}
}

// TestPackageComments checks that each package has a package comment. For packages under tests/ and internal/, linters
// do not check test files.
func TestPackageComments(t *testing.T) {
	t.Parallel()
	commented := map[string]bool{}
	for _, f := range goFiles(t) {
		dir := filepath.ToSlash(filepath.Dir(f.path))
		if strings.Contains(dir+"/", "testdata/") {
			continue
		}
		commented[dir] = commented[dir] || packageComment.Match(f.content)
	}
	for dir, ok := range commented {
		if generated, _ := filepath.Glob(filepath.Join(root, dir, "*.gen.go")); !ok && len(generated) == 0 {
			t.Errorf("%s has no package comment; write what the package is for in doc.go", dir)
		}
	}
}

var packageComment = regexp.MustCompile(`(?m)^// (Package|Command) [^\n]*\n(//[^\n]*\n)*package `)
