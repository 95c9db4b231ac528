package source

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// IgnoreFile is the name of the file, in the root of a folder, whose patterns say what stays out of the archive.
const IgnoreFile = ".cogfnignore"

// defaults stay out of every archive unless the ignore file takes them back: what version control, editors, test
// runners, package builds and operating systems leave behind, virtual environments, and files of secrets.
var defaults = []string{
	"**/.git", "**/.hg", "**/.svn",
	"**/__pycache__", "**/*.pyc", "**/*.pyo",
	"**/.venv", "**/venv", "**/node_modules",
	"**/.env", "**/.env.*",
	"**/.idea", "**/.vscode",
	"**/.pytest_cache", "**/.mypy_cache", "**/.ruff_cache", "**/.tox", "**/.nox", "**/.hypothesis",
	"**/.ipynb_checkpoints", "**/.coverage",
	"**/*.egg-info",
	"**/.DS_Store", "**/Thumbs.db",
	IgnoreFile,
}

// venvMark is the file that Python puts into the root of each virtual environment, whatever its name.
const venvMark = "pyvenv.cfg"

// rules decides what stays out of the archive.
type rules struct {
	defaults *patternmatcher.PatternMatcher
	own      *patternmatcher.PatternMatcher // all patterns of the ignore file
	taken    []takenBack                    // its patterns that begin with "!"
}

// takenBack is one "!" pattern on its own.
type takenBack struct {
	matcher *patternmatcher.PatternMatcher
	parts   []string
}

func readRules(fsys fs.FS) (*rules, error) {
	var patterns []string
	file, err := fsys.Open(IgnoreFile)
	switch {
	case err == nil:
		patterns, err = ignorefile.ReadAll(file)
		err = errors.Join(err, file.Close())
	case errors.Is(err, fs.ErrNotExist):
		err = nil
	}
	if err != nil {
		return nil, &Error{IgnoreFile, "the file cannot be read; make it a plain text file", err}
	}
	return newRules(patterns)
}

func newRules(patterns []string) (*rules, error) {
	standard, err := patternmatcher.New(defaults)
	if err != nil {
		return nil, err
	}
	r := &rules{defaults: standard}
	for _, p := range patterns {
		one, err := patternmatcher.New([]string{strings.TrimPrefix(p, "!")})
		if err == nil {
			// Patterns are compiled when first used, so this is what finds the bad ones.
			_, err = one.MatchesOrParentMatches("x")
		}
		if err != nil || p == "!" {
			return nil, &Error{IgnoreFile, fmt.Sprintf("%q is not a valid pattern; correct it or remove the line", p), err}
		}
		if rest, ok := strings.CutPrefix(p, "!"); ok {
			r.taken = append(r.taken, takenBack{one, strings.Split(rest, "/")})
		}
	}
	r.own, err = patternmatcher.New(patterns)
	return r, err
}

// ignored reports whether the entry name stays out. hidden is the outermost folder around name, or name itself, that
// the defaults leave out, or "".
func (r *rules) ignored(name, hidden string) (bool, error) {
	own, err := r.own.MatchesOrParentMatches(name)
	if err != nil || own || hidden == "" {
		return own, err
	}
	for _, t := range r.taken {
		back, err := t.takesBack(name, hidden)
		if err != nil || back {
			return false, err
		}
	}
	return true, nil
}

// takesBack reports whether the pattern names what the defaults hide, or something in it. A pattern for a folder
// around it does not count: "!src" must not bring in src/.env.
func (t takenBack) takesBack(name, hidden string) (bool, error) {
	matched, err := t.matcher.MatchesOrParentMatches(name)
	if err != nil || !matched || path.Dir(hidden) == "." {
		return matched, err
	}
	around, err := t.matcher.MatchesOrParentMatches(path.Dir(hidden))
	return !around, err
}

// mayTakeBack reports whether some "!" pattern could match an entry inside the ignored folder dir.
func (r *rules) mayTakeBack(dir string) bool {
	folders := strings.Split(dir, "/")
	for _, t := range r.taken {
		if t.reaches(folders) {
			return true
		}
	}
	return false
}

func (t takenBack) reaches(folders []string) bool {
	for i, folder := range folders {
		if i == len(t.parts) {
			return false
		}
		if strings.Contains(t.parts[i], "**") {
			return true
		}
		if ok, err := path.Match(t.parts[i], folder); err != nil || !ok {
			return false
		}
	}
	return true
}

func (r *rules) hiddenByDefault(name string) (bool, error) {
	return r.defaults.MatchesOrParentMatches(name)
}
