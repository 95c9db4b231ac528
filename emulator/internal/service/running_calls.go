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
	"github.com/cogfn/cogfn/gen"
)

// retryAfter is what a caller above a limit is told to wait. Whether the service says so at all is not known.
const retryAfter = time.Second

type runKey struct{ functionID, callID int64 }

// run is a call that runs: what it prints is kept here until it ends, and then stored together with its outcome.
type run struct {
	ctx    context.Context // the life of the call, which outlives the request
	cancel context.CancelCauseFunc

	mu    sync.Mutex
	lines []store.Line
}

func (r *run) print(line runner.Line) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, store.Line{Time: line.Time.UnixMilli(), Message: line.Message})
}

func (r *run) printed() []store.Line {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.lines)
}

// reserve takes a place among the running calls for a call, or returns the error for too many of them.
func (s *Service) reserve(key runKey) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var problem *envelope.Error
	switch {
	case s.closed:
		return envelope.New(http.StatusServiceUnavailable, "the emulator is closing")
	case s.runsOf[key.functionID] >= s.Limits.RunningCallsPerFunction:
		problem = envelope.New(http.StatusTooManyRequests,
			"Function exceeded maximum number='%d' of concurrent calls. Please try again later.", s.Limits.RunningCallsPerFunction)
	case len(s.runs) >= s.Limits.RunningCalls:
		problem = envelope.New(http.StatusTooManyRequests,
			"Project exceeded maximum number='%d' of concurrent calls. Please try again later.", s.Limits.RunningCalls)
	}
	if problem != nil {
		problem.RetryAfter = retryAfter
		return problem
	}
	ctx, cancel := context.WithCancelCause(s.ctx)
	s.runs[key] = &run{ctx: ctx, cancel: cancel}
	s.runsOf[key.functionID]++
	return nil
}

// release gives a call's place back.
func (s *Service) release(key runKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.runs[key]
	if r == nil {
		return
	}
	r.cancel(nil)
	delete(s.runs, key)
	if s.runsOf[key.functionID]--; s.runsOf[key.functionID] == 0 {
		delete(s.runsOf, key.functionID)
	}
}

// running returns a call that runs, or nil.
func (s *Service) running(key runKey) *run {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.runs[key]
}

// start runs a call, which must be stored and have its place, in the background.
func (s *Service) start(f *store.Function, call *store.Call, data json.RawMessage) {
	key := runKey{call.FunctionID, call.ID}
	r := s.running(key)
	work := func() {
		defer s.release(key)
		outcome := s.execute(r, f, call, data)
		if err := s.finish(call, outcome, r.printed()); err != nil {
			s.Logger.Error("a call's end could not be kept", "function", call.FunctionID, "call", call.ID, "error", err)
		}
	}
	if !s.spawn(work) {
		// Closing began in between. The call stays Running in the store; the next start sets it to Failed.
		s.release(key)
	}
}

func (s *Service) execute(r *run, f *store.Function, call *store.Call, data json.RawMessage) runner.Outcome {
	function, err := s.callable(r.ctx, f)
	if err != nil {
		return runner.Outcome{Status: runner.Failed, Message: err.Error()}
	}
	outcome := function.Call(r.ctx, runner.Call{
		FunctionID: call.FunctionID, CallID: call.ID,
		ScheduleID: call.ScheduleID, ScheduledTime: call.ScheduledTime,
		Data: data, Timeout: s.Limits.CallTimeout,
	}, r.print)
	switch {
	case r.ctx.Err() != nil && outcome.Status != runner.Completed:
		outcome.Message, outcome.Trace = context.Cause(r.ctx).Error(), ""
	case outcome.Status == runner.Completed && outcome.Response == nil:
		outcome.Response = json.RawMessage("null") // whether None is null or absent in the service is a guess
	case outcome.Status == runner.Completed && len(outcome.Response) > s.Limits.ResponseBytes:
		return runner.Outcome{Status: runner.Failed, Message: fmt.Sprintf(
			"the response has %d bytes, the limit is %d: return less, or put the result into a file",
			len(outcome.Response), s.Limits.ResponseBytes)}
	}
	return outcome
}

// finish stores a call's end, with all that it printed and returned, in one step.
func (s *Service) finish(call *store.Call, outcome runner.Outcome, lines []store.Line) error {
	ended := *call
	ended.EndTime = max(s.nowMillis(), call.StartTime)
	ended.Status = callStatus(outcome.Status)
	ended.ErrorMessage, ended.ErrorTrace = outcome.Message, outcome.Trace
	return s.update(func(tx *store.Tx) error {
		if !tx.Calls(call.FunctionID).Has(call.ID) {
			return nil // deleted with its function
		}
		if outcome.Status == runner.Completed {
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

func callStatus(status runner.Status) gen.FunctionCallStatus {
	switch status {
	case runner.Completed:
		return gen.FunctionCallStatusCompleted
	case runner.TimedOut:
		return gen.FunctionCallStatusTimeout
	case runner.Failed:
	}
	return gen.FunctionCallStatusFailed
}
