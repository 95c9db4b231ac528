package deploy

import (
	"errors"
	"fmt"
	"strings"

	functions "github.com/cogfn/cogfn/wrapper"
)

// ErrStale says that what is deployed has changed since Plan looked. Plan again.
var ErrStale = errors.New("deploy: what is deployed has changed since the plan was made; plan again")

// ErrBusy says that another deployment of the same function is under way, or was killed within the last hour.
var ErrBusy = errors.New("another deployment of this function is under way")

// Step is a part of a deployment.
type Step string

// The steps in their order; StepRestore happens only after a failure.
const (
	StepUpload    Step = "upload"
	StepTrial     Step = "trial build"
	StepRead      Step = "reading of the schedules"
	StepDelete    Step = "deletion of the old function"
	StepCreate    Step = "creation"
	StepBuild     Step = "build"
	StepRestore   Step = "restoration of the old function"
	StepSchedules Step = "creation of the schedules"
	StepCleanUp   Step = "clean-up"
)

// Serving says what answers calls under the external id.
type Serving string

// The values of Serving. ServingUnknown also stands for a function that another deployment put there. ServingRestored
// is the old code again, as a function with another id. ServingUnfinished and ServingRestoring are functions that are
// being built, and that nobody waited for; WaitReady tells how that ends.
const (
	ServingOld        Serving = "the old function"
	ServingRestored   Serving = "the old function, created anew"
	ServingNew        Serving = "the new function"
	ServingUnfinished Serving = "the new function once it is built"
	ServingRestoring  Serving = "the old function, created anew, once it is built"
	ServingNothing    Serving = "nothing"
	ServingUnknown    Serving = "unknown"
)

// Error is a deployment or rollback that did not fully succeed. It says what the state of things is.
type Error struct {
	// ExternalID is that of the function.
	ExternalID string
	// Step is what failed, Err why. A build that failed is a *functions.DeployError in it.
	Step Step
	Err  error
	// Trace is the end of the build log, if a build failed.
	Trace string
	// Serving is what answers calls under the external id now.
	Serving Serving
	// Functions and Files are left behind, since they could not be deleted. Delete them.
	Functions, Files []functions.Identifier
	// Schedules ran before, and do not run now, or nobody knows whether they do. ResumeSchedule creates those that are
	// missing.
	Schedules []PausedSchedule
	// LostSecrets are the keys of secrets that a restored function lacks, since nobody could tell their values.
	LostSecrets []string
}

// Error says in one line what failed, why, and what the state of things is; the trace is left to the field.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "deploy: the %s of %s failed: %s; serving now: %s",
		e.Step, e.ExternalID, strings.TrimPrefix(e.Err.Error(), "functions: "), e.Serving)
	if len(e.LostSecrets) > 0 {
		fmt.Fprintf(&b, ", without the secrets %s", strings.Join(e.LostSecrets, ", "))
	}
	var left []string
	for _, id := range e.Functions {
		left = append(left, "the function with "+id.String())
	}
	for _, id := range e.Files {
		left = append(left, "the file with "+id.String())
	}
	if len(left) > 0 {
		fmt.Fprintf(&b, "; left behind, delete: %s", strings.Join(left, ", "))
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

// twofold is a failure after which going back failed too.
type twofold struct {
	first error
	step  Step
	then  error
}

func (e *twofold) Error() string {
	return fmt.Sprintf("%v; the %s of the old one failed too: %s", e.first, e.step, strings.TrimPrefix(e.then.Error(), "functions: "))
}

func (e *twofold) Unwrap() []error { return []error{e.first, e.then} }
