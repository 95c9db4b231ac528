package functions

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cogfn/cogfn/internal/source"
	"github.com/cogfn/cogfn/internal/pyscan"
	"github.com/cogfn/cogfn/internal/requirements"
)

// requirementsPath is where the service looks for the packages that a function needs.
const requirementsPath = "requirements.txt"

// Source says where a function's code comes from. Make one with Folder, FolderFS, HandlerText or FileID; Create refuses
// the zero Source.
//
// Folders and texts are packed when the function is created, into the same zip for the same files, and checked without
// running them, unless WithoutValidation says otherwise: the function path leads to a Python file whose last top-level
// handle can be called and takes no arguments but data, client, secrets and function_call_info; requirements.txt, if
// there is one in the root, is one that pip can read; and there is no __init__.py in the root. What breaks a rule is a
// *SourceError.
type Source struct {
	kind   sourceKind
	folder string
	fsys   fs.FS
	text   string
	id     int64
}

type sourceKind uint8

const (
	noSource sourceKind = iota
	sourceFolder
	sourceFS
	sourceText
	sourceFile
)

// Folder takes the code from a folder on disk, with all files in it and below. Left out are what tools leave behind
// (.git, __pycache__, virtual environments and the like), .env files, and what a file .cogfnignore in the folder's root
// names, in the syntax of .dockerignore; a line "!name" there takes something back. A link to a file inside the folder
// is packed as that file; one that leads elsewhere is an error.
func Folder(path string) Source { return Source{kind: sourceFolder, folder: path} }

// FolderFS takes the code from the root of a file system, such as an embed.FS, by the rules of Folder.
func FolderFS(fsys fs.FS) Source { return Source{kind: sourceFS, fsys: fsys} }

// HandlerText takes text as the whole code, stored under the function path. The packages that it needs may stand in the
// docstring of handle or of the file, one on each line between the lines [requirements] and [/requirements].
func HandlerText(text string) Source { return Source{kind: sourceText, text: text} }

// FileID takes as code a zip that the Files API already holds under this id. It is not checked.
func FileID(id int64) Source { return Source{kind: sourceFile, id: id} }

// SourceError says what is wrong with a function's code. It matches ErrInvalid; get it with errors.As or
// errors.AsType[*functions.SourceError].
type SourceError struct {
	// File is the file or folder to blame, beginning with the folder as it was given to Folder; "" if there is none.
	File string
	// Line is the line to blame, counted from 1; 0 if there is no single one.
	Line int
	// Message says what is wrong and what to do, without the place.
	Message string
	// Err is the cause, if it has one, such as an error of the file system.
	Err error
}

// Error says in one sentence where what is wrong and what to do, for example
// "examples/sum/handler.py:3: handle is an async function; …".
func (e *SourceError) Error() string {
	switch {
	case e.File == "":
		return e.Message
	case e.Line == 0:
		return e.File + ": " + e.Message
	default:
		return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Message)
	}
}

// Unwrap returns the cause.
func (e *SourceError) Unwrap() error { return e.Err }

// Is matches ErrInvalid.
func (e *SourceError) Is(target error) bool { return target == ErrInvalid }

// fileID returns the id of a file that holds the code already.
func (s Source) fileID() (int64, bool) {
	return s.id, s.kind == sourceFile && s.id > 0
}

// pack zips the code and, unless skipValidation is set, checks what is in the zip. An empty functionPath stands for the
// default one.
func (s Source) pack(functionPath string, skipValidation bool) (*source.Archive, error) {
	if functionPath == "" {
		functionPath = defaultPath
	}
	if why := faultOfPath(functionPath); why != "" {
		return nil, &SourceError{File: functionPath, Message: why}
	}
	var accept func(files, ignored []string) error
	if !skipValidation {
		accept = func(files, ignored []string) error { return s.checkFiles(functionPath, files, ignored) }
	}
	archive, err := s.archive(functionPath, accept)
	if err != nil {
		return nil, s.explain(err)
	}
	if !skipValidation {
		if err := s.validate(archive, functionPath); err != nil {
			return nil, err
		}
	}
	return archive, nil
}

func (s Source) archive(functionPath string, accept func(files, ignored []string) error) (*source.Archive, error) {
	switch s.kind {
	case sourceFolder:
		return s.packFolder(accept)
	case sourceFS:
		if s.fsys == nil {
			return nil, &SourceError{Message: "the file system given as code is nil; pass one to FolderFS"}
		}
		return source.Pack(s.fsys, accept)
	case sourceText:
		return s.packText(functionPath)
	case sourceFile:
		if s.id > 0 {
			return nil, &SourceError{Message: fmt.Sprintf("the code is in file %d already and cannot be packed; use the file", s.id)}
		}
		return nil, &SourceError{Message: fmt.Sprintf("the file id %d is not valid; use the id of an uploaded zip", s.id)}
	case noSource:
	}
	return nil, &SourceError{Message: "no code is given; use Folder, FolderFS, HandlerText or FileID"}
}

func (s Source) packFolder(accept func(files, ignored []string) error) (*source.Archive, error) {
	if s.folder == "" {
		return nil, &SourceError{Message: `the path of the folder is empty; use "." for the current folder`}
	}
	info, err := os.Stat(s.folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &SourceError{File: s.folder, Message: "the folder does not exist; check the path", Err: err}
	case err == nil && !info.IsDir():
		return nil, &SourceError{File: s.folder, Message: "this is a file, not a folder; give the folder that holds the code"}
	}
	// A root, unlike os.DirFS, opens nothing outside the folder, even if a link changes meanwhile.
	root, err := os.OpenRoot(s.folder)
	if err != nil {
		return nil, &SourceError{File: s.folder, Message: "the folder cannot be opened; check its permissions", Err: err}
	}
	archive, err := source.Pack(root.FS(), accept)
	return archive, errors.Join(err, root.Close())
}

func (s Source) packText(functionPath string) (*source.Archive, error) {
	lines, err := pyscan.Requirements([]byte(s.text))
	if err != nil {
		return nil, s.blame(functionPath, err)
	}
	texts := map[string]string{functionPath: s.text}
	if len(lines) > 0 {
		var list strings.Builder
		for _, l := range lines {
			list.WriteString(l.Text + "\n")
		}
		texts[requirementsPath] = list.String()
	}
	return source.PackTexts(texts)
}

// place names an entry of the code as the user would.
func (s Source) place(name string) string {
	switch {
	case s.kind != sourceFolder:
		return name
	case name == "":
		return s.folder
	case os.IsPathSeparator(s.folder[len(s.folder)-1]):
		return s.folder + filepath.FromSlash(name)
	default:
		return s.folder + string(filepath.Separator) + filepath.FromSlash(name)
	}
}

// explain turns the errors of the internal packages into a SourceError.
func (s Source) explain(err error) error {
	if own, ok := errors.AsType[*SourceError](err); ok {
		return own
	}
	if entry, ok := errors.AsType[*source.Error](err); ok {
		message := entry.Message
		if entry.Err != nil {
			message += " (" + entry.Err.Error() + ")"
		}
		return &SourceError{File: s.place(entry.Name), Message: message, Err: entry.Err}
	}
	return &SourceError{File: s.place(""), Message: "the code cannot be packed: " + err.Error(), Err: err}
}

// blame is explain for an error about one file whose name the error does not know.
func (s Source) blame(name string, err error) error {
	blamed := &SourceError{File: s.place(name), Message: err.Error(), Err: err}
	if e, ok := errors.AsType[*pyscan.Error](err); ok {
		blamed.Line, blamed.Message, blamed.Err = e.Line, e.Message, nil
	}
	if e, ok := errors.AsType[*requirements.Error](err); ok {
		blamed.Line, blamed.Message, blamed.Err = e.Line, e.Message, nil
	}
	return blamed
}

// faultOfPath says what is wrong with a function path by the service's rule: the POSIX path of a Python file inside the
// code. It is "" for a good one.
func faultOfPath(name string) string {
	switch clean := path.Clean(name); {
	case strings.Contains(name, `\`):
		return fmt.Sprintf(`a function path separates folders by "/"; write "%s"`, strings.ReplaceAll(name, `\`, "/"))
	case path.IsAbs(name):
		return "a function path begins in the folder of the code; write it without the leading \"/\""
	case clean == ".." || strings.HasPrefix(clean, "../"):
		return "the function path leads out of the folder; move the file inside and correct the path"
	case path.Ext(clean) != ".py":
		return `a function path ends in ".py"; give the file that defines handle`
	case clean != name:
		return fmt.Sprintf(`a function path has no needless parts; write "%s"`, clean)
	case !fs.ValidPath(name):
		return "the function path is not valid UTF-8; rename the file"
	}
	return ""
}

// checkFiles checks the names of the files before any of them is read, as a wrong folder may hold a great many.
func (s Source) checkFiles(functionPath string, files, ignored []string) error {
	if !slices.Contains(files, functionPath) {
		return s.noHandler(ignored, functionPath)
	}
	if slices.Contains(files, "__init__.py") {
		return &SourceError{
			File:    s.place("__init__.py"),
			Message: "the service takes no __init__.py in the root of the code; remove it",
		}
	}
	return nil
}

// validate checks the content of the zip itself, so that nothing is overlooked that ignore rules or links change.
func (s Source) validate(archive *source.Archive, functionPath string) error {
	code, err := zip.NewReader(bytes.NewReader(archive.Bytes), int64(len(archive.Bytes)))
	if err != nil {
		return s.explain(err)
	}
	text, err := fs.ReadFile(code, functionPath)
	if err != nil {
		return s.explain(err)
	}
	if err := pyscan.Check("", text); err != nil {
		return s.blame(functionPath, err)
	}
	if s.kind == sourceText {
		return s.checkListed(text, functionPath)
	}
	if !slices.Contains(archive.Files, requirementsPath) {
		return nil
	}
	if text, err = fs.ReadFile(code, requirementsPath); err != nil {
		return s.explain(err)
	}
	if _, err := requirements.Parse("", text); err != nil {
		return s.blame(requirementsPath, err)
	}
	return nil
}

// checkListed checks the requirements of a handler's text where the user wrote them: in the docstring.
func (s Source) checkListed(text []byte, functionPath string) error {
	lines, err := pyscan.Requirements(text)
	if err != nil {
		return s.blame(functionPath, err)
	}
	for _, l := range lines {
		if _, err := requirements.Parse("", []byte(l.Text)); err != nil {
			if e, ok := errors.AsType[*requirements.Error](err); ok {
				e.Line = l.Number
			}
			return s.blame(functionPath, err)
		}
	}
	return nil
}

func (s Source) noHandler(ignored []string, functionPath string) error {
	for _, name := range ignored {
		if name == functionPath || strings.HasSuffix(name, "/") && strings.HasPrefix(functionPath, name) {
			return &SourceError{
				File: s.place(functionPath),
				Message: fmt.Sprintf(`the ignore rules leave this file out of the zip; add the line "!%s" to %s, or correct a line there`,
					functionPath, source.IgnoreFile),
				Err: fs.ErrNotExist,
			}
		}
	}
	return &SourceError{
		File:    s.place(""),
		Message: fmt.Sprintf("there is no %s in this folder; create it, or name the path of the file that defines handle", functionPath),
		Err:     fs.ErrNotExist,
	}
}
