package service

import (
	"context"
	"encoding/json"

	"github.com/cogfn/cogfn/emulator/internal/envelope"
	"github.com/cogfn/cogfn/emulator/internal/store"
	"github.com/cogfn/cogfn/gen"
	"github.com/cogfn/cogfn/gen/server"
)

// PostFunctionsCall starts a call. A refused one, also one above a limit, leaves its nonce unused; that is a guess.
func (s *Service) PostFunctionsCall(ctx context.Context, request server.PostFunctionsCallRequestObject) (server.PostFunctionsCallResponseObject, error) {
	if err := s.checkData(request.Body.Data); err != nil {
		return nil, err
	}
	var f *store.Function
	var key runKey
	call := &store.Call{FunctionID: request.FunctionID, Status: gen.FunctionCallStatusRunning, StartTime: s.nowMillis()}
	err := s.Store.Update(ctx, func(tx *store.Tx) error {
		var err error
		if f, err = functionOf(tx, request.FunctionID); err != nil {
			return err
		}
		if err := callableStatus(f); err != nil {
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
		if err := s.reserve(runKey{f.ID, call.ID}); err != nil {
			return err
		}
		key = runKey{f.ID, call.ID}
		return addCall(tx, f, call)
	})
	if err != nil {
		s.release(key)
		return nil, err
	}
	s.start(f, call, request.Body.Data)
	return server.PostFunctionsCall201JSONResponse{FunctionCallJSONResponse: server.FunctionCallJSONResponse(viewCall(call))}, nil
}

// callableStatus refuses functions that are not Ready; the status 400 is a guess.
func callableStatus(f *store.Function) error {
	if f.Status == gen.FunctionStatusReady {
		return nil
	}
	return envelope.BadRequest("the function %d has the status %s: only a Ready function can be called", f.ID, f.Status)
}

// addCall stores a new call and notes it in its function.
func addCall(tx *store.Tx, f *store.Function, call *store.Call) error {
	f.LastCalled = call.StartTime
	if err := tx.Functions().Put(f); err != nil {
		return err
	}
	return tx.Calls(f.ID).Put(call)
}

func (s *Service) checkData(data json.RawMessage) error {
	if len(data) > s.Limits.DataBytes {
		return envelope.BadRequest("the data has %d bytes, the limit is %d: put large inputs into a file", len(data), s.Limits.DataBytes)
	}
	return nil
}

// GetFunctionCalls lists calls, newest first; the order is a guess. Calls made while somebody walks through the pages do
// not shift them.
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
	before, err := placeOf(cursor)
	if err != nil {
		return page, err
	}
	err = s.Store.View(ctx, func(tx *store.Tx) error {
		if _, err := functionOf(tx, functionID); err != nil {
			return err
		}
		found, last, err := selection(tx.Calls(functionID).Newest(before), limit, func(c *store.Call) (gen.FunctionCall, bool) {
			view := viewCall(c)
			return view, matches(&view)
		})
		page.Items, page.NextCursor = found, cursorOf(last)
		return err
	})
	return page, err
}

// ByIDsFunctionCalls retrieves calls in the order asked for.
func (s *Service) ByIDsFunctionCalls(ctx context.Context, request server.ByIDsFunctionCallsRequestObject) (server.ByIDsFunctionCallsResponseObject, error) {
	list := server.FunctionCallListJSONResponse{Items: []gen.FunctionCall{}}
	err := s.Store.View(ctx, func(tx *store.Tx) error {
		if _, err := functionOf(tx, request.FunctionID); err != nil {
			return err
		}
		ids := make([]int64, len(request.Body.Items))
		for i, item := range request.Body.Items {
			ids[i] = item.ID
		}
		found, err := byIDs(tx.Calls(request.FunctionID), "call", ids, value(request.Body.IgnoreUnknownIDs))
		for _, call := range found {
			list.Items = append(list.Items, viewCall(call))
		}
		return err
	})
	return server.ByIDsFunctionCalls200JSONResponse{FunctionCallListJSONResponse: list}, err
}

// callOf returns a call or the error for an unknown one. The status 400 is a guess: it is the only one documented.
func callOf(tx *store.Tx, functionID, callID int64) (*store.Call, error) {
	if _, err := functionOf(tx, functionID); err != nil {
		return nil, err
	}
	call, err := tx.Calls(functionID).Get(callID)
	if err == nil && call == nil {
		err = missingID("call", callID)
	}
	return call, err
}

// GetFunctionCall retrieves one call.
func (s *Service) GetFunctionCall(ctx context.Context, request server.GetFunctionCallRequestObject) (server.GetFunctionCallResponseObject, error) {
	var answer server.GetFunctionCall200JSONResponse
	err := s.Store.View(ctx, func(tx *store.Tx) error {
		call, err := callOf(tx, request.FunctionID, request.CallID)
		if err == nil {
			answer.FunctionCallJSONResponse = server.FunctionCallJSONResponse(viewCall(call))
		}
		return err
	})
	return answer, err
}

// GetFunctionCallResponse shows what a call returned; nothing while it runs and when it failed, which is a guess.
func (s *Service) GetFunctionCallResponse(ctx context.Context, request server.GetFunctionCallResponseRequestObject) (server.GetFunctionCallResponseResponseObject, error) {
	answer := server.FunctionCallResponseJSONResponse{FunctionID: &request.FunctionID, CallID: &request.CallID}
	err := s.Store.View(ctx, func(tx *store.Tx) error {
		if _, err := callOf(tx, request.FunctionID, request.CallID); err != nil {
			return err
		}
		answer.Response = tx.Response(request.FunctionID, request.CallID)
		return nil
	})
	return server.GetFunctionCallResponse200JSONResponse{FunctionCallResponseJSONResponse: answer}, err
}

// GetFunctionCallLogs shows what a call has printed so far.
func (s *Service) GetFunctionCallLogs(ctx context.Context, request server.GetFunctionCallLogsRequestObject) (server.GetFunctionCallLogsResponseObject, error) {
	answer := server.FunctionCallLogJSONResponse{Items: []gen.FunctionCallLogEntry{}}
	// Looked up first: a call that ends in between is in the store by then, and what it printed is complete there.
	r := s.running(runKey{request.FunctionID, request.CallID})
	err := s.Store.View(ctx, func(tx *store.Tx) error {
		if _, err := callOf(tx, request.FunctionID, request.CallID); err != nil {
			return err
		}
		lines, err := tx.Log(request.FunctionID, request.CallID)
		if r != nil && len(lines) == 0 {
			lines = r.printed()
		}
		for _, line := range lines {
			answer.Items = append(answer.Items, gen.FunctionCallLogEntry{Timestamp: &line.Time, Message: &line.Message})
		}
		return err
	})
	return server.GetFunctionCallLogs200JSONResponse{FunctionCallLogJSONResponse: answer}, err
}

// viewCall shows a call as answers do. Of the two documented shapes of its error, this is the object, which the vendor's
// own clients expect.
func viewCall(c *store.Call) gen.FunctionCall {
	view := gen.FunctionCall{
		ID: c.ID, FunctionID: c.FunctionID, Status: c.Status, StartTime: c.StartTime, EndTime: millis(c.EndTime),
		ScheduleID: millis(c.ScheduleID), ScheduledTime: millis(c.ScheduledTime),
	}
	if c.ErrorMessage != "" || c.ErrorTrace != "" {
		view.Error = &gen.FunctionCallError{}
		details := gen.FunctionCallErrorDetails{Message: &c.ErrorMessage, Trace: &c.ErrorTrace}
		if err := view.Error.FromFunctionCallErrorDetails(details); err != nil {
			view.Error = nil // cannot happen: two texts encode
		}
	}
	return view
}
