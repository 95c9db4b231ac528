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
	// tailLines is the number of log lines in a CallError.
	tailLines = 20
	// tailTimeout limits the time that Run spends on reading the log of a failed call.
	tailTimeout = 10 * time.Second
)

// Run calls a function, waits until the call has ended, and returns its response decoded from JSON. It returns the zero Out
// if the function returned None or nothing. in encodes to a JSON object, or to null for an empty object.
//
//   - Errors are those of [Client.Call]. The [*CallError] of a failed call contains the last lines of its log.
//   - A response that does not decode to Out is a [*ResponseError].
//
// This example calls a function with two numbers and receives one:
//
//	sum, err := functions.Run[Pair, int](ctx, client, functions.ExternalID("add"), Pair{1, 2})
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
		var none Out // out may be partly decoded
		return none, &ResponseError{Call: call, Type: reflect.TypeFor[Out](), Err: err}
	}
	return out, nil
}

// tail returns the last lines of a call's log. It returns none if they cannot be read, so that this error does not hide the
// failure of the call.
func (s *CallsService) tail(ctx context.Context, call CallID) CallLog {
	ctx, cancel := context.WithTimeout(ctx, tailTimeout)
	defer cancel()
	log, err := s.Logs(ctx, ID(call.FunctionID), call.ID)
	if err != nil {
		return nil
	}
	return log[max(0, len(log)-tailLines):]
}

// ResponseError reports a response that [Run] could not decode. The call completed.
type ResponseError struct {
	// Call is the completed call. Its Response method returns the response.
	Call *Call
	// Type is the expected type.
	Type reflect.Type
	// Err is the error of package json.
	Err error
}

// Error returns one sentence with the call, the type and the reason.
func (e *ResponseError) Error() string {
	call := deref(e.Call)
	return fmt.Sprintf("functions: cannot decode the response of %v as %v: %v", call.CallID(), e.Type, e.Err)
}

// Unwrap returns the error of package json.
func (e *ResponseError) Unwrap() error { return e.Err }
