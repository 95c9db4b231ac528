// Package errtext formats errors that wrap errors of other packages of this module, so that a message has one package
// prefix: "deploy: …", not "deploy: … functions: …".
package errtext

import (
	"fmt"
	"slices"
	"strings"
)

// prefixes are the prefixes of the error messages of this module.
var prefixes = []string{"functions: ", "batch: ", "deploy: ", "schedule: "}

// Message returns the message of err without the package prefix.
func Message(err error) string {
	message := err.Error()
	for _, prefix := range prefixes {
		if rest, ok := strings.CutPrefix(message, prefix); ok {
			return rest
		}
	}
	return message
}

// Errorf is like fmt.Errorf for formats that show errors with %v. It shows these errors without their package prefix and
// wraps all of them.
func Errorf(format string, args ...any) error {
	shown := slices.Clone(args)
	var causes []error
	for i, arg := range args {
		if err, ok := arg.(error); ok {
			shown[i] = Message(err)
			causes = append(causes, err)
		}
	}
	return &wrapError{fmt.Sprintf(format, shown...), causes}
}

type wrapError struct {
	message string
	causes  []error
}

func (e *wrapError) Error() string   { return e.message }
func (e *wrapError) Unwrap() []error { return e.causes }
