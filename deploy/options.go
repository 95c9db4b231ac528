package deploy

import (
	"github.com/cogfn/cogfn/schedule"
	functions "github.com/cogfn/cogfn/wrapper"
)

// Option is an option of [Deploy] and [Rollback].
type Option func(*options)

type options struct {
	progress func(Event)
	session  []functions.SessionOption
}

func newOptions(opts []Option) options {
	o := options{progress: func(Event) {}}
	for _, opt := range opts {
		opt(&o)
	}
	return o
}

// Event is the start of a step.
type Event struct {
	// ExternalID is the external id of the function.
	ExternalID string
	// Step is the step that starts.
	Step Step
	// Text describes in a few words what happens.
	Text string
	// Schedules are set for StepDelete: the schedules that are deleted together with the function and created again
	// afterwards. Store them if they must not be lost when the process is killed.
	Schedules []schedule.Saved
}

// WithProgress calls report at the start of each step, in the goroutine of Deploy or Rollback, which waits for report.
func WithProgress(report func(Event)) Option {
	return func(o *options) {
		if report != nil {
			o.progress = report
		}
	}
}

// WithSession creates the sessions of the schedules with these credentials instead of those of the client.
func WithSession(credentials functions.SessionCredentials) Option {
	return func(o *options) { o.session = []functions.SessionOption{functions.WithSession(credentials)} }
}
