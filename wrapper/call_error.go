package functions

import (
	"cmp"
	"errors"
	"fmt"
)

// Kinds of failed calls, for errors.Is.
var (
	// ErrCallFailed: the function raised an error or its process died.
	ErrCallFailed = errors.New("call failed")
	// ErrCallTimeout: the function ran longer than the service allows.
	ErrCallTimeout = errors.New("call timed out")
)

// CallError is a call that ended without a response. It matches ErrCallFailed or ErrCallTimeout if that is its status.
type CallError struct {
	// Call is the call as it ended.
	Call *Call
	// Message says what failed, for example "ZeroDivisionError: division by zero"; Trace is the Python traceback. Either
	// may be "".
	Message, Trace string
	// LogTail are the last lines, at most 20, that the service showed right after the end; lines that it shows later come
	// through FollowLogs. Run alone fetches them; LogTail is nil elsewhere, and where the service could not be asked.
	LogTail CallLog
}

// Error says in one line what failed; the trace and the log are left to the fields.
func (e *CallError) Error() string {
	var what, hint string
	switch e.Call.Status {
	case CallFailed:
		what, hint = "failed", "; without any log line, it often ran out of memory"
	case CallTimeout:
		what = "timed out"
	default:
		what = "ended with the status " + string(e.Call.Status)
	}
	return fmt.Sprintf("functions: %v %s: %s", e.Call.CallID(), what, cmp.Or(oneLine(e.Message), "the service gave no reason"+hint))
}

// Is matches ErrCallFailed and ErrCallTimeout by the call's status.
func (e *CallError) Is(target error) bool {
	return target == ErrCallFailed && e.Call.Status == CallFailed || target == ErrCallTimeout && e.Call.Status == CallTimeout
}

// ended reports whether the call is over. Every status except Running is final, also those that the service adds.
func (c *Call) ended() (bool, error) { return c.Status != CallRunning, nil }

// outcome is nil for a call that completed, and a *CallError otherwise.
func (c *Call) outcome() error {
	if c.Status == CallCompleted {
		return nil
	}
	message, trace := c.Failure()
	return &CallError{Call: c, Message: message, Trace: trace}
}

// Failure returns the message and the Python trace of a call that failed; both are "" if it did not, and either may be.
// The service has answered with an object and with a plain text; both are read.
func (c *Call) Failure() (message, trace string) {
	if c.Error == nil {
		return "", ""
	}
	if text, err := c.Error.AsFunctionCallErrorText(); err == nil {
		return text, ""
	}
	details, err := c.Error.AsFunctionCallErrorDetails()
	if err != nil {
		return "", ""
	}
	return deref(details.Message), deref(details.Trace)
}
