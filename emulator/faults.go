package emulator

import (
	"context"
	"net/http"

	"github.com/cogfn/cogfn/emulator/internal/faults"
	"github.com/cogfn/cogfn/emulator/internal/requestlog"
	"github.com/cogfn/cogfn/emulator/internal/service"
	"github.com/cogfn/cogfn/emulator/internal/store"
)

// Fault describes requests that fail, and how they fail.
type Fault = faults.Fault

// FaultKind is what a fault does to a request.
type FaultKind = faults.Kind

// The kinds of faults.
const (
	FaultStatus        = faults.Status
	FaultDelay         = faults.Delay
	FaultSlowBody      = faults.SlowBody
	FaultReset         = faults.Reset
	FaultStreamError   = faults.StreamError
	FaultGoAway        = faults.GoAway
	FaultTruncatedBody = faults.TruncatedBody
	FaultEmptyBody     = faults.EmptyBody
	FaultNullBody      = faults.NullBody
	FaultErrorBody     = faults.ErrorBody
	FaultMissingFields = faults.MissingFields
	FaultContentType   = faults.ContentType
	FaultContentLength = faults.ContentLength
	FaultGzip          = faults.Gzip
	FaultRedirect      = faults.Redirect
	FaultStaleRead     = faults.StaleRead
	FaultExpiredNonce  = faults.ExpiredNonce
	FaultExpiredToken  = faults.ExpiredToken
)

// Injection is a fault that was injected.
type Injection = faults.Injection

// Inject makes requests fail from now on. If several faults apply to a request, the first one wins, in the order of
// injection. Requests to the control API never fail.
//
// Inject panics if the fault is not valid, see [Fault.Check].
func (e *Emulator) Inject(f Fault) *Injection {
	injection, err := e.faults.Inject(f)
	must(err)
	return injection
}

// Faults returns the faults that have not been removed, oldest first.
func (e *Emulator) Faults() []*Injection { return e.faults.List() }

// ClearFaults removes all faults.
func (e *Emulator) ClearFaults() { must(e.faults.Clear()) }

func (e *Emulator) newFaults() *faults.Engine {
	return faults.New(faults.Config{
		Now: e.clock.Now, Sleep: e.clock.Sleep, CopyState: e.copyState, ExpireNonces: service.WithExpiredNonce,
		Report: func(r *http.Request, kind faults.Kind) { requestlog.SetFault(r.Context(), string(kind)) },
	})
}

func (e *Emulator) copyState() (use func(context.Context) context.Context, closeCopy func() error, err error) {
	c, err := e.store.Copy()
	if err != nil {
		return nil, nil, err
	}
	return func(ctx context.Context) context.Context { return store.WithCopy(ctx, c) }, c.Close, nil
}
