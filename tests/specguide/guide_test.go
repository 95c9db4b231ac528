// Package specguide follows docs/spec-guide.md, so that what the guide says stays true.
package specguide

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

const root = "../.."

// TestGuide copies the project and does on the copy what docs/spec-guide.md says: it puts the pieces of code where the
// guide wants them, runs the commands, and compares what they print.
func TestGuide(t *testing.T) {
	t.Parallel()
	project := copyOfProject(t)
	text, err := os.ReadFile(filepath.Join(root, "docs", "spec-guide.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range stepsOf(t, string(text)) {
		started := time.Now()
		s.follow(t, project)
		first, _, _ := strings.Cut(strings.TrimSpace(s.code), "\n")
		t.Logf("%v: %s: %s", time.Since(started).Round(time.Millisecond), s.directive, first)
	}
}

// step is a block of code in the guide with the comment above it that says what to do with it.
type step struct{ directive, code string }

var (
	block       = regexp.MustCompile("(?s)(?:<!-- ([^\n]*) -->\n)?```[a-z]+\n(.*?)```\n")
	putBefore   = regexp.MustCompile(`^put before "(.*)" in (\S+)$`)
	putAtTheEnd = regexp.MustCompile(`^put at the end of (\S+)$`)
)

// stepsOf finds the blocks of the guide. A block without a comment would not be followed, so it is an error.
func stepsOf(t *testing.T, guide string) []step {
	t.Helper()
	var steps []step
	for _, match := range block.FindAllStringSubmatch(guide, -1) {
		if match[1] == "" {
			t.Fatalf("no comment above this block says what to do with it:\n%s", match[2])
		}
		steps = append(steps, step{directive: match[1], code: match[2]})
	}
	if fences := strings.Count(guide, "\n```"); fences != 2*len(steps) {
		t.Fatalf("the guide has %d fences, and %d blocks were found", fences, len(steps))
	}
	return steps
}

func (s step) follow(t *testing.T, project string) {
	t.Helper()
	switch {
	case putBefore.MatchString(s.directive):
		match := putBefore.FindStringSubmatch(s.directive)
		s.put(t, filepath.Join(project, match[2]), "\n"+strings.ReplaceAll(match[1], `\"`, `"`))
	case putAtTheEnd.MatchString(s.directive):
		s.put(t, filepath.Join(project, putAtTheEnd.FindStringSubmatch(s.directive)[1]), "")
	case s.directive == "run":
		s.run(t, project, true)
	case s.directive == "run, must fail":
		s.run(t, project, false)
	case s.directive == "run in make interop": // it takes long or needs a tool that make interop installs
		if os.Getenv("INTEROP") != "" {
			s.run(t, project, true)
		}
	default:
		t.Fatalf("the guide says %q, which nobody understands", s.directive)
	}
}

// put writes the code into a file, before the first line that begins with the mark, or at the end if the mark is "".
func (s step) put(t *testing.T, file, mark string) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	at := len(content)
	if mark != "" {
		if at = bytes.Index(content, []byte(mark)) + 1; at == 0 {
			t.Fatalf("%s has no line that begins with %q; the guide must name another", file, mark[1:])
		}
	}
	content = bytes.Join([][]byte{content[:at], []byte(s.code), content[at:]}, nil)
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// run carries out the command of the first line, and expects the other lines in what it prints, in any order,
// since tests run side by side.
func (s step) run(t *testing.T, project string, succeeds bool) {
	t.Helper()
	command, rest, _ := strings.Cut(strings.TrimPrefix(s.code, "$ "), "\n")
	words := strings.Fields(command)
	cmd := exec.CommandContext(t.Context(), words[0], words[1:]...)
	cmd.Dir, cmd.Env = project, environment()
	out, err := cmd.CombinedOutput()
	if _, ran := errors.AsType[*exec.ExitError](err); err != nil && !ran {
		t.Fatal(err)
	}
	if (err == nil) != succeeds {
		t.Fatalf("%s: %v; the guide expects success: %v\n%s", command, err, succeeds, out)
	}
	printed := strings.ReplaceAll(string(out), "\u00a0", " ") // which go-cmp mixes in
	for line := range strings.Lines(rest) {
		if !strings.Contains(printed, strings.TrimSpace(line)) {
			t.Fatalf("%s printed, without %q:\n%s", command, strings.TrimSpace(line), out)
		}
	}
}

// copyOfProject copies what is under version control, or would be, into a folder that is a git repository as well.
func copyOfProject(t *testing.T) string {
	t.Helper()
	project := t.TempDir()
	names := strings.TrimSuffix(git(t, root, "ls-files", "-co", "--exclude-standard", "-z"), "\x00")
	for name := range strings.SplitSeq(names, "\x00") {
		content, err := os.ReadFile(filepath.Join(root, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted, and not committed yet
		}
		if err != nil {
			t.Fatal(err)
		}
		target := filepath.Join(project, name)
		if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(target, content, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	git(t, project, "init", "--quiet")
	git(t, project, "add", "--all")
	git(t, project, "-c", "user.name=guide", "-c", "user.email=guide@example.com", "-c", "commit.gpgsign=false", "commit", "--quiet", "--message", "before")
	return project
}

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir, cmd.Env = dir, environment()
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git %s: %v", args[0], err)
	}
	return string(out)
}

// environment leaves out what makes git work on another repository than that of its folder, as in a commit hook, and what
// makes the recorder record a real project instead of the emulator.
func environment() []string {
	return slices.DeleteFunc(os.Environ(), func(variable string) bool {
		return strings.HasPrefix(variable, "GIT_") || strings.HasPrefix(variable, "CDF_")
	})
}
