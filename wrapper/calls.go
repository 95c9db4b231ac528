package functions

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"time"

	"github.com/cogfn/cogfn/gen"
)

// callsChunk is the number of calls in one retrieve request. The API allows more. This keeps requests and responses small.
const callsChunk = min(1_000, gen.FunctionCallReferencesMaxItems)

// CallsService retrieves calls and waits for them. It is the field Calls of a [Client].
type CallsService struct{ client *Client }

// CallID identifies a call. The id of a call is unique within its function only.
type CallID struct{ FunctionID, ID int64 }

// String returns "call 7 of function 42".
func (c CallID) String() string { return fmt.Sprintf("call %d of function %d", c.ID, c.FunctionID) }

func (c CallID) check() error {
	if !validID(c.FunctionID) || !validID(c.ID) {
		return &ArgumentError{Field: "call id", Rule: fmt.Sprintf("is that of %v; %s", c, idRange)}
	}
	return nil
}

// Call is one call of a function. Its JSON is that of the API, including the fields that this version does not know
// (AdditionalProperties). The methods with a context need a call that came from a [Client].
//
// Fields:
//
//   - EndTime (*int64): the end of the call, in milliseconds since epoch. It is absent while the call runs.
//   - Error (*CallFailure): the error of a failed call.
//   - FunctionID (int64): the id of the called function.
//   - ID (int64): the id of the call, unique within its function.
//   - ScheduleID (*int64): the id of the schedule that started the call.
//   - ScheduledTime (*int64): the scheduled start of the call, in milliseconds since epoch.
//   - StartTime (int64): the start of the call, in milliseconds since epoch.
//   - Status (CallStatus): the status of a call. Every status except Running is final.
type Call struct {
	gen.FunctionCall

	client *Client
}

// CallFailure is the error of a failed call, which is a string or an object. [Call.Failure] reads both.
type CallFailure = gen.FunctionCallError

// CallID returns the id of the call and of its function.
func (c *Call) CallID() CallID { return CallID{c.FunctionID, c.ID} }

// Started returns the time at which the call started.
func (c *Call) Started() time.Time { return milliseconds(&c.StartTime) }

// Ended returns the time at which the call ended, or the zero time while it runs.
func (c *Call) Ended() time.Time { return milliseconds(c.EndTime) }

// Duration returns the time between start and end, or 0 while the call runs.
func (c *Call) Duration() time.Duration {
	if c.EndTime == nil {
		return 0
	}
	return c.Ended().Sub(c.Started())
}

// Scheduled returns the scheduled time of a call that a schedule started, or the zero time for other calls.
func (c *Call) Scheduled() time.Time { return milliseconds(c.ScheduledTime) }

// String returns one line for people: ids, status, duration and, for a failed call, the message.
func (c Call) String() string {
	s := fmt.Sprintf("%v: %s", c.CallID(), oneLine(string(c.Status)))
	if d := c.Duration(); d > 0 {
		s += fmt.Sprintf(" after %v", d)
	}
	if message, _ := c.Failure(); message != "" {
		s += ": " + oneLine(message)
	}
	return s
}

// LogValue returns the same line as String, for package slog.
func (c Call) LogValue() slog.Value { return slog.StringValue(c.String()) }

// Wait waits until the call has ended and overwrites c with the final state. See [CallsService.Wait].
func (c *Call) Wait(ctx context.Context) error {
	current, err := c.client.Calls.wait(ctx, c.CallID(), (*Call).ended)
	if current != nil {
		*c = *current
	}
	return err
}

// Update retrieves the call again and overwrites c.
func (c *Call) Update(ctx context.Context) error {
	current, err := c.client.Calls.Retrieve(ctx, ID(c.FunctionID), c.ID)
	if err != nil {
		return err
	}
	*c = *current
	return nil
}

// Response returns the result of the function. See [CallsService.Response].
func (c *Call) Response(ctx context.Context) (json.RawMessage, error) {
	return c.client.Calls.Response(ctx, ID(c.FunctionID), c.ID)
}

// Logs returns the output of the call. See [CallsService.Logs].
func (c *Call) Logs(ctx context.Context) (CallLog, error) {
	return c.client.Calls.Logs(ctx, ID(c.FunctionID), c.ID)
}

// CallList is a list of calls in the order of the response.
type CallList []*Call

// IDs returns the ids of the calls.
func (l CallList) IDs() []int64 {
	return each(l, func(c *Call) int64 { return c.ID })
}

// Get returns the call with the id, or nil if the list does not contain it.
func (l CallList) Get(id int64) *Call {
	return find(l, func(c *Call) bool { return c.ID == id })
}

// String returns one line for people.
func (l CallList) String() string { return oneLineOf(l) }

// LogValue returns the same line as String, for package slog.
func (l CallList) LogValue() slog.Value { return slog.StringValue(l.String()) }

// CallsFilter selects calls of a function by all fields that are set. The zero filter matches every call.
type CallsFilter struct {
	// ScheduleID matches the calls that this schedule started.
	ScheduleID int64
	// Status matches the status.
	Status CallStatus
	// StartTime and EndTime match the times of start and end. A running call has no end and matches no EndTime.
	StartTime, EndTime TimeRange
}

func (f CallsFilter) wire() *gen.FunctionCallFilter {
	return &gen.FunctionCallFilter{
		ScheduleID: optional(f.ScheduleID), Status: optional(f.Status),
		StartTime: f.StartTime.wire(), EndTime: f.EndTime.wire(),
	}
}

// List returns the calls of a function that match the filter, at most 25 unless [WithLimit] sets another limit.
//
// Capability: functionsAcl:READ.
// Reference: https://api-docs.cognite.com/20230101/tag/Function-calls/operation/listFunctionCalls
func (s *CallsService) List(ctx context.Context, fn Identifier, filter CallsFilter, opts ...ListOption) (CallList, error) {
	return collect(s.list(ctx, fn, filter, defaultLimit, opts))
}

// All iterates over the calls of a function that match the filter, over all of them unless [WithLimit] sets a limit. It
// keeps one page in memory. Each range over the sequence sends new requests. An error is the last element.
//
// Capability: functionsAcl:READ.
// Reference: https://api-docs.cognite.com/20230101/tag/Function-calls/operation/listFunctionCalls
func (s *CallsService) All(ctx context.Context, fn Identifier, filter CallsFilter, opts ...ListOption) iter.Seq2[*Call, error] {
	return s.list(ctx, fn, filter, Unlimited, opts)
}

func (s *CallsService) list(ctx context.Context, fn Identifier, filter CallsFilter, limit int, opts []ListOption) iter.Seq2[*Call, error] {
	o, err := listSettings(limit, opts)
	if err != nil {
		return failed[*Call](err)
	}
	return func(yield func(*Call, error) bool) {
		var functionID int64 // the same for all pages, because a cursor belongs to one function
		pages(ctx, o, func(ctx context.Context, limit int32, cursor *string) (_ []*Call, next *string, err error) {
			defer explain(&err, "list the calls of the function with %v", fn)
			read := func(id int64) (*gen.FunctionCallPage, error) {
				functionID = id
				body := gen.FunctionCallListRequest{Filter: filter.wire(), Limit: &limit, Cursor: cursor}
				return received(s.client.api.ListFunctionCalls(ctx, id, body))
			}
			var got *gen.FunctionCallPage
			if cursor == nil {
				got, err = withFunctionID(ctx, s.client, fn, read)
			} else {
				got, err = read(functionID)
			}
			if err != nil {
				return nil, nil, err
			}
			return s.bind(got.Items), got.NextCursor, nil
		})(yield)
	}
}

func (s *CallsService) bind(items []gen.FunctionCall) []*Call {
	return each(items, func(item gen.FunctionCall) *Call { return &Call{FunctionCall: item, client: s.client} })
}

// FromJSON decodes a call that was encoded with json.Marshal and attaches the client, so that its methods work.
func (s *CallsService) FromJSON(data []byte) (*Call, error) {
	call := &Call{client: s.client}
	if err := json.Unmarshal(data, call); err != nil {
		return nil, fmt.Errorf("functions: cannot decode the JSON of a call: %w", err)
	}
	return call, nil
}

// Retrieve returns one call. An unknown call or function is an error that matches [ErrNotFound].
//
// Capability: functionsAcl:READ.
// Reference: https://api-docs.cognite.com/20230101/tag/Function-calls/operation/byIdsFunctionCalls
func (s *CallsService) Retrieve(ctx context.Context, fn Identifier, id int64) (*Call, error) {
	found, err := s.RetrieveMultiple(ctx, fn, []int64{id})
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// RetrieveMultiple returns calls of one function in the order of ids. It sends one request for each 1,000 calls. A
// duplicate id is sent once and its call is returned for each occurrence. An unknown call is an error that matches
// [ErrNotFound]. With [IgnoreUnknown] it is left out.
//
// Capability: functionsAcl:READ.
// Reference: https://api-docs.cognite.com/20230101/tag/Function-calls/operation/byIdsFunctionCalls
func (s *CallsService) RetrieveMultiple(ctx context.Context, fn Identifier, ids []int64, opts ...IDsOption) (_ CallList, err error) {
	defer explain(&err, "retrieve %s of the function with %v", listed("call", ids), fn)
	if err := checkIDs("call id", ids...); err != nil {
		return nil, err
	}
	return withFunctionID(ctx, s.client, fn, func(functionID int64) (CallList, error) {
		return s.retrieve(ctx, functionID, ids, idsSettings(opts))
	})
}

func (s *CallsService) retrieve(ctx context.Context, functionID int64, ids []int64, o idsOptions) (CallList, error) {
	if err := checkIDs("function id", functionID); err != nil {
		return nil, err
	}
	var found []*Call
	for chunk := range slices.Chunk(unique(ids), callsChunk) {
		body := gen.FunctionCallByIDsRequest{IgnoreUnknownIDs: &o.ignoreUnknown}
		for _, id := range chunk {
			body.Items = append(body.Items, gen.FunctionCallReference{ID: id})
		}
		got, err := received(s.client.api.ByIDsFunctionCalls(ctx, functionID, body))
		if err != nil {
			return nil, err
		}
		found = append(found, s.bind(got.Items)...)
	}
	all, missing := inOrder(ids, found, func(c *Call) int64 { return c.ID })
	if len(missing) > 0 && !o.ignoreUnknown {
		return nil, &NotFoundError{Resource: fmt.Sprintf("call %s of function %d", joinIDs(missing), functionID)}
	}
	return all, nil
}

// Response returns the result of the function as JSON. It returns the JSON null if the function returned None, and nil if
// the call has no response because it runs or failed.
//
// Capability: functionsAcl:READ.
// Reference: https://api-docs.cognite.com/20230101/tag/Function-calls/operation/getFunctionCallResponse
func (s *CallsService) Response(ctx context.Context, fn Identifier, id int64) (_ json.RawMessage, err error) {
	defer explain(&err, "retrieve the response of call %d of the function with %v", id, fn)
	got, err := withCall(ctx, s.client, fn, id, s.client.api.GetFunctionCallResponse)
	if err != nil {
		return nil, err
	}
	return got.Response, nil
}

// withCall runs a generated method that reads a part of one call.
func withCall[T any](ctx context.Context, c *Client, fn Identifier, id int64,
	read func(ctx context.Context, functionID, id int64, editors ...gen.RequestEditorFn) (*T, error),
) (*T, error) {
	if err := checkIDs("call id", id); err != nil {
		return nil, err
	}
	return withFunctionID(ctx, c, fn, func(functionID int64) (*T, error) {
		return received(read(ctx, functionID, id))
	})
}

// CallError reports a call that ended without a response. It matches [ErrCallFailed] or [ErrCallTimeout] by the status of
// the call.
type CallError struct {
	// Call is the ended call.
	Call *Call
	// Message is the reason, for example "ZeroDivisionError: division by zero". Trace is the Python traceback. Either may
	// be "".
	Message, Trace string
	// LogTail are the last lines of the log, at most 20, read right after the end of the call. Only [Run] sets LogTail. It is
	// nil if the log could not be read. [CallsService.FollowLogs] also returns lines that the service shows later.
	LogTail CallLog
}

// Error returns one line with the reason. It includes neither the trace nor the log.
func (e *CallError) Error() string {
	var what, hint string
	call := deref(e.Call)
	switch call.Status {
	case CallFailed:
		what, hint = "failed", "; if the log is empty, the function may have run out of memory"
	case CallTimeout:
		what = "timed out"
	default:
		what = "ended with the status " + oneLine(string(call.Status))
	}
	return fmt.Sprintf("functions: %v %s: %s", call.CallID(), what, cmp.Or(oneLine(e.Message), "the service gave no reason"+hint))
}

// Is matches ErrCallFailed and ErrCallTimeout by the status of the call.
func (e *CallError) Is(target error) bool {
	status := deref(e.Call).Status
	return target == ErrCallFailed && status == CallFailed || target == ErrCallTimeout && status == CallTimeout
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

// Failure returns the message and the Python traceback of a failed call. Either may be "", and both are "" for other calls.
// The service has sent an object and a string for the error of a call. Failure reads both.
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
