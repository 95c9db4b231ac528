package functions

import "github.com/cogfn/cogfn/gen"

// FunctionStatus is the status of a deployment. The service may add values.
type FunctionStatus = gen.FunctionStatus

// The known values of FunctionStatus. A function is Queued, then Deploying, then Ready or Failed. The service sets old
// functions to Retired. Only a Ready function can be called.
const (
	FunctionQueued    = gen.FunctionStatusQueued
	FunctionDeploying = gen.FunctionStatusDeploying
	FunctionReady     = gen.FunctionStatusReady
	FunctionFailed    = gen.FunctionStatusFailed
	FunctionRetired   = gen.FunctionStatusRetired
)

// CallStatus is the status of a call. The service may add values.
type CallStatus = gen.FunctionCallStatus

// The known values of CallStatus. All except CallRunning are final.
const (
	CallRunning                  = gen.FunctionCallStatusRunning
	CallCompleted                = gen.FunctionCallStatusCompleted
	CallFailed                   = gen.FunctionCallStatusFailed
	CallTimeout                  = gen.FunctionCallStatusTimeout
	CallConcurrencyLimitExceeded = gen.FunctionCallStatusConcurrencyLimitExceeded
)

// Runtime is a version of Python. The service adds and withdraws values. [Client.Limits] returns the offered ones.
type Runtime = gen.FunctionRuntime

// The known values of Runtime that the service has not withdrawn.
const (
	RuntimePy310 = gen.FunctionRuntimePy310
	RuntimePy311 = gen.FunctionRuntimePy311
	RuntimePy312 = gen.FunctionRuntimePy312
	RuntimePy313 = gen.FunctionRuntimePy313
	RuntimePy314 = gen.FunctionRuntimePy314
)

// FunctionType is the kind of a function. The service may add values.
type FunctionType = gen.FunctionType

// The known values of FunctionType.
const (
	FunctionClassic = gen.FunctionTypeClassic
	FunctionApp     = gen.FunctionTypeFunctionApp
)

// Limits of the API. Lengths are in characters.
const (
	ExternalIDMaxLength    = gen.ExternalIDMaxLength
	FileNameMaxLength      = gen.FileNameMaxLength
	FunctionNameMaxLength  = gen.FunctionNameMaxLength
	MetadataMaxPairs       = gen.MetadataMaxProperties
	MetadataMaxValueLength = gen.MetadataMaxValueLength
	// MetadataMaxBytes is the largest size of all keys and values together.
	MetadataMaxBytes = gen.MetadataMaxBytes
)

// Known reports whether this version knows the status, runtime or type. Values that the service adds later are kept
// unchanged.
func Known(value interface{ Valid() bool }) bool { return value.Valid() }
