package emulator

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/clock"
	"github.com/cogfn/cogfn/emulator/internal/service"
	"github.com/cogfn/cogfn/emulator/internal/store"
)

// Request is a received request with its response. The values of secrets in headers and bodies are replaced by "***".
type Request struct {
	// Time is when the request arrived, on the emulator's clock.
	Time time.Time
	// ID is the request id of the response.
	ID string
	// Operation is the id of the operation in the description, such as "postFunctionsCall", or "token", "upload" or
	// "download"; "" means another request, such as an inspection of a token or a path that the emulator does not serve.
	Operation string
	Method    string
	// Path is the path with the query.
	Path string
	// Protocol is "HTTP/1.1" or "HTTP/2.0".
	Protocol string
	Header   http.Header
	// Body and ResponseBody are decompressed. They are "" for the content of files, and for bodies above 16 KiB.
	Body, ResponseBody string
	// Status is the status of the response; 0 means that the client got none.
	Status int
	// Duration is the real time until the end of the response.
	Duration time.Duration
	// Fault is the [FaultKind] of the injected fault that applied; "" means none.
	Fault string
}

// Requests returns the last 1,000 requests, oldest first, without those to the control API.
func (e *Emulator) Requests() []Request {
	var all []Request
	for _, r := range e.requests.Requests() {
		all = append(all, Request(r))
	}
	return all
}

// Snapshot is the state of an emulator at one time: functions, calls with logs and responses, schedules, sessions, files,
// and the state of the clock. Handlers, outcomes, transitions, faults and requests are not part of it.
type Snapshot struct {
	state *store.Copy
	clock clock.State
}

// Close releases the memory and files of a snapshot. Closing the emulator does so as well.
func (s *Snapshot) Close() error { return s.state.Close() }

// Snapshot takes a snapshot. If the clock advances, Snapshot waits for the end of that. It fails if the data directory
// cannot be written.
func (e *Emulator) Snapshot() (*Snapshot, error) {
	snapshot := &Snapshot{}
	err := e.service.BetweenAdvances(func() (err error) {
		snapshot.clock = e.clock.State()
		snapshot.state, err = e.store.Copy()
		return err
	})
	if err != nil {
		return nil, err
	}
	return snapshot, nil
}

// Restore returns to a snapshot of this emulator, which can be restored many times. Running calls and deployments are
// stopped. Calls that were running at the time of the snapshot are Failed, and deployments start again, as after a
// restart.
//
// Restore fails if the snapshot is closed or of another emulator, or if the data directory cannot be written. It must not be
// called by a handler.
func (e *Emulator) Restore(snapshot *Snapshot) error {
	if snapshot == nil {
		return errors.New("there is no snapshot to restore; take one with Snapshot and check its error")
	}
	if err := e.store.CheckCopy(snapshot.state); err != nil {
		return err // before Reload stops the running calls
	}
	return e.service.Reload(func() error {
		if err := e.store.Restore(context.Background(), snapshot.state); err != nil {
			return err
		}
		e.clock.Restore(snapshot.clock)
		return nil
	})
}

// Reset removes everything in the project, also what [Options.DataDir] contained at the start, and all faults, outcomes and
// requests. The handlers, transitions, cloud and assumptions are those of the options, the functions of [Options.Handlers]
// exist again, and the clock shows the real time.
//
// Reset fails if the data directory cannot be written. It must not be called by a handler.
func (e *Emulator) Reset() error {
	e.handlers.reset(e.options.Overrides, e.options.Handlers)
	err := e.service.Reload(func() error {
		e.service.SetProfile(e.profile(e.options.Cloud, e.options.Assumptions))
		e.service.ResetBehavior(service.Transition(e.options.Deployments), service.Transition(e.options.Calls))
		e.clock.Restore(clock.State{})
		if err := e.store.Clear(context.Background()); err != nil {
			return err
		}
		return e.addHandlers()
	})
	err = errors.Join(err, e.faults.Clear())
	e.requests.Clear()
	return err
}
