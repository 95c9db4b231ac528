package functions

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/cogfn/cogfn/gen"
)

// PendingError says that a wait for calls was given up, and which of them still ran. They go on, as the API cannot cancel
// a call; wait for them again, or find them later by their ids. It matches what Err matches: the error of the context.
type PendingError struct {
	// Pending are the calls that had not ended when they were last looked at, in the order in which they were given.
	Pending []CallID
	// Err is why: the end of the context, or with WithFailFast the failure.
	Err error
}

// Error says in one sentence how many calls go on, and why nobody waits for them.
func (e *PendingError) Error() string {
	what := fmt.Sprintf("%d calls, which go on", len(e.Pending))
	if len(e.Pending) == 1 {
		what = e.Pending[0].String() + ", which goes on"
	}
	return gaveUp("waiting for "+what, e.Err).Error()
}

// Unwrap returns why the wait was given up.
func (e *PendingError) Unwrap() error { return e.Err }

// Wait waits until a call has ended and returns it. A call that failed or timed out comes back together with a
// *CallError. The end of ctx is a *PendingError that wraps ctx's error; the call goes on, as the API cannot cancel one.
// Every status except CallRunning ends the wait.
//
// Any number of waits on one client share their requests: when the pause of one is over (WithPoll), one request asks for
// up to 1,000 calls of the same function, and serves every other wait that is half-way through its pause. A wait notices
// an end never later than one pause of its own after it, but for the time of requests. What is wrong with one call, such as
// an unknown id, ends its own wait alone; a request that fails, after the client's attempts, ends the waits that it asked
// for.
func (s *CallsService) Wait(ctx context.Context, call CallID) (*Call, error) {
	return s.waitBy(ctx, call, (*Call).ended)
}

// waitBy is Wait with judge, which is shown each look until it says that the call has ended.
func (s *CallsService) waitBy(ctx context.Context, call CallID, judge func(*Call) (bool, error)) (*Call, error) {
	if err := call.check(); err != nil {
		return nil, err // it would spoil the request for others
	}
	current, stopped, err := s.client.running.wait(ctx, call.FunctionID, call.ID, judge)
	if stopped {
		return nil, &PendingError{Pending: []CallID{call}, Err: err}
	}
	if err != nil {
		return nil, err
	}
	current = new(*current) // others may have waited for it too
	return current, current.outcome()
}

func (c *Client) newCallLookout() *lookout[int64, int64, *Call] {
	return &lookout[int64, int64, *Call]{
		pauses: c.poll, most: callsChunk,
		unknown: &RequestError{Operation: gen.ByIDsFunctionCallsOperation.ID, Attempts: 1, Err: ErrNotFound},
		ask: func(ctx context.Context, functionID int64, ids []int64) (map[int64]*Call, error) {
			list, err := c.Calls.RetrieveMultiple(ctx, functionID, ids, true)
			found := make(map[int64]*Call, len(list))
			for _, call := range list {
				found[call.ID] = call
			}
			return found, err
		},
	}
}

// CallResult is how the wait for one of several calls ended.
type CallResult struct {
	ID CallID
	// Call is the call as it ended; nil if that was not seen.
	Call *Call
	// Err is nil for a call that completed, and what CallsService.Wait returns for any other.
	Err error
}

// WaitOption changes how WaitAll waits.
type WaitOption func(*waitOptions)

type waitOptions struct {
	failFast bool
	progress func(ended, total int, last CallResult)
}

// WithFailFast gives the wait up as soon as a call did not complete. Without it, failures are results like any other.
func WithFailFast() WaitOption { return func(o *waitOptions) { o.failFast = true } }

// WithProgress reports each result as it comes: how many there are by now, of how many, and the result itself. Reports
// come one at a time; a slow one delays the others, but no request. Calls that nobody waits for any longer are not reported.
func WithProgress(report func(ended, total int, last CallResult)) WaitOption {
	return func(o *waitOptions) { o.progress = report }
}

// WaitAll waits until all of the calls have ended, of any functions, and returns a result for each, in the order of ids.
// Failures of single calls are data, found in the results: the error is nil however many failed. It is a *PendingError if
// the wait was given up, at the end of ctx or by WithFailFast, while calls still ran: it names them, and the results of
// the others stand. With WithFailFast it is the failure itself if no other call ran any more.
func (s *CallsService) WaitAll(ctx context.Context, ids []CallID, opts ...WaitOption) ([]CallResult, error) {
	var o waitOptions
	for _, opt := range opts {
		opt(&o)
	}
	ctx, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	results := make([]CallResult, len(ids))
	var waits sync.WaitGroup
	var lock sync.Mutex
	count := 0
	var first error // the failure that made WithFailFast give up
	for i, id := range ids {
		waits.Go(func() {
			call, err := s.Wait(ctx, id)
			lock.Lock()
			defer lock.Unlock()
			results[i] = CallResult{ID: id, Call: call, Err: err}
			if _, pending := errors.AsType[*PendingError](err); pending {
				return
			}
			if count++; o.progress != nil {
				o.progress(count, len(ids), results[i])
			}
			if o.failFast && err != nil && first == nil {
				first = err
				giveUp(err)
			}
		})
	}
	waits.Wait()
	return results, pendingOf(ctx, results, first)
}

// pendingOf is the error of a wait for several calls.
func pendingOf(ctx context.Context, results []CallResult, failure error) error {
	e := &PendingError{Err: failure}
	for _, r := range results {
		if _, pending := errors.AsType[*PendingError](r.Err); pending {
			e.Pending = append(e.Pending, r.ID)
		}
	}
	switch {
	case len(e.Pending) == 0:
		return failure
	case failure == nil:
		e.Err = ended(ctx)
	}
	return e
}
