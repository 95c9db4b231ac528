package functions

import (
	"context"

	"github.com/cogfn/cogfn/gen"
)

// Limits are the limits of the project's cloud: the longest duration of a call in minutes, the ranges of CPU cores and of
// memory in GB, the offered Python runtimes, and, on Google Cloud only, the largest response in MB.
type Limits = gen.FunctionsLimits

// CPURange is a range of CPU cores.
type CPURange = gen.CPURange

// MemoryRange is a range of memory in GB.
type MemoryRange = gen.MemoryRange

// Status reports whether Functions is activated in the project.
type Status = gen.FunctionsStatus

// ActivationStatus is the activation status of Functions in a project.
type ActivationStatus = gen.ActivationStatus

// The known values of ActivationStatus.
const (
	StatusInactive  = gen.ActivationStatusInactive
	StatusRequested = gen.ActivationStatusRequested
	StatusActivated = gen.ActivationStatusActivated
)

// Limits returns the limits of the project's cloud.
//
// Capability: functionsAcl:READ.
// Reference: https://api-docs.cognite.com/20230101/tag/Functions/operation/functionsLimits
func (c *Client) Limits(ctx context.Context) (_ *Limits, err error) {
	defer explain(&err, "read the limits of the project")
	return received(c.api.FunctionsLimits(ctx))
}

// Status returns whether Functions is activated in the project.
//
// Capability: functionsAcl:READ.
// Reference: https://api-docs.cognite.com/20230101/tag/Functions/operation/getFunctionsStatus
func (c *Client) Status(ctx context.Context) (_ *Status, err error) {
	defer explain(&err, "read the activation status of the project")
	return received(c.api.GetFunctionsStatus(ctx))
}

// Activate requests the activation of Functions in the project. Activation takes up to two hours. Poll [Client.Status] for
// the outcome.
//
// Capability: functionsAcl:WRITE.
// Reference: https://api-docs.cognite.com/20230101/tag/Functions/operation/postFunctionsStatus
func (c *Client) Activate(ctx context.Context) (_ *Status, err error) {
	defer explain(&err, "activate Functions in the project")
	return received(c.api.PostFunctionsStatus(ctx))
}
