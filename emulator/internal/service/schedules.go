package service

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/cron"
	"github.com/cogfn/cogfn/emulator/internal/envelope"
	"github.com/cogfn/cogfn/emulator/internal/store"
	"github.com/cogfn/cogfn/gen"
	"github.com/cogfn/cogfn/gen/server"
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
	schedule := &store.Schedule{FunctionScheduleWrite: write, CreatedTime: now.UnixMilli()}
	schedule.Nonce = "" // a secret, and of no use any more
	dropEmpty(&schedule.FunctionScheduleWrite)
	var view gen.FunctionSchedule
	err := s.Store.Update(ctx, func(tx *store.Tx) error {
		f, err := functionOf(tx, write.FunctionID)
		if err != nil {
			return err
		}
		if err := s.checkScheduleRoom(tx, f.ID); err != nil {
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
	s.plan(schedule, now)
	return server.PostFunctionSchedules201JSONResponse{FunctionScheduleListJSONResponse: server.FunctionScheduleListJSONResponse{
		Items: []gen.FunctionSchedule{view},
	}}, nil
}

// plan hands a schedule to the scheduler, first due after a time.
func (s *Service) plan(schedule *store.Schedule, after time.Time) {
	err := s.scheduler.Add(schedule.ID, schedule.CronExpression, after)
	if errors.Is(err, cron.ErrNever) {
		// Whether the service takes such a schedule is a guess.
		s.Logger.Warn("a schedule will never make a call: its cron expression names a date that never comes",
			"schedule", schedule.ID, "cron", schedule.CronExpression)
	} else if err != nil {
		s.Logger.Error("a schedule could not be planned", "schedule", schedule.ID, "error", err)
	}
}

// checkScheduleRoom refuses schedules above the limits; the status 400 is a guess.
func (s *Service) checkScheduleRoom(tx *store.Tx, functionID int64) error {
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
	if all >= s.Limits.Schedules {
		return envelope.BadRequest("the project has %d schedules already, which is its limit: delete one first", all)
	}
	if ofFunction >= s.Limits.SchedulesPerFunction {
		return envelope.BadRequest("the function has %d schedules already, which is its limit: delete one first", ofFunction)
	}
	return nil
}

// GetFunctionSchedules lists schedules, oldest first; the order is a guess.
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
		return nil, envelope.BadRequest("the filter holds functionId and functionExternalId: use one of them")
	}
	list, err := s.schedules(ctx, body.Filter, limitOr(body.Limit, gen.PageLimitDefault))
	return server.ListFunctionSchedules200JSONResponse{FunctionScheduleListJSONResponse: list}, err
}

func (s *Service) schedules(ctx context.Context, filter *gen.FunctionScheduleFilter, limit int) (server.FunctionScheduleListJSONResponse, error) {
	list := server.FunctionScheduleListJSONResponse{Items: []gen.FunctionSchedule{}}
	err := s.Store.View(ctx, func(tx *store.Tx) error {
		if filter != nil && filter.FunctionExternalID != nil {
			f, err := theFunctions.find(tx.Functions(), reference{ExternalID: filter.FunctionExternalID})
			if err != nil || f == nil {
				return err // no function, so no schedules of it
			}
			byID := *filter
			byID.FunctionID, byID.FunctionExternalID = &f.ID, nil
			filter = &byID
		}
		matches, err := scheduleFilter.compile(filter)
		if err != nil {
			return err
		}
		list.Items, _, err = selection(tx.Schedules().Oldest(), limit, func(schedule *store.Schedule) (gen.FunctionSchedule, bool) {
			view := viewSchedule(tx, schedule)
			return view, matches(&view)
		})
		return err
	})
	return list, err
}

// ByIDsFunctionSchedules retrieves schedules in the order asked for.
func (s *Service) ByIDsFunctionSchedules(ctx context.Context, request server.ByIDsFunctionSchedulesRequestObject) (server.ByIDsFunctionSchedulesResponseObject, error) {
	list := server.FunctionScheduleListJSONResponse{Items: []gen.FunctionSchedule{}}
	err := s.Store.View(ctx, func(tx *store.Tx) error {
		found, err := byIDs(tx.Schedules(), "schedule", scheduleIDs(request.Body.Items), value(request.Body.IgnoreUnknownIDs))
		for _, schedule := range found {
			list.Items = append(list.Items, viewSchedule(tx, schedule))
		}
		return err
	})
	return server.ByIDsFunctionSchedules200JSONResponse{FunctionScheduleListJSONResponse: list}, err
}

func scheduleIDs(items []gen.FunctionScheduleReference) []int64 {
	ids := make([]int64, len(items))
	for i, item := range items {
		ids[i] = item.ID
	}
	return ids
}

// DeleteFunctionSchedules deletes schedules; calls that they started go on.
func (s *Service) DeleteFunctionSchedules(ctx context.Context, request server.DeleteFunctionSchedulesRequestObject) (server.DeleteFunctionSchedulesResponseObject, error) {
	err := s.Store.Update(ctx, func(tx *store.Tx) error {
		found, err := byIDs(tx.Schedules(), "schedule", scheduleIDs(request.Body.Items), false)
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

// deleteSchedulesOf removes a function's schedules. The scheduler drops them when they are next due.
func (s *Service) deleteSchedulesOf(tx *store.Tx, functionID int64) error {
	all, _, err := selection(tx.Schedules().Oldest(), unlimited, func(schedule *store.Schedule) (*store.Schedule, bool) {
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

// deleteSchedule removes a schedule; its session ends by itself, since nothing renews it any more.
func (s *Service) deleteSchedule(tx *store.Tx, schedule *store.Schedule) error {
	session, err := tx.Sessions().Get(schedule.SessionID)
	if err != nil {
		return err
	}
	if session != nil {
		session.ScheduleID = 0
		session.ExpirationTime = s.Now().Add(sessionLifetime).UnixMilli()
		if err := tx.Sessions().Put(session); err != nil {
			return err
		}
	}
	return tx.Schedules().Delete(schedule.ID)
}

func scheduleOf(tx *store.Tx, id int64) (*store.Schedule, error) {
	schedule, err := tx.Schedules().Get(id)
	if err == nil && schedule == nil {
		err = missingID("schedule", id)
	}
	return schedule, err
}

// GetFunctionSchedule retrieves one schedule.
func (s *Service) GetFunctionSchedule(ctx context.Context, request server.GetFunctionScheduleRequestObject) (server.GetFunctionScheduleResponseObject, error) {
	var answer server.GetFunctionSchedule200JSONResponse
	err := s.Store.View(ctx, func(tx *store.Tx) error {
		schedule, err := scheduleOf(tx, request.ScheduleID)
		if err == nil {
			answer = server.GetFunctionSchedule200JSONResponse(viewSchedule(tx, schedule))
		}
		return err
	})
	return answer, err
}

// GetFunctionScheduleInputData shows a schedule's data.
func (s *Service) GetFunctionScheduleInputData(ctx context.Context, request server.GetFunctionScheduleInputDataRequestObject) (server.GetFunctionScheduleInputDataResponseObject, error) {
	answer := server.FunctionScheduleInputDataJSONResponse{ID: request.ScheduleID}
	err := s.Store.View(ctx, func(tx *store.Tx) error {
		schedule, err := scheduleOf(tx, request.ScheduleID)
		if err == nil {
			answer.Data = schedule.Data
		}
		return err
	})
	return server.GetFunctionScheduleInputData200JSONResponse{FunctionScheduleInputDataJSONResponse: answer}, err
}

// viewSchedule shows a schedule as answers do.
func viewSchedule(tx *store.Tx, schedule *store.Schedule) gen.FunctionSchedule {
	view := gen.FunctionSchedule{
		ID: schedule.ID, CreatedTime: schedule.CreatedTime, When: cron.Words(schedule.CronExpression),
	}
	showSchedule.fill(&view, &schedule.FunctionScheduleWrite)
	// Documented as text; the service sends a number.
	if err := view.SessionID.FromFunctionScheduleSessionNumber(schedule.SessionID); err != nil {
		panic(err) // cannot happen: a number encodes
	}
	if f, err := tx.Functions().Get(schedule.FunctionID); err == nil && f != nil {
		view.FunctionExternalID = f.Write.ExternalID
	}
	return view
}

// fire makes a schedule's call for a time; the scheduler calls it and must not be held up.
func (s *Service) fire(scheduleID int64, at time.Time) {
	s.spawn(func() {
		if err := s.callForSchedule(scheduleID, at); err != nil {
			s.Logger.Error("a schedule could not make its call", "schedule", scheduleID, "error", err)
		}
	})
}

// callForSchedule makes a call and starts it. What stands in the way of starting fails the call, so that it can be seen
// where calls are looked at; that is a guess.
func (s *Service) callForSchedule(scheduleID int64, at time.Time) error {
	var schedule *store.Schedule
	var f *store.Function
	var refused error
	now := s.nowMillis()
	call := &store.Call{
		Status: gen.FunctionCallStatusRunning, StartTime: now, ScheduleID: scheduleID, ScheduledTime: at.UnixMilli(),
	}
	err := s.update(func(tx *store.Tx) error {
		var err error
		if schedule, err = tx.Schedules().Get(scheduleID); err != nil || schedule == nil {
			return err
		}
		if f, err = functionOf(tx, schedule.FunctionID); err != nil {
			return err
		}
		call.ID, call.FunctionID, call.SessionID = newID(tx.Calls(f.ID).Has), f.ID, schedule.SessionID
		if refused = s.mayFire(tx, f, schedule, runKey{f.ID, call.ID}); refused != nil {
			call.Status, call.EndTime, call.ErrorMessage = gen.FunctionCallStatusFailed, now, refused.Error()
		}
		return addCall(tx, f, call)
	})
	if err != nil {
		s.release(runKey{call.FunctionID, call.ID})
		return err
	}
	switch {
	case schedule == nil:
		s.scheduler.Remove(scheduleID) // deleted together with its function
	case refused == nil:
		s.start(f, call, schedule.Data)
	}
	return nil
}

// mayFire takes a place for a schedule's call, or says why there is none.
func (s *Service) mayFire(tx *store.Tx, f *store.Function, schedule *store.Schedule, key runKey) error {
	session, err := tx.Sessions().Get(schedule.SessionID)
	if err != nil {
		return err
	}
	if session == nil || s.sessionStatus(session) != gen.SessionStatusActive {
		status := gen.SessionStatusAccessLost
		if session != nil {
			status = s.sessionStatus(session)
		}
		return fmt.Errorf("the schedule's session %d is %s: create the schedule again with a new session", schedule.SessionID, status)
	}
	if err := callableStatus(f); err != nil {
		return err
	}
	return s.reserve(key)
}
