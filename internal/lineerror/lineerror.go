// Package lineerror has the error of a check of a text file. It names the line.
package lineerror

import "fmt"

// Error describes what is wrong with a text file.
type Error struct {
	Line    int    // counted from 1; 0 if the error is about the whole file
	Message string // what is wrong and what to do, without the line number
}

// Error returns the message, with the line number in front if there is one.
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Message
	}
	return fmt.Sprintf("line %d: %s", e.Line, e.Message)
}
