package functions

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/cogfn/cogfn/gen"
)

// callsChunk is how many calls one request retrieves.
const callsChunk = 1_000

// CallsService reads and awaits calls; it is Client.Calls.
type CallsService struct{ client *Client }

// CallID names a call. Ids of calls are unique within their function only.
type CallID struct{ FunctionID, ID int64 }

// String shows the id for people: "call 7 of function 42".
func (c CallID) String() string { return fmt.Sprintf("call %d of function %d", c.ID, c.FunctionID) }

// Call is one run of a function as the service last showed it. Its JSON is that of the API, fields that this version does
// not know included (AdditionalProperties). Times are milliseconds since epoch.
type Call struct {
	gen.FunctionCall

	client *Client
}

// CallID returns the call's name.
func (c *Call) CallID() CallID { return CallID{c.FunctionID, c.ID} }

// Started is when the call started.
func (c *Call) Started() time.Time { return milliseconds(&c.StartTime) }

// Ended is when the call ended; the zero time while it runs.
func (c *Call) Ended() time.Time { return milliseconds(c.EndTime) }

// Wait waits until the call has ended, and overwrites c with what it ended as; see CallsService.Wait.
func (c *Call) Wait(ctx context.Context) error {
	current, err := c.client.Calls.Wait(ctx, c.CallID())
	if current != nil {
		*c = *current
	}
	return err
}

// Update reads the call anew and overwrites c with what the service shows.
func (c *Call) Update(ctx context.Context) error {
	current, err := c.client.Calls.Retrieve(ctx, c.CallID())
	if err != nil {
		return err
	}
	*c = *current
	return nil
}

// Response returns what the call returned; see CallsService.Response.
func (c *Call) Response(ctx context.Context) (json.RawMessage, error) {
	return c.client.Calls.Response(ctx, c.CallID())
}

// Logs returns what the call printed so far; see CallsService.Logs.
func (c *Call) Logs(ctx context.Context) (CallLog, error) {
	return c.client.Calls.Logs(ctx, c.CallID())
}

// CallOption changes how a function is called.
type CallOption func(*callOptions)

type callOptions struct {
	nonce       *string
	credentials *SessionCredentials
}

// WithNonce calls with a nonce from a session of the caller's own instead of a new session. A nonce serves once, so such
// a call is repeated only when it was never sent: when no token was to be had, or no connection came about.
func WithNonce(nonce string) CallOption {
	return func(o *callOptions) { o.nonce = &nonce }
}

// WithSession creates the call's session from other credentials than the client's.
func WithSession(credentials SessionCredentials) CallOption {
	return func(o *callOptions) { o.credentials = &credentials }
}

// Call calls a function, waits until the call has ended and returns it. A call that failed or timed out comes back
// together with a *CallError. When ctx ends while the call runs, the call comes back as it was last seen, running,
// together with an error that wraps ctx's. The function must be Ready; see WaitReady.
func (c *Client) Call(ctx context.Context, fn Identifier, data any, opts ...CallOption) (*Call, error) {
	call, err := c.Start(ctx, fn, data, opts...)
	if err != nil {
		return nil, err
	}
	return call, call.Wait(ctx)
}

// Start calls a function and returns at once, with the call running. The data is what the function gets as `data`:
// anything that encodes to a JSON object, or nil for an empty one.
//
// Each attempt acts with a session of its own, made by the client's credentials right before, since a nonce serves once
// and for a minute. An attempt is repeated when the service says that it did not take the call (429) or that repeating
// is fine, and when no connection came about; never when the answer was lost, as the function may be running by then.
func (c *Client) Start(ctx context.Context, fn Identifier, data any, opts ...CallOption) (*Call, error) {
	input, err := inputData(data)
	if err != nil {
		return nil, err
	}
	var o callOptions
	for _, opt := range opts {
		opt(&o)
	}
	if o.nonce != nil && *o.nonce == "" {
		return nil, &ArgumentError{Field: "nonce", Rule: "is empty; take the Nonce of a created session, or leave WithNonce out"}
	}
	return withFunctionID(ctx, c, fn, func(id int64) (*Call, error) { return c.start(ctx, id, input, o) })
}

func (c *Client) start(ctx context.Context, id int64, input json.RawMessage, o callOptions) (call *Call, err error) {
	op := operation{id: "postFunctionsCall", nonce: true}
	err = c.retry.do(ctx, op, func(int) error {
		var nonce string
		if o.nonce != nil {
			nonce = *o.nonce
		} else {
			session, err := c.Sessions.create(ctx, o.credentials)
			if err != nil {
				return final{err} // its own attempts are behind it
			}
			nonce = session.Nonce
		}
		got, err := decode[gen.FunctionCall](c.raw.PostFunctionsCall(ctx, id, gen.FunctionCallRequest{Data: input, Nonce: nonce}))
		if err != nil {
			if o.nonce != nil && !unsent(err) {
				return final{err}
			}
			return err
		}
		call = &Call{FunctionCall: *got, client: c}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return call, nil
}

// inputData encodes the data of a call or a schedule, which must be a JSON object.
func inputData(data any) (json.RawMessage, error) {
	if data == nil {
		return json.RawMessage("{}"), nil
	}
	raw, err := json.Marshal(data)
	if err != nil {
		return nil, &ArgumentError{Field: "data", Rule: fmt.Sprintf("cannot be encoded as JSON: %v", err)}
	}
	if bytes.Equal(raw, []byte("null")) {
		return json.RawMessage("{}"), nil
	}
	if raw[0] != '{' {
		return nil, &ArgumentError{Field: "data", Rule: "must be a JSON object; wrap the value, as in {\"value\": …}"}
	}
	return raw, nil
}

// CallsFilter says which calls of a function to list: those that match every field set. Zero fields match everything.
type CallsFilter struct {
	ScheduleID         int64
	Status             CallStatus
	StartTime, EndTime TimeRange
}

// List returns the calls of a function that match the filter, 25 at most unless WithLimit says otherwise.
func (s *CallsService) List(ctx context.Context, fn Identifier, filter CallsFilter, opts ...ListOption) ([]*Call, error) {
	o, err := listSettings(defaultLimit, opts)
	if err != nil {
		return nil, err
	}
	return collect(s.list(ctx, fn, filter, o))
}

// All walks the calls of a function that match the filter, every one unless WithLimit says otherwise, with one page in
// memory. The sequence can be ranged over again, which asks the service again. An error comes last and once.
func (s *CallsService) All(ctx context.Context, fn Identifier, filter CallsFilter, opts ...ListOption) iter.Seq2[*Call, error] {
	o, err := listSettings(Unlimited, opts)
	if err != nil {
		return failed[*Call](err)
	}
	return s.list(ctx, fn, filter, o)
}

func (s *CallsService) list(ctx context.Context, fn Identifier, filter CallsFilter, o listOptions) iter.Seq2[*Call, error] {
	wire := &gen.FunctionCallFilter{
		ScheduleID: optional(filter.ScheduleID), Status: optional(filter.Status),
		StartTime: filter.StartTime.wire(), EndTime: filter.EndTime.wire(),
	}
	return pages(ctx, o, func(ctx context.Context, limit int32, cursor *string) ([]*Call, *string, error) {
		got, err := withFunctionID(ctx, s.client, fn, func(id int64) (*gen.FunctionCallPage, error) {
			body := gen.FunctionCallListRequest{Filter: wire, Limit: &limit, Cursor: cursor}
			return decode[gen.FunctionCallPage](s.client.raw.ListFunctionCalls(ctx, id, body))
		})
		if err != nil {
			return nil, nil, err
		}
		return s.bind(got.Items), got.NextCursor, nil
	})
}

func (s *CallsService) bind(items []gen.FunctionCall) []*Call {
	bound := make([]*Call, len(items))
	for i := range items {
		bound[i] = &Call{FunctionCall: items[i], client: s.client}
	}
	return bound
}

// Retrieve returns one call. An unknown one is an error that matches ErrNotFound.
func (s *CallsService) Retrieve(ctx context.Context, call CallID) (*Call, error) {
	found, err := s.RetrieveMultiple(ctx, call.FunctionID, []int64{call.ID})
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// RetrieveMultiple returns calls of one function by their ids, a thousand a request. An unknown one is an error that
// matches ErrNotFound, unless IgnoreUnknown(true) is given: then it is left out.
func (s *CallsService) RetrieveMultiple(ctx context.Context, functionID int64, ids []int64, ignore ...IgnoreUnknown) ([]*Call, error) {
	all := make([]*Call, 0, len(ids))
	for chunk := range slices.Chunk(ids, callsChunk) {
		body := gen.FunctionCallByIdsRequest{IgnoreUnknownIds: new(slices.Contains(ignore, true))}
		for _, id := range chunk {
			body.Items = append(body.Items, gen.FunctionCallReference{ID: id})
		}
		got, err := decode[gen.FunctionCallList](s.client.raw.ByIdsFunctionCalls(ctx, functionID, body))
		if err != nil {
			return nil, err
		}
		if len(got.Items) < len(chunk) && !slices.Contains(ignore, true) {
			return nil, &RequestError{Operation: "byIdsFunctionCalls", Attempts: 1, Err: ErrNotFound}
		}
		all = append(all, s.bind(got.Items)...)
	}
	return all, nil
}

// Response returns what a call returned, as JSON: nil when there is nothing, as while the call runs and when it failed;
// the four letters null when the function returned None.
func (s *CallsService) Response(ctx context.Context, call CallID) (json.RawMessage, error) {
	got, err := decode[gen.FunctionCallResponse](s.client.raw.GetFunctionCallResponse(ctx, call.FunctionID, call.ID))
	if err != nil {
		return nil, err
	}
	return got.Response, nil
}
