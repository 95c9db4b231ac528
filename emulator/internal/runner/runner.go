// Package runner defines the interface between the emulator's service and the runners of functions, such as Python
// processes and Go functions.
package runner

import (
	"context"
	"encoding/json"
	"time"

	"github.com/cogfn/cogfn/gen"
)

// Spec describes a function to deploy.
type Spec struct {
	FunctionID int64
	// Dir is the directory of the unpacked code. The runner only reads it. The caller removes it after [Function.Close].
	Dir string
	// FunctionPath is the path of the file with the handler, relative to Dir and with slashes; "" means "handler.py".
	FunctionPath string
	// Env and Secrets are the function's environment variables and secrets. Secrets are passed to the handler as an
	// argument. They never appear in logs, errors or the environment.
	Env, Secrets map[string]string
}

// Call is one call of a function.
type Call struct {
	// FunctionID and CallID are passed to the handler.
	FunctionID, CallID int64
	// ScheduleID and ScheduledTime (milliseconds since 1970 in UTC) are set for calls of a schedule and 0 otherwise.
	ScheduleID, ScheduledTime int64
	// Data is the input, a JSON object; nil means an empty object.
	Data json.RawMessage
	// Timeout limits the running time of the handler, without the wait for a free worker; 0 means no limit.
	Timeout time.Duration
}

// Status is the final status of a call.
type Status = gen.FunctionCallStatus

// The final statuses of runners.
const (
	// Completed: the handler returned.
	Completed = gen.FunctionCallStatusCompleted
	// Failed: the handler raised, its response was not valid, its process exited, or the emulator stopped the call.
	Failed = gen.FunctionCallStatusFailed
	// TimedOut: the call exceeded its timeout and was killed.
	TimedOut = gen.FunctionCallStatusTimeout
)

// Outcome is the result of a call.
type Outcome struct {
	Status Status
	// Response is the JSON that the handler returned; nil if it returned nothing or the call did not complete.
	Response json.RawMessage
	// Message is the reason why the call did not complete, in one sentence. Trace is the position in the code, if known.
	// Both are empty for completed calls.
	Message, Trace string
}

// Function is a deployed function.
type Function interface {
	// Call runs the handler once and waits until it has ended. Calls may overlap. The lines that the handler prints are
	// passed to log in order, one at a time, without their newlines and all before Call returns. They are valid UTF-8 and
	// may be empty. log must not call methods of the Function. When ctx is canceled, the call is killed and Failed.
	Call(ctx context.Context, call Call, log func(line string)) Outcome
	// Close kills the running calls, waits until they have ended, and releases the resources of the function. Further
	// calls of Close do nothing.
	Close()
}

// Runner deploys functions.
type Runner interface {
	// Version returns the runtime version in the format of the API, such as "Python 3.11.7".
	Version() string
	// Deploy prepares the code and checks that it can be called. An error in the code is a [*BuildError]. Any other error
	// is a failure of the emulator or its environment, or the error of ctx.
	Deploy(ctx context.Context, spec Spec) (Function, error)
	// Close closes all functions and releases the resources of the runner. Further calls of Close do nothing.
	Close() error
}

// BuildError reports that a function cannot be deployed because of an error in its code.
type BuildError struct {
	// Message is the reason in one sentence.
	Message string
	// Trace is the traceback, followed by a line "output:" and the last output of the code. It may be empty.
	Trace string
}

// Error returns the message without the trace.
func (e *BuildError) Error() string { return e.Message }
