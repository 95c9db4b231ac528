package service

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/envelope"
	"github.com/cogfn/cogfn/emulator/internal/runner"
	"github.com/cogfn/cogfn/emulator/internal/store"
)

type callKey struct{ functionID, callID int64 }

// runningCall is a running call. It collects the log, which is stored with the outcome when the call ends.
type runningCall struct {
	ctx    context.Context // canceled when the call is stopped; independent of the request
	cancel context.CancelCauseFunc

	mu    sync.Mutex
	lines []store.Line
}

func (r *runningCall) addLine(at int64, message string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, store.Line{Time: at, Message: message})
}

func (r *runningCall) log() []store.Line {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.lines)
}

// logOf returns the stored log of a call, or that of r if the call is running. r may be nil.
func logOf(tx *store.Tx, key callKey, r *runningCall) ([]store.Line, error) {
	lines, err := tx.Log(key.functionID, key.callID)
	if r != nil && len(lines) == 0 {
		lines = r.log()
	}
	return lines, err
}

// reserve adds a call to the running calls, or returns an error if the number of running calls is at a limit.
func (s *Service) reserve(key callKey) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ofFunction := 0
	for running := range s.runningCalls {
		if running.functionID == key.functionID {
			ofFunction++
		}
	}
	var problem *envelope.Error
	p := s.profile()
	switch {
	case s.closed:
		return envelope.New(http.StatusServiceUnavailable, "the emulator is closing")
	case ofFunction >= p.Limits.RunningCallsPerFunction:
		problem = envelope.New(http.StatusTooManyRequests,
			"Function exceeded maximum number='%d' of concurrent calls. Please try again later.", p.Limits.RunningCallsPerFunction)
	case len(s.runningCalls) >= p.Limits.RunningCalls:
		problem = envelope.New(http.StatusTooManyRequests,
			"Project exceeded maximum number='%d' of concurrent calls. Please try again later.", p.Limits.RunningCalls)
	}
	if problem != nil {
		problem.RetryAfter = p.Assumptions.RetryAfter
		return problem
	}
	ctx, cancel := context.WithCancelCause(s.ctx)
	s.runningCalls[key] = &runningCall{ctx: ctx, cancel: cancel}
	return nil
}

// release removes a call from the running calls. It does nothing if the call is not running.
func (s *Service) release(key callKey) {
	s.removeGate(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.runningCalls[key]; r != nil {
		r.cancel(nil)
		delete(s.runningCalls, key)
	}
}

// runningCall returns a running call, or nil.
func (s *Service) runningCall(key callKey) *runningCall {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.runningCalls[key]
}

// goPatience is the real time for which a move of the clock waits for a Go function that does not return, and for which a
// poll that ends a transition waits for the work.
const goPatience = time.Second

// start runs a call in the background. The call must be stored and reserved.
func (s *Service) start(f *store.Function, call *store.Call, data json.RawMessage) {
	key := callKey{call.FunctionID, call.ID}
	r := s.runningCall(key)
	scripted := s.takeOutcome(f)
	if scripted != nil {
		call.ErrorForm = string(scripted.ErrorForm)
	}
	held := s.addGate(key, s.transitionOf(scripted), 1)
	var patience time.Duration // for Python, until the call ends
	if s.goFunction(f) != nil {
		patience = goPatience
	}
	work := func(ctx context.Context) {
		defer s.release(key)
		outcome := s.end(ctx, held, s.execute(ctx, r, f, scripted, call, data))
		if err := s.finish(call, outcome, r.log()); err != nil {
			s.Logger.Error("cannot store the outcome of a call", "function", call.FunctionID, "call", call.ID, "error", err)
		}
	}
	if !s.spawn(r.ctx, patience, work) {
		// The service is closing. The call stays Running in the store, and recover sets it to Failed at the next start.
		s.release(key)
	}
}

func (s *Service) transitionOf(scripted *Outcome) Transition {
	if scripted != nil && scripted.Transition != nil {
		return *scripted.Transition
	}
	_, calls := s.Transitions()
	return calls
}

func (s *Service) execute(ctx context.Context, r *runningCall, f *store.Function, scripted *Outcome, call *store.Call, data json.RawMessage) runner.Outcome {
	var function runner.Function = scripted
	if scripted == nil {
		var err error
		if function, err = s.deployedFunction(ctx, f); err != nil {
			return runner.Outcome{Status: runner.Failed, Message: err.Error()}
		}
	}
	outcome := function.Call(ctx, runner.Call{
		FunctionID: call.FunctionID, CallID: call.ID,
		ScheduleID: call.ScheduleID, ScheduledTime: call.ScheduledTime,
		Data: data, Timeout: s.profile().Limits.CallTimeout,
	}, func(line string) { r.addLine(s.nowMillis(), line) })
	p := s.profile() // may have changed during the call
	switch {
	case ctx.Err() != nil && outcome.Status != runner.Completed:
		outcome.Message, outcome.Trace = context.Cause(ctx).Error(), ""
	case outcome.Status == runner.Completed && outcome.Response == nil && !p.Assumptions.OmitNone:
		outcome.Response = json.RawMessage("null")
	case outcome.Status == runner.Completed && len(outcome.Response) > p.Limits.ResponseBytes:
		return runner.Outcome{Status: runner.Failed, Message: fmt.Sprintf(
			"the response has %d bytes, the limit is %d: return less, or put the result into a file",
			len(outcome.Response), p.Limits.ResponseBytes)}
	}
	return outcome
}

// end waits until the transition of a call ends it, and returns its outcome. A call whose transition takes longer than the
// limit times out.
func (s *Service) end(ctx context.Context, held *gate, outcome runner.Outcome) runner.Outcome {
	if held.Transition == (Transition{}) {
		return outcome
	}
	limited, cancel := ctx, func() {}
	if !held.Never {
		limited, cancel = s.Clock.WithTimeout(ctx, held.begin.Add(s.profile().Limits.CallTimeout).Sub(s.Now()))
	}
	defer cancel()
	if held.wait(limited, s.Clock, 0) == nil {
		return outcome
	}
	if ctx.Err() != nil {
		return runner.Outcome{Status: runner.Failed, Message: context.Cause(ctx).Error()}
	}
	return runner.Outcome{Status: runner.TimedOut, Message: fmt.Sprintf("the call did not end within %v", s.profile().Limits.CallTimeout)}
}

// finish stores the outcome, response and log of a call in one transaction.
func (s *Service) finish(call *store.Call, outcome runner.Outcome, lines []store.Line) error {
	ended := *call
	ended.EndTime = max(s.nowMillis(), call.StartTime)
	ended.Status = outcome.Status
	ended.ErrorMessage, ended.ErrorTrace = outcome.Message, outcome.Trace
	s.recordEnd(&ended, outcome.Response, lines)
	return s.updateInBatch(func(tx *store.Tx) error {
		if !tx.Calls(call.FunctionID).Has(call.ID) {
			return nil // deleted with its function
		}
		if outcome.Response != nil {
			if err := tx.PutResponse(call.FunctionID, call.ID, outcome.Response); err != nil {
				return err
			}
		}
		if len(lines) > 0 {
			if err := tx.PutLog(call.FunctionID, call.ID, lines); err != nil {
				return err
			}
		}
		return tx.Calls(call.FunctionID).Put(&ended)
	})
}
