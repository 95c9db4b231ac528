package functions

import (
	"cmp"
	"context"
	"fmt"

	"github.com/cogfn/cogfn/gen"
)

// DeployError is a deployment that failed.
type DeployError struct {
	// Function is the function with its status Failed.
	Function *Function
	// Message says what failed, Trace holds the end of the build log, of at most 2000 characters; either may be "".
	Message, Trace string
}

// Error says in one line what failed; the trace is left to the field.
func (e *DeployError) Error() string {
	return fmt.Sprintf("functions: the deployment of %s (%v) failed: %s", e.Function.Name, e.Function.Identifier(), cmp.Or(oneLine(e.Message), "the service gave no reason; the trace may tell more"))
}

func newDeployError(fn *Function) *DeployError {
	e := &DeployError{Function: fn}
	if fn.Error != nil {
		e.Message, e.Trace = deref(fn.Error.Message), deref(fn.Error.Trace)
	}
	return e
}

// WaitReady waits until a function can be called and returns it. A failed deployment is a *DeployError with the service's
// build log; the end of ctx is an error that wraps ctx's. Deployments take minutes on the real service. Any number of
// waits on one client share their requests, as in CallsService.Wait.
func (c *Client) WaitReady(ctx context.Context, fn Identifier) (*Function, error) {
	if err := fn.check(); err != nil {
		return nil, err
	}
	external := fn.externalID != ""
	ready, stopped, err := c.deployments.wait(ctx, external, fn, func(current *Function) (bool, error) { return current.ready(fn) })
	if stopped {
		return nil, gaveUp("waiting for the deployment of "+fn.String()+", which goes on", err)
	}
	if err != nil {
		return nil, err
	}
	return new(*ready), nil // others may have waited for it too
}

// newDeploymentLookout groups functions by whether they are asked for by external id, lest a request name one twice.
func (c *Client) newDeploymentLookout() *lookout[bool, Identifier, *Function] {
	return &lookout[bool, Identifier, *Function]{
		pauses: c.poll, most: gen.FunctionReferencesMaxItems,
		unknown: &RequestError{Operation: gen.ByIDsFunctionsOperation.ID, Attempts: 1, Err: ErrNotFound},
		ask: func(ctx context.Context, _ bool, fns []Identifier) (map[Identifier]*Function, error) {
			list, err := c.RetrieveMultiple(ctx, fns, true)
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

// ready reports whether the function can be called; fn is what the caller calls it.
func (f *Function) ready(fn Identifier) (bool, error) {
	switch f.Status {
	case FunctionReady:
		return true, nil
	case FunctionQueued, FunctionDeploying:
		return false, nil
	case FunctionFailed:
		return false, newDeployError(f)
	case FunctionRetired:
		return false, fmt.Errorf("functions: the function with %v is retired and cannot be called; deploy it again", fn)
	}
	return false, fmt.Errorf("functions: the deployment of %v has the status %q, which this version does not know", fn, f.Status)
}
