package deploy

import (
	"errors"
	"fmt"
	"strings"

	"github.com/cogfn/cogfn/internal/errtext"
	"github.com/cogfn/cogfn/schedule"
	functions "github.com/cogfn/cogfn/wrapper"
)

var (
	// ErrStale means that the function was deployed or deleted after Plan. Call [Plan] again.
	ErrStale = errors.New("deploy: the function has changed since the plan was made; plan again")
	// ErrBusy means that another deployment of the function is running, or was killed within the last hour.
	ErrBusy = errors.New("deploy: another deployment of the function is running")
)

// Step is a step of a deployment.
type Step string

// The steps in their order. StepRestore is taken only after a failure. The package documentation describes each step.
const (
	StepUpload    Step = "upload"
	StepTrial     Step = "trial build"
	StepRead      Step = "reading of schedules"
	StepDelete    Step = "deletion of the old function"
	StepCreate    Step = "creation"
	StepBuild     Step = "build"
	StepRestore   Step = "restore of the old function"
	StepSchedules Step = "creation of schedules"
	StepCleanUp   Step = "cleanup"
)

// Serving is what serves calls under the external id.
type Serving string

// The values of Serving.
const (
	// ServingOld is the old function, unchanged.
	ServingOld Serving = "the old function"
	// ServingRestored is a new function with the old code. It has another id.
	ServingRestored Serving = "the restored old function"
	// ServingRestoring is like ServingRestored, but its build has not ended. Wait with Function.WaitReady.
	ServingRestoring Serving = "the restored old function after its build"
	// ServingNew is the new function.
	ServingNew Serving = "the new function"
	// ServingBuilding is the new function, but its build has not ended. Wait with Function.WaitReady.
	ServingBuilding Serving = "the new function after its build"
	// ServingNothing means that no function can be called.
	ServingNothing Serving = "nothing"
	// ServingUnknown means that the service could not be reached, or that the function belongs to another deployment.
	ServingUnknown Serving = "unknown"
)

// Error is a deployment or rollback that failed or did not complete.
type Error struct {
	// ExternalID is the external id of the function.
	ExternalID string
	// Step is the step that failed.
	Step Step
	// Err is the cause. It wraps a *functions.DeployError if a build failed.
	Err error
	// Trace is the end of the build log; "" if no build failed.
	Trace string
	// Serving is what serves calls under the external id now.
	Serving Serving
	// Functions could not be deleted, or may exist because a response was lost. Delete them.
	Functions []functions.Identifier
	// Files could not be deleted. Delete them.
	Files []functions.Identifier
	// Schedules do not run, or may not run because a response was lost. [schedule.Resume] creates the missing ones.
	Schedules []schedule.Saved
	// LostSecrets are the keys of secrets that the restored function does not have, because their values are unknown.
	LostSecrets []string
}

// Error returns one sentence with the step, the cause, what serves calls and what to do. It does not contain the trace.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "deploy: %s: %s failed: %s; serving now: %s", e.ExternalID, e.Step, errtext.Message(e.Err), e.Serving)
	if len(e.LostSecrets) > 0 {
		fmt.Fprintf(&b, ", without the secrets %s", strings.Join(e.LostSecrets, ", "))
	}
	var leftovers []string
	for _, id := range e.Functions {
		leftovers = append(leftovers, "function with "+id.String())
	}
	for _, id := range e.Files {
		leftovers = append(leftovers, "file with "+id.String())
	}
	if len(leftovers) > 0 {
		fmt.Fprintf(&b, "; left behind, delete: %s", strings.Join(leftovers, ", "))
	}
	if len(e.Schedules) > 0 {
		names := make([]string, len(e.Schedules))
		for i, s := range e.Schedules {
			names[i] = s.Name
		}
		fmt.Fprintf(&b, "; schedules that do not run, resume: %s", strings.Join(names, ", "))
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
