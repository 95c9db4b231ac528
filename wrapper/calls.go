package functions

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/cogfn/cogfn/gen"
)

// callsChunk is how many calls one request retrieves. The API allows more; this keeps requests and responses small.
const callsChunk = min(1_000, gen.FunctionCallReferencesMaxItems)

// CallsService reads and awaits calls; it is Client.Calls.
type CallsService struct{ client *Client }

// CallID names a call. Ids of calls are unique within their function only.
type CallID struct{ FunctionID, ID int64 }

// String shows the id for people: "call 7 of function 42".
func (c CallID) String() string { return fmt.Sprintf("call %d of function %d", c.ID, c.FunctionID) }

func (c CallID) check() error {
	if !possibleID(c.FunctionID) || !possibleID(c.ID) {
		return &ArgumentError{Field: "call id", Rule: fmt.Sprintf("is that of %v; %s", c, idRange)}
	}
	return nil
}

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

// Duration is how long the call ran; 0 while it runs.
func (c *Call) Duration() time.Duration {
	if c.EndTime == nil {
		return 0
	}
	return c.Ended().Sub(c.Started())
}

// Scheduled is for which time a schedule made the call; the zero time if none did.
func (c *Call) Scheduled() time.Time { return milliseconds(c.ScheduledTime) }

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

// Call calls a function, waits until the call has ended and returns it. A call that failed or timed out comes back
// together with a *CallError. When ctx ends while the call runs, the call comes back as it was last seen, running,
// together with an error that wraps ctx's. The function must be Ready; see WaitReady.
func (c *Client) Call(ctx context.Context, fn Identifier, data any, opts ...SessionOption) (*Call, error) {
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
// is fine, and when no connection came about; never when the answer was lost, as the function may be running by then:
// that is an *UnknownOutcomeError, with which Recover looks for the call.
func (c *Client) Start(ctx context.Context, fn Identifier, data any, opts ...SessionOption) (*Call, error) {
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
		s := &sending{}
		ctx := context.WithValue(ctx, sendingKey{}, s)
		got, err := received(c.api.PostFunctionsCall(ctx, id, gen.FunctionCallRequest{Data: input, Nonce: nonce}))
		if err != nil {
			return s.lost(id, sessionID, err)
		}
		call = &Call{FunctionCall: *got, client: c}
		return nil
	})
	return call, err
}

// CallsFilter says which calls of a function to list: those that match every field set. Zero fields match everything.
type CallsFilter struct {
	// ScheduleID matches calls that this schedule made.
	ScheduleID int64
	// Status matches where the call stands.
	Status CallStatus
	// StartTime and EndTime match when the call started and ended; a call that runs has no end and matches none.
	StartTime, EndTime TimeRange
}

// List returns the calls of a function that match the filter, 25 at most unless WithLimit says otherwise.
func (s *CallsService) List(ctx context.Context, fn Identifier, filter CallsFilter, opts ...ListOption) (CallList, error) {
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
			return received(s.client.api.ListFunctionCalls(ctx, id, body))
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

// FromJSON returns a call that was kept as JSON (json.Marshal of a *Call), with its methods at work again.
func (s *CallsService) FromJSON(kept []byte) (*Call, error) {
	call := &Call{client: s.client}
	if err := json.Unmarshal(kept, call); err != nil {
		return nil, fmt.Errorf("functions: cannot read the JSON of a call: %w", err)
	}
	return call, nil
}

// Retrieve returns one call. An unknown one is an error that matches ErrNotFound.
func (s *CallsService) Retrieve(ctx context.Context, call CallID) (*Call, error) {
	found, err := s.RetrieveMultiple(ctx, call.FunctionID, []int64{call.ID})
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// RetrieveMultiple returns calls of one function in the order of their ids, a thousand a request. An id that is given
// twice is sent once, and its call is returned twice. An unknown call is an error that matches ErrNotFound, unless
// IgnoreUnknown(true) is given: then it is left out.
func (s *CallsService) RetrieveMultiple(ctx context.Context, functionID int64, ids []int64, ignore ...IgnoreUnknown) (CallList, error) {
	if err := join(checkIDs("function id", functionID), checkIDs("call id", ids...)); err != nil {
		return nil, err
	}
	var found []*Call
	for chunk := range slices.Chunk(unique(ids), callsChunk) {
		body := gen.FunctionCallByIDsRequest{IgnoreUnknownIDs: new(slices.Contains(ignore, true))}
		for _, id := range chunk {
			body.Items = append(body.Items, gen.FunctionCallReference{ID: id})
		}
		got, err := received(s.client.api.ByIDsFunctionCalls(ctx, functionID, body))
		if err != nil {
			return nil, err
		}
		found = append(found, s.bind(got.Items)...)
	}
	all := inOrder(ids, found, func(c *Call) int64 { return c.ID })
	if len(all) < len(ids) && !slices.Contains(ignore, true) {
		return nil, &RequestError{Operation: gen.ByIDsFunctionCallsOperation.ID, Attempts: 1, Err: ErrNotFound}
	}
	return all, nil
}

// Response returns what a call returned, as JSON: nil when there is nothing, as while the call runs and when it failed;
// the four letters null when the function returned None.
func (s *CallsService) Response(ctx context.Context, call CallID) (json.RawMessage, error) {
	if err := call.check(); err != nil {
		return nil, err
	}
	got, err := received(s.client.api.GetFunctionCallResponse(ctx, call.FunctionID, call.ID))
	if err != nil {
		return nil, err
	}
	return got.Response, nil
}
