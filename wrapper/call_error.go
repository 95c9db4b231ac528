package functions

import (
	"cmp"
	"fmt"
)

// CallError reports a call that ended without a response. It matches [ErrCallFailed] or [ErrCallTimeout] by the status of
// the call.
type CallError struct {
	// Call is the ended call.
	Call *Call
	// Message is the reason, for example "ZeroDivisionError: division by zero". Trace is the Python traceback. Either may
	// be "".
	Message, Trace string
	// LogTail are the last lines of the log, at most 20, right after the end. [CallsService.FollowLogs] also returns lines
	// that the service shows later. Only [Run] sets LogTail. It is nil if the log could not be read.
	LogTail CallLog
}

// Error returns one line with the reason. It includes neither the trace nor the log.
func (e *CallError) Error() string {
	var what, hint string
	switch e.Call.Status {
	case CallFailed:
		what, hint = "failed", "; without any log line, the function often ran out of memory"
	case CallTimeout:
		what = "timed out"
	default:
		what = "ended with the status " + string(e.Call.Status)
	}
	return fmt.Sprintf("functions: %v %s: %s", e.Call.CallID(), what, cmp.Or(oneLine(e.Message), "the service gave no reason"+hint))
}

// Is matches ErrCallFailed and ErrCallTimeout by the status of the call.
func (e *CallError) Is(target error) bool {
	return target == ErrCallFailed && e.Call.Status == CallFailed || target == ErrCallTimeout && e.Call.Status == CallTimeout
}

// ended reports whether the call has ended. Every status except Running is final, including those that the service adds.
func (c *Call) ended() (bool, error) { return c.Status != CallRunning, nil }

// outcome returns nil for a completed call, and a *CallError otherwise.
func (c *Call) outcome() error {
	if c.Status == CallCompleted {
		return nil
	}
	message, trace := c.Failure()
	return &CallError{Call: c, Message: message, Trace: trace}
}

// Failure returns the message and the Python traceback of a failed call. Either may be "", and both are "" for other calls. The
// service has sent an object and a string for the error of a call. Failure reads both.
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
