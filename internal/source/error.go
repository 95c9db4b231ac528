package source

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/cogfn/cogfn/internal/lineerror"
)

// Error describes why code cannot be packed or run.
type Error struct {
	File    string // file or directory, as the user named it; "" if the error is about none
	Line    int    // counted from 1; 0 if the error is about the whole file
	Message string // what is wrong and what to do, without file and line
	Err     error  // the cause, or nil; if Message does not imply it, Message contains its text
}

// newError returns an error whose message contains the text of the cause, if there is one. It omits the path in the text of
// an fs.PathError.
func newError(file, message string, cause error) *Error {
	if cause == nil {
		return &Error{File: file, Message: message}
	}
	text := cause.Error()
	if e, ok := errors.AsType[*fs.PathError](cause); ok {
		text = e.Err.Error()
	}
	return &Error{File: file, Message: message + " (" + text + ")", Err: cause}
}

// Error returns file, line and message.
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

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// inFile returns the error of a check as an error about the checked file.
func inFile(name string, err error) error {
	if e, ok := errors.AsType[*lineerror.Error](err); ok {
		return &Error{File: name, Line: e.Line, Message: e.Message}
	}
	return newError(name, "the file cannot be checked; report this as a bug", err)
}
