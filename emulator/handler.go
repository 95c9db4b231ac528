package emulator

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/runner"
)

// handlerGrace is how long a handler may take to return when its time is up, so that its last lines are not lost.
const handlerGrace = 200 * time.Millisecond

// Handler is a Go function that runs instead of uploaded code. What it returns is encoded as JSON and becomes the
// call's response; an error makes the call Failed with the error's text, and so does a panic. It should return when ctx
// ends: then the call has run out of time, its function was deleted, or the emulator closes, and nobody waits for it.
type Handler func(ctx context.Context, call *Call) (any, error)

// Call is one call of a Handler. Print and Printf may be called from several goroutines.
type Call struct {
	// FunctionID and ID are the ids of the function and of the call.
	FunctionID, ID int64
	// Data is the input, a JSON object.
	Data json.RawMessage
	// Secrets and Env are the function's secrets and environment variables.
	Secrets, Env map[string]string
	// ScheduleID and ScheduledTime (milliseconds since 1970) are those of the schedule that made the call, or 0.
	ScheduleID, ScheduledTime int64

	mu  sync.Mutex
	log func(runner.Line) // nil once the call has ended
}

// Print adds a line to the call's log, or several where the text has line ends. Like [fmt.Print], it puts spaces
// between arguments that are not texts.
func (c *Call) Print(args ...any) { c.print(fmt.Sprint(args...)) }

// Printf adds a formatted line to the call's log, or several where the text has line ends.
func (c *Call) Printf(format string, args ...any) { c.print(fmt.Sprintf(format, args...)) }

func (c *Call) print(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.log == nil {
		return
	}
	for _, line := range lines(text) {
		c.log(runner.Line{Time: time.Now(), Message: line})
	}
}

// end makes later lines vanish: they would come after the log was kept.
func (c *Call) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.log = nil
}

// handlers holds the Go functions by name.
type handlers struct {
	mu     sync.RWMutex
	byName map[string]Handler
}

func newHandlers(all map[string]Handler) *handlers {
	h := &handlers{byName: map[string]Handler{}}
	maps.Copy(h.byName, all)
	return h
}

func (h *handlers) set(name string, handler Handler) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.byName[name] = handler
}

// find returns the Go function for a function, or nil.
func (h *handlers) find(externalID, name string, spec runner.Spec) runner.Function {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for _, key := range []string{externalID, name} {
		if handler := h.byName[key]; key != "" && handler != nil {
			return &goFunction{handler, spec}
		}
	}
	return nil
}

// goFunction makes a Handler look like any other function.
type goFunction struct {
	handler Handler
	spec    runner.Spec
}

// Close does nothing: a Go function has no process of its own.
func (*goFunction) Close() {}

// Call runs the handler.
func (f *goFunction) Call(ctx context.Context, call runner.Call, log func(runner.Line)) runner.Outcome {
	if call.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, call.Timeout)
		defer cancel()
	}
	c := &Call{
		FunctionID: call.FunctionID, ID: call.CallID, Data: call.Data,
		Secrets: maps.Clone(f.spec.Secrets), Env: maps.Clone(f.spec.Env),
		ScheduleID: call.ScheduleID, ScheduledTime: call.ScheduledTime, log: log,
	}
	if c.Data == nil {
		c.Data = json.RawMessage("{}")
	}
	defer c.end()
	ended := make(chan runner.Outcome, 1)
	go func() { ended <- f.run(ctx, c) }()
	select {
	case outcome := <-ended:
		return f.judge(ctx, call, outcome)
	case <-ctx.Done():
	}
	select {
	case outcome := <-ended:
		return f.judge(ctx, call, outcome)
	case <-time.After(handlerGrace):
		return f.judge(ctx, call, runner.Outcome{Status: runner.Failed, Message: "the handler did not return"})
	}
}

// judge turns a failure at the end of the call's time into what it is, a timeout.
func (*goFunction) judge(ctx context.Context, call runner.Call, outcome runner.Outcome) runner.Outcome {
	if outcome.Status == runner.Failed && context.Cause(ctx) == context.DeadlineExceeded { //nolint:errorlint // a cause is never wrapped
		return runner.Outcome{Status: runner.TimedOut, Message: fmt.Sprintf("the call did not end within %v", call.Timeout)}
	}
	return outcome
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
	encoded, err := json.Marshal(response)
	if err != nil {
		return runner.Outcome{Status: runner.Failed, Message: fmt.Sprintf("the response cannot be encoded as JSON: %v", err)}
	}
	return runner.Outcome{Status: runner.Completed, Response: encoded}
}

// lines cuts a text into its lines; an end at the very end makes no further line.
func lines(text string) []string {
	return strings.Split(strings.TrimSuffix(strings.ToValidUTF8(text, "\uFFFD"), "\n"), "\n")
}
