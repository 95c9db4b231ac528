// Package pyscan reads the Python source of a function's entry file and answers what a deployment must know about it,
// without importing it and without a Python interpreter: is there a top-level handle, is it a plain function, are its
// arguments those that the service passes, which requirements does its docstring list.
//
// It is a scanner, not a parser: it sees tokens, indentation and the first words of statements. It therefore finds few
// of the syntax errors that Python would find, but it must never refuse a file that Python accepts.
package pyscan

import (
	"bytes"
	"fmt"
)

// Error says what is wrong with a Python file.
type Error struct {
	File    string // as the caller named it; may be empty
	Line    int    // counted from 1; 0 when no single line is to blame
	Message string // what is wrong and what to do, without the place
}

// Error puts the place in front of the message, as compilers do.
func (e *Error) Error() string {
	switch {
	case e.File == "":
		return e.Message
	case e.Line == 0:
		return e.File + ": " + e.Message
	default:
		return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Message)
	}
}

// Check reports why the service could not run the Python file src as a function's entry, as an [*Error] that names
// file, or nil when it could as far as the source tells.
func Check(file string, src []byte) error {
	m, problem := scan(src)
	if problem == nil {
		problem = m.checkHandle()
	}
	if problem == nil {
		return nil
	}
	problem.File = file
	return problem
}

func scan(src []byte) (*module, *Error) {
	src = bytes.TrimPrefix(src, []byte("\xef\xbb\xbf"))
	if problem := checkEncoding(src); problem != nil {
		return nil, problem
	}
	// Python treats the three line ends alike, inside strings too.
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
