package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	functions "github.com/cogfn/cogfn/wrapper"
)

// flagOf maps fields of a function to the parts of the command line that set them.
var flagOf = map[string]string{
	"Name": "the name of the directory", "FunctionPath": "--path", "Secrets": "--secret", "EnvVars": "--env", "data": "--data",
}

// report writes err in one line, followed by the Python trace if there is one.
func report(w io.Writer, err error) {
	fmt.Fprintf(w, "cogfn: %s\n", sentence(err))
	if trace := traceOf(err); trace != "" {
		fmt.Fprintf(w, "%s\n", strings.TrimRight(trace, "\n"))
	}
}

func sentence(err error) string {
	var problems []string
	for _, invalid := range argumentErrors(err) {
		name := invalid.Field
		if flag, ok := flagOf[name]; ok {
			name = flag
		}
		problems = append(problems, name+" "+invalid.Rule)
	}
	if len(problems) > 0 {
		return strings.Join(problems, "; ")
	}
	return strings.TrimPrefix(err.Error(), "functions: ")
}

// argumentErrors returns all argument errors in the tree of err.
func argumentErrors(err error) []*functions.ArgumentError {
	if one, ok := err.(*functions.ArgumentError); ok { //nolint:errorlint // this function walks the tree itself
		return []*functions.ArgumentError{one}
	}
	var all []*functions.ArgumentError
	switch wrapping := err.(type) { //nolint:errorlint // as above
	case interface{ Unwrap() []error }:
		for _, inner := range wrapping.Unwrap() {
			all = append(all, argumentErrors(inner)...)
		}
	case interface{ Unwrap() error }:
		return argumentErrors(wrapping.Unwrap())
	}
	return all
}

// runError is an error of a function that names the function by its directory.
type runError struct {
	name string
	err  error
}

// Unwrap returns the wrapped error.
func (e runError) Unwrap() error { return e.err }

func (e runError) Error() string {
	if call, ok := errors.AsType[*functions.CallError](e.err); ok {
		if call.Call.Status == functions.CallTimeout {
			return fmt.Sprintf("%s timed out: %s", e.name, call.Message)
		}
		return fmt.Sprintf("%s failed: %s", e.name, call.Message)
	}
	if deploy, ok := errors.AsType[*functions.DeployError](e.err); ok {
		return fmt.Sprintf("%s cannot be deployed: %s", e.name, deploy.Message)
	}
	return e.err.Error()
}
