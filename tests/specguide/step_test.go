package specguide

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/cogfn/cogfn/tests/project"
)

// step is a block of code in the guide with the comment above it, which is the directive for the block.
type step struct{ directive, code string }

var block = regexp.MustCompile("(?s)(?:<!-- ([^\n]*) -->\n)?```[a-z]+\n(.*?)```\n")

// stepsOf finds the blocks of a section. A block without a comment would not be followed, so it is an error.
func stepsOf(t *testing.T, section string) []step {
	t.Helper()
	var steps []step
	for _, match := range block.FindAllStringSubmatch(section, -1) {
		if match[1] == "" {
			t.Fatalf("there is no comment above this block:\n%s", match[2])
		}
		steps = append(steps, step{directive: match[1], code: match[2]})
	}
	if fences := strings.Count("\n"+section, "\n```"); fences != 2*len(steps) {
		t.Fatalf("the section has %d fences, but %d blocks were found", fences, len(steps))
	}
	return steps
}

func (s step) firstLine() string {
	first, _, _ := strings.Cut(strings.TrimSpace(s.code), "\n")
	return first
}

// follow carries out a step in a copy of the project.
func (s step) follow(t *testing.T, dir string) {
	t.Helper()
	if e, ok := s.edit(); ok {
		if err := e.apply(dir); err != nil {
			t.Fatal(err)
		}
		return
	}
	switch s.directive {
	case "run":
		s.run(t, dir, true)
	case "run, must fail":
		s.run(t, dir, false)
	default:
		t.Fatalf("the guide has the unknown directive %q", s.directive)
	}
}

// run runs the command of the first line. The other lines must be in what it prints, in any order, because tests run in
// parallel.
func (s step) run(t *testing.T, dir string, succeeds bool) {
	t.Helper()
	command, rest, _ := strings.Cut(strings.TrimPrefix(s.code, "$ "), "\n")
	words := strings.Fields(command)
	out, ok := project.Run(t, dir, words[0], words[1:]...)
	if ok != succeeds {
		t.Fatalf("%s: succeeded: %v; the guide says %v\n%s", command, ok, succeeds, out)
	}
	for line := range strings.Lines(rest) {
		if !strings.Contains(out, strings.TrimSpace(line)) {
			t.Fatalf("%s printed this, without %q:\n%s", command, strings.TrimSpace(line), out)
		}
	}
}

// edit is a change of a file.
type edit struct {
	kind, mark, file, code string
}

// The kinds of edits, as the guide writes them.
const (
	before  = "put before"
	after   = "put after the last"
	replace = "replace"
)

var editDirective = regexp.MustCompile(`^(` + before + `|` + after + `|` + replace + `) "(.*)" in (\S+)$`)

// edit returns the edit that the step describes, if it does.
func (s step) edit() (edit, bool) {
	match := editDirective.FindStringSubmatch(s.directive)
	if match == nil {
		return edit{}, false
	}
	return edit{kind: match[1], mark: match[2], file: match[3], code: s.code}, true
}

// place returns where the code goes, and where the old text continues. The mark is the start of a line.
func (e edit) place(content string) (from, to int, err error) {
	text := "\n" + content
	at := strings.Index(text, "\n"+e.mark)
	if e.kind == after {
		at = strings.LastIndex(text, "\n"+e.mark)
	}
	if at < 0 {
		return 0, 0, fmt.Errorf("%s has no line that begins with %q; the guide must name another place", e.file, e.mark)
	}
	end := at + strings.IndexByte(content[at:], '\n') + 1
	switch e.kind {
	case before:
		return at, at, nil
	case after:
		return end, end, nil
	default:
		return at, end, nil
	}
}

func (e edit) apply(dir string) error {
	name := filepath.Join(dir, e.file)
	content, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	from, to, err := e.place(string(content))
	if err != nil {
		return err
	}
	return os.WriteFile(name, []byte(string(content[:from])+e.code+string(content[to:])), 0o600)
}

func TestEdits(t *testing.T) {
	t.Parallel()
	for directive, want := range map[string]string{
		`put before "a" in f`:         "new\na1\na2\nb\n",
		`put before "b" in f`:         "a1\na2\nnew\nb\n",
		`put after the last "a" in f`: "a1\na2\nnew\nb\n",
		`replace "a" in f`:            "new\na2\nb\n",
		`replace "b" in f`:            "a1\na2\nnew\n",
		`put before "1" in f`:         "",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "f"), []byte("a1\na2\nb\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		e, ok := step{directive, "new\n"}.edit()
		if !ok {
			t.Fatalf("%s is not an edit", directive)
		}
		if err := e.apply(dir); (err != nil) != (want == "") {
			t.Errorf("%s: error %v", directive, err)
		}
		if got, _ := os.ReadFile(filepath.Join(dir, "f")); want != "" && string(got) != want {
			t.Errorf("%s: the file is %q, want %q", directive, got, want)
		}
	}
}
