package source

import (
	"cmp"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// file is a file to pack.
type file struct {
	name string
	open func() (io.ReadCloser, error)
}

type entries struct {
	files   []file
	ignored []string
}

type walker struct {
	fsys  fs.FS
	rules *rules
	found entries
}

// listEntries returns the files of fsys to pack and the names of those left out.
func listEntries(fsys fs.FS) (*entries, error) {
	r, err := readRules(fsys)
	if err != nil {
		return nil, err
	}
	w := &walker{fsys: fsys, rules: r}
	if err := w.directory(".", ""); err != nil {
		return nil, err
	}
	// The walk finds "a/b" before "a.py", but "." sorts before "/".
	slices.SortFunc(w.found.files, func(a, b file) int { return cmp.Compare(a.name, b.name) })
	slices.Sort(w.found.ignored)
	return &w.found, nil
}

// directory visits the entries of dir. excluded is the outermost directory around them that the default rules exclude,
// or "".
func (w *walker) directory(dir, excluded string) error {
	list, err := fs.ReadDir(w.fsys, dir)
	if err != nil {
		name := dir
		if dir == "." {
			name = ""
		}
		return newError(name, "the directory cannot be read; check its permissions", err)
	}
	for _, entry := range list {
		if err := w.entry(path.Join(dir, entry.Name()), entry.Type(), excluded); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) entry(name string, mode fs.FileMode, excluded string) error {
	if excluded == "" {
		byDefault, err := w.excludedByDefault(name, mode)
		if err != nil {
			return err
		}
		if byDefault {
			excluded = name
		}
	}
	ignored, err := w.rules.ignored(name, excluded)
	if err != nil {
		return err
	}
	if mode.IsDir() {
		if ignored && !w.rules.mayInclude(name) {
			w.found.ignored = append(w.found.ignored, name+"/")
			return nil
		}
		if err := checkName(name); err != nil {
			return err
		}
		return w.directory(name, excluded)
	}
	if ignored {
		w.found.ignored = append(w.found.ignored, name)
		return nil
	}
	return w.add(name, mode)
}

// excludedByDefault reports whether the default rules exclude the entry.
func (w *walker) excludedByDefault(name string, mode fs.FileMode) (bool, error) {
	if mode.IsDir() {
		if _, err := fs.Stat(w.fsys, path.Join(name, venvFile)); err == nil {
			return true, nil
		}
	}
	return w.rules.defaults.MatchesOrParentMatches(name)
}

func (w *walker) add(name string, mode fs.FileMode) error {
	if err := checkName(name); err != nil {
		return err
	}
	target := name
	switch {
	case mode&fs.ModeSymlink != 0:
		var err error
		if target, err = followLink(w.fsys, name); err != nil {
			return err
		}
	case !mode.IsRegular():
		return &Error{File: name, Message: fmt.Sprintf("%s cannot be packed; remove it or add it to %s", kindOf(mode), IgnoreFile)}
	}
	w.found.files = append(w.found.files, file{name, func() (io.ReadCloser, error) { return w.fsys.Open(target) }})
	return nil
}

func kindOf(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	default:
		return "a device"
	}
}

// checkName rejects names that a zip does not preserve on every system.
func checkName(name string) error {
	if !utf8.ValidString(name) {
		return &Error{File: fmt.Sprintf("%q", name), Message: "the name is not valid UTF-8; rename it"}
	}
	if strings.Contains(name, `\`) {
		return &Error{File: name, Message: `the name contains a "\"; rename it`}
	}
	return nil
}
