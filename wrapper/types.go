package functions

import (
	"time"

	"github.com/cogfn/cogfn/gen"
)

// FunctionWrite is a function to create. Its FileID may stay 0: Create fills it in from the source.
type FunctionWrite = gen.FunctionWrite

// Limits is what the project's cloud allows: minutes for a call, ranges of CPU cores and of memory in GB, the Python
// runtimes on offer, and, on Google's cloud alone, the size of a response in MB.
type Limits = gen.FunctionsLimits

// Status is whether Functions may be used in the project.
type Status = gen.FunctionsStatus

// FunctionStatus is where a deployment stands. The service may add values; those known today are the constants.
type FunctionStatus = gen.FunctionStatus

// The known values of FunctionStatus. A function begins as Queued, becomes Deploying, and ends as Ready or Failed.
const (
	FunctionQueued    = gen.FunctionStatusQueued
	FunctionDeploying = gen.FunctionStatusDeploying
	FunctionReady     = gen.FunctionStatusReady
	FunctionFailed    = gen.FunctionStatusFailed
)

// CallStatus is where a call stands. The service may add values; those known today are the constants.
type CallStatus = gen.FunctionCallStatus

// The known values of CallStatus. All but CallRunning are final.
const (
	CallRunning   = gen.FunctionCallStatusRunning
	CallCompleted = gen.FunctionCallStatusCompleted
	CallFailed    = gen.FunctionCallStatusFailed
	CallTimeout   = gen.FunctionCallStatusTimeout
)

// Runtime is a version of Python. The service adds and withdraws values; ask Limits for those on offer.
type Runtime = gen.FunctionRuntime

// ActivationStatus is whether Functions may be used in a project.
type ActivationStatus = gen.ActivationStatus

// The known values of ActivationStatus.
const (
	StatusInactive  = gen.ActivationStatusInactive
	StatusRequested = gen.ActivationStatusRequested
	StatusActivated = gen.ActivationStatusActivated
)

// TimeRange is a span of time, to the millisecond. Both ends belong to it; a zero end is open.
type TimeRange struct{ From, To time.Time }

func (r TimeRange) wire() *gen.TimestampRange {
	if r.From.IsZero() && r.To.IsZero() {
		return nil
	}
	w := &gen.TimestampRange{}
	if !r.From.IsZero() {
		w.Min = new(r.From.UnixMilli())
	}
	if !r.To.IsZero() {
		w.Max = new(r.To.UnixMilli())
	}
	return w
}

// milliseconds converts a time of the API; nil and 0 are the zero time.
func milliseconds(ms *int64) time.Time {
	if ms == nil || *ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(*ms)
}

// optional is nil for the zero value, which then is not sent.
func optional[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}
