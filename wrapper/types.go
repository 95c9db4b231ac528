package functions

import (
	"time"

	"github.com/cogfn/cogfn/gen"
)

// Limits is what the project's cloud allows: minutes for a call, ranges of CPU cores and of memory in GB, the Python
// runtimes on offer, and, on Google's cloud alone, the size of a response in MB.
type Limits = gen.FunctionsLimits

// Status is whether Functions may be used in the project.
type Status = gen.FunctionsStatus

// FunctionStatus is where a deployment stands. The service may add values; those known today are the constants.
type FunctionStatus = gen.FunctionStatus

// The known values of FunctionStatus. A function begins as Queued, becomes Deploying, and ends as Ready or Failed. Old
// functions become Retired. Only a Ready function can be called.
const (
	FunctionQueued    = gen.FunctionStatusQueued
	FunctionDeploying = gen.FunctionStatusDeploying
	FunctionReady     = gen.FunctionStatusReady
	FunctionFailed    = gen.FunctionStatusFailed
	FunctionRetired   = gen.FunctionStatusRetired
)

// CallStatus is where a call stands. The service may add values; those known today are the constants.
type CallStatus = gen.FunctionCallStatus

// The known values of CallStatus. All but CallRunning are final.
const (
	CallRunning                  = gen.FunctionCallStatusRunning
	CallCompleted                = gen.FunctionCallStatusCompleted
	CallFailed                   = gen.FunctionCallStatusFailed
	CallTimeout                  = gen.FunctionCallStatusTimeout
	CallConcurrencyLimitExceeded = gen.FunctionCallStatusConcurrencyLimitExceeded
)

// Runtime is a version of Python. The service adds and withdraws values; ask Limits for those on offer.
type Runtime = gen.FunctionRuntime

// The known values of Runtime that the service has not withdrawn.
const (
	RuntimePy310 = gen.FunctionRuntimePy310
	RuntimePy311 = gen.FunctionRuntimePy311
	RuntimePy312 = gen.FunctionRuntimePy312
	RuntimePy313 = gen.FunctionRuntimePy313
	RuntimePy314 = gen.FunctionRuntimePy314
)

// FunctionType is the kind of a function. The service may add values; those known today are the constants.
type FunctionType = gen.FunctionType

// The known values of FunctionType.
const (
	FunctionClassic = gen.FunctionTypeClassic
	FunctionApp     = gen.FunctionTypeFunctionApp
)

// ActivationStatus is whether Functions may be used in a project.
type ActivationStatus = gen.ActivationStatus

// The known values of ActivationStatus.
const (
	StatusInactive  = gen.ActivationStatusInactive
	StatusRequested = gen.ActivationStatusRequested
	StatusActivated = gen.ActivationStatusActivated
)

// Limits of the API. Lengths are in characters.
const (
	ExternalIDMaxLength    = gen.ExternalIDMaxLength
	FileNameMaxLength      = gen.FileNameMaxLength
	FunctionNameMaxLength  = gen.FunctionNameMaxLength
	MetadataMaxPairs       = gen.MetadataMaxProperties
	MetadataMaxValueLength = gen.MetadataMaxValueLength
	// MetadataMaxBytes is the greatest size of all keys and values together.
	MetadataMaxBytes = gen.MetadataMaxBytes
)

// TimeRange is a span of time, to the millisecond. Both ends belong to it; the zero range matches everything.
type TimeRange struct {
	// From and To are the first and the last time that match; the zero time leaves that end open.
	From, To time.Time
}

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
