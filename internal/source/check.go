package source

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/cogfn/cogfn/internal/pyscan"
	"github.com/cogfn/cogfn/internal/requirements"
)

// CheckPath returns what is wrong with a function path, or "". By the service's rule it is the POSIX path of a Python file
// inside the code.
func CheckPath(name string) string {
	switch clean := path.Clean(name); {
	case strings.Contains(name, `\`):
		return fmt.Sprintf(`the function path must separate directories with "/"; write "%s"`, strings.ReplaceAll(name, `\`, "/"))
	case path.IsAbs(name):
		return `the function path must be relative to the code's directory; write it without the leading "/"`
	case clean == ".." || strings.HasPrefix(clean, "../"):
		return "the function path is outside the code's directory; move the file into the directory and correct the path"
	case path.Ext(clean) != ".py":
		return `the function path must end in ".py"; give the file that defines handle`
	case clean != name:
		return fmt.Sprintf(`the function path must have no redundant parts; write "%s"`, clean)
	case !fs.ValidPath(name):
		return "the function path is not valid UTF-8; rename the file"
	}
	return ""
}

// checkNames checks the names of the files before any file is read, because a wrong directory can contain many files.
func checkNames(functionPath string, files, ignored []string) error {
	if !slices.Contains(files, functionPath) {
		return missingEntry(functionPath, ignored)
	}
	if slices.Contains(files, "__init__.py") {
		return &Error{
			File:    "__init__.py",
			Message: "the service does not accept __init__.py in the root of the code; remove it",
		}
	}
	return nil
}

func missingEntry(functionPath string, ignored []string) error {
	for _, name := range ignored {
		if name == functionPath || strings.HasSuffix(name, "/") && strings.HasPrefix(functionPath, name) {
			return &Error{
				File:    functionPath,
				Message: fmt.Sprintf(`the ignore rules exclude this file; add the line "!%s" to %s, or correct a line there`, functionPath, IgnoreFile),
				Err:     fs.ErrNotExist,
			}
		}
	}
	return &Error{
		Message: fmt.Sprintf("the code has no %s; create it, or set the function path to the file that defines handle", functionPath),
		Err:     fs.ErrNotExist,
	}
}

// checkContent checks the files as they are in the zip, after ignore rules and links are applied.
func checkContent(s Source, code *Package, functionPath string) error {
	zipped, err := zip.NewReader(bytes.NewReader(code.Bytes), int64(len(code.Bytes)))
	if err != nil {
		return err
	}
	entry, err := fs.ReadFile(zipped, functionPath)
	if err != nil {
		return err
	}
	if err := pyscan.Check(entry); err != nil {
		return inFile(functionPath, err)
	}
	if text, ok := s.(Text); ok {
		return checkDocstring([]byte(text), functionPath)
	}
	if !slices.Contains(code.Files, requirementsFile) {
		return nil
	}
	content, err := fs.ReadFile(zipped, requirementsFile)
	if err != nil {
		return err
	}
	if err := requirements.Check(content); err != nil {
		return inFile(requirementsFile, err)
	}
	return nil
}

// checkDocstring checks the requirements in a docstring, so that errors name the lines that the user wrote.
func checkDocstring(text []byte, functionPath string) error {
	lines, err := pyscan.Requirements(text)
	if err != nil {
		return inFile(functionPath, err)
	}
	for _, l := range lines {
		err := requirements.Check([]byte(l.Text))
		if e, ok := errors.AsType[*requirements.Error](err); ok {
			e.Line = l.Number
			return inFile(functionPath, e)
		}
	}
	return nil
}
