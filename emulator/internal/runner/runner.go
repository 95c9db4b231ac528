// Package runner holds the contract between the emulator's service and whatever runs the code of functions: Python
// processes, Go functions, scripted outcomes.
package runner

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Spec describes the function that a [Runner] is to make callable.
type Spec struct {
	// FunctionID is the id that the service gave the function.
	FunctionID int64
	// Dir is the folder that holds the unpacked code. It stays the caller's: the runner reads it, and the caller
	// removes it after [Function.Close].
	Dir string
	// FunctionPath names the file with the entry point, relative to Dir and with slashes; "" means "handler.py".
	FunctionPath string
	// Env and Secrets are the function's environment variables and secrets. Secrets reach the handler as an argument
	// and nothing else: no log, no error, no environment.
	Env, Secrets map[string]string
}

// Call is one call of a function.
type Call struct {
	// FunctionID and CallID are told to the handler.
	FunctionID, CallID int64
	// ScheduleID and ScheduledTime (milliseconds since 1970 in UTC) belong to calls that a schedule started; both are
	// 0 otherwise.
	ScheduleID, ScheduledTime int64
	// Data is the input, a JSON object; nil means an empty one.
	Data json.RawMessage
	// Timeout bounds the time that the handler itself runs, not the wait for a free place; 0 means no bound.
	Timeout time.Duration
}

// Line is one line that a call printed, without its line end.
type Line struct {
	// Time is the wall clock's time at which the line arrived.
	Time time.Time
	// Message is the text, always valid UTF-8; it may be empty.
	Message string
}

// Status says how a call ended.
type Status int

// The ways in which a call ends.
const (
	// Completed: the handler returned.
	Completed Status = iota + 1
	// Failed: the handler raised, its answer could not be used, its process died, or the emulator stopped the call.
	Failed
	// TimedOut: the call ran into its timeout and was killed.
	TimedOut
)

// String returns the status in the words of the API.
func (s Status) String() string {
	switch s {
	case Completed:
		return "Completed"
	case Failed:
		return "Failed"
	case TimedOut:
		return "Timeout"
	}
	return fmt.Sprintf("Status(%d)", int(s))
}

// Outcome is the end of a call.
type Outcome struct {
	Status Status
	// Response is what the handler returned; nil when it returned nothing or did not complete.
	Response json.RawMessage
	// Message says in one sentence why the call did not complete, and Trace where in the code, if that is known. Both
	// are empty for completed calls.
	Message, Trace string
}

// Function is one deployed function.
type Function interface {
	// Call runs the handler once and returns when it has ended; calls may overlap. The lines that the handler prints go
	// to log: in order, one at a time, and all of them before Call returns. The log function must not call back into
	// the Function. A canceled ctx kills the call, which is then Failed.
	Call(ctx context.Context, call Call, log func(Line)) Outcome
	// Close kills what still runs, waits for its end, and frees everything that belongs to the function. Calling it
	// again does nothing.
	Close()
}

// Runner makes functions callable.
type Runner interface {
	// Version names the runtime in the service's way, such as "Python 3.11.7".
	Version() string
	// Deploy prepares the code and checks that it can be called. The error is a [*BuildError] where the code is at
	// fault; anything else is the fault of the emulator or its surroundings, or the end of ctx.
	Deploy(ctx context.Context, spec Spec) (Function, error)
	// Close closes all functions and frees what the runner holds. Calling it again does nothing.
	Close() error
}

// BuildError says that a function cannot be deployed because of its code.
type BuildError struct {
	// Message says in one sentence what is wrong.
	Message string
	// Trace shows where, in the words of the language's own tools, and below that, after a line "output:", what the code
	// printed last; it may be empty.
	Trace string
}

// Error returns the message without the trace.
func (e *BuildError) Error() string { return e.Message }
