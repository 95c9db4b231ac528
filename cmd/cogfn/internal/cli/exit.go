package cli

import (
	"errors"

	functions "github.com/cogfn/cogfn/wrapper"
)

// The exit codes of the program.
const (
	exitDone         = 0
	exitError        = 1
	exitUsage        = 2
	exitCallFailed   = 3
	exitCallTimeout  = 4
	exitUnauthorized = 5
	exitNotFound     = 6
	exitUnavailable  = 7
	exitSignal       = 128 // plus the number of the signal, as in shells
)

// commandError is an error of a running command. All other errors that cobra returns are usage errors.
type commandError struct{ error }

// Unwrap returns the wrapped error.
func (e commandError) Unwrap() error { return e.error }

// usageError reports invalid arguments that a running command has found.
type usageError struct{ error }

// Unwrap returns the wrapped error.
func (e usageError) Unwrap() error { return e.error }

func exitCode(err error) int {
	if _, usage := errors.AsType[usageError](err); usage {
		return exitUsage
	}
	if _, running := errors.AsType[commandError](err); !running || len(argumentErrors(err)) > 0 {
		return exitUsage
	}
	for _, kind := range []struct {
		target error
		code   int
	}{
		{functions.ErrCallFailed, exitCallFailed},
		{functions.ErrCallTimeout, exitCallTimeout},
		{functions.ErrUnauthorized, exitUnauthorized},
		{functions.ErrForbidden, exitUnauthorized},
		{functions.ErrNotFound, exitNotFound},
		{functions.ErrRateLimited, exitUnavailable},
		{functions.ErrUnavailable, exitUnavailable},
	} {
		if errors.Is(err, kind.target) {
			return kind.code
		}
	}
	return exitError
}

// traceOf returns the Python trace of a failed call or deployment, or "".
func traceOf(err error) string {
	if call, ok := errors.AsType[*functions.CallError](err); ok {
		return call.Trace
	}
	if deploy, ok := errors.AsType[*functions.DeployError](err); ok {
		return deploy.Trace
	}
	return ""
}
