package deploy

import (
	functions "github.com/cogfn/cogfn/wrapper"
)

// Option changes how Deploy and Rollback work.
type Option func(*options)

type options struct {
	progress func(Event)
	session  []functions.SessionOption
}

func optionsOf(opts []Option) options {
	o := options{progress: func(Event) {}}
	for _, opt := range opts {
		opt(&o)
	}
	return o
}

// Event is the beginning of a step.
type Event struct {
	ExternalID string
	Step       Step
	// Text says in a few words what happens now.
	Text string
	// Schedules come with StepDelete: those that the deletion ends and that are created anew afterwards. Whoever wants them
	// back even if the process is killed in between writes them down here.
	Schedules []PausedSchedule
}

// WithProgress calls report at the beginning of each step, from the goroutine that Deploy runs on, which goes on when it
// returns.
func WithProgress(report func(Event)) Option {
	return func(o *options) {
		if report != nil {
			o.progress = report
		}
	}
}

// WithSession creates the sessions of the schedules from these credentials instead of the client's own.
func WithSession(credentials functions.SessionCredentials) Option {
	return func(o *options) { o.session = []functions.SessionOption{functions.WithSession(credentials)} }
}
