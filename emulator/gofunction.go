package emulator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/clock"
	"github.com/cogfn/cogfn/emulator/internal/runner"
)

// returnTimeout is how long a handler may take to return after its context has ended.
const returnTimeout = 200 * time.Millisecond

// handlers holds the handlers by name. It is safe for concurrent use.
type handlers struct {
	clock *clock.Clock

	mu     sync.RWMutex
	byName map[string]Handler
}

func newHandlers(c *clock.Clock, byNames ...map[string]Handler) *handlers {
	h := &handlers{clock: c}
	h.reset(byNames...)
	return h
}

// reset replaces all handlers.
func (h *handlers) reset(byNames ...map[string]Handler) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.byName = map[string]Handler{}
	for _, byName := range byNames {
		maps.Copy(h.byName, byName)
	}
}

func (h *handlers) set(name string, handler Handler) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.byName[name] = handler
}

// find returns the function for an external id or else a name, or nil.
func (h *handlers) find(externalID, name string, spec runner.Spec) runner.Function {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for _, key := range []string{externalID, name} {
		if handler := h.byName[key]; key != "" && handler != nil {
			return &goFunction{handler, h.clock, spec}
		}
	}
	return nil
}

// goFunction runs a Handler as a runner.Function.
type goFunction struct {
	handler Handler
	clock   *clock.Clock
	spec    runner.Spec
}

// Close does nothing: a Go function has no process.
func (*goFunction) Close() {}

// Call calls the handler and waits until it returns, or until returnTimeout after the end of the call.
func (f *goFunction) Call(ctx context.Context, call runner.Call, log func(string)) runner.Outcome {
	if call.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = f.clock.WithTimeout(ctx, call.Timeout)
		defer cancel()
	}
	c := f.newCall(call, log)
	defer c.closeLog()
	ended := make(chan runner.Outcome, 1)
	go func() { ended <- f.run(ctx, c) }()
	outcome := runner.Outcome{Status: runner.Failed, Message: "the handler did not return"}
	select {
	case outcome = <-ended:
	case <-ctx.Done():
		select {
		case outcome = <-ended:
		case <-time.After(returnTimeout):
		}
	}
	timedOut := context.Cause(ctx) == context.DeadlineExceeded //nolint:errorlint // a cause is never wrapped
	if outcome.Status == runner.Failed && timedOut {
		return runner.Outcome{Status: runner.TimedOut, Message: fmt.Sprintf("the call did not end within %v", call.Timeout)}
	}
	return outcome
}

func (f *goFunction) newCall(call runner.Call, log func(string)) *Call {
	c := &Call{
		FunctionID: call.FunctionID, ID: call.CallID, Data: call.Data,
		Secrets: maps.Clone(f.spec.Secrets), Env: maps.Clone(f.spec.Env),
		ScheduleID: call.ScheduleID, ScheduledTime: call.ScheduledTime, clock: f.clock, log: log,
	}
	if c.Data == nil {
		c.Data = json.RawMessage("{}")
	}
	return c
}

func (f *goFunction) run(ctx context.Context, c *Call) (outcome runner.Outcome) {
	defer func() {
		if reason := recover(); reason != nil {
			outcome = runner.Outcome{Status: runner.Failed, Message: fmt.Sprintf("panic: %v", reason), Trace: string(debug.Stack())}
		}
	}()
	response, err := f.handler(ctx, c)
	if err != nil {
		return runner.Outcome{Status: runner.Failed, Message: err.Error()}
	}
	if response == nil {
		return runner.Outcome{Status: runner.Completed}
	}
	encoded, err := json.Marshal(response)
	if err != nil {
		return runner.Outcome{Status: runner.Failed, Message: fmt.Sprintf("the response cannot be encoded as JSON: %v", err)}
	}
	return runner.Outcome{Status: runner.Completed, Response: encoded}
}

// Handle registers a Go function under a name. If no function has the name as its external id, Handle creates one that is
// Ready, with the name as external id and name. Otherwise the handler runs instead of its code. Registering a name again
// replaces its handler.
//
// Handle panics if the name is empty or above 140 characters, if handler is nil, or if the state of the emulator cannot be
// written.
func (e *Emulator) Handle(name string, handler Handler) {
	must(checkHandler(name, handler))
	e.handlers.set(name, handler)
	must(e.service.AddReadyFunction(name))
}

// Override registers a Go function that runs instead of uploaded code, for the function with an external id, or else with a
// name. It creates no function. The emulator looks the handler up when a function is deployed and at each call.
// A function needs an uploaded file even if a handler runs instead; its content is ignored.
//
// Override panics if the name is empty or handler is nil.
func (e *Emulator) Override(name string, handler Handler) {
	must(checkHandler(name, handler))
	e.handlers.set(name, handler)
}

func checkHandler(name string, handler Handler) error {
	if name == "" {
		return errors.New("a handler has no name; use the external id of its function")
	}
	if handler == nil {
		return fmt.Errorf("the handler of the function %q is nil; use a function", name)
	}
	return nil
}

// addHandlers creates the functions of Options.Handlers.
func (e *Emulator) addHandlers() error {
	for _, name := range slices.Sorted(maps.Keys(e.options.Handlers)) {
		if err := e.service.AddReadyFunction(name); err != nil {
			return err
		}
	}
	return nil
}
