// Package source packs the code of a function into a zip and checks it. The code comes from a directory, a file system or
// a string. The same files produce the same bytes on every machine.
package source

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/cogfn/cogfn/internal/pyscan"
)

const requirementsFile = "requirements.txt"

// Source provides code: [Directory], [FileSystem] or [Text].
type Source interface {
	// zip packs the files. accept can reject their names before any file is read; it is nil if they are not checked.
	zip(functionPath string, accept acceptFunc) (*Package, error)
	// locate returns the name of a file as the user knows it; name is "" for the code as a whole.
	locate(name string) string
}

type acceptFunc func(files, ignored []string) error

// Package is packed code.
type Package struct {
	Bytes         []byte   // the zip
	ContentSHA256 string   // of the names and contents of Files, in hexadecimal; does not depend on the compressor
	Files         []string // names in the zip, sorted, separated by "/"
	Ignored       []string // names of the files left out, sorted; a directory ends in "/" if all of it is left out
}

// Pack packs the code and, if check is set, checks it without running it. functionPath is the path of the entry file in the
// zip. A non-nil error is an [*Error].
func Pack(s Source, functionPath string, check bool) (*Package, error) {
	if fault := CheckPath(functionPath); fault != "" {
		return nil, &Error{File: functionPath, Message: fault}
	}
	var accept acceptFunc
	if check {
		accept = func(files, ignored []string) error { return checkNames(functionPath, files, ignored) }
	}
	code, err := s.zip(functionPath, accept)
	if err == nil && check {
		err = checkContent(s, code, functionPath)
	}
	if err == nil {
		return code, nil
	}
	located, ok := errors.AsType[*Error](err)
	if !ok {
		located = newError("", "the code cannot be packed; report this as a bug", err)
	}
	located.File = s.locate(located.File)
	return nil, located
}

// Directory is the path of a directory. All files in it and below are packed, except those that [IgnoreFile] or the default
// rules exclude. A symbolic link to a file inside the directory is packed as that file.
type Directory string

func (d Directory) zip(_ string, accept acceptFunc) (*Package, error) {
	if d == "" {
		return nil, &Error{Message: `the path of the directory is empty; use "." for the current directory`}
	}
	info, err := os.Stat(string(d))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &Error{Message: "the directory does not exist; check the path", Err: err}
	case err == nil && !info.IsDir():
		return nil, &Error{Message: "this is a file; give the path of the directory that contains the code"}
	}
	// Unlike os.DirFS, an os.Root never opens a file outside the directory, even if a link changes while it is read.
	root, err := os.OpenRoot(string(d))
	if err != nil {
		return nil, newError("", "the directory cannot be opened; check its permissions", err)
	}
	code, err := zipTree(root.FS(), accept)
	return code, errors.Join(err, root.Close())
}

func (d Directory) locate(name string) string {
	switch {
	case name == "" || d == "":
		return string(d)
	case os.IsPathSeparator(d[len(d)-1]):
		return string(d) + filepath.FromSlash(name)
	default: // not filepath.Join, which would clean the path that the user gave
		return string(d) + string(filepath.Separator) + filepath.FromSlash(name)
	}
}

// FileSystem is a file system whose root contains the code. It is packed by the rules of [Directory].
type FileSystem struct{ fs.FS }

func (f FileSystem) zip(_ string, accept acceptFunc) (*Package, error) {
	if f.FS == nil {
		return nil, &Error{Message: "the file system is nil; give one that contains the code"}
	}
	return zipTree(f.FS, accept)
}

func (FileSystem) locate(name string) string { return name }

// Text is the source of a single Python file. It is packed under the function path. Requirements in its docstring are
// packed as requirements.txt.
type Text string

func (t Text) zip(functionPath string, _ acceptFunc) (*Package, error) {
	lines, err := pyscan.Requirements([]byte(t))
	if err != nil {
		return nil, inFile(functionPath, err)
	}
	texts := map[string]string{functionPath: string(t)}
	if len(lines) > 0 {
		var list strings.Builder
		for _, l := range lines {
			list.WriteString(l.Text + "\n")
		}
		texts[requirementsFile] = list.String()
	}
	return zipTexts(texts)
}

func (Text) locate(name string) string { return name }
