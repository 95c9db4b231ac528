package project_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cogfn/cogfn/tests/project"
)

func TestCopy(t *testing.T) {
	t.Parallel()
	dir := project.Copy(t)
	if diff := project.Diff(t, dir); diff != "" {
		t.Errorf("a new copy has changes:\n%s", diff)
	}
	for _, name := range []string{"go.mod", "added.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("module changed\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	diff := project.Diff(t, dir)
	if !strings.Contains(diff, "+module changed") || !strings.Contains(diff, "b/added.txt") {
		t.Errorf("the diff lacks a change:\n%s", diff)
	}
	if diff := project.Diff(t, dir, "go.mod", "added.txt"); diff != "" {
		t.Errorf("excluded files are in the diff:\n%s", diff)
	}
	project.Commit(t, dir)
	if diff := project.Diff(t, dir); diff != "" {
		t.Errorf("there are changes after a commit:\n%s", diff)
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if out, ok := project.Run(t, dir, "sh", "-c", "pwd; echo failed >&2; exit 1"); ok || !strings.Contains(out, filepath.Base(dir)) || !strings.Contains(out, "failed") {
		t.Errorf("printed %q, succeeded %v", out, ok)
	}
	if out, ok := project.Run(t, dir, "sh", "-c", "echo fine"); !ok || out != "fine\n" {
		t.Errorf("printed %q, succeeded %v", out, ok)
	}
}
