package functions

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"
)

// clockSkew is how far the service's clock may be from this machine's when a lost call is looked for by its start.
const clockSkew = 5 * time.Second

// UnknownOutcomeError says that a call was sent and its answer lost: the connection broke, nothing came in time, what came
// could not be read, or the service or something before it failed (500 and above). The function may be running, or may
// never have been called. Starting it again may run it twice; Client.Recover looks for the call first.
type UnknownOutcomeError struct {
	// FunctionID is the function that was called.
	FunctionID int64
	// SessionID is the session that was made for the call; 0 with WithNonce. The service does not show it with calls.
	SessionID int64
	// Sent and Lost are when the call was sent and when its answer was known to be lost, by this machine's clock.
	Sent, Lost time.Time
	// Err is what happened instead of an answer, an *APIError or a *RequestError.
	Err error
}

// Error says in one sentence what is not known, why, and what to do.
func (e *UnknownOutcomeError) Error() string {
	return join(fmt.Errorf("functions: a call of function %d was sent and its answer lost, so it may be running; "+
		"look for it with Recover before repeating it", e.FunctionID), e.Err).Error()
}

// Unwrap returns what happened instead of an answer.
func (e *UnknownOutcomeError) Unwrap() error { return e.Err }

// sending notes when a request went out last.
type sending struct{ at atomic.Pointer[time.Time] }

type sendingKey struct{}

// noted notes that a request goes out. Whatever fails before, such as getting a token, is known to have sent nothing.
func noted(next Doer) Doer {
	return doerFunc(func(req *http.Request) (*http.Response, error) {
		if s, ok := req.Context().Value(sendingKey{}).(*sending); ok && req.Context().Err() == nil {
			s.at.Store(new(time.Now()))
		}
		return next.Do(req)
	})
}

// lost returns err, as an *UnknownOutcomeError if the request may have been carried out.
func (s *sending) lost(functionID, sessionID int64, err error) error {
	sent := s.at.Load()
	if sent == nil || unsent(err) {
		return err
	}
	if api, ok := errors.AsType[*APIError](err); ok && (api.StatusCode < http.StatusInternalServerError || api.AutoRetryable) {
		return err
	}
	return &UnknownOutcomeError{FunctionID: functionID, SessionID: sessionID, Sent: *sent, Lost: time.Now(), Err: err}
}

// RecoverError says that a lost call cannot be told. Without candidates it matches ErrNotFound: the call was probably not
// made. With several, nothing tells which of them it is; their responses and logs may.
type RecoverError struct {
	// FunctionID is the function that was called.
	FunctionID int64
	// From and To are between when the call would have started, by the service's clock.
	From, To time.Time
	// Candidates are the calls that started then, and that no schedule made.
	Candidates []*Call
}

// Error says in one sentence what was found and what that means.
func (e *RecoverError) Error() string {
	window := fmt.Sprintf("of function %d started between %s and %s", e.FunctionID,
		e.From.UTC().Format(time.RFC3339), e.To.UTC().Format(time.RFC3339))
	if len(e.Candidates) == 0 {
		return "functions: no call " + window + ", so the lost one was probably not made and can be repeated"
	}
	return fmt.Sprintf("functions: %d calls %s, and any may be the lost one; compare their responses and logs", len(e.Candidates), window)
}

// Is matches ErrNotFound if there are no candidates.
func (e *RecoverError) Is(target error) bool { return target == ErrNotFound && len(e.Candidates) == 0 }

// Recover looks for the call of an *UnknownOutcomeError, which err is or wraps, and returns it if it was made. That is the
// best that can be done, and no proof: the API neither names calls by their callers nor shows their sessions, so the call
// is told by its function and its start, between five seconds before it was sent and five after it was lost, as clocks
// differ. Calls that schedules made are passed over, and so are those given as others, which the caller knows to be none
// of his or to be accounted for.
//
// A call of somebody else that started in the same seconds is taken for the lost one if it is the only one. A *RecoverError
// tells that there is none, which is known five seconds after the loss and not before, or that there are several.
func (c *Client) Recover(ctx context.Context, err error, others ...CallID) (*Call, error) {
	unknown, ok := errors.AsType[*UnknownOutcomeError](err)
	if !ok {
		return nil, &ArgumentError{Field: "err", Rule: "is no *UnknownOutcomeError; there is nothing to recover"}
	}
	known := map[CallID]bool{}
	for _, id := range others {
		known[id] = true
	}
	found := &RecoverError{FunctionID: unknown.FunctionID, From: unknown.Sent.Add(-clockSkew), To: unknown.Lost.Add(clockSkew)}
	what := fmt.Sprintf("the lost call of function %d to show", unknown.FunctionID)
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
