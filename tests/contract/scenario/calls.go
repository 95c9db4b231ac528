package scenario

import (
	"errors"
	"fmt"

	"github.com/cogfn/cogfn/gen"
	functions "github.com/cogfn/cogfn/wrapper"
)

func (s *scenario) calls() error {
	call, err := s.echo.Call(s.ctx, Input{Value: map[string]any{"numbers": []any{1, 2.5, int64(9007199254740993)}, "none": nil}})
	if err != nil {
		return err
	}
	s.completed = call.CallID()
	python, err := s.minimal.Call(s.ctx, Input{Value: "text"})
	if err != nil {
		return err
	}
	failed, err := s.minimal.Call(s.ctx, Input{Fail: "no such sensor"})
	if !errors.Is(err, functions.ErrCallFailed) {
		return fmt.Errorf("the call did not fail: %w", err)
	}
	null, err := s.echo.Call(s.ctx, nil)
	if err != nil {
		return err
	}
	errs := []error{s.failedInGo(), s.rejectedCalls(), s.listCalls(), s.retrieveCalls(failed.CallID())}
	for _, one := range []*functions.Call{call, python, failed, null} {
		errs = append(errs, errorOf(one.Response(s.ctx)), errorOf(one.Logs(s.ctx)))
	}
	if s.Emulated {
		errs = append(errs, s.tooManyCalls())
	}
	return errors.Join(errs...)
}

// failedInGo records a failed call without a trace, if a Go function runs instead of the code.
func (s *scenario) failedInGo() error {
	if _, err := s.echo.Call(s.ctx, Input{Fail: "no such sensor"}); !errors.Is(err, functions.ErrCallFailed) {
		return fmt.Errorf("the call did not fail: %w", err)
	}
	return nil
}

// tooManyCalls starts a call that exceeds the timeout, and another one that exceeds the limit of running calls.
func (s *scenario) tooManyCalls() error {
	running, err := s.extra.Start(s.ctx, Input{Seconds: 3600})
	if err != nil {
		return err
	}
	errs := []error{
		rejected(errorOf(s.extra.Start(s.ctx, nil))),
		errorOf(running.Response(s.ctx)),
		errorOf(running.Logs(s.ctx)),
		errorOf(s.client.Gen().GetFunctionCall(s.ctx, s.extra.ID, running.ID)),
	}
	if err := running.Wait(s.ctx); !errors.Is(err, functions.ErrCallTimeout) {
		errs = append(errs, fmt.Errorf("the call did not time out: %w", err))
	}
	return errors.Join(errs...)
}

func (s *scenario) rejectedCalls() error {
	call := fmt.Sprintf("/functions/%d/call", s.echo.ID)
	return errors.Join(
		rejected(s.send("POST", call, `{"data": {}, "nonce": "not-a-nonce"}`)),
		rejected(s.send("POST", "/functions/"+unknownID+"/call", `{"nonce": "not-a-nonce"}`)),
		rejected(s.send("GET", fmt.Sprintf("/functions/%d/calls/%s", s.echo.ID, unknownID), "")),
		rejected(s.send("GET", fmt.Sprintf("/functions/%d/calls/%s/response", s.echo.ID, unknownID), "")),
		rejected(s.send("GET", fmt.Sprintf("/functions/%d/calls/%s/logs", s.echo.ID, unknownID), "")),
		rejected(s.send("GET", fmt.Sprintf("/functions/%d/calls?cursor=none", s.echo.ID), "")),
	)
}

func (s *scenario) listCalls() error {
	calls, fn := s.client.Calls, functions.ID(s.echo.ID)
	span := recently()
	var errs []error
	filters := []functions.CallsFilter{
		{Status: functions.CallCompleted, StartTime: span, EndTime: span},
		{ScheduleID: 9007199254740991},
	}
	for _, status := range gen.FunctionCallStatusValues() {
		filters = append(filters, functions.CallsFilter{Status: status})
	}
	for _, filter := range filters {
		errs = append(errs, errorOf(calls.List(s.ctx, fn, filter)))
	}
	for _, err := range calls.All(s.ctx, fn, functions.CallsFilter{}, functions.WithPageSize(2)) {
		errs = append(errs, err)
	}
	path := fmt.Sprintf("/functions/%d/calls/list", s.echo.ID)
	errs = append(errs,
		s.send("POST", path, ""),
		s.send("POST", path, `{"filter": {"startTime": {"min": 1234}, "endTime": {"max": 5678}}}`),
		s.send("POST", path, `{"filter": {"startTime": {"max": 5678}, "endTime": {"min": 1234}}}`),
	)
	raw := s.client.Gen()
	first, err := raw.GetFunctionCalls(s.ctx, s.echo.ID, &gen.GetFunctionCallsParams{Limit: new(int64(1))})
	if err == nil && first.NextCursor != nil {
		params := &gen.GetFunctionCallsParams{Limit: new(int64(100)), Cursor: first.NextCursor}
		err = errorOf(raw.GetFunctionCalls(s.ctx, s.echo.ID, params))
	}
	return errors.Join(append(errs, err, errorOf(raw.GetFunctionCalls(s.ctx, s.minimal.ID, nil)))...)
}

func (s *scenario) retrieveCalls(failed functions.CallID) error {
	calls, raw := s.client.Calls, s.client.Gen()
	return errors.Join(
		errorOf(calls.Retrieve(s.ctx, functions.ID(s.completed.FunctionID), s.completed.ID)),
		errorOf(calls.RetrieveMultiple(s.ctx, functions.ID(failed.FunctionID), []int64{failed.ID, 9007199254740991}, functions.IgnoreUnknown())),
		rejected(errorOf(calls.RetrieveMultiple(s.ctx, functions.ID(failed.FunctionID), []int64{9007199254740991}))),
		s.send("POST", fmt.Sprintf("/functions/%d/calls/byids", failed.FunctionID), fmt.Sprintf(`{"items": [{"id": %d}]}`, failed.ID)),
		errorOf(raw.GetFunctionCall(s.ctx, s.completed.FunctionID, s.completed.ID)),
		errorOf(raw.GetFunctionCall(s.ctx, failed.FunctionID, failed.ID)),
		// These show when a function was last called.
		errorOf(raw.GetFunction(s.ctx, s.completed.FunctionID)),
		errorOf(raw.GetFunctions(s.ctx, nil)),
		errorOf(s.client.List(s.ctx, functions.Filter{ExternalIDPrefix: s.Name})),
	)
}
