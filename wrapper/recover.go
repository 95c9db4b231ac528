package functions

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// clockSkew is the largest accepted difference between the clocks of the service and of this machine when Recover compares
// start times.
const clockSkew = 5 * time.Second

// UnknownOutcomeError reports a call that was sent and whose response was lost: the connection broke, the request timed
// out, the response was invalid, or the service or a proxy failed with a status from 500. The function may be running, or
// may never have been called. Another call may run it twice. [Client.Recover] looks for the call first.
type UnknownOutcomeError struct {
	// FunctionID is the id of the called function.
	FunctionID int64
	// SessionID is the id of the session that was created for the call, or 0 with [WithNonce]. The service does not show the
	// session of a call.
	SessionID int64
	// Sent and Lost are the times at which the call was sent and its response was lost, by the clock of this machine.
	Sent, Lost time.Time
	// Err is the cause, an *APIError or a *RequestError.
	Err error
}

// Error returns one sentence that says what is unknown, why, and what to do.
func (e *UnknownOutcomeError) Error() string {
	return join(fmt.Errorf("functions: a call of function %d was sent and its response was lost, so it may be running; "+
		"look for it with Recover before you call again", e.FunctionID), e.Err).Error()
}

// Unwrap returns the cause.
func (e *UnknownOutcomeError) Unwrap() error { return e.Err }

// lost returns err, as an *UnknownOutcomeError if the service may have started the call.
func (s *sendTime) lost(functionID, sessionID int64, err error) error {
	sent := s.at.Load()
	if sent == nil || unsent(err) {
		return err
	}
	if api, ok := errors.AsType[*APIError](err); ok && (api.StatusCode < http.StatusInternalServerError || api.AutoRetryable) {
		return err
	}
	return &UnknownOutcomeError{FunctionID: functionID, SessionID: sessionID, Sent: *sent, Lost: time.Now(), Err: err}
}

// RecoverError reports that [Client.Recover] could not identify the lost call. Without candidates it matches
// [ErrNotFound], because the call was probably not made. With several candidates, compare their responses and logs.
type RecoverError struct {
	// FunctionID is the id of the called function.
	FunctionID int64
	// From and To limit the start time of the call, by the clock of the service.
	From, To time.Time
	// Candidates are the calls that started in this window and that no schedule started.
	Candidates []*Call
}

// Error returns one sentence with the result and its meaning.
func (e *RecoverError) Error() string {
	window := fmt.Sprintf("of function %d started between %s and %s", e.FunctionID,
		e.From.UTC().Format(time.RFC3339), e.To.UTC().Format(time.RFC3339))
	if len(e.Candidates) == 0 {
		return "functions: no call " + window + ", so the lost call was probably not made; call again"
	}
	return fmt.Sprintf("functions: %d calls %s, and any may be the lost one; compare their responses and logs", len(e.Candidates), window)
}

// Is matches ErrNotFound if there are no candidates.
func (e *RecoverError) Is(target error) bool { return target == ErrNotFound && len(e.Candidates) == 0 }

// Recover looks for the call of an [*UnknownOutcomeError], which err is or wraps, and returns it if it was made.
//
// The result is a best effort. The API identifies neither the caller nor the session of a call. Recover therefore looks for
// calls of the same function that started between five seconds before the call was sent and five seconds after its response
// was lost. It ignores the calls of schedules, and the calls in others, which the caller knows to be different.
//
//   - Exactly one such call is the result, even if another client started it.
//   - Without such a call, Recover returns a [*RecoverError] five seconds after the loss, not earlier.
//   - With several such calls, Recover returns a [*RecoverError] that contains them.
//
// Capability: functionsAcl:READ.
// Reference: https://api-docs.cognite.com/20230101/tag/Function-calls/operation/listFunctionCalls
func (c *Client) Recover(ctx context.Context, err error, others ...CallID) (*Call, error) {
	unknown, ok := errors.AsType[*UnknownOutcomeError](err)
	if !ok {
		return nil, &ArgumentError{Field: "err", Rule: "is not an *UnknownOutcomeError, so there is no call to recover"}
	}
	known := map[CallID]bool{}
	for _, id := range others {
		known[id] = true
	}
	found := &RecoverError{FunctionID: unknown.FunctionID, From: unknown.Sent.Add(-clockSkew), To: unknown.Lost.Add(clockSkew)}
	what := fmt.Sprintf("the lost call of function %d", unknown.FunctionID)
	err = c.until(ctx, what, func() (bool, error) {
		late := !time.Now().Before(found.To)
		window := CallsFilter{StartTime: TimeRange{From: found.From, To: found.To}}
		for call, err := range c.Calls.All(ctx, ID(unknown.FunctionID), window) {
			if err != nil {
				return false, err
			}
			if call.ScheduleID == nil && !known[call.CallID()] {
				found.Candidates = append(found.Candidates, call)
			}
		}
		return late || len(found.Candidates) > 0, nil
	})
	switch {
	case err != nil:
		return nil, err
	case len(found.Candidates) == 1:
		return found.Candidates[0], nil
	}
	return nil, found
}
