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
	python, err := s.least.Call(s.ctx, Input{Value: "text"})
	if err != nil {
		return err
	}
	failed, err := s.least.Call(s.ctx, Input{Fail: "no such sensor"})
	if !errors.Is(err, functions.ErrCallFailed) {
		return fmt.Errorf("a call that should have failed did not: %w", err)
	}
	null, err := s.echo.Call(s.ctx, nil)
	if err != nil {
		return err
	}
	errs := []error{s.failedInGo(), s.refusedCalls(), s.listCalls(), s.retrieveCalls(failed.CallID())}
	for _, one := range []*functions.Call{call, python, failed, null} {
		errs = append(errs, second(one.Response(s.ctx)), second(one.Logs(s.ctx)))
	}
	if s.Emulated {
		errs = append(errs, s.fullHouse())
	}
	return errors.Join(errs...)
}

// failedInGo makes a call fail without a trace, where a Go function stands in for the code.
func (s *scenario) failedInGo() error {
	if _, err := s.echo.Call(s.ctx, Input{Fail: "no such sensor"}); !errors.Is(err, functions.ErrCallFailed) {
		return fmt.Errorf("a call that should have failed did not: %w", err)
	}
	return nil
}

// fullHouse makes a call that lasts as long as calls may, and another one, for which there is no place.
func (s *scenario) fullHouse() error {
	running, err := s.more.Start(s.ctx, Input{Seconds: 3600})
	if err != nil {
		return err
	}
	errs := []error{
		refused(second(s.more.Start(s.ctx, nil))),
		second(running.Response(s.ctx)),
		second(running.Logs(s.ctx)),
		second(s.client.Gen().GetFunctionCall(s.ctx, s.more.ID, running.ID)),
	}
	if err := running.Wait(s.ctx); !errors.Is(err, functions.ErrCallTimeout) {
		errs = append(errs, fmt.Errorf("a call that should have timed out did not: %w", err))
	}
	return errors.Join(errs...)
}

func (s *scenario) refusedCalls() error {
	call := fmt.Sprintf("/functions/%d/call", s.echo.ID)
	return errors.Join(
		refused(s.send("POST", call, `{"data": {}, "nonce": "not-a-nonce"}`)),
		refused(s.send("POST", "/functions/"+nobody+"/call", `{"nonce": "not-a-nonce"}`)),
		refused(s.send("GET", fmt.Sprintf("/functions/%d/calls/%s", s.echo.ID, nobody), "")),
		refused(s.send("GET", fmt.Sprintf("/functions/%d/calls/%s/response", s.echo.ID, nobody), "")),
		refused(s.send("GET", fmt.Sprintf("/functions/%d/calls/%s/logs", s.echo.ID, nobody), "")),
		refused(s.send("GET", fmt.Sprintf("/functions/%d/calls?cursor=none", s.echo.ID), "")),
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
		errs = append(errs, second(calls.List(s.ctx, fn, filter)))
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
		err = second(raw.GetFunctionCalls(s.ctx, s.echo.ID, params))
	}
	return errors.Join(append(errs, err, second(raw.GetFunctionCalls(s.ctx, s.least.ID, nil)))...)
}

func (s *scenario) retrieveCalls(failed functions.CallID) error {
	calls, raw := s.client.Calls, s.client.Gen()
	return errors.Join(
		second(calls.Retrieve(s.ctx, s.completed)),
		second(calls.RetrieveMultiple(s.ctx, failed.FunctionID, []int64{failed.ID, 9007199254740991}, true)),
		refused(second(calls.RetrieveMultiple(s.ctx, failed.FunctionID, []int64{9007199254740991}))),
		s.send("POST", fmt.Sprintf("/functions/%d/calls/byids", failed.FunctionID), fmt.Sprintf(`{"items": [{"id": %d}]}`, failed.ID)),
		second(raw.GetFunctionCall(s.ctx, s.completed.FunctionID, s.completed.ID)),
		second(raw.GetFunctionCall(s.ctx, failed.FunctionID, failed.ID)),
		// These show when a function was last called.
		second(raw.GetFunction(s.ctx, s.completed.FunctionID)),
		second(raw.GetFunctions(s.ctx, nil)),
		second(s.client.List(s.ctx, functions.Filter{ExternalIDPrefix: s.Name})),
	)
}
