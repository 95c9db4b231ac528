// Package specguide follows docs/spec-guide.md and checks that its steps work.
package specguide

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cogfn/cogfn/tests/project"
)

const root = "../.."

// walks are the sections of the guide with steps, and how many edits by hand each may need. An edit is a hunk of git diff
// in a file that is not generated.
var walks = map[string]int{
	"A new field and a new operation": 5,
	"A new value of an enum":          3,
}

// generated are the files that commands of the guide write. wrapper/functions.go has a generated field list.
var generated = []string{"gen", "wrapper/functions.go", "tests/recorded/emulator", "docs/coverage.md"}

// TestGuide follows each walk of the guide on a copy of the project: it makes the edits, runs the commands, and compares
// what they print. Then all tests of the copy must pass.
func TestGuide(t *testing.T) {
	t.Parallel()
	if os.Getenv("GUIDE") == "" {
		t.Skip("GUIDE=1 is not set; the test takes minutes, and make guide runs it")
	}
	for title, steps := range guide(t) {
		t.Run(title, func(t *testing.T) {
			t.Parallel() // recording waits for a schedule
			dir := project.Copy(t)
			for _, s := range steps {
				started := time.Now()
				s.follow(t, dir)
				t.Logf("%v: %s: %s", time.Since(started).Round(time.Millisecond), s.directive, s.firstLine())
			}
			diff := project.Diff(t, dir, generated...)
			edits := strings.Count("\n"+diff, "\n@@ ")
			if edits > walks[title] {
				t.Errorf("the walk needs %d edits instead of at most %d:\n%s", edits, walks[title], diff)
			}
			t.Logf("%d edits", edits)
			if out, ok := project.Run(t, dir, "make", "test"); !ok {
				t.Errorf("a test of the changed project fails:\n%s", failures(out))
			}
		})
	}
}

// failures leaves out the packages that pass.
func failures(out string) string {
	lines := slices.DeleteFunc(strings.Split(out, "\n"), func(line string) bool {
		return strings.HasPrefix(line, "ok ") || strings.HasPrefix(line, "? ")
	})
	return strings.Join(lines, "\n")
}

// TestPlacesExist checks without following the guide that the places for its edits exist.
func TestPlacesExist(t *testing.T) {
	t.Parallel()
	sections := guide(t)
	for title, steps := range sections {
		for _, s := range steps {
			e, isEdit := s.edit()
			if !isEdit {
				continue
			}
			content, err := os.ReadFile(filepath.Join(root, e.file))
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := e.place(string(content)); err != nil {
				t.Errorf("%s: %v", title, err)
			}
		}
	}
	if want, got := slices.Sorted(maps.Keys(walks)), slices.Sorted(maps.Keys(sections)); !slices.Equal(want, got) {
		t.Errorf("the guide has the walks %q, this test has %q", got, want)
	}
}

// guide returns the steps of each section of the guide that has any.
func guide(t *testing.T) map[string][]step {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "docs", "spec-guide.md"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]step{}
	for section := range strings.SplitSeq("\n"+string(text), "\n## ") {
		title, body, _ := strings.Cut(section, "\n")
		if steps := stepsOf(t, body); len(steps) > 0 {
			all[title] = steps
		}
	}
	return all
}
