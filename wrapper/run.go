package functions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"
)

const (
	// tailLines is how many lines of a failed call's log Run keeps.
	tailLines = 20
	// tailPatience is how long Run tries to read the log of a failed call before it returns without.
	tailPatience = 10 * time.Second
)

// Run calls a function, waits until the call has ended, and returns its response as an Out, decoded from JSON; what the
// function returns as None, or not at all, is the zero Out. In is encoded to a JSON object, or null for an empty one.
//
//	sum, err := functions.Run[Pair, int](ctx, client, functions.ExternalID("add"), Pair{1, 2})
//
// Where it fails, it does so as Client.Call; the *CallError of a call that did not complete also carries the last lines
// of the log that the service showed right after the end; later ones come through FollowLogs. A response that is no Out is a *ResponseError.
func Run[In, Out any](ctx context.Context, client *Client, fn Identifier, in In, opts ...SessionOption) (Out, error) {
	var out Out
	call, err := client.Call(ctx, fn, in, opts...)
	if err != nil {
		if failed, ok := errors.AsType[*CallError](err); ok {
			failed.LogTail = client.Calls.tail(ctx, call.CallID())
		}
		return out, err
	}
	raw, err := call.Response(ctx)
	if err != nil || raw == nil {
		return out, err
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		var none Out // what was decoded up to the fault is worth nothing
		return none, &ResponseError{Call: call, Type: reflect.TypeFor[Out](), Err: err}
	}
	return out, nil
}

// tail returns the last lines of a call's log, or none if they cannot be had: they explain a failure and must not hide it
// behind another.
func (s *CallsService) tail(ctx context.Context, call CallID) CallLog {
	ctx, cancel := context.WithTimeout(ctx, tailPatience)
	defer cancel()
	log, err := s.Logs(ctx, ID(call.FunctionID), call.ID)
	if err != nil {
		return nil
	}
	return log[max(0, len(log)-tailLines):]
}

// ResponseError is a response that does not fit the type that Run was asked for. The call itself completed.
type ResponseError struct {
	// Call is the call as it ended; its Response returns what did not fit.
	Call *Call
	// Type is what the response should have fitted.
	Type reflect.Type
	// Err is what package json says about it.
	Err error
}

// Error says in one sentence which response does not fit which type, and why.
func (e *ResponseError) Error() string {
	return fmt.Sprintf("functions: the response of %v is no %v: %v", e.Call.CallID(), e.Type, e.Err)
}

// Unwrap returns what package json says.
func (e *ResponseError) Unwrap() error { return e.Err }
