// Package faults starts an emulator for a test, with a client whose requests the test can reject, lose or cut.
package faults

import (
	"errors"
	"testing"
	"time"

	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/functionstest"
	functions "github.com/cogfn/cogfn/wrapper"
)

// Project is an emulator with two clients.
type Project struct {
	*emulator.Emulator

	T *testing.T
	// Client sends its requests through Faults.
	Client *functions.Client
	Faults *Injector
	// Direct sends its requests without faults.
	Direct *functions.Client
}

// Start starts an emulator for the duration of the test.
func Start(t *testing.T, o emulator.Options) *Project {
	t.Helper()
	p := &Project{T: t, Emulator: emulator.RunT(t, o), Faults: &Injector{}}
	p.Client, p.Direct = p.Connect(p.Faults.middleware), p.Connect()
	return p
}

// Connect returns a client that does not retry and polls every 2 ms.
func (p *Project) Connect(m ...functions.Middleware) *functions.Client {
	p.T.Helper()
	return functionstest.Connect(p.T, p.Emulator,
		functions.WithMiddleware(m...), functions.WithRetry(functions.RetryOptions{MaxRetries: -1}),
		functions.WithPoll(functions.ConstantPoll(2*time.Millisecond)),
	)
}

// HasFile reports whether a file exists.
func (p *Project) HasFile(id functions.Identifier) bool {
	p.T.Helper()
	_, err := p.Direct.Files.Retrieve(p.T.Context(), id)
	if err != nil && !errors.Is(err, functions.ErrNotFound) {
		p.T.Fatal(err)
	}
	return err == nil
}

// Functions lists all functions.
func (p *Project) Functions() functions.FunctionList {
	p.T.Helper()
	return Must[functions.FunctionList](p.T)(p.Direct.List(p.T.Context(), functions.Filter{}, functions.WithLimit(functions.Unlimited)))
}

// Schedules lists the schedules of a function.
func (p *Project) Schedules(fn functions.Identifier) functions.ScheduleList {
	p.T.Helper()
	return Must[functions.ScheduleList](p.T)(p.Direct.Schedules.List(p.T.Context(), functions.SchedulesFilter{Function: fn}))
}

// Must returns a function that fails the test if there is an error: Must[T](t)(f()).
func Must[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// NoError fails the test if there is an error.
func NoError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
