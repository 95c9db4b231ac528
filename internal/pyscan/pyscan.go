// Package pyscan scans the Python source of a function's entry file. It checks that the service can call the function
// handle, and reads the requirements in a docstring. It does not import the file and needs no Python interpreter.
//
// It is a scanner, not a parser: it reads tokens, indentation and the first words of statements. It finds only some of the
// syntax errors that Python finds, but it never rejects a file that Python accepts.
package pyscan

import (
	"bytes"
	"fmt"

	"github.com/cogfn/cogfn/internal/lineerror"
)

// Error describes what is wrong with a Python file.
type Error = lineerror.Error

// Check checks whether the service can run src as the entry file of a function. A non-nil error is an [*Error].
func Check(src []byte) error {
	m, problem := scan(src)
	if problem == nil {
		problem = m.checkHandle()
	}
	if problem == nil {
		return nil // not a nil *Error in the interface
	}
	return problem
}

func scan(src []byte) (*module, *Error) {
	src = bytes.TrimPrefix(src, []byte("\xef\xbb\xbf"))
	if problem := checkEncoding(src); problem != nil {
		return nil, problem
	}
	// Python reads all three line ends as "\n", in strings too.
	src = bytes.ReplaceAll(src, []byte("\r\n"), []byte("\n"))
	src = bytes.ReplaceAll(src, []byte("\r"), []byte("\n"))
	tokens, problem := tokenize(string(src))
	if problem != nil {
		return nil, problem
	}
	return parse(tokens)
}

func errorAt(line int, format string, args ...any) *Error {
	return &Error{Line: line, Message: fmt.Sprintf(format, args...)}
}
