// Package project copies this project, for tests that change it.
package project

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Copy copies the project's files into a new git repository with one commit, and returns its directory. Files that git
// ignores are left out; changes that are not committed are included.
func Copy(t *testing.T) string {
	t.Helper()
	root := strings.TrimSpace(git(t, ".", "rev-parse", "--show-toplevel"))
	target := t.TempDir()
	names := strings.TrimSuffix(git(t, root, "ls-files", "-co", "--exclude-standard", "-z"), "\x00")
	for name := range strings.SplitSeq(names, "\x00") {
		if err := copyFile(filepath.Join(root, name), filepath.Join(target, name)); err != nil {
			t.Fatal(err)
		}
	}
	git(t, target, "init", "--quiet")
	Commit(t, target)
	return target
}

func copyFile(from, to string) error {
	content, err := os.ReadFile(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // deleted, and not committed yet
	}
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	return os.WriteFile(to, content, 0o700) //nolint:gosec // scripts must stay executable
}

// Commit commits everything in a copy.
func Commit(t *testing.T, dir string) {
	t.Helper()
	git(t, dir, "add", "--all")
	git(t, dir, "-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false",
		"commit", "--quiet", "--message", "copy")
}

// Diff returns the changes since the last commit as git shows them, with three lines of context. New files are included.
// exclude are paths to leave out.
func Diff(t *testing.T, dir string, exclude ...string) string {
	t.Helper()
	git(t, dir, "add", "--all")
	args := []string{"diff", "--cached", "--unified=3", "--no-renames", "--", "."}
	for _, path := range exclude {
		args = append(args, ":(exclude)"+path)
	}
	return git(t, dir, args...)
}

// Run runs a command in a directory. It returns what the command prints to both outputs, and whether it succeeded.
func Run(t *testing.T, dir, name string, args ...string) (output string, ok bool) {
	t.Helper()
	out, err := command(t.Context(), dir, name, args...).CombinedOutput()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		t.Fatalf("%s: %v", name, err)
	}
	return string(out), err == nil
}

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := command(t.Context(), dir, "git", args...).Output()
	if err != nil {
		t.Fatalf("git %s: %v", args[0], err)
	}
	return string(out)
}

func command(ctx context.Context, dir, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // tests run the commands that they name
	cmd.Dir, cmd.Env = dir, environment()
	return cmd
}

// environment returns the environment without variables that change the behavior of commands:
//   - GIT_*: git uses another repository, for example in a commit hook;
//   - CDF_*: the recorder records a real project;
//   - MAKE*, MFLAGS: a nested make prints more;
//   - GUIDE, INTEROP: optional tests run.
func environment() []string {
	return slices.DeleteFunc(os.Environ(), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.ContainsFunc([]string{"GIT_", "CDF_", "MAKE", "MFLAGS"}, func(prefix string) bool {
			return strings.HasPrefix(name, prefix)
		}) || name == "GUIDE" || name == "INTEROP"
	})
}
