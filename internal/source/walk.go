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

// file is an entry of the archive and the way to its content.
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

// listEntries sorts the entries of fsys into those to pack and those to leave out.
func listEntries(fsys fs.FS) (*entries, error) {
	r, err := readRules(fsys)
	if err != nil {
		return nil, err
	}
	w := &walker{fsys: fsys, rules: r}
	if err := w.folder(".", ""); err != nil {
		return nil, err
	}
	// Sorted by whole name: a walk sorts "a/b" before "a.py", while "." comes before "/".
	slices.SortFunc(w.found.files, func(a, b file) int { return cmp.Compare(a.name, b.name) })
	slices.Sort(w.found.ignored)
	return &w.found, nil
}

// folder visits what is in dir; hidden is the outermost folder around it that the built-in rules leave out, or "".
func (w *walker) folder(dir, hidden string) error {
	list, err := fs.ReadDir(w.fsys, dir)
	if err != nil {
		name := dir
		if dir == "." {
			name = ""
		}
		return &Error{name, "the folder cannot be read; check its permissions", err}
	}
	for _, entry := range list {
		if err := w.entry(path.Join(dir, entry.Name()), entry.Type(), hidden); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) entry(name string, mode fs.FileMode, hidden string) error {
	if hidden == "" {
		hides, err := w.hides(name, mode)
		if err != nil {
			return err
		}
		if hides {
			hidden = name
		}
	}
	ignored, err := w.rules.ignored(name, hidden)
	if err != nil {
		return err
	}
	if mode.IsDir() {
		if ignored && !w.rules.mayTakeBack(name) {
			w.found.ignored = append(w.found.ignored, name+"/")
			return nil
		}
		if err := checkName(name); err != nil {
			return err
		}
		return w.folder(name, hidden)
	}
	if ignored {
		w.found.ignored = append(w.found.ignored, name)
		return nil
	}
	return w.add(name, mode)
}

// hides reports whether the built-in rules leave the entry out.
func (w *walker) hides(name string, mode fs.FileMode) (bool, error) {
	if mode.IsDir() {
		if _, err := fs.Stat(w.fsys, path.Join(name, venvMark)); err == nil {
			return true, nil
		}
	}
	return w.rules.hiddenByDefault(name)
}

func (w *walker) add(name string, mode fs.FileMode) error {
	if err := checkName(name); err != nil {
		return err
	}
	source := name
	switch {
	case mode&fs.ModeSymlink != 0:
		target, err := followLink(w.fsys, name)
		if err != nil {
			return err
		}
		source = target
	case !mode.IsRegular():
		return &Error{name, fmt.Sprintf("it is no regular file (%s); remove it or add it to %s", kindOf(mode), IgnoreFile), nil}
	}
	w.found.files = append(w.found.files, file{name, func() (io.ReadCloser, error) { return w.fsys.Open(source) }})
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

// checkName refuses names that would not come out of the zip as they went in.
func checkName(name string) error {
	if !utf8.ValidString(name) {
		return &Error{fmt.Sprintf("%q", name), "the name is not valid UTF-8; rename it", nil}
	}
	if strings.Contains(name, `\`) {
		return &Error{name, `the name holds a "\"; rename it`, nil}
	}
	return nil
}
