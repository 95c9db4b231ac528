package source

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// IgnoreFile is the name of the file in the root of the code whose patterns exclude files, in the syntax of .dockerignore.
const IgnoreFile = ".cogfnignore"

// defaults are the patterns of the default rules: files of version control, editors, test runners, package builds and
// operating systems, virtual environments, and .env files, which usually contain secrets. A "!" pattern in the ignore file
// includes them again.
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

// venvFile is the file that Python creates in the root of each virtual environment.
const venvFile = "pyvenv.cfg"

// rules decides which files are excluded.
type rules struct {
	defaults *patternmatcher.PatternMatcher
	own      *patternmatcher.PatternMatcher // all patterns of the ignore file
	includes []include                      // its patterns that begin with "!"
}

// include is one "!" pattern.
type include struct {
	matcher  *patternmatcher.PatternMatcher
	elements []string // of its path
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
		return nil, newError(IgnoreFile, "the file cannot be read; replace it with a text file", err)
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
			// Patterns are compiled at their first use.
			_, err = one.MatchesOrParentMatches("x")
		}
		if err != nil || p == "!" {
			return nil, newError(IgnoreFile, fmt.Sprintf("%q is not a valid pattern; correct it or remove the line", p), err)
		}
		if rest, ok := strings.CutPrefix(p, "!"); ok {
			r.includes = append(r.includes, include{one, strings.Split(rest, "/")})
		}
	}
	r.own, err = patternmatcher.New(patterns)
	return r, err
}

// ignored reports whether the entry is excluded. excluded is name or the outermost directory around it that the default
// rules exclude, or "" if they exclude none.
func (r *rules) ignored(name, excluded string) (bool, error) {
	own, err := r.own.MatchesOrParentMatches(name)
	if err != nil || own || excluded == "" {
		return own, err
	}
	for _, i := range r.includes {
		included, err := i.includes(name, excluded)
		if err != nil || included {
			return false, err
		}
	}
	return true, nil
}

// includes reports whether the pattern includes an entry that the default rules exclude. The pattern must match excluded
// itself or an entry in it. A pattern that matches the parent of excluded is not enough: "!src" must not include src/.env.
func (i include) includes(name, excluded string) (bool, error) {
	matched, err := i.matcher.MatchesOrParentMatches(name)
	if err != nil || !matched || path.Dir(excluded) == "." {
		return matched, err
	}
	parent, err := i.matcher.MatchesOrParentMatches(path.Dir(excluded))
	return !parent, err
}

// mayInclude reports whether a "!" pattern could match an entry inside the ignored directory dir.
func (r *rules) mayInclude(dir string) bool {
	elements := strings.Split(dir, "/")
	return slices.ContainsFunc(r.includes, func(i include) bool { return i.reaches(elements) })
}

// reaches reports whether the pattern could match an entry inside the directory with these path elements.
func (i include) reaches(directory []string) bool {
	for n, element := range directory {
		if n == len(i.elements) {
			return false
		}
		if strings.Contains(i.elements[n], "**") {
			return true
		}
		if ok, err := path.Match(i.elements[n], element); err != nil || !ok {
			return false
		}
	}
	return true
}
