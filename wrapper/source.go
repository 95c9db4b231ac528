package functions

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/cogfn/cogfn/internal/source"
)

// Source is where the code of a function comes from. Create one with [Folder], [FolderFS], [HandlerText] or [FileID].
// [Client.Create] rejects the zero Source.
//
// [Client.Create] packs directories and strings into a zip and checks the code without running it. It returns a
// [*SourceError] if the code breaks one of these rules:
//
//   - The function path is the path of a Python file in the code.
//   - The last top-level definition of handle in that file can be called and has no arguments except data, client, secrets
//     and function_call_info.
//   - pip can read requirements.txt in the root of the code, if that file exists.
//   - There is no __init__.py in the root of the code.
//
// [WithoutValidation] turns the checks off.
type Source struct {
	code   source.Source // nil in the zero Source and for a FileID
	isFile bool
	id     int64 // of the file, if isFile is set
}

// Folder takes the code from a directory: all files in it and in its subdirectories. It excludes
//
//   - files that tools create, such as .git, __pycache__ and virtual environments,
//   - .env files, which usually contain secrets,
//   - files that match a pattern in the file .cogfnignore in the directory, in the syntax of .dockerignore. A pattern
//     "!name" includes a file again.
//
// A symbolic link to a file in the directory is packed as that file. Other links are errors.
func Folder(path string) Source { return Source{code: source.Directory(path)} }

// FolderFS takes the code from the root of a file system, for example an embed.FS, by the rules of [Folder].
func FolderFS(fsys fs.FS) Source { return Source{code: source.FileSystem{FS: fsys}} }

// HandlerText takes the code from a string and stores it under the function path. The docstring of handle or of the file can
// list requirements, one per line, between the lines [requirements] and [/requirements].
func HandlerText(text string) Source { return Source{code: source.Text(text)} }

// FileID uses a zip that was uploaded to the Files API. Its content is not checked.
func FileID(id int64) Source { return Source{isFile: true, id: id} }

// fileID returns the id of the uploaded file, if the source is one.
func (s Source) fileID() (int64, bool) { return s.id, s.isFile && s.id > 0 }

// pack packs the code and checks it unless skipValidation is set. An empty functionPath is the default path.
func (s Source) pack(functionPath string, skipValidation bool) (*Package, error) {
	switch {
	case s.isFile && s.id > 0:
		return nil, &SourceError{Message: fmt.Sprintf("the code is in file %d already and cannot be packed; use the file", s.id)}
	case s.isFile:
		return nil, &SourceError{Message: fmt.Sprintf("the file id %d is not valid; use the id of an uploaded zip", s.id)}
	case s.code == nil:
		return nil, &SourceError{Message: "no code is given; use Folder, FolderFS, HandlerText or FileID"}
	case functionPath == "":
		functionPath = defaultPath
	}
	code, err := source.Pack(s.code, functionPath, !skipValidation)
	if e, ok := errors.AsType[*source.Error](err); ok {
		return nil, (*SourceError)(e)
	}
	return (*Package)(code), err
}

// Pack packs and checks the code and checks the fields of w, as [Client.Create] does with the same arguments, but sends
// nothing. It returns the same errors as [Client.Create], and a [*SourceError] for a [FileID].
func (s Source) Pack(w FunctionWrite, opts ...CreateOption) (*Package, error) {
	o, err := createSettings(w, opts)
	if err != nil {
		return nil, err
	}
	functionPath := ""
	if w.FunctionPath != nil {
		functionPath = *w.FunctionPath
	}
	return s.pack(functionPath, o.skipValidation)
}

// Package is the code of a function as [Client.Create] uploads it.
type Package struct {
	// Bytes is the zip. The same files produce the same bytes on every machine.
	Bytes []byte
	// ContentSHA256 is the SHA-256 of the names and contents of Files, in hexadecimal. Compare it to find out whether two
	// packages contain the same code: a different compressor changes Bytes, but not ContentSHA256.
	ContentSHA256 string
	// Files are the names in the zip, sorted. "/" separates directories.
	Files []string
	// Ignored are the names of the files left out, sorted. A directory ends in "/" if all of it is left out.
	Ignored []string
}

// SourceError describes what is wrong with the code of a function. It matches [ErrInvalid].
type SourceError struct {
	// File is the path of the file or directory, relative to the same directory as the argument of [Folder]. It is "" if the
	// error is about no file.
	File string
	// Line is the line in the file, counted from 1. It is 0 if the error is about the whole file.
	Line int
	// Message says what is wrong and what to do, without file and line.
	Message string
	// Err is the cause, for example an error of the file system, or nil.
	Err error
}

// Error returns file, line and message in one sentence, for example
// "functions: examples/sum/handler.py:3: handle is an async function; …".
func (e *SourceError) Error() string { return "functions: " + (*source.Error)(e).Error() }

// Unwrap returns the cause.
func (e *SourceError) Unwrap() error { return e.Err }

// Is reports whether target is [ErrInvalid].
func (e *SourceError) Is(target error) bool { return target == ErrInvalid }
