package functions

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/cogfn/cogfn/gen"
	"github.com/cogfn/cogfn/internal/ctxwait"
)

// PendingError reports that a wait for calls stopped while some of them still ran. These calls continue, because the API
// cannot cancel a call. Wait for them again, or retrieve them later by their ids. It matches what Err matches.
type PendingError struct {
	// Pending are the calls that had not ended at the last poll, in the order of the argument.
	Pending []CallID
	// Err is the reason: the error of the context, or with [WithFailFast] the failure.
	Err error
}

// Error returns one sentence with the reason and the number of running calls.
func (e *PendingError) Error() string {
	what := fmt.Sprintf("%d calls, which continue", len(e.Pending))
	if len(e.Pending) == 1 {
		what = e.Pending[0].String() + ", which continues"
	}
	return canceled("waiting for "+what, e.Err).Error()
}

// Unwrap returns the reason.
func (e *PendingError) Unwrap() error { return e.Err }

// Wait waits until a call has ended and returns it. Every status except CallRunning ends the wait.
//
//   - A call that failed, timed out or ended with an unknown status is returned together with a [*CallError].
//   - If ctx ends first, the error is a [*PendingError] that wraps the error of ctx. The call continues, because the API
//     cannot cancel a call.
//   - An unknown call is an error that matches [ErrNotFound]. It ends only its own wait.
//   - A request that fails after all retries ends the waits that shared it.
//
// Waits on one client share their requests: when the poll interval of one waiter ends (see [WithPoll]), one request
// retrieves up to 1,000 calls of the same function, and includes every waiter that is at least halfway through its
// interval. A waiter sees the end at most one of its own poll intervals late, plus request time.
//
// Capability: functionsAcl:READ.
// Reference: https://api-docs.cognite.com/20230101/tag/Function-calls/operation/byIdsFunctionCalls
func (s *CallsService) Wait(ctx context.Context, fn Identifier, id int64) (*Call, error) {
	return withFunctionID(ctx, s.client, fn, func(functionID int64) (*Call, error) {
		return s.wait(ctx, CallID{functionID, id}, (*Call).ended)
	})
}

// wait is Wait with a function judge, which receives each polled state and reports whether the call has ended.
func (s *CallsService) wait(ctx context.Context, call CallID, judge func(*Call) (bool, error)) (*Call, error) {
	if err := call.check(); err != nil {
		return nil, err // the service would reject the shared request
	}
	current, stopped, err := s.client.running.wait(ctx, call.FunctionID, call.ID, judge)
	if stopped {
		return nil, &PendingError{Pending: []CallID{call}, Err: err}
	}
	if err != nil {
		return nil, err
	}
	current = new(*current) // other waiters may have received the same value
	return current, current.outcome()
}

func (c *Client) newCallPoller() *poller[int64, int64, *Call] {
	return &poller[int64, int64, *Call]{
		intervals: c.poll, maxKeys: callsChunk,
		notFound: func(functionID, id int64) error {
			return &NotFoundError{Resource: CallID{functionID, id}.String()}
		},
		retrieve: func(ctx context.Context, functionID int64, ids []int64) (_ map[int64]*Call, err error) {
			defer explain(&err, "read the status of %s of function %d", listed("call", ids), functionID)
			list, err := c.Calls.retrieve(ctx, functionID, ids, idsOptions{ignoreUnknown: true})
			found := make(map[int64]*Call, len(list))
			for _, call := range list {
				found[call.ID] = call
			}
			return found, err
		},
	}
}

// CallResult is the result of the wait for one of several calls.
type CallResult struct {
	ID CallID
	// Call is the ended call, or nil if its end was not seen.
	Call *Call
	// Err is nil for a completed call, and the error of [CallsService.Wait] for any other.
	Err error
}

// WaitOption changes how [CallsService.WaitAll] waits.
type WaitOption func(*waitOptions)

type waitOptions struct {
	failFast bool
	progress func(ended, total int, last CallResult)
}

// WithFailFast stops the wait at the first call that did not complete. Without it, failures are results.
func WithFailFast() WaitOption { return func(o *waitOptions) { o.failFast = true } }

// WithProgress calls report with each result: the number of ended calls, the number of all calls, and the result. Report is
// not called concurrently. If it is slow, later reports are late, but no request is. Calls that still run when the wait
// stops are not reported.
func WithProgress(report func(ended, total int, last CallResult)) WaitOption {
	return func(o *waitOptions) { o.progress = report }
}

// WaitAll waits until all calls have ended and returns a result for each, in the order of ids. The calls may belong to
// different functions.
//
//   - The failure of a call is part of its result. The error is nil, however many calls failed.
//   - If ctx ends or WithFailFast stops the wait while calls run, the error is a [*PendingError] that names them. The other
//     results are valid.
//   - With WithFailFast and no other running call, the error is the failure itself.
//
// Capability: functionsAcl:READ.
// Reference: https://api-docs.cognite.com/20230101/tag/Function-calls/operation/byIdsFunctionCalls
func (s *CallsService) WaitAll(ctx context.Context, ids []CallID, opts ...WaitOption) ([]CallResult, error) {
	var o waitOptions
	for _, opt := range opts {
		opt(&o)
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	results := make([]CallResult, len(ids))
	var waits sync.WaitGroup
	var lock sync.Mutex
	count := 0
	var first error // the failure that stopped a wait with WithFailFast
	for i, id := range ids {
		waits.Go(func() {
			call, err := s.wait(ctx, id, (*Call).ended)
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
				stop(err)
			}
		})
	}
	waits.Wait()
	return results, pendingOf(ctx, results, first)
}

// pendingOf returns the error of a wait for several calls.
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
		e.Err = ctxwait.Error(ctx)
	}
	return e
}

// DeployError reports a failed deployment.
type DeployError struct {
	// Function is the function with the status Failed.
	Function *Function
	// Message is the reason. Trace is the end of the build log, at most 2,000 characters. Either may be "".
	Message, Trace string
}

// Error returns one line with the reason. It does not include the trace.
func (e *DeployError) Error() string {
	fn := deref(e.Function)
	return fmt.Sprintf("functions: the deployment of %s (%v) failed: %s", oneLine(fn.Name), fn.Identifier(),
		cmp.Or(oneLine(e.Message), "the service gave no reason; see the trace"))
}

func newDeployError(fn *Function) *DeployError {
	e := &DeployError{Function: fn}
	if fn.Error != nil {
		e.Message, e.Trace = deref(fn.Error.Message), deref(fn.Error.Trace)
	}
	return e
}

// WaitReady waits until a function can be called and returns it. Deployments take minutes on the real service.
//
//   - A failed deployment is a [*DeployError] with the end of the service's build log.
//   - If ctx ends first, the error wraps the error of ctx. The deployment continues.
//   - A retired function or an unknown status is an error.
//
// Waits on one client share their requests, as in [CallsService.Wait].
//
// Capability: functionsAcl:READ.
// Reference: https://api-docs.cognite.com/20230101/tag/Functions/operation/byIdsFunctions
func (c *Client) WaitReady(ctx context.Context, fn Identifier) (*Function, error) {
	if err := fn.check(); err != nil {
		return nil, err
	}
	external := fn.externalID != ""
	ready, stopped, err := c.deployments.wait(ctx, external, fn, func(current *Function) (bool, error) { return current.ready(fn) })
	if stopped {
		return nil, canceled("waiting for the deployment of the function with "+fn.String()+", which continues", err)
	}
	if err != nil {
		return nil, err
	}
	return new(*ready), nil // other waiters may have received the same value
}

// newDeploymentPoller groups functions by the kind of their identifiers, so that no request names a function twice.
func (c *Client) newDeploymentPoller() *poller[bool, Identifier, *Function] {
	return &poller[bool, Identifier, *Function]{
		intervals: c.poll, maxKeys: gen.FunctionReferencesMaxItems,
		notFound: func(_ bool, fn Identifier) error { return unknownFunction(fn) },
		retrieve: func(ctx context.Context, _ bool, fns []Identifier) (_ map[Identifier]*Function, err error) {
			defer explain(&err, "read the status of %s", listed("function", fns))
			list, err := c.retrieve(ctx, fns, idsOptions{ignoreUnknown: true})
			found := make(map[Identifier]*Function, len(list))
			for _, fn := range fns {
				if one := list.Get(fn); one != nil {
					found[fn] = one
				}
			}
			return found, err
		},
	}
}

// ready reports whether the function can be called. Errors name it by fn, the caller's identifier.
func (f *Function) ready(fn Identifier) (bool, error) {
	switch f.Status {
	case FunctionReady:
		return true, nil
	case FunctionQueued, FunctionDeploying:
		return false, nil
	case FunctionFailed:
		return false, newDeployError(new(*f)) // other waiters may have received the same value
	case FunctionRetired:
		return false, fmt.Errorf("functions: the function with %v is retired and cannot be called; deploy it again", fn)
	}
	return false, fmt.Errorf("functions: the deployment of the function with %v has the unknown status %q", fn, f.Status)
}
