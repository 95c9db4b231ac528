package functions

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// Backoff makes, for each wait, the function that gives its next pause.
type Backoff func() (next func() time.Duration)

// defaultPoll looks again after tens of milliseconds at first, so that short calls come back promptly, and ever more
// seldom up to every ten seconds, so that long ones cost little. Pauses are spread by half around their mean.
func defaultPoll() Backoff { return ExponentialPoll(60*time.Millisecond, 1.6, 10*time.Second) }

// ExponentialPoll begins with pauses around first, and lengthens each by factor up to longest. Pauses are spread by half
// around their mean, so that many waits do not knock in step.
func ExponentialPoll(first time.Duration, factor float64, longest time.Duration) Backoff {
	return func() func() time.Duration { return newExponential(first, factor, longest).NextBackOff }
}

// ConstantPoll pauses equally long each time.
func ConstantPoll(pause time.Duration) Backoff {
	return func() func() time.Duration { return func() time.Duration { return pause } }
}

// until looks again and again until look says that it is done, fails, or ctx ends.
func (c *Client) until(ctx context.Context, what string, look func() (done bool, err error)) error {
	next := c.poll()
	for {
		if err := sleep(ctx, max(next(), time.Millisecond)); err != nil {
			return fmt.Errorf("functions: stopped waiting for %s: %w", what, err)
		}
		done, err := look()
		if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
			return join(fmt.Errorf("functions: stopped waiting for %s", what), err)
		}
		if done || err != nil {
			return err
		}
	}
}

// DeployError is a deployment that failed.
type DeployError struct {
	// Function is the function with its status Failed.
	Function *Function
	// Message says what failed, Trace holds the end of the build log, of at most 2000 characters; either may be "".
	Message, Trace string
}

// Error says in one line what failed; the trace is left to the field.
func (e *DeployError) Error() string {
	return fmt.Sprintf("functions: the deployment of %s (%v) failed: %s", e.Function.Name, e.Function.Identifier(), cmp.Or(oneLine(e.Message), "the service gave no reason; the trace may tell more"))
}

// WaitReady waits until a function can be called and returns it. A failed deployment is a *DeployError with the service's
// build log; the end of ctx is an error that wraps ctx's. Deployments take minutes on the real service.
func (c *Client) WaitReady(ctx context.Context, fn Identifier) (*Function, error) {
	var current *Function
	err := c.until(ctx, "the deployment of "+fn.String()+", which goes on", func() (done bool, err error) {
		if current, err = c.Retrieve(ctx, fn); err != nil {
			return false, err
		}
		switch current.Status {
		case FunctionReady:
			return true, nil
		case FunctionQueued, FunctionDeploying:
			return false, nil
		case FunctionFailed:
			return false, newDeployError(current)
		}
		return false, fmt.Errorf("functions: the deployment of %v has the status %q, which this version does not know", fn, current.Status)
	})
	if err != nil {
		return nil, err
	}
	return current, nil
}

func newDeployError(fn *Function) *DeployError {
	e := &DeployError{Function: fn}
	if fn.Error != nil {
		e.Message, e.Trace = deref(fn.Error.Message), deref(fn.Error.Trace)
	}
	return e
}

// Kinds of failed calls, for errors.Is.
var (
	// ErrCallFailed: the function raised an error or its process died.
	ErrCallFailed = errors.New("call failed")
	// ErrCallTimeout: the function ran longer than the service allows.
	ErrCallTimeout = errors.New("call timed out")
)

// CallError is a call that ended without a response. It matches ErrCallFailed or ErrCallTimeout.
type CallError struct {
	// Call is the call as it ended.
	Call *Call
	// Message says what failed, for example "ZeroDivisionError: division by zero"; Trace is the Python traceback. Either
	// may be "".
	Message, Trace string
}

// Error says in one line what failed; the trace is left to the field, the logs to Call.Logs.
func (e *CallError) Error() string {
	what := "failed"
	if e.Call.Status == CallTimeout {
		what = "timed out"
	}
	return fmt.Sprintf("functions: %v %s: %s", e.Call.CallID(), what,
		cmp.Or(oneLine(e.Message), "the service gave no reason; without any log line, it often ran out of memory"))
}

// Is matches ErrCallFailed and ErrCallTimeout by the call's status.
func (e *CallError) Is(target error) bool {
	return target == ErrCallFailed && e.Call.Status == CallFailed || target == ErrCallTimeout && e.Call.Status == CallTimeout
}

// Wait waits until a call has ended and returns it. A call that failed or timed out comes back together with a
// *CallError, the end of ctx is an error that wraps ctx's (the call goes on: the API cannot cancel one), and so is a
// status that this version does not know.
func (s *CallsService) Wait(ctx context.Context, call CallID) (*Call, error) {
	var current *Call
	err := s.client.until(ctx, call.String()+", which goes on", func() (done bool, err error) {
		if current, err = s.Retrieve(ctx, call); err != nil {
			return false, err
		}
		return current.ended()
	})
	if err != nil {
		return nil, err
	}
	return current, current.outcome()
}

// ended reports whether the call is over.
func (c *Call) ended() (bool, error) {
	switch c.Status {
	case CallRunning:
		return false, nil
	case CallCompleted, CallFailed, CallTimeout:
		return true, nil
	}
	return false, fmt.Errorf("functions: %v has the status %q, which this version does not know", c.CallID(), c.Status)
}

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

func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
