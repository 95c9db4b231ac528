//go:build unix

package python

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNewRemovesDirectoriesOfKilledRunners(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	mine := code(t, "handler.py", "def handle(): return 1")
	for _, name := range []string{
		scratchPrefix + "stale/" + lockName,
		scratchPrefix + "stale/function-1/home/file",
		scratchPrefix + "unlocked/file", // created a moment ago, or by another program
		"another/" + lockName,
	} {
		file := filepath.Join(parent, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(mine, lockName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(mine, filepath.Join(parent, scratchPrefix+"link")); err != nil {
		t.Fatal(err)
	}
	first := newRunner(t, Options{ScratchDir: parent})
	second := newRunner(t, Options{ScratchDir: parent})
	want := []string{
		"another", filepath.Base(first.scratch.dir), filepath.Base(second.scratch.dir),
		scratchPrefix + "link", scratchPrefix + "unlocked",
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, names(t, parent)); diff != "" {
		t.Errorf("directories (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"handler.py", lockName}, names(t, mine)); diff != "" {
		t.Errorf("files behind the link (-want +got):\n%s", diff)
	}
	mustReturn[int](t, deploy(t, first, "def handle(): return 1"), data("{}"))
}

func TestNewWithoutScratchDirectory(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "missing")
	_, err := New(Options{ScratchDir: missing})
	if err == nil || !strings.Contains(err.Error(), missing) || !strings.Contains(err.Error(), "existing directory") {
		t.Errorf("got %v, want an error with %s and the action", err, missing)
	}
}

// names returns what is in a directory, sorted.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, entry := range entries {
		found = append(found, entry.Name())
	}
	return found
}
