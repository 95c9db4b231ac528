package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	functions "github.com/cogfn/cogfn/wrapper"
)

// flagOf names what on the command line a field of a function comes from.
var flagOf = map[string]string{
	"Name": "the folder's name", "FunctionPath": "--path", "Secrets": "--secret", "EnvVars": "--env", "data": "--data",
}

// report writes one sentence about err, and below it what the sentence cannot hold.
func report(w io.Writer, err error) {
	fmt.Fprintf(w, "cogfn: %s\n", sentence(err))
	if trace := traceOf(err); trace != "" {
		fmt.Fprintf(w, "%s\n", strings.TrimRight(trace, "\n"))
	}
}

func sentence(err error) string {
	var faults []string
	for _, fault := range argumentErrors(err) {
		name := fault.Field
		if flag, ok := flagOf[name]; ok {
			name = flag
		}
		faults = append(faults, name+" "+fault.Rule)
	}
	if len(faults) > 0 {
		return strings.Join(faults, "; ")
	}
	return strings.TrimPrefix(err.Error(), "functions: ")
}

// argumentErrors are all refused arguments that err is made of.
func argumentErrors(err error) []*functions.ArgumentError {
	if one, ok := err.(*functions.ArgumentError); ok { //nolint:errorlint // the tree is walked by hand below
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

// runError says of a function what became of it, by the name that its user knows.
type runError struct {
	name string
	err  error
}

// Unwrap returns the error itself.
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
