package service

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"

	"github.com/cogfn/cogfn/emulator/internal/envelope"
	"github.com/cogfn/cogfn/emulator/internal/store"
	"github.com/cogfn/cogfn/gen"
	"github.com/cogfn/cogfn/gen/server"
)

// PostFunctionsCall starts a call. A rejected call does not use its nonce, unless it is above a limit and the assumptions
// say so.
func (s *Service) PostFunctionsCall(ctx context.Context, request server.PostFunctionsCallRequestObject) (server.PostFunctionsCallResponseObject, error) {
	if err := s.checkData(request.Body.Data); err != nil {
		return nil, err
	}
	if err := s.expireNonce(ctx, request.Body.Nonce); err != nil {
		return nil, err
	}
	var f *store.Function
	var limited error
	call := &store.Call{FunctionID: request.FunctionID, Status: gen.FunctionCallStatusRunning, StartTime: s.nowMillis()}
	err := s.Store.Update(ctx, func(tx *store.Tx) error {
		var err error
		if f, err = functionOf(tx, request.FunctionID); err != nil {
			return err
		}
		if err := s.checkReady(f); err != nil {
			return err
		}
		session, err := s.bind(tx, request.Body.Nonce, 0)
		if err != nil {
			return err
		}
		if session == nil {
			return envelope.BadRequest("Failed to bind nonce with session")
		}
		call.SessionID = session.ID
		call.ID = newID(tx.Calls(f.ID).Has)
		switch limited = s.reserve(callKey{f.ID, call.ID}); {
		case limited == nil:
			return addCall(tx, f, call)
		case s.profile().Assumptions.LimitedCallUsesNonce:
			return nil // keeps that the nonce is used
		}
		return limited
	})
	if err = cmp.Or(err, limited); err != nil {
		s.release(callKey{call.FunctionID, call.ID})
		return nil, err
	}
	s.start(f, call, request.Body.Data)
	return server.PostFunctionsCall201JSONResponse{FunctionCallJSONResponse: server.FunctionCallJSONResponse(s.viewCall(call))}, nil
}

// checkReady rejects functions that are not Ready.
func (s *Service) checkReady(f *store.Function) error {
	if f.Status == gen.FunctionStatusReady {
		return nil
	}
	return envelope.New(s.profile().Assumptions.NotReadyStatus, "the function %d has the status %s: only a Ready function can be called", f.ID, f.Status)
}

// addCall stores a new call and updates the function's lastCalled.
func addCall(tx *store.Tx, f *store.Function, call *store.Call) error {
	f.LastCalled = call.StartTime
	if err := tx.Functions().Put(f); err != nil {
		return err
	}
	return tx.Calls(f.ID).Put(call)
}

func (s *Service) checkData(data json.RawMessage) error {
	if len(data) > s.profile().Limits.DataBytes {
		return envelope.BadRequest("the data has %d bytes, the limit is %d: put large inputs into a file", len(data), s.profile().Limits.DataBytes)
	}
	return nil
}

// GetFunctionCalls lists calls, newest first. The order is a guess. New calls do not shift the following pages.
func (s *Service) GetFunctionCalls(ctx context.Context, request server.GetFunctionCallsRequestObject) (server.GetFunctionCallsResponseObject, error) {
	page, err := s.calls(ctx, request.FunctionID, nil, request.Params.Cursor, limitOr(request.Params.Limit, gen.LimitDefault))
	return server.GetFunctionCalls200JSONResponse{FunctionCallPageJSONResponse: page}, err
}

// ListFunctionCalls lists the calls that match a filter, in the order of GetFunctionCalls.
func (s *Service) ListFunctionCalls(ctx context.Context, request server.ListFunctionCallsRequestObject) (server.ListFunctionCallsResponseObject, error) {
	body := request.Body
	if body == nil {
		body = &gen.FunctionCallListRequest{}
	}
	page, err := s.calls(ctx, request.FunctionID, body.Filter, body.Cursor, limitOr(body.Limit, gen.PageLimitDefault))
	return server.ListFunctionCalls200JSONResponse{FunctionCallPageJSONResponse: page}, err
}

func (s *Service) calls(ctx context.Context, functionID int64, filter *gen.FunctionCallFilter, cursor *string, limit int) (server.FunctionCallPageJSONResponse, error) {
	page := server.FunctionCallPageJSONResponse{Items: []gen.FunctionCall{}}
	matches, err := callFilter.compile(filter)
	if err != nil {
		return page, err
	}
	before, err := decodeCursor(cursor)
	if err != nil {
		return page, err
	}
	err = s.viewPolled(ctx, func(tx *store.Tx) ([]callKey, error) {
		if _, err := functionOf(tx, functionID); err != nil {
			return nil, err
		}
		found, last, err := collect(tx.Calls(functionID).Newest(before), limit, func(c *store.Call) (gen.FunctionCall, bool) {
			view := s.viewCall(c)
			return view, matches(&view)
		})
		page.Items, page.NextCursor = found, encodeCursor(last)
		return keysOf(page.Items...), err
	})
	return page, err
}

// ByIDsFunctionCalls returns calls in the order of the request.
func (s *Service) ByIDsFunctionCalls(ctx context.Context, request server.ByIDsFunctionCallsRequestObject) (server.ByIDsFunctionCallsResponseObject, error) {
	var list server.FunctionCallListJSONResponse
	err := s.viewPolled(ctx, func(tx *store.Tx) ([]callKey, error) {
		if _, err := functionOf(tx, request.FunctionID); err != nil {
			return nil, err
		}
		list.Items = []gen.FunctionCall{}
		found, err := byIDs(tx.Calls(request.FunctionID), "call", request.Body.Items, valueOrZero(request.Body.IgnoreUnknownIDs))
		for _, call := range found {
			list.Items = append(list.Items, s.viewCall(call))
		}
		return keysOf(list.Items...), s.unknownCall(err)
	})
	return server.ByIDsFunctionCalls200JSONResponse{FunctionCallListJSONResponse: list}, err
}

// callOf returns a call, or the error for an unknown call.
func (s *Service) callOf(tx *store.Tx, functionID, callID int64) (*store.Call, error) {
	if _, err := functionOf(tx, functionID); err != nil {
		return nil, err
	}
	call, err := byID(tx.Calls(functionID), "call", callID)
	return call, s.unknownCall(err)
}

// unknownCall sets the status of an error about calls that do not exist. It returns other errors unchanged.
func (s *Service) unknownCall(err error) error {
	if problem, ok := errors.AsType[*envelope.Error](err); ok {
		problem.Status = s.profile().Assumptions.UnknownCallStatus
	}
	return err
}

// GetFunctionCall returns one call.
func (s *Service) GetFunctionCall(ctx context.Context, request server.GetFunctionCallRequestObject) (server.GetFunctionCallResponseObject, error) {
	var response server.GetFunctionCall200JSONResponse
	err := s.viewPolled(ctx, func(tx *store.Tx) ([]callKey, error) {
		call, err := s.callOf(tx, request.FunctionID, request.CallID)
		if err != nil {
			return nil, err
		}
		view := s.viewCall(call)
		response.FunctionCallJSONResponse = server.FunctionCallJSONResponse(view)
		return keysOf(view), nil
	})
	return response, err
}

// GetFunctionCallResponse returns the response of a call. It is a guess that a failed call has no response.
func (s *Service) GetFunctionCallResponse(ctx context.Context, request server.GetFunctionCallResponseRequestObject) (server.GetFunctionCallResponseResponseObject, error) {
	response := server.FunctionCallResponseJSONResponse{FunctionID: &request.FunctionID, CallID: &request.CallID}
	err := s.Store.View(ctx, func(tx *store.Tx) error {
		call, err := s.callOf(tx, request.FunctionID, request.CallID)
		if err != nil {
			return err
		}
		if status := s.profile().Assumptions.RunningResponseStatus; status != 0 && call.Status == gen.FunctionCallStatusRunning {
			return envelope.New(status, "the call %d is Running: it has no response yet", call.ID)
		}
		response.Response = tx.Response(request.FunctionID, request.CallID)
		return nil
	})
	return server.GetFunctionCallResponse200JSONResponse{FunctionCallResponseJSONResponse: response}, err
}

// GetFunctionCallLogs returns the log of a call, also while it is running.
func (s *Service) GetFunctionCallLogs(ctx context.Context, request server.GetFunctionCallLogsRequestObject) (server.GetFunctionCallLogsResponseObject, error) {
	response := server.FunctionCallLogJSONResponse{Items: []gen.FunctionCallLogEntry{}}
	// Look up the running call before the store. If the call ends in between, the store has its complete log.
	key := callKey{request.FunctionID, request.CallID}
	r := s.runningCall(key)
	err := s.Store.View(ctx, func(tx *store.Tx) error {
		if _, err := s.callOf(tx, request.FunctionID, request.CallID); err != nil {
			return err
		}
		lines, err := logOf(tx, key, r)
		for _, line := range lines {
			entry := gen.FunctionCallLogEntry{Timestamp: &line.Time, Message: &line.Message}
			if s.profile().Assumptions.OmitBlankLines {
				entry.Message = optional(line.Message)
			}
			response.Items = append(response.Items, entry)
		}
		return err
	})
	return server.GetFunctionCallLogs200JSONResponse{FunctionCallLogJSONResponse: response}, err
}

// viewCall returns a call for a response.
func (s *Service) viewCall(c *store.Call) gen.FunctionCall {
	view := gen.FunctionCall{
		ID: c.ID, FunctionID: c.FunctionID, Status: c.Status, StartTime: c.StartTime, EndTime: optional(c.EndTime),
		ScheduleID: optional(c.ScheduleID), ScheduledTime: optional(c.ScheduledTime),
	}
	if c.ErrorMessage != "" || c.ErrorTrace != "" {
		view.Error = &gen.FunctionCallError{}
		if err := s.setCallError(view.Error, c); err != nil {
			view.Error = nil // cannot happen: strings can be encoded
		}
	}
	return view
}

func (s *Service) setCallError(to *gen.FunctionCallError, c *store.Call) error {
	if cmp.Or(ErrorForm(c.ErrorForm), s.profile().Assumptions.CallErrors) == ErrorText {
		return to.FromFunctionCallErrorText(c.ErrorMessage)
	}
	return to.FromFunctionCallErrorDetails(gen.FunctionCallErrorDetails{Message: &c.ErrorMessage, Trace: &c.ErrorTrace})
}
