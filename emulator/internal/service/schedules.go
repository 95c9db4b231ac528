package service

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/envelope"
	"github.com/cogfn/cogfn/emulator/internal/store"
	"github.com/cogfn/cogfn/gen"
	"github.com/cogfn/cogfn/gen/server"
	"github.com/cogfn/cogfn/internal/cron"
)

// PostFunctionSchedules creates a schedule for a function in any status.
func (s *Service) PostFunctionSchedules(ctx context.Context, request server.PostFunctionSchedulesRequestObject) (server.PostFunctionSchedulesResponseObject, error) {
	write := request.Body.Items[0]
	if err := cron.Check(write.CronExpression); err != nil {
		return nil, envelope.BadRequest("%v", err)
	}
	if err := s.checkData(write.Data); err != nil {
		return nil, err
	}
	now := s.Now()
	if _, err := cron.Next(write.CronExpression, now); err != nil && s.profile().Assumptions.RejectNeverDue {
		return nil, envelope.BadRequest("the cronExpression %q is never due: no date matches it", write.CronExpression)
	}
	if err := s.expireNonce(ctx, write.Nonce); err != nil {
		return nil, err
	}
	schedule := &store.Schedule{FunctionScheduleWrite: write, CreatedTime: now.UnixMilli()}
	schedule.Nonce = "" // a secret that can be used once
	dropEmpty(&schedule.FunctionScheduleWrite)
	var view gen.FunctionSchedule
	err := s.Store.Update(ctx, func(tx *store.Tx) error {
		f, err := functionOf(tx, write.FunctionID)
		if err != nil {
			return err
		}
		if err := s.checkScheduleLimits(tx, f.ID); err != nil {
			return err
		}
		schedule.ID = newID(tx.Schedules().Has)
		session, err := s.bind(tx, write.Nonce, schedule.ID)
		if err != nil {
			return err
		}
		if session == nil {
			return envelope.BadRequest("Failed to bind session on schedule with id None.")
		}
		schedule.SessionID = session.ID
		view = viewSchedule(tx, schedule)
		return tx.Schedules().Put(schedule)
	})
	if err != nil {
		return nil, err
	}
	s.addToScheduler(schedule, now)
	return server.PostFunctionSchedules201JSONResponse{FunctionScheduleListJSONResponse: server.FunctionScheduleListJSONResponse{
		Items: []gen.FunctionSchedule{view},
	}}, nil
}

// addToScheduler adds a schedule to the scheduler. Its first call is after the given time.
func (s *Service) addToScheduler(schedule *store.Schedule, after time.Time) {
	err := s.scheduler.Add(schedule.ID, schedule.CronExpression, after)
	if errors.Is(err, cron.ErrNever) {
		s.Logger.Warn("the schedule never makes a call: no date matches its cron expression",
			"schedule", schedule.ID, "cron", schedule.CronExpression)
	} else if err != nil {
		s.Logger.Error("cannot add a schedule to the scheduler", "schedule", schedule.ID, "error", err)
	}
}

// checkScheduleLimits rejects schedules above the limits. The status 400 is a guess.
func (s *Service) checkScheduleLimits(tx *store.Tx, functionID int64) error {
	all, ofFunction := 0, 0
	for _, row := range tx.Schedules().Oldest() {
		if row.Err != nil {
			return row.Err
		}
		all++
		if row.Value.FunctionID == functionID {
			ofFunction++
		}
	}
	if all >= s.profile().Limits.Schedules {
		return envelope.BadRequest("the project has %d schedules already, which is its limit: delete one first", all)
	}
	if ofFunction >= s.profile().Limits.SchedulesPerFunction {
		return envelope.BadRequest("the function has %d schedules already, which is its limit: delete one first", ofFunction)
	}
	return nil
}

// GetFunctionSchedules lists schedules, oldest first. The order is a guess.
func (s *Service) GetFunctionSchedules(ctx context.Context, request server.GetFunctionSchedulesRequestObject) (server.GetFunctionSchedulesResponseObject, error) {
	list, err := s.schedules(ctx, nil, limitOr(request.Params.Limit, gen.LimitDefault))
	return server.GetFunctionSchedules200JSONResponse{FunctionScheduleListJSONResponse: list}, err
}

// ListFunctionSchedules lists the schedules that match a filter, in the order of GetFunctionSchedules.
func (s *Service) ListFunctionSchedules(ctx context.Context, request server.ListFunctionSchedulesRequestObject) (server.ListFunctionSchedulesResponseObject, error) {
	body := request.Body
	if body == nil {
		body = &gen.FunctionScheduleListRequest{}
	}
	if body.Filter != nil && body.Filter.FunctionID != nil && body.Filter.FunctionExternalID != nil {
		return nil, envelope.BadRequest("the filter has both functionId and functionExternalId: use one of them")
	}
	list, err := s.schedules(ctx, body.Filter, limitOr(body.Limit, gen.PageLimitDefault))
	return server.ListFunctionSchedules200JSONResponse{FunctionScheduleListJSONResponse: list}, err
}

func (s *Service) schedules(ctx context.Context, filter *gen.FunctionScheduleFilter, limit int) (server.FunctionScheduleListJSONResponse, error) {
	list := server.FunctionScheduleListJSONResponse{Items: []gen.FunctionSchedule{}}
	err := s.Store.View(ctx, func(tx *store.Tx) error {
		if filter != nil && filter.FunctionExternalID != nil {
			f, err := functionResource.find(tx.Functions(), reference{ExternalID: filter.FunctionExternalID})
			if err != nil || f == nil {
				return err // an unknown function has no schedules
			}
			byID := *filter
			byID.FunctionID, byID.FunctionExternalID = &f.ID, nil
			filter = &byID
		}
		matches, err := scheduleFilter.compile(filter)
		if err != nil {
			return err
		}
		list.Items, _, err = collect(tx.Schedules().Oldest(), limit, func(schedule *store.Schedule) (gen.FunctionSchedule, bool) {
			view := viewSchedule(tx, schedule)
			return view, matches(&view)
		})
		return err
	})
	return list, err
}

// ByIDsFunctionSchedules returns schedules in the order of the request.
func (s *Service) ByIDsFunctionSchedules(ctx context.Context, request server.ByIDsFunctionSchedulesRequestObject) (server.ByIDsFunctionSchedulesResponseObject, error) {
	list := server.FunctionScheduleListJSONResponse{Items: []gen.FunctionSchedule{}}
	err := s.Store.View(ctx, func(tx *store.Tx) error {
		found, err := byIDs(tx.Schedules(), "schedule", request.Body.Items, valueOrZero(request.Body.IgnoreUnknownIDs))
		for _, schedule := range found {
			list.Items = append(list.Items, viewSchedule(tx, schedule))
		}
		return err
	})
	return server.ByIDsFunctionSchedules200JSONResponse{FunctionScheduleListJSONResponse: list}, err
}

// DeleteFunctionSchedules deletes schedules. It does not stop their running calls.
func (s *Service) DeleteFunctionSchedules(ctx context.Context, request server.DeleteFunctionSchedulesRequestObject) (server.DeleteFunctionSchedulesResponseObject, error) {
	err := s.Store.Update(ctx, func(tx *store.Tx) error {
		found, err := byIDs(tx.Schedules(), "schedule", request.Body.Items, false)
		if err != nil {
			return err
		}
		return s.deleteSchedules(tx, found)
	})
	if err != nil {
		return nil, err
	}
	for _, item := range request.Body.Items {
		s.scheduler.Remove(item.ID)
	}
	return server.DeleteFunctionSchedules200JSONResponse{}, nil
}

// deleteSchedulesOf removes a function's schedules from the store. callSchedule removes each from the scheduler when it is
// due.
func (s *Service) deleteSchedulesOf(tx *store.Tx, functionID int64) error {
	all, _, err := collect(tx.Schedules().Oldest(), unlimited, func(schedule *store.Schedule) (*store.Schedule, bool) {
		return schedule, schedule.FunctionID == functionID
	})
	if err != nil {
		return err
	}
	return s.deleteSchedules(tx, all)
}

func (s *Service) deleteSchedules(tx *store.Tx, schedules []*store.Schedule) error {
	for _, schedule := range schedules {
		if err := s.deleteSchedule(tx, schedule); err != nil {
			return err
		}
	}
	return nil
}

// deleteSchedule removes a schedule. Its session expires, because it is no longer renewed.
func (s *Service) deleteSchedule(tx *store.Tx, schedule *store.Schedule) error {
	session, err := tx.Sessions().Get(schedule.SessionID)
	if err != nil {
		return err
	}
	if session != nil {
		session.ScheduleID = 0
		session.ExpirationTime = s.Now().Add(s.profile().Assumptions.SessionLifetime).UnixMilli()
		if err := tx.Sessions().Put(session); err != nil {
			return err
		}
	}
	return tx.Schedules().Delete(schedule.ID)
}

func scheduleOf(tx *store.Tx, id int64) (*store.Schedule, error) {
	return byID(tx.Schedules(), "schedule", id)
}

// GetFunctionSchedule returns one schedule.
func (s *Service) GetFunctionSchedule(ctx context.Context, request server.GetFunctionScheduleRequestObject) (server.GetFunctionScheduleResponseObject, error) {
	var response server.GetFunctionSchedule200JSONResponse
	err := s.Store.View(ctx, func(tx *store.Tx) error {
		schedule, err := scheduleOf(tx, request.ScheduleID)
		if err == nil {
			response = server.GetFunctionSchedule200JSONResponse(viewSchedule(tx, schedule))
		}
		return err
	})
	return response, err
}

// GetFunctionScheduleInputData returns the data of a schedule.
func (s *Service) GetFunctionScheduleInputData(ctx context.Context, request server.GetFunctionScheduleInputDataRequestObject) (server.GetFunctionScheduleInputDataResponseObject, error) {
	response := server.FunctionScheduleInputDataJSONResponse{ID: request.ScheduleID}
	err := s.Store.View(ctx, func(tx *store.Tx) error {
		schedule, err := scheduleOf(tx, request.ScheduleID)
		if err == nil {
			response.Data = schedule.Data
		}
		return err
	})
	return server.GetFunctionScheduleInputData200JSONResponse{FunctionScheduleInputDataJSONResponse: response}, err
}

// viewSchedule returns a schedule for a response.
func viewSchedule(tx *store.Tx, schedule *store.Schedule) gen.FunctionSchedule {
	view := gen.FunctionSchedule{
		ID: schedule.ID, CreatedTime: schedule.CreatedTime, When: cron.Describe(schedule.CronExpression),
	}
	scheduleCopier.copy(&view, &schedule.FunctionScheduleWrite)
	// Documented as a string, but the service sends a number.
	if err := view.SessionID.FromFunctionScheduleSessionNumber(schedule.SessionID); err != nil {
		panic(err) // cannot happen: a number can be encoded
	}
	if f, err := tx.Functions().Get(schedule.FunctionID); err == nil && f != nil {
		view.FunctionExternalID = f.Write.ExternalID
	}
	return view
}

// fire makes the call of a schedule for a time. The call runs in the background.
func (s *Service) fire(scheduleID int64, at time.Time) {
	end := s.begin()
	if end == nil {
		return
	}
	defer end()
	if err := s.callSchedule(scheduleID, at); err != nil {
		s.Logger.Error("cannot make the call of a schedule", "schedule", scheduleID, "error", err)
	}
}

// callSchedule adds a call and starts it. It is a guess that a call that cannot start is added as Failed, so that the
// reason appears in the list of calls.
func (s *Service) callSchedule(scheduleID int64, at time.Time) error {
	var schedule *store.Schedule
	var f *store.Function
	var startErr error
	now := s.nowMillis()
	call := &store.Call{
		StartTime: now, ScheduleID: scheduleID, ScheduledTime: at.UnixMilli(),
	}
	err := s.updateInBatch(func(tx *store.Tx) error {
		var err error
		if schedule, err = tx.Schedules().Get(scheduleID); err != nil || schedule == nil {
			return err
		}
		if f, err = functionOf(tx, schedule.FunctionID); err != nil {
			return err
		}
		call.ID, call.FunctionID, call.SessionID = newID(tx.Calls(f.ID).Has), f.ID, schedule.SessionID
		if call.Status, startErr = s.reserveScheduledCall(tx, f, schedule, callKey{f.ID, call.ID}); startErr != nil {
			call.EndTime, call.ErrorMessage = now, startErr.Error()
		}
		return addCall(tx, f, call)
	})
	if err != nil {
		s.release(callKey{call.FunctionID, call.ID})
		return err
	}
	if schedule == nil {
		s.scheduler.Remove(scheduleID) // deleted together with its function
		return nil
	}
	s.recordStart(callKey{call.FunctionID, call.ID})
	if startErr == nil {
		s.start(f, call, schedule.Data)
	} else {
		s.recordEnd(call, nil, nil)
	}
	return nil
}

// reserveScheduledCall reserves a call of a schedule and returns its status. It returns the reason if the call cannot start:
// the session is not active, the function is not Ready, or the number of running calls is at a limit.
func (s *Service) reserveScheduledCall(tx *store.Tx, f *store.Function, schedule *store.Schedule, key callKey) (gen.FunctionCallStatus, error) {
	const failed = gen.FunctionCallStatusFailed
	status, err := s.sessionStatusOf(tx, schedule)
	if err != nil {
		return failed, err
	}
	if status != gen.SessionStatusActive {
		return failed, fmt.Errorf("the schedule's session %d is %s: create the schedule again with a new session", schedule.SessionID, status)
	}
	if err := s.checkReady(f); err != nil {
		return failed, err
	}
	if err := s.reserve(key); err != nil {
		if problem, ok := errors.AsType[*envelope.Error](err); ok && problem.Status == http.StatusTooManyRequests {
			return s.profile().Assumptions.LimitedStatus, err
		}
		return failed, err
	}
	return gen.FunctionCallStatusRunning, nil
}

// sessionStatusOf returns the status of a schedule's session.
func (s *Service) sessionStatusOf(tx *store.Tx, schedule *store.Schedule) (gen.SessionStatus, error) {
	session, err := tx.Sessions().Get(schedule.SessionID)
	if err != nil || session == nil {
		return gen.SessionStatusAccessLost, err
	}
	return s.sessionStatus(session), nil
}
