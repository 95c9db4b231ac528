package functions

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/cogfn/cogfn/gen"
)

// The largest data of a call in bytes of JSON for each cloud, from the service's table of limits.
const (
	PayloadGoogle = 9_000_000
	PayloadAWS    = 240_000
	PayloadAzure  = 36_000
)

// WithPayloadLimit rejects call data of more than n bytes of JSON before a request is sent. The default is PayloadGoogle,
// the largest limit of all clouds. Pass the limit of the project's cloud to get a clear error instead of the service's.
func WithPayloadLimit(n int) Option {
	return func(s *settings) error {
		if n <= 0 {
			return fmt.Errorf("WithPayloadLimit(%d): the limit must be above zero", n)
		}
		s.payload = n
		return nil
	}
}

// Call calls a function, waits until the call has ended, and returns it. The function must be Ready, see
// [Client.WaitReady].
//
//   - A call that failed or timed out is returned together with a [*CallError].
//   - If ctx ends first, the running call is returned together with a [*PendingError]. The call continues.
//   - Errors of the start are those of [Client.Start].
//
// Capability: functionsAcl:RUN or functionsAcl:WRITE. Sessions need sessionsAcl:CREATE, except with [WithNonce]. Waiting
// needs functionsAcl:READ.
// Reference: https://api-docs.cognite.com/20230101/tag/Function-calls/operation/postFunctionsCall
func (c *Client) Call(ctx context.Context, fn Identifier, data any, opts ...SessionOption) (*Call, error) {
	call, err := c.Start(ctx, fn, data, opts...)
	if err != nil {
		return nil, err
	}
	return call, call.Wait(ctx)
}

// Start calls a function and returns the running call. data is the argument data of the Python function: any value that
// encodes to a JSON object, or nil for an empty object. See [WithPayloadLimit] for its largest size.
//
// The client creates a new session for each attempt, because a nonce is valid once and for about a minute.
//
//   - Start retries when the service did not accept the call (429), when the service marks the error as retryable, and when
//     no connection was established.
//   - If the response was lost, the function may be running. Start then returns an [*UnknownOutcomeError], and
//     [Client.Recover] looks for the call.
//
// Capability: functionsAcl:RUN or functionsAcl:WRITE. Sessions need sessionsAcl:CREATE, except with [WithNonce].
// Reference: https://api-docs.cognite.com/20230101/tag/Function-calls/operation/postFunctionsCall
func (c *Client) Start(ctx context.Context, fn Identifier, data any, opts ...SessionOption) (_ *Call, err error) {
	defer explain(&err, "call the function with %v", fn)
	input, err := c.inputData(data)
	if err != nil {
		return nil, err
	}
	o, err := sessionSettings(opts)
	if err != nil {
		return nil, err
	}
	return withFunctionID(ctx, c, fn, func(id int64) (*Call, error) { return c.start(ctx, id, input, o) })
}

func (c *Client) start(ctx context.Context, id int64, input json.RawMessage, o sessionOptions) (call *Call, err error) {
	err = c.withNonce(ctx, gen.PostFunctionsCallOperation, o, func(nonce string, sessionID int64) error {
		s := &sendTime{}
		ctx := context.WithValue(ctx, sendTimeKey{}, s)
		got, err := received(c.api.PostFunctionsCall(ctx, id, gen.FunctionCallRequest{Data: input, Nonce: nonce}))
		if err != nil {
			return s.lost(id, sessionID, err)
		}
		call = &Call{FunctionCall: *got, client: c}
		return nil
	})
	return call, err
}

// inputData encodes the data of a call, which must be a JSON object. nil is an empty object.
func (c *Client) inputData(data any) (json.RawMessage, error) {
	if data == nil {
		return json.RawMessage("{}"), nil
	}
	raw, err := json.Marshal(data)
	if err != nil {
		return nil, &ArgumentError{Field: "data", Rule: fmt.Sprintf("cannot be encoded as JSON: %v", err)}
	}
	if isNull(raw) {
		return json.RawMessage("{}"), nil
	}
	return raw, c.checkData(raw)
}

// optionalData is inputData for schedules, which may have no data.
func (c *Client) optionalData(data json.RawMessage) (json.RawMessage, error) {
	if data = bytes.TrimSpace(data); len(data) == 0 || isNull(data) {
		return nil, nil
	}
	return c.inputData(data)
}

func isNull(raw json.RawMessage) bool { return string(raw) == "null" }

func (c *Client) checkData(raw json.RawMessage) error {
	if raw[0] != '{' {
		return &ArgumentError{Field: "data", Rule: "must be a JSON object; wrap the value, as in {\"value\": …}"}
	}
	if len(raw) > c.payload {
		return &ArgumentError{
			Field: "data",
			Rule:  fmt.Sprintf("has %d bytes; at most %d are allowed: upload the data as a file and pass its id", len(raw), c.payload),
		}
	}
	return nil
}
